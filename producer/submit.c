/* submit.c: the commands that submit a job: one for each type, and resume. */
#include "producer/submit.h"

#include "jobs/first.h"
#include "producer/command.h"
#include "producer/follow.h"
#include "producer/interrupt.h"
#include "producer/wait.h"

#include <stdlib.h>
#include <string.h>

enum dtq_err submit_order(const struct app *app, struct queue *q, const struct order *order,
                          struct awaited *out, struct dtq_why *why)
{
    char *params = cJSON_PrintUnformatted(order->params);
    struct round first = {0};
    struct queue_submission submission = {
        .job_id = order->job_id,
        .producer = app->producer,
        .type = order->type->name,
        .params = params,
        .weights = order->weights,
        .weight_count = order->weight_count,
        .former = order->former,
        .former_nonce = order->former_nonce,
        .first = &first,
        .claim_max = order->type->claim_max,
        .max_attempts = (unsigned)app->attempts,
        .backoff_ms = app->backoff_ms,
        .task_timeout_ms = app->task_timeout_ms,
        .timeout_ms = app->time_limit_ms,
        .retention_ms = app->keep_ms,
        .nonce = out->nonce,
    };
    struct follow *follow = app->session ? app->session->follow : NULL;
    enum dtq_err err;

    if (!params) return err_set(why, DTQ_NOMEM, "out of memory for the parameters");
    if (!order->former) first_round(order->type, order->params, &first);
    err = queue_events_end(q, &out->from, why);
    if (follow) follow_submitting(follow);
    if (err == DTQ_OK) err = queue_submit(q, &submission, out->id, why);
    if (follow) follow_submitted(follow, err == DTQ_OK ? out->id : NULL, out->nonce);
    if (err == DTQ_OK && app->session) {
        memcpy(app->session->last, out->id, sizeof out->id);
        memcpy(app->session->last_nonce, out->nonce, sizeof out->nonce);
    }
    round_clear(&first);
    free(params);
    interrupt_wakes(queue_fd(q)); /* it may have made a new connection */
    return err;
}

int submit_tell_id(const struct app *app, const char *type, const char *job_id)
{
    struct dtq_why why;
    cJSON *value;
    enum dtq_err err;

    if (!app->program.json) {
        printf(app->session && app->session->follow ? "%s submitted\n" : "%s\n", job_id);
        return APP_DONE;
    }
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "jobId", job_id);
    cJSON_AddStringToObject(value, "type", type);
    cJSON_AddStringToObject(value, "state", "submitted");
    err = app_print_json(value, &why);
    cJSON_Delete(value);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

static int submit_and_wait(const struct app *app, struct queue *q, const struct order *order)
{
    struct awaited job;
    struct dtq_why why;
    enum dtq_err err = submit_order(app, q, order, &job, &why);

    if (err != DTQ_OK) return app_fail(app, err, &why);
    if (app->detach) return submit_tell_id(app, order->type->name, job.id);
    return wait_and_tell(app, q, &job);
}

int command_submit(const struct app *app, int count, const char *const *words)
{
    const struct job_type *type = job_find(words[0]);
    struct queue *q = NULL;
    struct order order = {0};
    struct dtq_why why;
    enum dtq_err err = order_read(type, words + 1, (size_t)count - 1, &order, &why);
    int code;

    if (err == DTQ_OK) err = app_connect_new(app, &q, &why);
    code = err == DTQ_OK ? submit_and_wait(app, q, &order) : app_fail(app, err, &why);
    order_clear(&order);
    queue_free(q);
    return code;
}

/* The job has no weights to start from: why, and what to do. */
static enum dtq_err has_no_weights(const struct queue_job *job, struct dtq_why *why)
{
    if (!queue_job_ended(job))
        return err_set(why, DTQ_INPUT, "job %s is %s and has no weights yet; see dtq wait %s",
                       job->id, job->state, job->id);
    return err_set(
        why, DTQ_INPUT,
        "job %s has no weights to start from: it %s before its first epoch ended%s%.300s; "
        "correct that and train again, or give w=0.1,0.2,... or init=zeros",
        job->id, strcmp(job->state, "failed") ? "was cancelled" : "failed",
        job->error[0] ? ": " : "", job->error);
}

/* The order that goes on from job_id. */
static enum dtq_err resume_order(struct queue *q, const char *job_id, const char *const *texts,
                                 size_t count, struct order *out, struct dtq_why *why)
{
    struct queue_job job = {0};
    const struct job_type *type;
    double *weights = NULL;
    size_t weight_count = 0;
    enum dtq_err err = queue_job_read(q, job_id, &job, why);

    if (err != DTQ_OK) return err;
    type = job_find(job.type);
    if (!type)
        err = err_set(why, DTQ_INPUT, "job %s is of type \"%s\", which this program does not know",
                      job_id, job.type);
    if (err == DTQ_OK) err = queue_weights(q, job_id, &weights, &weight_count, why);
    if (err == DTQ_OK) err = queue_job_still(q, job_id, job.nonce, why);
    if (err == DTQ_OK)
        err = order_resume(type, job.params, weights, weight_count, texts, count, out, why);
    if (err == DTQ_NONE) err = has_no_weights(&job, why);
    if (err == DTQ_OK && out->follows) {
        out->former = strdup(job_id);
        out->former_nonce = strdup(job.nonce);
        if (!out->former || !out->former_nonce) {
            err = err_set(why, DTQ_NOMEM, "out of memory for a job id");
            order_clear(out);
        }
    }
    free(weights);
    queue_job_clear(&job);
    return err;
}

/* words: an id and fields, each a word of its own or in one with others, as in J3|lr=0.01. */
int command_resume(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct order order = {0};
    struct dtq_why why;
    const char **texts = malloc((size_t)count * sizeof *texts);
    char *id = strdup(words[0]), *rest = id;
    enum dtq_err err = DTQ_OK;
    int code;

    if (!texts || !id) err = err_set(&why, DTQ_NOMEM, "out of memory for the fields");
    if (err == DTQ_OK) {
        strsep(&rest, "|");
        memcpy(texts, words, (size_t)count * sizeof *texts);
        texts[0] = rest ? rest : "";
        err = id_check("job id", id, &why);
    }
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = resume_order(q, id, texts, (size_t)count, &order, &why);
    code = err == DTQ_OK ? submit_and_wait(app, q, &order) : app_fail(app, err, &why);
    order_clear(&order);
    queue_free(q);
    free(texts);
    free(id);
    return code;
}
