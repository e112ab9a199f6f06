/* model_export.c: a model for other programs. What each format holds is told in docs/EXPORT.md. */
#include "jobs/model.h"

#include "common/json.h"
#include "common/parse.h"

#include <stdlib.h>
#include <string.h>

enum { MODEL_VERSION = 1 };

static enum dtq_err no_memory(struct dtq_why *why)
{
    return err_set(why, DTQ_NOMEM, "out of memory for a model");
}

static double offset_of(const struct model *m, uint64_t j)
{
    return m->offset ? m->offset[j] : 0;
}

static double factor_of(const struct model *m, uint64_t j)
{
    return m->factor ? m->factor[j] : 1 / m->scale;
}

/* The same model for rows as they are: w . ((x - offset) * factor) + bias = raw . x + intercept.
 * raw (features). */
static double fold(const struct model *m, size_t output, double *raw)
{
    const double *w = m->weights + output * m->features;
    double intercept = m->bias ? m->bias[output] : 0;

    for (uint64_t j = 0; j < m->features; j++) {
        raw[j] = m->factor ? w[j] * m->factor[j] : w[j] / m->scale;
        if (m->offset) intercept -= raw[j] * m->offset[j];
    }
    return intercept;
}

/* Adds the item under the name, or notes that there is none. */
static void put(cJSON *object, const char *name, cJSON *item, bool *room)
{
    if (item && cJSON_AddItemToObject(object, name, item)) return;
    cJSON_Delete(item);
    *room = false;
}

static cJSON *text_or_null(const char *text)
{
    return text ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *matrix(const double *values, size_t rows, size_t columns)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t k = 0; list && k < rows; k++) {
        cJSON *row = json_exact_array(values + k * columns, columns);

        if (!row || !cJSON_AddItemToArray(list, row)) {
            cJSON_Delete(row);
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}

static cJSON *columns_json(const struct model *m)
{
    cJSON *names = m->names.all.texts ? names_json(&m->names.all) : cJSON_CreateNull();

    if (m->names.all.texts) cJSON_DeleteItemFromArray(names, (int)m->features); /* the label's */
    return names;
}

/* What an empty cell of a feature counts as, where the model takes any. */
static bool fills(const struct model *m)
{
    return m->fill || m->missing == DATASET_ZERO;
}

static double fill_of(const struct model *m, uint64_t j)
{
    return m->fill ? m->fill[j] : 0;
}

static cJSON *fill_json(const struct model *m)
{
    cJSON *list = fills(m) ? cJSON_CreateArray() : cJSON_CreateNull();

    for (uint64_t j = 0; list && fills(m) && j < m->features; j++)
        if (!cJSON_AddItemToArray(list, json_exact(fill_of(m, j)))) {
            cJSON_Delete(list);
            return NULL;
        }
    return list;
}

/* offset and factor of each feature, whatever the training was asked for: one way to score all. */
static cJSON *normalisation(const struct model *m)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *offsets = cJSON_CreateArray(), *factors = cJSON_CreateArray();
    bool room = object && offsets && factors;

    for (uint64_t j = 0; room && j < m->features; j++)
        room = cJSON_AddItemToArray(offsets, json_exact(offset_of(m, j))) &&
               cJSON_AddItemToArray(factors, json_exact(factor_of(m, j)));
    put(object, "kind", cJSON_CreateString(m->normalize ? m->normalize : "none"), &room);
    put(object, "scale", m->factor ? cJSON_CreateNull() : json_exact(m->scale), &room);
    put(object, "offset", offsets, &room);
    put(object, "factor", factors, &room);
    if (room) return object;
    cJSON_Delete(object);
    return NULL;
}

static cJSON *to_json(const struct model *m, const char *job_id)
{
    cJSON *o = cJSON_CreateObject();
    bool room = o != NULL;

    put(o, "format", cJSON_CreateString("dtq-model"), &room);
    put(o, "version", cJSON_CreateNumber(MODEL_VERSION), &room);
    put(o, "jobId", cJSON_CreateString(job_id), &room);
    put(o, "model", cJSON_CreateString(model_kind_word(m->kind)), &room);
    put(o, "task", text_or_null(m->task), &room);
    if (m->one_of_many) put(o, "positive", json_exact(m->positive), &room);
    put(o, "features", cJSON_CreateNumber((double)m->features), &room);
    put(o, "columns", columns_json(m), &room);
    put(o, "label", text_or_null(m->label), &room);
    put(o, "fill", fill_json(m), &room);
    put(o, "normalisation", normalisation(m), &room);
    put(o, "classes", json_exact_array(m->classes, m->class_count), &room);
    put(o, "weights", matrix(m->weights, m->outputs, m->features), &room);
    if (m->bias)
        put(o, "bias", json_exact_array(m->bias, m->outputs), &room);
    else
        put(o, "bias", cJSON_CreateNull(), &room);
    if (room) return o;
    cJSON_Delete(o);
    return NULL;
}

/* As scikit-learn names what it has fitted; for rows as they are. */
static cJSON *to_sklearn(const struct model *m)
{
    cJSON *o = cJSON_CreateObject();
    double *raw = malloc(m->outputs * m->features * sizeof *raw);
    double *intercepts = malloc(m->outputs * sizeof *intercepts);
    bool room = o && raw && intercepts;

    for (size_t k = 0; room && k < m->outputs; k++)
        intercepts[k] = fold(m, k, raw + k * m->features);
    if (room) {
        bool linreg = m->kind == MODEL_LINREG;

        put(o, "class", cJSON_CreateString(linreg ? "LinearRegression" : "LogisticRegression"),
            &room);
        put(o, "n_features_in_", cJSON_CreateNumber((double)m->features), &room);
        if (m->names.all.texts) put(o, "feature_names_in_", columns_json(m), &room);
        if (fills(m)) put(o, "fill", fill_json(m), &room);
        if (!linreg) put(o, "classes_", json_exact_array(m->classes, m->class_count), &room);
        put(o, "coef_",
            linreg ? json_exact_array(raw, m->features) : matrix(raw, m->outputs, m->features),
            &room);
        put(o, "intercept_",
            linreg ? json_exact(intercepts[0]) : json_exact_array(intercepts, m->outputs), &room);
    }
    free(raw);
    free(intercepts);
    if (room) return o;
    cJSON_Delete(o);
    return NULL;
}

