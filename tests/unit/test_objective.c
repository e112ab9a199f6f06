/* test_objective.c: the loss and its gradient belong together, on inputs that are hard for them:
 * differences of the one against the other, for every model, dense and sparse. */
#include "jobs/train/objective.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 40, FEATURES = 5, CLASSES = 3, WEIGHTS_MAX = CLASSES * (FEATURES + 1) };

/* Rows as a model gets them. */
struct table {
    const char *name;
    double x[ROWS * FEATURES], y[ROWS];
    uint64_t starts[ROWS + 1];
    uint32_t columns[ROWS * FEATURES];
    double values[ROWS * FEATURES];
};

static double noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 32) / 0x1p31 - 1;
}

enum kind { PLAIN, SEPARABLE, WIDE, ZEROS, ONE_CLASS, KINDS };

static void table_make(enum kind kind, struct table *t)
{
    static const char *const names[] = {"plain", "separable", "scales of 1e-9 to 1e9", "all zeros",
                                        "one class"};
    uint64_t seed = 7 + kind, used = 0;

    t->name = names[kind];
    for (size_t i = 0; i < ROWS; i++) {
        double *x = t->x + i * FEATURES;

        for (size_t j = 0; j < FEATURES; j++) {
            x[j] = noise(&seed);
            if (kind == WIDE) x[j] *= pow(1e3, 1.5 * (double)j - 3);
            if (kind == ZEROS || noise(&seed) < -0.4) x[j] = 0;
        }
        t->y[i] = x[0] + x[1] > 0;
        if (kind != SEPARABLE && noise(&seed) < 0) t->y[i] = 1 - t->y[i];
        if (kind == SEPARABLE) x[0] += t->y[i] > 0 ? 1 : -1;
        if (kind == ONE_CLASS) t->y[i] = 1;
        t->starts[i] = used;
        for (size_t j = 0; j < FEATURES; j++) {
            t->columns[used] = (uint32_t)j;
            t->values[used] = x[j];
            if (x[j] != 0) used++;
        }
    }
    t->starts[ROWS] = used;
}

static const double classes[] = {0, 1, 2}, class_weights[] = {0.5, 2, 1.25};

struct problem {
    struct glm model;
    struct optimizer optimizer;
    struct glm_rows rows;
};

/* Value at w, and its gradient. */
static double value_at(const struct problem *p, const double *w, double *g)
{
    double raw[WEIGHTS_MAX], raw_g[WEIGHTS_MAX] = {0}, scratch[8 * CLASSES];
    struct glm_sums sums = {0};

    assert_true(glm_scratch(&p->model) <= sizeof scratch / sizeof *scratch);
    glm_raw(&p->model, w, raw);
    glm_pass(&p->model, &p->rows, raw, raw_g, NULL, NULL, scratch, &sums);
    return objective(&p->model, &p->optimizer, ROWS, w, sums.objective, raw_g, g);
}

/* By central differences, with a step for each weight that moves the scores alike. */
static void compare(const struct problem *p, double *w, const char *name)
{
    size_t count = glm_weights(&p->model), width = p->optimizer.width;
    double g[WEIGHTS_MAX], other[WEIGHTS_MAX], value = value_at(p, w, g);

    assert_true(isfinite(value));
    for (size_t i = 0; i < count; i++) {
        const double *offsets = p->model.offsets, *factors = p->model.factors;
        double was = w[i], most = 0, h, above, below, slope, size;

        for (size_t r = 0; i % width < FEATURES && r < ROWS; r++)
            for (uint64_t k = p->rows.starts ? p->rows.starts[r] : r * FEATURES;
                 k < (p->rows.starts ? p->rows.starts[r + 1] : (r + 1) * FEATURES); k++)
                if ((p->rows.starts ? p->rows.columns[k] : k % FEATURES) == i % width)
                    most = fmax(most, fabs(((const double *)p->rows.x)[k]));
        if (offsets && i % width < FEATURES)
            most = (most + fabs(offsets[i % width])) * factors[i % width];
        most = most > 0 ? most / p->model.scale : 1;
        h = fmax(1e-4 / most, fabs(was) * 1e-9);
        w[i] = was + h;
        above = value_at(p, w, other);
        w[i] = was - h;
        below = value_at(p, w, other);
        w[i] = was;
        slope = (above - below) / (2 * h);
        /* What is left of the difference is rounding of the value, and its third derivative. */
        size = fabs(g[i]) + most * (1e-5 + 1e-9 * fabs(value));
        if (!(fabs(slope - g[i]) <= 1e-4 * size + 4e-16 * (above + below) / h))
            fail_msg("%s: weight %zu: slope %.12g, gradient %.12g, value %g", name, i, slope, g[i],
                     value);
    }
}

