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

enum { PARTS = 7 };

/* What of a model may be there or not. */
struct rest {
    bool bias, scaled, filled;
    double *names; /* as a vector */
    size_t names_count;
};

/* The parts in their order; those that are not there have none. */
static void parts_of(struct model *m, struct rest *rest, struct part parts[PARTS])
{
    parts[0] = (struct part){&m->weights, m->outputs * m->features};
    parts[1] = (struct part){&m->bias, rest->bias ? m->outputs : 0};
    parts[2] = (struct part){&m->offset, rest->scaled ? m->features : 0};
    parts[3] = (struct part){&m->factor, rest->scaled ? m->features : 0};
    parts[4] = (struct part){&m->classes, m->class_count};
    parts[5] = (struct part){&m->fill, rest->filled ? m->features : 0};
    parts[6] = (struct part){&rest->names, rest->names_count};
}

enum dtq_err model_pack(const struct model *m, cJSON *params, double **out, size_t *count,
                        struct dtq_why *why)
{
    struct rest rest = {m->bias, m->factor, m->fill, NULL, 0};
    struct model copy = *m;
    struct part parts[PARTS];
    char text[JSON_NUMBER];
    double *vector;
    size_t all = 0, at = 0;

    if (m->names.all.texts && !(rest.names = names_pack(&m->names.all, &rest.names_count)))
        return err_set(why, DTQ_NOMEM, "out of memory for the names of a model");
    parts_of(&copy, &rest, parts);
    for (size_t i = 0; i < PARTS; i++)
        all += parts[i].count;
    vector = malloc(all * sizeof *vector);
    if (!vector) {
        free(rest.names);
        return err_set(why, DTQ_NOMEM, "out of memory for %zu numbers of a model", all);
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].count) memcpy(vector + at, *parts[i].numbers, parts[i].count * sizeof *vector);
        at += parts[i].count;
    }
    cJSON_AddStringToObject(params, "model", model_kind_word(m->kind));
    cJSON_AddNumberToObject(params, "features", (double)m->features);
    cJSON_AddNumberToObject(params, "classes", (double)m->class_count);
    cJSON_AddBoolToObject(params, "bias", m->bias != NULL);
    cJSON_AddBoolToObject(params, "scaled", m->factor != NULL);
    cJSON_AddBoolToObject(params, "filled", m->fill != NULL);
    cJSON_AddNumberToObject(params, "names", (double)rest.names_count);
    cJSON_AddStringToObject(params, "scale", json_number(m->scale, text));
    if (m->one_of_many) cJSON_AddStringToObject(params, "positive", json_number(m->positive, text));
    free(rest.names);
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
    struct rest rest = {.bias = fields_bool(params, "bias", false),
                        .scaled = fields_bool(params, "scaled", false),
                        .filled = fields_bool(params, "filled", false),
                        .names_count = (size_t)fields_int(params, "names", 0)};
    struct part parts[PARTS];
    struct model m;
    size_t all = 0, at = 0;
    enum dtq_err err = shape(params, &m, why);

    if (err != DTQ_OK) return err;
    parts_of(&m, &rest, parts);
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
            err = DTQ_NOMEM;
            break;
        }
        at += parts[i].count;
    }
    if (err == DTQ_OK && rest.names)
        err = names_unpack(rest.names, rest.names_count, &m.names, why);
    free(rest.names);
    if (err == DTQ_OK && m.names.all.texts && m.names.all.features != m.features)
        err = err_set(why, DTQ_INPUT, "a model of %llu features has names of %llu",
                      (unsigned long long)m.features, (unsigned long long)m.names.all.features);
    if (err != DTQ_OK) {
        model_clear(&m);
        return err;
    }
    m.missing = m.fill ? DATASET_MEAN : DATASET_REFUSE;
    *out = m;
    return DTQ_OK;
}
