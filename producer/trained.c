/* trained.c: weights, parameters and report of a training become a model. */
#include "producer/trained.h"

#include <stdlib.h>
#include <string.h>

void trained_clear(struct trained *t)
{
    model_clear(&t->model);
    cJSON_Delete(t->params);
    t->params = NULL;
}

static enum dtq_err read_vector(struct queue *q, const char *job_id, const char *name,
                                struct model_vector *out, struct dtq_why *why)
{
    uint64_t version;
    double *v = NULL;
    enum dtq_err err = queue_weights_read(q, job_id, name, &v, &out->count, &version, why);

    out->v = v;
    return err;
}

enum dtq_err trained_read(struct queue *q, const struct queue_job *job, struct trained *out,
                          struct dtq_why *why)
{
    struct trained t = {.params = cJSON_Parse(job->params)};
    cJSON *report = cJSON_Parse(job->report);
    struct model_learnt learnt = {0};
    enum dtq_err err = DTQ_OK;

    if (strcmp(job->type, "train"))
        err = err_set(why, DTQ_INPUT, "job %s is a %s; give the id of a training", job->id,
                      job->type);
    if (err == DTQ_OK) err = read_vector(q, job->id, "weights", &learnt.weights, why);
    if (err == DTQ_OK && !learnt.weights.count)
        err = err_set(why, DTQ_INPUT, "job %s is %s and has no weights%s", job->id, job->state,
                      queue_job_ended(job) ? "" : " yet; see dtq wait");
    if (err == DTQ_OK) err = read_vector(q, job->id, "scaling", &learnt.scaling, why);
    if (err == DTQ_OK) err = read_vector(q, job->id, "fill", &learnt.fill, why);
    if (err == DTQ_OK) err = read_vector(q, job->id, "columns", &learnt.columns, why);
    if (err == DTQ_OK) err = queue_job_still(q, job->id, job->nonce, why);
    if (err == DTQ_OK) {
        err = model_of_training(t.params, report, &learnt, &t.model, why);
        if (err != DTQ_OK) err = err_prefix(why, err, "job %s", job->id);
    }
    cJSON_Delete(report);
    free((void *)learnt.weights.v);
    free((void *)learnt.scaling.v);
    free((void *)learnt.fill.v);
    free((void *)learnt.columns.v);
    if (err == DTQ_OK) {
        *out = t;
        return DTQ_OK;
    }
    trained_clear(&t);
    return err;
}
