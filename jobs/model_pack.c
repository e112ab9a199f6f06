/* model_pack.c: a model as one vector and its shape as parameters. */
#include "jobs/model.h"

#include "common/fields.h"
#include "common/json.h"
#include "common/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A part of the vector: where in the model, and how many numbers. */
struct part {
    double **numbers;
    size_t count;
};

enum { PARTS = 5 };

/* The parts in their order; those that are not there have none. */
static void parts_of(struct model *m, bool bias, bool scaled, struct part parts[PARTS])
{
    parts[0] = (struct part){&m->weights, m->outputs * m->features};
    parts[1] = (struct part){&m->bias, bias ? m->outputs : 0};
    parts[2] = (struct part){&m->offset, scaled ? m->features : 0};
    parts[3] = (struct part){&m->factor, scaled ? m->features : 0};
    parts[4] = (struct part){&m->classes, m->class_count};
}

enum dtq_err model_pack(const struct model *m, cJSON *params, double **out, size_t *count,
                        struct dtq_why *why)
{
    struct model copy = *m;
    struct part parts[PARTS];
    char text[JSON_NUMBER];
    double *vector;
    size_t all = 0, at = 0;

    parts_of(&copy, m->bias != NULL, m->factor != NULL, parts);
    for (size_t i = 0; i < PARTS; i++)
        all += parts[i].count;
    vector = malloc(all * sizeof *vector);
    if (!vector) return err_set(why, DTQ_NOMEM, "out of memory for %zu numbers of a model", all);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].count) memcpy(vector + at, *parts[i].numbers, parts[i].count * sizeof *vector);
        at += parts[i].count;
    }
    cJSON_AddStringToObject(params, "model", model_kind_word(m->kind));
    cJSON_AddNumberToObject(params, "features", (double)m->features);
    cJSON_AddNumberToObject(params, "classes", (double)m->class_count);
    cJSON_AddBoolToObject(params, "bias", m->bias != NULL);
    cJSON_AddBoolToObject(params, "scaled", m->factor != NULL);
    cJSON_AddStringToObject(params, "scale", json_number(m->scale, text));
    if (m->one_of_many) cJSON_AddStringToObject(params, "positive", json_number(m->positive, text));
    *out = vector;
    *count = all;
    return DTQ_OK;
}

/* The shape alone: no numbers. */
static enum dtq_err shape(const cJSON *params, struct model *out, struct dtq_why *why)
{
    struct model m = {.features = (uint64_t)fields_int(params, "features", 0),
                      .class_count = (size_t)fields_int(params, "classes", 0)};
    const char *scale = fields_text(params, "scale", "1");
    const char *positive = fields_text(params, "positive", NULL);
    char shown[PARSE_SHOWN];

    if (!model_kind_read(fields_text(params, "model", ""), &m.kind))
        return err_set(why, DTQ_INPUT, "model=%s: one of " MODEL_KIND_WORDS " was expected",
                       parse_shown(fields_text(params, "model", ""), shown));
    if (!parse_real(scale, &m.scale) || m.scale == 0)
        return err_set(why, DTQ_INPUT, "scale=%s: a number other than 0 was expected",
                       parse_shown(scale, shown));
    m.one_of_many = positive != NULL;
    if (positive && !parse_real(positive, &m.positive))
        return err_set(why, DTQ_INPUT, "positive=%s: the number of a label was expected",
                       parse_shown(positive, shown));
    m.outputs = m.kind == MODEL_SOFTMAX ? m.class_count : 1;
    if (m.kind == MODEL_LINREG   ? m.class_count != 0
        : m.kind == MODEL_LOGREG ? m.class_count != 2
                                 : m.class_count < 2)
        return err_set(why, DTQ_INPUT,
                       "classes=%zu of a %s: none for linreg, 2 for logreg and at least 2 for "
                       "softmax were expected",
                       m.class_count, model_kind_word(m.kind));
    *out = m;
    return DTQ_OK;
}

enum dtq_err model_shape_check(const cJSON *params, struct dtq_why *why)
{
    struct model m;

    return shape(params, &m, why);
}

enum dtq_err model_unpack(const cJSON *params, const double *vector, size_t count,
                          struct model *out, struct dtq_why *why)
{
    struct part parts[PARTS];
    struct model m;
    size_t all = 0, at = 0;
    enum dtq_err err = shape(params, &m, why);

    if (err != DTQ_OK) return err;
    parts_of(&m, fields_bool(params, "bias", false), fields_bool(params, "scaled", false), parts);
    for (size_t i = 0; i < PARTS; i++)
        all += parts[i].count;
    if (all != count)
        return err_set(why, DTQ_INPUT,
                       "%zu numbers came with the job, but its model has %zu; dtq predict ID "
                       "submits a model as it should be",
                       count, all);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(vector[i]))
            return err_set(why, DTQ_INPUT, "number %zu of the model is %g; it must be finite",
                           i + 1, vector[i]);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].count &&
            !(*parts[i].numbers = model_numbers(vector + at, parts[i].count, why))) {
            model_clear(&m);
            return DTQ_NOMEM;
        }
        at += parts[i].count;
    }
    *out = m;
    return DTQ_OK;
}