static enum dtq_err print(cJSON *object, struct buf *out, struct dtq_why *why)
{
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;

    if (text) buf_printf(out, "%s\n", text);
    cJSON_Delete(object);
    free(text);
    return text && !out->failed ? DTQ_OK : no_memory(why);
}

static void csv_number(double value, struct buf *out)
{
    char text[JSON_NUMBER];

    buf_printf(out, ",%s", json_number(value, text));
}

/* A name as a cell: in quotes when it needs them. */
static void csv_name(const struct model *m, uint64_t j, struct buf *out)
{
    const char *name = m->names.all.texts ? dataset_names_get(&m->names.all, j) : NULL;

    if (!name) {
        buf_printf(out, "x%llu", (unsigned long long)j + 1);
    } else if (!strpbrk(name, ",\"\r\n")) {
        buf_text(out, name);
    } else {
        buf_text(out, "\"");
        for (; *name; name++) {
            if (*name == '"') buf_text(out, "\"");
            buf_add(out, name, 1);
        }
        buf_text(out, "\"");
    }
}

/* A line a feature: name, offset, factor, its weight for each output, and what an empty cell of it
 * counts as, if the model takes any; the last line is the bias. */
static enum dtq_err to_csv(const struct model *m, struct buf *out, struct dtq_why *why)
{
    char text[JSON_NUMBER];

    buf_text(out, "column,offset,factor");
    for (size_t k = 0; k < m->outputs; k++) {
        if (m->kind == MODEL_SOFTMAX)
            buf_printf(out, ",weight_%s", json_number(m->classes[k], text));
        else
            buf_text(out, ",weight");
    }
    buf_text(out, fills(m) ? ",fill\n" : "\n");
    for (uint64_t j = 0; j < m->features; j++) {
        csv_name(m, j, out);
        csv_number(offset_of(m, j), out);
        csv_number(factor_of(m, j), out);
        for (size_t k = 0; k < m->outputs; k++)
            csv_number(m->weights[k * m->features + j], out);
        if (fills(m)) csv_number(fill_of(m, j), out);
        buf_text(out, "\n");
    }
    buf_text(out, "(bias),0,1");
    for (size_t k = 0; k < m->outputs; k++)
        csv_number(m->bias ? m->bias[k] : 0, out);
    buf_text(out, fills(m) ? ",\n" : "\n");
    return out->failed ? no_memory(why) : DTQ_OK;
}

/* Vowpal Wabbit's readable form: what `vw --readable_model` writes, with the features under their
 * numbers from 1, which VW takes for their hashes, and the constant under VW's own. */
static enum dtq_err to_vw(const struct model *m, struct buf *out, struct dtq_why *why)
{
    enum { VW_CONSTANT = 11650396, VW_BITS_LEAST = 18, VW_BITS_MOST = 30 };
    char text[JSON_NUMBER];
    unsigned bits = VW_BITS_LEAST;
    double *raw, intercept;

    if (m->kind == MODEL_SOFTMAX)
        return err_set(why, DTQ_INPUT,
                       "format=vw: Vowpal Wabbit has no softmax; take json, csv or sklearn-json");
    if (m->fill)
        return err_set(why, DTQ_INPUT,
                       "format=vw: a missing feature counts as 0 in Vowpal Wabbit, but this model "
                       "fills empty cells with means (missing=mean); take json, csv or "
                       "sklearn-json");
    while (m->features >= UINT64_C(1) << bits && bits < VW_BITS_MOST)
        bits++;
    raw = malloc(m->features * sizeof *raw);
    if (!raw) return no_memory(why);
    intercept = fold(m, 0, raw);
    buf_printf(out,
               "Version 8.6.1\nId \nMin label:%d\nMax label:%d\nbits:%u\nlda:0\n0 ngram:\n"
               "0 skip:\noptions:%s\n:0\n",
               m->kind == MODEL_LOGREG ? -50 : 0, m->kind == MODEL_LOGREG ? 50 : 1, bits,
               m->kind == MODEL_LOGREG ? " --link logistic" : "");
    for (uint64_t j = 0; j < m->features; j++)
        if (raw[j] != 0)
            buf_printf(out, "%llu:%s\n", (unsigned long long)j + 1, json_number(raw[j], text));
    if (intercept != 0)
        buf_printf(out, "%u:%s\n", VW_CONSTANT & ((1u << bits) - 1), json_number(intercept, text));
    free(raw);
    return out->failed ? no_memory(why) : DTQ_OK;
}

enum dtq_err model_export(const struct model *m, const char *job_id, const char *format,
                          struct buf *out, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (!strcmp(format, "json")) return print(to_json(m, job_id), out, why);
    if (!strcmp(format, "sklearn-json")) return print(to_sklearn(m), out, why);
    if (!strcmp(format, "csv")) return to_csv(m, out, why);
    if (!strcmp(format, "vw")) return to_vw(m, out, why);
    return err_set(why, DTQ_INPUT, "--format %s: expected one of " MODEL_FORMATS,
                   parse_shown(format, shown));
}
