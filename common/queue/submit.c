/* submit.c: the producer's transitions, and chat. */
#include "common/clock.h"
#include "common/queue/conn.h"
#include "common/queue/queue.h"
#include "lua/scripts.h"

#include <stdio.h>
#include <string.h>

enum { SUBMIT_TRIES = 20, SUBMIT_PAUSE_MS = 250, WEEK_MS = 7 * 24 * 3600 * 1000 };

static void add_first(struct command *c, const struct round *first)
{
    const char *spec;
    size_t at = 0, len;

    command_add(c, first->checkpoint.data, first->checkpoint.len);
    command_add(c, first->report.data, first->report.len);
    command_int(c, (int64_t)first->count);
    while (round_next(first, &at, &spec, &len))
        command_add(c, spec, len);
}

/* Why the queue did not take the job. */
static void submit_refused(const struct queue *q, const struct queue_submission *s,
                           enum dtq_err code, const redisReply *reply, struct dtq_why *why)
{
    char word[16] = "";

    if (code == DTQ_FULL) reply_copy(reply->element[reply->elements - 1], word, sizeof word);
    if (code == DTQ_JOB_GONE)
        err_set(why, code, "job \"%s\" is gone, or never began; it cannot be continued", s->former);
    else if (code == DTQ_EXISTS && s->job_id)
        err_set(why, code, "job id \"%s\" is taken; choose another, or leave jobId out", s->job_id);
    else if (code == DTQ_EXISTS)
        err_set(why, code, "producer \"%s\" has no number free for a job; give it a jobId",
                s->producer);
    else if (strcmp(word, "draining") == 0)
        err_set(why, code, "queue \"%s\" is being drained and takes no new jobs; see dtq queue",
                q->name);
    else if (code == DTQ_FULL)
        err_set(why, code, "queue \"%s\" holds %d jobs already; wait for some to end", q->name,
                QUEUE_JOBS_MAX);
}

/* One try on one connection. */
static enum dtq_err submit_try(struct queue *q, const struct queue_submission *s, const char *nonce,
                               char job_id[ID_MAX + 1], struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_submit);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, s->job_id ? s->job_id : "");
    command_text(c, nonce);
    command_text(c, s->type);
    command_text(c, s->params);
    command_text(c, s->producer);
    command_add(c, s->weights, s->weight_count * sizeof *s->weights);
    command_int(c, s->claim_max);
    command_int(c, s->max_attempts ? s->max_attempts : 5);
    command_int(c, s->max_lost ? s->max_lost : 5);
    command_int(c, s->backoff_ms ? s->backoff_ms : 2000);
    command_int(c, s->retention_ms ? s->retention_ms : WEEK_MS);
    command_int(c, QUEUE_JOBS_MAX);
    command_int(c, s->task_timeout_ms);
    command_int(c, s->timeout_ms);
    command_text(c, s->former ? s->former : "");
    if (s->first && s->first->count) add_first(c, s->first);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code) ||
        (code == DTQ_OK &&
         (reply->elements < 2 || !reply_copy(reply->element[1], job_id, ID_MAX + 1))))
        code = conn_odd_reply(q, "submit", why);
    submit_refused(q, s, code, reply, why);
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_submit(struct queue *q, const struct queue_submission *s,
                          char job_id[ID_MAX + 1], struct dtq_why *why)
{
    char nonce[17], shortest[ID_MAX + 8], id[ID_MAX + 1];
    enum dtq_err err;

    err = s->producer[0] ? id_check("producer id", s->producer, why) : DTQ_OK;
    snprintf(shortest, sizeof shortest, "J%.*s1", ID_MAX, s->producer);
    if (err == DTQ_OK) err = id_check("job id", s->job_id ? s->job_id : shortest, why);
    if (err == DTQ_OK && s->former) err = id_check("job id", s->former, why);
    if (err != DTQ_OK) return err;
    if (strlen(s->params) > QUEUE_PARAMS_MAX)
        return err_set(why, DTQ_INPUT,
                       "the job's parameters take %zu bytes; at most %d are allowed",
                       strlen(s->params), QUEUE_PARAMS_MAX);
    id_nonce(nonce);
    err = submit_try(q, s, nonce, id, why);
    for (int i = 1; err == DTQ_CONN && i < SUBMIT_TRIES; i++) {
        clock_sleep_ms(SUBMIT_PAUSE_MS);
        err = queue_connect(q, why);
        if (err == DTQ_OK) err = submit_try(q, s, nonce, id, why);
    }
    if (err == DTQ_OK) memcpy(job_id, id, strlen(id) + 1);
    return err;
}

enum dtq_err queue_cancel(struct queue *q, const char *job_id, const char *by, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    enum dtq_err err = id_check("job id", job_id, why), code;
    char state[16] = "";

    if (err != DTQ_OK) return err;
    c = conn_script(q, &script_cancel);
    command_text(c, job_id);
    command_text(c, by);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code) ||
        (code == DTQ_JOB_GONE &&
         (reply->elements < 2 || !reply_copy(reply->element[1], state, sizeof state))))
        code = conn_odd_reply(q, "cancel", why);
    freeReplyObject(reply);
    if (code == DTQ_JOB_GONE && state[0])
        err_set(why, code, "job \"%s\" has ended already: it is %s", job_id, state);
    else if (code == DTQ_JOB_GONE)
        err_set(why, code, "there is no job \"%s\" in queue \"%s\"; see dtq jobs", job_id, q->name);
    return code;
}

enum dtq_err queue_chat(struct queue *q, const char *from, const char *text, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    enum dtq_err err;

    if (strlen(text) > QUEUE_CHAT_MAX)
        return err_set(why, DTQ_INPUT, "the message has %zu bytes; at most %d are allowed",
                       strlen(text), QUEUE_CHAT_MAX);
    c = conn_script(q, &script_say);
    command_text(c, from);
    command_text(c, text);
    err = conn_call(q, 0, &reply, why);
    if (err == DTQ_OK) freeReplyObject(reply);
    return err;
}
