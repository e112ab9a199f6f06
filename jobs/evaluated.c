/* evaluated.c: the passes of glm.h over the rows of a table, and what they add up to. */
#include "jobs/evaluated.h"

#include "common/json.h"
#include "common/math/glm.h"
#include "jobs/train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 9 }; /* of an array */

static enum glm_model kind_of(const struct model *m)
{
    switch (m->kind) {
    case MODEL_LINREG: return GLM_LINREG;
    case MODEL_LOGREG: return GLM_LOGREG;
    case MODEL_SOFTMAX: break;
    }
    return GLM_SOFTMAX;
}

static struct glm glm_of(const struct model *m)
{
    return (struct glm){.model = kind_of(m),
                        .features = m->features,
                        .outputs = m->outputs,
                        .bias = m->bias != NULL,
                        .binary = m->one_of_many,
                        .positive = m->positive,
                        .scale = m->scale,
                        .offsets = m->offset,
                        .factors = m->factor,
                        .classes = m->classes};
}

size_t evaluated_matrix(const struct model *m)
{
    bool small = m->kind == MODEL_SOFTMAX && m->outputs <= EVALUATED_CLASSES_MAX;

    return small ? m->outputs * m->outputs : 0;
}

bool evaluated_knows(const struct model *m, double label)
{
    const struct glm glm = glm_of(m);

    if (m->kind == MODEL_LINREG || m->one_of_many) return true;
    if (m->kind == MODEL_LOGREG) return label == 0 || label == 1;
    return glm_class(&glm, label) < m->outputs;
}

void evaluated_add(struct evaluated *to, const struct evaluated *next)
{
    double rows = (double)(to->rows + next->rows), distance = next->mean - to->mean;

    if (!next->rows) return;
    to->mean += distance * ((double)next->rows / rows);
    to->spread += next->spread +
                  distance * distance * ((double)to->rows * (double)next->rows / rows);
    to->rows += next->rows;
    sums_join(&to->sums, &next->sums);
}

cJSON *evaluated_json(const struct evaluated *e)
{
    const struct train_sums *s = &e->sums;
    const double numbers[NUMBERS] = {(double)e->rows,     s->loss,         s->absolute,
                                     (double)s->correct,  (double)s->hits, (double)s->guessed,
                                     (double)s->positive, e->mean,         e->spread};

    return json_exact_array(numbers, NUMBERS);
}

bool evaluated_read(const cJSON *array, struct evaluated *out)
{
    double v[NUMBERS];
    const cJSON *item;
    size_t i = 0;

    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) != NUMBERS) return false;
    cJSON_ArrayForEach(item, array)
    {
        bool count = i == 0 || (i >= 3 && i <= 6);

        if (!cJSON_IsNumber(item)) return false;
        v[i] = item->valuedouble;
        if (count && !(v[i] >= 0 && v[i] < 0x1p53)) return false;
        i++;
    }
    *out = (struct evaluated){.rows = (uint64_t)v[0],
                              .sums = {.loss = v[1],
                                       .absolute = v[2],
                                       .correct = (uint64_t)v[3],
                                       .hits = (uint64_t)v[4],
                                       .guessed = (uint64_t)v[5],
                                       .positive = (uint64_t)v[6]},
                              .mean = v[7],
                              .spread = v[8]};
    return out->sums.positive <= out->rows;
}

void evaluated_tell(const struct evaluated *e, const struct model *m, const double *confusion,
                    bool ranked, cJSON *out)
{
    struct train_metrics metrics;

    metrics_of_rows(&metrics, kind_of(m), e->rows, &e->sums, e->spread, confusion, m->outputs,
                    ranked);
    metrics_add(&metrics, out);
}

/* --- one part of a table ---------------------------------------------------------------------- */

struct evaluator {
    const struct model *m;
    struct glm glm;
    struct glm_sums sums;
    uint64_t rows;
    double mean, spread;
    double *raw, *scratch; /* owned, one allocation */
    uint64_t *confusion;   /* owned; NULL: none */
};

struct evaluator *evaluator_new(const struct model *m)
{
    struct evaluator *e = calloc(1, sizeof *e);
    size_t row = m->features + (m->bias != NULL);
    double *w = malloc(m->outputs * row * sizeof *w);

    if (!e || !w) goto fail;
    e->m = m;
    e->glm = glm_of(m);
    for (size_t k = 0; k < m->outputs; k++) {
        memcpy(w + k * row, m->weights + k * m->features, m->features * sizeof *w);
        if (m->bias) w[k * row + m->features] = m->bias[k];
    }
    e->raw = calloc(glm_raws(&e->glm) + glm_scratch(&e->glm), sizeof *e->raw);
    if (evaluated_matrix(m)) e->confusion = calloc(evaluated_matrix(m), sizeof *e->confusion);
    if (!e->raw || (evaluated_matrix(m) && !e->confusion)) goto fail;
    e->scratch = e->raw + glm_raws(&e->glm);
    glm_raw(&e->glm, w, e->raw);
    free(w);
    return e;
fail:
    free(w);
    evaluator_free(e);
    return NULL;
}

void evaluator_free(struct evaluator *e)
{
    if (!e) return;
    free(e->raw);
    free(e->confusion);
    free(e);
}

void evaluator_take(struct evaluator *e, const struct dataset *d, uint64_t row, size_t rows,
                    double *targets, double *z)
{
    size_t skipped = d->starts ? 0 : row * d->features;
    const struct glm_rows piece = {.type = d->type,
                                   .x = (const char *)d->x + skipped * dataset_type_bytes(d->type),
                                   .starts = d->starts ? d->starts + row : NULL,
                                   .columns = d->columns,
                                   .y = d->y + row,
                                   .rows = rows};

    glm_pass(&e->glm, &piece, e->raw, NULL, z, e->confusion, e->scratch, &e->sums);
    for (size_t i = 0; i < rows; i++) {
        double target = e->m->one_of_many ? piece.y[i] == e->m->positive : piece.y[i];
        double distance = target - e->mean;

        if (targets) targets[i] = target;
        e->mean += distance / (double)++e->rows;
        e->spread += distance * (target - e->mean);
    }
}

void evaluator_result(const struct evaluator *e, struct evaluated *out, double *confusion)
{
    *out = (struct evaluated){.rows = e->rows, .mean = e->mean, .spread = e->spread};
    sums_add(&out->sums, &e->sums);
    for (size_t i = 0; confusion && i < evaluated_matrix(e->m); i++)
        confusion[i] = (double)e->confusion[i];
}
