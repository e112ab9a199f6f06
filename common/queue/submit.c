/* submit.c: the producer's transitions, and chat. */
#include "common/clock.h"
#include "common/queue/conn.h"
#include "common/queue/queue.h"
#include "lua/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SUBMIT_TRIES = 20, SUBMIT_PAUSE_MS = 250, WEEK_MS = 7 * 24 * 3600 * 1000 };

static enum dtq_err submit_once(struct queue *q, const struct queue_submission *s, const char *id,
                                const char *nonce, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_submit);
    redisReply *reply = NULL;
    char word[16];
    enum dtq_err err, code;

    command_text(c, id);
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
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "submit", why);
    if (code == DTQ_JOB_GONE)
        err_set(why, code, "job \"%s\" is gone, or never began; it cannot be continued", s->former);
    if (code == DTQ_EXISTS)
        err_set(why, code, "job id \"%s\" is taken; choose another, or leave jobId out", id);
    if (code == DTQ_FULL && reply_copy(reply->element[reply->elements - 1], word, sizeof word) &&
        strcmp(word, "draining") == 0)
        err_set(why, code, "queue \"%s\" is being drained and takes no new jobs; see dtq queue",
                q->name);
    else if (code == DTQ_FULL)
        err_set(why, code, "queue \"%s\" holds %d jobs already; wait for some to end", q->name,
                QUEUE_JOBS_MAX);
    freeReplyObject(reply);
    return code;
}

/* The next number of a producer; numbers of failed submissions are left out. */
static enum dtq_err submit_number(struct queue *q, const char *producer, int64_t *out,
                                  struct dtq_why *why)
{
    struct command *c = conn_command(q, "HINCRBY");
    redisReply *reply = NULL;
    enum dtq_err err;

    command_key(c, q, "producers", "");
    command_text(c, producer);
    command_text(c, "1");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_int(reply, out)) err = conn_odd_reply(q, "HINCRBY", why);
    freeReplyObject(reply);
    return err;
}

/* One try on one connection: under the id that was asked for, or the producer's next one that is
 * free. id: what an earlier try has drawn, "" for none. */
static enum dtq_err submit_try(struct queue *q, const struct queue_submission *s, const char *nonce,
                               char *id, size_t size, struct dtq_why *why)
{
    int64_t number;
    enum dtq_err err;

    do {
        if (!id[0]) {
            err = submit_number(q, s->producer, &number, why);
            if (err != DTQ_OK) return err;
            snprintf(id, size, "J%s%" PRId64, s->producer, number);
            err = id_check("job id", id, why);
            if (err != DTQ_OK) return err;
        }
        err = submit_once(q, s, id, nonce, why);
        if (err == DTQ_EXISTS && !s->job_id) id[0] = '\0'; /* somebody chose it for a job */
    } while (!id[0]);
    return err;
}

enum dtq_err queue_submit(struct queue *q, const struct queue_submission *s,
                          char job_id[ID_MAX + 1], struct dtq_why *why)
{
    char nonce[17], id[ID_MAX + 32] = "";
    enum dtq_err err = DTQ_OK;

    if (s->job_id) err = id_check("job id", s->job_id, why);
    if (err == DTQ_OK && s->former) err = id_check("job id", s->former, why);
    if (err == DTQ_OK && s->producer[0]) err = id_check("producer id", s->producer, why);
    if (err != DTQ_OK) return err;
    if (strlen(s->params) > QUEUE_PARAMS_MAX)
        return err_set(why, DTQ_INPUT,
                       "the job's parameters take %zu bytes; at most %d are allowed",
                       strlen(s->params), QUEUE_PARAMS_MAX);
    if (s->job_id) snprintf(id, sizeof id, "%s", s->job_id);
    id_nonce(nonce);
    err = submit_try(q, s, nonce, id, sizeof id, why);
    for (int i = 1; err == DTQ_CONN && i < SUBMIT_TRIES; i++) {
        clock_sleep_ms(SUBMIT_PAUSE_MS);
        err = queue_connect(q, why);
        if (err == DTQ_OK) err = submit_try(q, s, nonce, id, sizeof id, why);
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
