/* model.c: scoring rows. */
#include "jobs/model.h"

#include "common/math/elementary.h"
#include "common/math/sparse.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
#define X(name, word) [MODEL_##name] = word,
    MODEL_KINDS(X)
#undef X
};

const char *model_kind_word(enum model_kind kind)
{
    return words[kind];
}

bool model_kind_read(const char *word, enum model_kind *out)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], word) != 0) continue;
        *out = (enum model_kind)i;
        return true;
    }
    return false;
}

void model_clear(struct model *m)
{
    free(m->weights);
    free(m->bias);
    free(m->offset);
    free(m->factor);
    free(m->classes);
    free(m->fill);
    names_clear(&m->names);
    free(m->label);
    free(m->task);
    free(m->normalize);
    *m = (struct model){0};
}

double *model_numbers(const double *from, size_t count, struct dtq_why *why)
{
    double *copy = malloc((count ? count : 1) * sizeof *copy);

    if (!copy) {
        err_set(why, DTQ_NOMEM, "out of memory for %zu numbers of a model", count);
        return NULL;
    }
    if (count) memcpy(copy, from, count * sizeof *copy);
    return copy;
}

double model_label(const struct model *m, const double *scores)
{
    size_t best = 0;

    if (m->kind == MODEL_LINREG) return scores[0];
    if (m->kind == MODEL_LOGREG) return m->classes[scores[0] >= 0.5];
    for (size_t k = 1; k < m->outputs; k++)
        if (scores[k] > scores[best]) best = k;
    return m->classes[best];
}

struct model_scorer {
    const struct model *m;
    double *v;     /* (outputs, features) owned: weights for x as it is; NULL: those of the model */
    double *shift; /* (outputs) owned: what is added to v . x / scale */
    double z[MODEL_ROWS];
};

void model_scorer_free(struct model_scorer *s)
{
    if (!s) return;
    free(s->v);
    free(s->shift);
    free(s);
}

struct model_scorer *model_scorer_new(const struct model *m)
{
    const struct linear_columns columns = {.offset = m->offset, .factor = m->factor};
    struct model_scorer *s = calloc(1, sizeof *s);

    if (!s) return NULL;
    s->m = m;
    s->shift = calloc(m->outputs, sizeof *s->shift);
    if (m->factor) s->v = malloc(m->outputs * m->features * sizeof *s->v);
    if (!s->shift || (m->factor && !s->v)) {
        model_scorer_free(s);
        return NULL;
    }
    for (size_t k = 0; k < m->outputs; k++) {
        if (m->factor)
            s->shift[k] = linear_fold(m->weights + k * m->features, &columns, m->features,
                                      s->v + k * m->features);
        if (m->bias) s->shift[k] += m->bias[k];
    }
    return s;
}

/* z (rows) of one output. */
static void score_output(struct model_scorer *s, const struct dataset *d, uint64_t row, size_t rows,
                         size_t output)
{
    const struct model *m = s->m;
    const struct linear_problem problem = {.scale = m->scale, .shift = s->shift[output]};
    const double *w = (s->v ? s->v : m->weights) + output * m->features;

    if (d->starts) {
        const struct sparse_rows part = {.type = d->type,
                                         .x = d->x,
                                         .columns = d->columns,
                                         .starts = d->starts + row,
                                         .rows = rows};

        sparse_score(&problem, &part, w, s->z);
    } else {
        const char *x = d->x;

        linear_score(&problem, d->type, x + row * d->features * dataset_type_bytes(d->type), rows,
                     d->features, w, s->z);
    }
}

/* z (count) becomes probabilities; the largest is taken off first so that nothing overflows. */
static void softmax(double *z, size_t count)
{
    double most = z[0], sum = 0;

    for (size_t k = 1; k < count; k++)
        if (z[k] > most) most = z[k];
    for (size_t k = 0; k < count; k++)
        sum += z[k] = elementary_exp(z[k] - most);
    for (size_t k = 0; k < count; k++)
        z[k] /= sum;
}

void model_score(struct model_scorer *s, const struct dataset *d, uint64_t row, size_t rows,
                 double *scores)
{
    const struct model *m = s->m;

    for (size_t k = 0; k < m->outputs; k++) {
        score_output(s, d, row, rows, k);
        for (size_t r = 0; r < rows; r++)
            scores[r * m->outputs + k] = m->kind == MODEL_LOGREG ? linear_sigmoid(s->z[r])
                                                                 : s->z[r];
    }
    for (size_t r = 0; m->kind == MODEL_SOFTMAX && r < rows; r++)
        softmax(scores + r * m->outputs, m->outputs);
}
