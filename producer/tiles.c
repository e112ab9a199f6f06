/* tiles.c: weights without their intercepts. */
#include "producer/tiles.h"

#include "common/fields.h"

#include <stdlib.h>
#include <string.h>

void tiles_clear(struct tiles *t)
{
    free(t->weights);
    free(t->intercepts);
    free(t->names);
    free(t->captions);
    *t = (struct tiles){0};
}

static enum dtq_err name_all(const cJSON *report, struct tiles *t)
{
    if (t->count < 2) return DTQ_OK;
    t->names = calloc(t->count, sizeof *t->names);
    t->captions = calloc(t->count, sizeof *t->captions);
    if (!t->names || !t->captions) return DTQ_NOMEM;
    for (size_t i = 0; i < t->count; i++)
        t->captions[i] = findings_class(report, i, t->names[i]);
    return DTQ_OK;
}

enum dtq_err tiles_read(const cJSON *params, const cJSON *report, const double *weights,
                        size_t count, struct tiles *out, struct dtq_why *why)
{
    size_t n = (size_t)fields_int(report, "features", 0), bias = fields_bool(params, "bias", false);
    struct tiles t = {.count = 1, .n = count};

    if (n && count % (n + bias) == 0) {
        t.count = count / (n + bias);
        t.n = n;
    } else {
        bias = 0;
    }
    t.weights = malloc((t.count * t.n + 1) * sizeof *t.weights);
    if (bias) t.intercepts = malloc(t.count * sizeof *t.intercepts);
    if (!t.weights || (bias && !t.intercepts) || name_all(report, &t) != DTQ_OK) {
        tiles_clear(&t);
        return err_set(why, DTQ_NOMEM, "out of memory for %zu weights", count);
    }
    for (size_t i = 0; i < t.count; i++) {
        memcpy(t.weights + i * t.n, weights + i * (t.n + bias), t.n * sizeof *weights);
        if (bias) t.intercepts[i] = weights[i * (t.n + bias) + t.n];
    }
    *out = t;
    return DTQ_OK;
}
