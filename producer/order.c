/* order.c: reads a job from the words of a command line. */
#include "producer/order.h"

#include "common/id.h"

#include <stdlib.h>
#include <string.h>

/* What the producer keeps for itself. */
static const struct field job_id_field = {
    .name = "jobId", .kind = FIELD_TEXT, .help = "id of the new job (the next of this producer)"};

/* A type whose table of fields is longer by ours: one table for parsing, help and the nearest name.
 */
struct extended {
    struct job_type type;
    struct field *fields; /* owned */
};

static enum dtq_err extend(const struct job_type *type, struct extended *out, struct dtq_why *why)
{
    size_t count = type->field_count;
    struct field *fields = malloc((count + 1) * sizeof *fields);

    if (!fields) return err_set(why, DTQ_NOMEM, "out of memory for the fields of %s", type->name);
    memcpy(fields, type->fields, count * sizeof *fields);
    fields[count] = job_id_field;
    out->type = *type;
    out->type.fields = fields;
    out->type.field_count = count + 1;
    out->fields = fields;
    return DTQ_OK;
}

void order_clear(struct order *o)
{
    cJSON_Delete(o->params);
    free(o->job_id);
    free(o->weights);
    free(o->former);
    free(o->former_nonce);
    *o = (struct order){0};
}

static enum dtq_err take_job_id(cJSON *params, char **out, struct dtq_why *why)
{
    const char *id = fields_text(params, job_id_field.name, NULL);
    enum dtq_err err = id ? id_check("job id", id, why) : DTQ_OK;

    if (err == DTQ_OK && id && !(*out = strdup(id)))
        err = err_set(why, DTQ_NOMEM, "out of memory for a job id");
    cJSON_DeleteItemFromObjectCaseSensitive(params, job_id_field.name);
    return err;
}

/* continue=true: of a job there is, with the weights that it has. */
static enum dtq_err check_go_on(struct order *o, const cJSON *base, struct dtq_why *why)
{
    o->go_on = fields_bool(o->params, "continue", false);
    if (!o->go_on) return DTQ_OK;
    if (!base)
        return err_set(why, DTQ_INPUT,
                       "continue=true goes on from a former job; give it to dtq resume, with the "
                       "id of that job");
    if (!o->weights && !strcmp(fields_text(o->params, "init", "zeros"), "weights")) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "continue=true goes on with the weights of the former job; leave w, wFile and "
                   "init away, or leave continue away to begin anew with other weights");
}

/* init=weights without weights: those of the job that this one goes on from, if any. */
static enum dtq_err inherit(struct order *o, const cJSON *base, const double *weights, size_t count,
                            struct dtq_why *why)
{
    if (o->go_on || o->weights || strcmp(fields_text(o->params, "init", "zeros"), "weights"))
        return DTQ_OK;
    if (!count)
        return err_set(why, base ? DTQ_NONE : DTQ_INPUT,
                       "init=weights needs the weights: give w=0.1,0.2,... or wFile=FILE");
    o->weights = malloc(count * sizeof *o->weights);
    if (!o->weights) return err_set(why, DTQ_NOMEM, "out of memory for the weights");
    memcpy(o->weights, weights, count * sizeof *o->weights);
    o->weight_count = count;
    return DTQ_OK;
}

/* A wrong number of weights is told of here when features= says how many there must be; else only
 * those who read the data can tell. */
static enum dtq_err weights_fit(const struct order *o, struct dtq_why *why)
{
    long long features = fields_int(o->params, "features", 0);

    if (!o->weights || !features || (size_t)features == o->weight_count) return DTQ_OK;
    return err_set(why, DTQ_INPUT, "%zu weights for features=%lld: give one for each feature",
                   o->weight_count, features);
}

static enum dtq_err read_order(const struct job_type *type, const char *const *texts, size_t count,
                               const cJSON *base, const double *weights, size_t weight_count,
                               struct order *out, struct dtq_why *why)
{
    struct extended extended = {0};
    struct order o = {.type = type};
    enum dtq_err err = extend(type, &extended, why);

    if (err == DTQ_OK) err = job_params(&extended.type, texts, count, base, &o.params, why);
    if (err == DTQ_OK) err = take_job_id(o.params, &o.job_id, why);
    if (err == DTQ_OK && type->take_weights)
        err = type->take_weights(o.params, &o.weights, &o.weight_count, why);
    if (err == DTQ_OK) err = check_go_on(&o, base, why);
    if (err == DTQ_OK) err = inherit(&o, base, weights, weight_count, why);
    if (err == DTQ_OK) err = weights_fit(&o, why);
    if (err == DTQ_OK) err = job_check(type, o.params, why);
    if (err != DTQ_OK) goto out;
    *out = o;
    o = (struct order){0};
out:
    order_clear(&o);
    free(extended.fields);
    return err;
}

enum dtq_err order_read(const struct job_type *type, const char *const *texts, size_t count,
                        struct order *out, struct dtq_why *why)
{
    return read_order(type, texts, count, NULL, NULL, 0, out, why);
}

enum dtq_err order_based(const struct job_type *type, const cJSON *base, const char *const *texts,
                         size_t count, struct order *out, struct dtq_why *why)
{
    return read_order(type, texts, count, base, NULL, 0, out, why);
}

enum dtq_err order_resume(const struct job_type *type, const char *params, const double *weights,
                          size_t weight_count, const char *const *texts, size_t count,
                          struct order *out, struct dtq_why *why)
{
    struct order o = {0};
    cJSON *base, *init;
    enum dtq_err err;

    if (!type->take_weights || !type->follows)
        return err_set(why, DTQ_INPUT, "a %s job has no weights to go on from; a training has",
                       type->name);
    base = cJSON_Parse(params);
    if (!cJSON_IsObject(base)) {
        cJSON_Delete(base);
        return err_set(why, DTQ_INPUT, "the parameters of the old job cannot be read; submit anew");
    }
    cJSON_DeleteItemFromObjectCaseSensitive(base, "init");
    cJSON_DeleteItemFromObjectCaseSensitive(base, "continue"); /* said for that job alone */
    init = cJSON_AddStringToObject(base, "init", "weights");
    err = init ? read_order(type, texts, count, base, weights, weight_count, &o, why)
               : err_set(why, DTQ_NOMEM, "out of memory for the parameters");
    if (err == DTQ_OK) o.follows = !strcmp(fields_text(o.params, "init", "zeros"), "weights");
    if (err == DTQ_OK && o.follows) err = type->follows(base, o.params, why);
    cJSON_Delete(base);
    if (err == DTQ_OK)
        *out = o;
    else
        order_clear(&o);
    return err;
}

void order_help(const struct job_type *type, bool based, FILE *to)
{
    struct extended extended = {0};

    if (extend(type, &extended, NULL) != DTQ_OK) return;
    fields_help(extended.fields, extended.type.field_count, based, to);
    free(extended.fields);
}

cJSON *order_fields(const struct job_type *type)
{
    struct extended extended = {0};
    cJSON *list = cJSON_CreateArray();

    if (extend(type, &extended, NULL) != DTQ_OK) return list;
    for (size_t i = 0; i < extended.type.field_count; i++)
        if (!extended.fields[i].hidden)
            cJSON_AddItemToArray(list, fields_json(&extended.fields[i]));
    free(extended.fields);
    return list;
}
