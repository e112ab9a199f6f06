/* model_training.c: the model that a training ended with. */
#include "jobs/model.h"

#include "common/fields.h"
#include "jobs/train/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A copy of a text; false when memory ran out. NULL stays NULL. */
static bool copy_text(const char *text, char **out)
{
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

/* The numbers of an array; *count of them when *count is not 0. NULL with the sentence. */
static double *array_numbers(const cJSON *array, const char *name, size_t *count,
                             struct dtq_why *why)
{
    size_t size = (size_t)cJSON_GetArraySize(array), i = 0;
    double *numbers;
    const cJSON *item;

    if (!cJSON_IsArray(array) || !size || (*count && size != *count)) {
        err_set(why, DTQ_INPUT, "%s of the training has %zu numbers; %zu were expected", name, size,
                *count);
        return NULL;
    }
    numbers = malloc(size * sizeof *numbers);
    if (!numbers) err_set(why, DTQ_NOMEM, "out of memory for %s", name);
    cJSON_ArrayForEach(item, array) if (numbers)
        numbers[i++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    *count = size;
    return numbers;
}

static enum dtq_err classes_of(struct model *m, const cJSON *report, struct dtq_why *why)
{
    static const double zero_one[] = {0, 1};
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(report, "classes");

    m->outputs = 1;
    if (m->kind == MODEL_LINREG) return DTQ_OK;
    if (m->kind == MODEL_LOGREG) {
        m->class_count = 2;
        m->classes = model_numbers(zero_one, 2, why);
        return m->classes ? DTQ_OK : DTQ_NOMEM;
    }
    m->classes = array_numbers(classes, "classes", &m->class_count, why);
    m->outputs = m->class_count;
    return m->classes ? DTQ_OK : DTQ_INPUT;
}

/* Rows of the weights that a training keeps: features, and behind them the bias if there is one. */
static enum dtq_err weights_of(struct model *m, bool bias, const double *w, size_t count,
                               struct dtq_why *why)
{
    size_t row = m->features + bias;

    if (!m->features || count != m->outputs * row)
        return err_set(why, DTQ_INPUT,
                       "the training has %zu weights; %zu were expected, for %llu features%s and "
                       "%zu output%s",
                       count, m->outputs * row, (unsigned long long)m->features,
                       bias ? " with a bias" : "", m->outputs, m->outputs == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(w[i]))
            return err_set(why, DTQ_INPUT, "weight %zu of the training is %g", i + 1, w[i]);
    m->weights = malloc(m->outputs * m->features * sizeof *w);
    m->bias = bias ? malloc(m->outputs * sizeof *w) : NULL;
    if (!m->weights || (bias && !m->bias))
        return err_set(why, DTQ_NOMEM, "out of memory for a model");
    for (size_t k = 0; k < m->outputs; k++) {
        memcpy(m->weights + k * m->features, w + k * row, m->features * sizeof *w);
        if (bias) m->bias[k] = w[k * row + m->features];
    }
    return DTQ_OK;
}

/* normalize: a number that all features are divided by, or offset and factor of each. */
static enum dtq_err scaling_of(struct model *m, const struct train_params *p,
                               const struct model_vector *scaling, struct dtq_why *why)
{
    m->scale = p->scale;
    if (p->scaling == SCALING_NONE) return DTQ_OK;
    if (scaling->count != 2 * m->features)
        return err_set(why, DTQ_INPUT,
                       "the training has no offset and factor of each feature yet; wait for its "
                       "first epoch");
    m->scale = 1;
    m->offset = model_numbers(scaling->v, m->features, why);
    m->factor = m->offset ? model_numbers(scaling->v + m->features, m->features, why) : NULL;
    return m->factor ? DTQ_OK : DTQ_NOMEM;
}

/* missing: what an empty cell of each feature counts as. */
static enum dtq_err fill_of(struct model *m, const struct train_params *p,
                            const struct model_vector *fill, struct dtq_why *why)
{
    m->missing = p->fills ? DATASET_MEAN : p->data.missing;
    if (!p->fills || !fill->count) return DTQ_OK; /* a sparse table has no empty cells */
    if (fill->count != m->features)
        return err_set(why, DTQ_INPUT, "the training has %zu means for %llu features", fill->count,
                       (unsigned long long)m->features);
    m->fill = model_numbers(fill->v, fill->count, why);
    return m->fill ? DTQ_OK : DTQ_NOMEM;
}

static enum dtq_err names_of(struct model *m, const cJSON *params,
                             const struct model_vector *columns, struct dtq_why *why)
{
    const struct dataset_names *names = &m->names.all;
    enum dtq_err err = columns->count ? names_unpack(columns->v, columns->count, &m->names, why)
                                      : DTQ_OK;
    const char *label = fields_text(params, "csvLabel", NULL);
    const char *normalize = fields_text(params, "normalize", "none");
    bool named = label && strcmp(label, "first") && strcmp(label, "last"), room;

    if (err != DTQ_OK) return err;
    if (names->texts && names->features != m->features)
        return err_set(why, DTQ_INPUT, "the training has names for %llu features and %llu features",
                       (unsigned long long)names->features, (unsigned long long)m->features);
    if (names->texts) label = dataset_names_get(names, names->features);
    room = copy_text(names->texts || named ? label : NULL, &m->label) &&
           copy_text(fields_text(params, "task", NULL), &m->task) &&
           copy_text(strcmp(normalize, "none") ? normalize : NULL, &m->normalize);
    return room ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for the names of a model");
}

enum dtq_err model_of_training(const cJSON *params, const cJSON *report,
                               const struct model_learnt *learnt, struct model *out,
                               struct dtq_why *why)
{
    const struct model_vector *weights = &learnt->weights;
    struct model m = {.features = (uint64_t)fields_int(report, "features", 0)};
    struct train_params p;
    enum dtq_err err = train_params_read(params, &p, why);

    if (err == DTQ_OK && !model_kind_read(fields_text(params, "model", ""), &m.kind))
        err = err_set(why, DTQ_INPUT, "model=%.40s: one of " MODEL_KIND_WORDS " was expected",
                      fields_text(params, "model", ""));
    if (err == DTQ_OK && !weights->count)
        err = err_set(why, DTQ_INPUT, "the training has no weights yet; wait for its first epoch");
    if (err == DTQ_OK) {
        m.one_of_many = p.binary;
        m.positive = p.positive;
        err = classes_of(&m, report, why);
    }
    if (err == DTQ_OK) err = weights_of(&m, p.bias, weights->v, weights->count, why);
    if (err == DTQ_OK) err = scaling_of(&m, &p, &learnt->scaling, why);
    if (err == DTQ_OK) err = fill_of(&m, &p, &learnt->fill, why);
    if (err == DTQ_OK) err = names_of(&m, params, &learnt->columns, why);
    if (err == DTQ_OK) {
        *out = m;
        return DTQ_OK;
    }
    model_clear(&m);
    return err;
}