static void the_gradient_is_the_slope_of_what_is_minimised(void **state)
{
    static const double lengths[] = {0, 1, 300};
    static const double middles[FEATURES] = {0.5, -0.25, 0, 2, 1};
    double factors[FEATURES], offsets[FEATURES];

    (void)state;
    for (unsigned i = 0; i < KINDS * 3 * 32; i++) {
        enum kind kind = i % KINDS;
        enum glm_model model = i / KINDS % 3;
        unsigned bits = i / KINDS / 3;
        bool bias = bits & 1, sparse = bits & 2, weighted = bits & 4, scaled = bits & 8;
        double l2 = bits & 16 ? 0.01 : 0;
        struct table t;
        struct problem p;
        uint64_t seed = i + 1;
        char name[120];

        table_make(kind, &t);
        for (size_t r = 0; model == GLM_SOFTMAX && kind != ONE_CLASS && r < ROWS; r += 3)
            t.y[r] = 2;
        for (size_t j = 0; j < FEATURES; j++) {
            factors[j] = kind == WIDE ? pow(1e3, 3 - 1.5 * (double)j) : 1 + 0.5 * (double)j;
            offsets[j] = middles[j] / factors[j];
        }
        p = (struct problem){
            .model = {.model = model,
                      .features = FEATURES,
                      .outputs = model == GLM_SOFTMAX ? CLASSES : 1,
                      .bias = bias,
                      .scale = scaled && !weighted ? 16 : 1,
                      .offsets = scaled && weighted ? offsets : NULL,
                      .factors = scaled && weighted ? factors : NULL,
                      .classes = classes,
                      .class_weights = weighted && model != GLM_LINREG ? class_weights : NULL},
            .rows = {.type = DATASET_F64, .x = t.x, .y = t.y, .rows = ROWS},
        };
        if (sparse) {
            p.rows.x = t.values;
            p.rows.starts = t.starts;
            p.rows.columns = t.columns;
        }
        p.optimizer = (struct optimizer){.kind = OPTIMIZER_LBFGS,
                                         .l2 = l2,
                                         .outputs = p.model.outputs,
                                         .width = FEATURES + bias,
                                         .bias = bias};
        for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
            double w[WEIGHTS_MAX];

            for (size_t k = 0; k < WEIGHTS_MAX; k++) {
                size_t j = k % (FEATURES + bias);

                w[k] = lengths[n] * noise(&seed);
                /* Scores of a hundred and more, whatever the columns' scale. */
                if (kind == WIDE && !p.model.factors && j < FEATURES)
                    w[k] *= pow(1e3, 3 - 1.5 * (double)j);
            }
            snprintf(name, sizeof name, "%s, model %d%s%s%s%s, l2 %g, length %g", t.name, model,
                     bias ? ", bias" : "", sparse ? ", sparse" : "", weighted ? ", weights" : "",
                     scaled ? ", scaled" : "", l2, lengths[n]);
            compare(&p, w, name);
        }
    }
}

static void dense_and_sparse_rows_have_the_same_bits(void **state)
{
    (void)state;
    for (enum kind kind = 0; kind < KINDS; kind++)
        for (int model = GLM_LINREG; model <= GLM_SOFTMAX; model++) {
            struct table t;
            double w[WEIGHTS_MAX], a[WEIGHTS_MAX], b[WEIGHTS_MAX], value;
            uint64_t seed = 3;
            struct problem p = {.model = {.model = model,
                                          .features = FEATURES,
                                          .outputs = model == GLM_SOFTMAX ? CLASSES : 1,
                                          .scale = 1,
                                          .classes = classes},
                                .optimizer = {.outputs = 1, .width = FEATURES}};

            table_make(kind, &t);
            for (size_t k = 0; k < WEIGHTS_MAX; k++)
                w[k] = 40 * noise(&seed);
            p.rows = (struct glm_rows){.type = DATASET_F64, .x = t.x, .y = t.y, .rows = ROWS};
            value = value_at(&p, w, a);
            p.rows.x = t.values;
            p.rows.starts = t.starts;
            p.rows.columns = t.columns;
            assert_true(value_at(&p, w, b) == value);
            assert_memory_equal(a, b, glm_weights(&p.model) * sizeof *a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_the_slope_of_what_is_minimised),
        cmocka_unit_test(dense_and_sparse_rows_have_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
