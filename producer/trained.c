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

enum dtq_err trained_read(struct queue *q, const struct queue_job *job, struct trained *out,
                          struct dtq_why *why)
{
    struct trained t = {.params = cJSON_Parse(job->params)};
    cJSON *report = cJSON_Parse(job->report);
    double *weights = NULL, *scaling = NULL;
    size_t count = 0, scaling_count = 0;
    uint64_t version;
    enum dtq_err err = DTQ_OK;

    if (strcmp(job->type, "train"))
        err = err_set(why, DTQ_INPUT, "job %s is a %s; give the id of a training", job->id,
                      job->type);
    if (err == DTQ_OK) err = queue_weights(q, job->id, &weights, &count, why);
    if (err == DTQ_OK && !count)
        err = err_set(why, DTQ_INPUT, "job %s is %s and has no weights%s", job->id, job->state,
                      queue_job_ended(job) ? "" : " yet; see dtq wait");
    if (err == DTQ_OK)
        err = queue_weights_read(q, job->id, "scaling", &scaling, &scaling_count, &version, why);
    if (err == DTQ_OK) {
        const struct model_vector w = {weights, count}, s = {scaling, scaling_count};

        err = model_of_training(t.params, report, &w, &s, &t.model, why);
        if (err != DTQ_OK) err = err_prefix(why, err, "job %s", job->id);
    }
    cJSON_Delete(report);
    free(weights);
    free(scaling);
    if (err == DTQ_OK) {
        *out = t;
        return DTQ_OK;
    }
    trained_clear(&t);
    return err;
}
