/* glm.c: passes over rows, a few rows at a time, so that a row is still in the nearest cache when
 * its gradient is added. */
#include "common/math/glm.h"

#include "common/math/elementary.h"
#include "common/math/linear.h"
#include "common/math/sparse.h"

#include <math.h>
#include <string.h>

enum { BLOCK_ROWS = 8 };

size_t glm_weights(const struct glm *m)
{
    return m->outputs * (m->features + m->bias);
}

size_t glm_raws(const struct glm *m)
{
    return m->outputs * (m->features + 1);
}

size_t glm_scratch(const struct glm *m)
{
    return m->outputs * BLOCK_ROWS;
}

size_t glm_class(const struct glm *m, double label)
{
    size_t low = 0, high = m->outputs;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (m->classes[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low < m->outputs && m->classes[low] == label ? low : m->outputs;
}

void glm_raw(const struct glm *m, const double *w, double *raw)
{
    const struct linear_columns columns = {m->offsets, m->factors};
    size_t features = m->features;

    for (size_t k = 0; k < m->outputs; k++) {
        const double *from = w + k * (features + m->bias);
        double *to = raw + k * (features + 1), shift = 0;

        if (m->offsets)
            shift = linear_fold(from, &columns, features, to);
        else
            memcpy(to, from, features * sizeof *to);
        to[features] = m->bias ? from[features] + shift : shift;
    }
}

void glm_gradient(const struct glm *m, const double *raw, double *g)
{
    const struct linear_columns columns = {m->offsets, m->factors};
    size_t features = m->features;

    for (size_t k = 0; k < m->outputs; k++) {
        const double *from = raw + k * (features + 1);
        double *to = g + k * (features + m->bias);

        memcpy(to, from, features * sizeof *to);
        if (m->offsets) linear_unfold(to, &columns, features, from[features]);
        if (m->bias) to[features] = from[features];
    }
}

/* --- what a row's scores mean ----------------------------------------------------------------- */

/* Each of these turns z of a row into d loss / d z. */

static void judge_real(double y, double *z, struct glm_sums *sums)
{
    double error = *z - y;

    sums->loss += error * error;
    sums->objective += error * error;
    sums->absolute += fabs(error);
    *z = error;
}

static void judge_binary(const struct glm *m, double label, double *z, struct glm_sums *sums)
{
    double target = m->binary ? (label == m->positive) : label;
    double weight = m->class_weights ? m->class_weights[target == 1] : 1;
    double p, loss = linear_log_loss(*z, target, &p);
    bool guess = p >= 0.5;

    sums->loss += loss;
    sums->objective += weight * loss;
    sums->correct += (guess ? 1.0 : 0.0) == target;
    sums->guessed += guess;
    sums->positive += target == 1;
    sums->hits += guess && target == 1;
    *z = weight * (p - target);
}

/* z of class k at z[k * stride]. */
static void judge_class(const struct glm *m, double label, double *z, size_t stride,
                        uint64_t *confusion, struct glm_sums *sums)
{
    size_t target = glm_class(m, label), guess = 0;
    double weight = m->class_weights && target < m->outputs ? m->class_weights[target] : 1;
    double most = z[0], total = 0, others = 0, score, loss;

    for (size_t k = 1; k < m->outputs; k++)
        if (z[k * stride] > most) {
            most = z[k * stride];
            guess = k;
        }
    score = target < m->outputs ? z[target * stride] : -INFINITY;
    for (size_t k = 0; k < m->outputs; k++) {
        total += z[k * stride] = elementary_exp(z[k * stride] - most);
        if (k != guess) others += z[k * stride];
    }
    for (size_t k = 0; k < m->outputs; k++)
        z[k * stride] /= total;
    /* The log of the sum of exponentials, from the scores: of p nothing is left near 0 and 1. */
    loss = most - score + elementary_log1p(others);
    sums->loss += loss;
    sums->objective += weight * loss;
    sums->correct += guess == target;
    if (confusion && target < m->outputs) confusion[target * m->outputs + guess]++;
    for (size_t k = 0; k < m->outputs; k++)
        z[k * stride] = weight * (z[k * stride] - (k == target));
}

/* --- a block ---------------------------------------------------------------------------------- */

static const void *row_at(const struct glm_rows *rows, size_t row, size_t features)
{
    return (const char *)rows->x + row * features * dataset_type_bytes(rows->type);
}

static struct sparse_rows sparse_of(const struct glm_rows *rows)
{
    return (struct sparse_rows){rows->type, rows->x, rows->columns, rows->starts, rows->rows};
}

/* Rows first .. first + n - 1, n at most BLOCK_ROWS. */
static void block_dot(const struct glm_rows *rows, size_t first, size_t n, size_t features,
                      const double *w, double *z)
{
    const struct sparse_rows sparse = sparse_of(rows);

    if (rows->starts)
        sparse_dot(&sparse, first, n, w, z);
    else
        linear_dot(rows->type, row_at(rows, first, features), n, features, w, z);
}

static void block_add(const struct glm_rows *rows, size_t first, size_t n, size_t features,
                      const double *e, double *g)
{
    const struct sparse_rows sparse = sparse_of(rows);

    if (rows->starts)
        sparse_add(&sparse, first, n, e, g);
    else
        linear_add(rows->type, row_at(rows, first, features), n, features, e, g);
}

void glm_pass(const struct glm *m, const struct glm_rows *rows, const double *raw, double *raw_g,
              double *scores, uint64_t *confusion, double *scratch, struct glm_sums *sums)
{
    size_t features = m->features, stride = features + 1;

    for (size_t at = 0; at < rows->rows; at += BLOCK_ROWS) {
        size_t n = rows->rows - at < BLOCK_ROWS ? rows->rows - at : BLOCK_ROWS;

        for (size_t k = 0; k < m->outputs; k++) {
            double *z = scratch + k * BLOCK_ROWS;

            block_dot(rows, at, n, features, raw + k * stride, z);
            for (size_t r = 0; r < n; r++)
                z[r] = z[r] / m->scale + raw[k * stride + features];
        }
        for (size_t r = 0; r < n; r++) {
            double label = rows->y[at + r];

            if (scores) scores[at + r] = scratch[r];
            switch (m->model) {
            case GLM_LINREG:
                if (m->binary) label = label == m->positive;
                judge_real(label, scratch + r, sums);
                break;
            case GLM_LOGREG: judge_binary(m, label, scratch + r, sums); break;
            case GLM_SOFTMAX:
                judge_class(m, label, scratch + r, BLOCK_ROWS, confusion, sums);
                break;
            }
        }
        for (size_t k = 0; raw_g && k < m->outputs; k++) {
            double *e = scratch + k * BLOCK_ROWS, *g = raw_g + k * stride;

            for (size_t r = 0; r < n; r++) {
                g[features] += e[r];
                e[r] /= m->scale;
            }
            block_add(rows, at, n, features, e, g);
        }
    }
}
