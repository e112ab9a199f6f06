/* submit.c: the producer's transitions, and chat. */
#include "common/clock.h"
#include "common/queue/conn.h"
#include "common/queue/queue.h"
#include "lua/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SUBMIT_TRIES = 20,
    SUBMIT_PAUSE_MS = 250,
    SUBMIT_ID = ID_MAX + 32, /* room for one that is too long */
    NONCE_SIZE = 40,
};

/* Of this submission; without a system call for each. */
static void submit_nonce(struct queue *q, char text[NONCE_SIZE])
{
    if (!q->nonce[0]) id_nonce(q->nonce);
    snprintf(text, NONCE_SIZE, "%s.%" PRIu64, q->nonce, ++q->submitted);
}

static void add_first(struct command *c, const struct round *first)
{
    const char *spec;
    size_t at = 0, len;

    command_int(c, first ? (int64_t)first->count : 0);
    command_add(c, first ? first->checkpoint.data : "", first ? first->checkpoint.len : 0);
    while (first && round_next(first, &at, &spec, &len))
        command_add(c, spec, len);
}

static void add_setting(struct command *c, const char *name, int64_t value)
{
    if (!value) return;
    command_text(c, name);
    command_int(c, value);
}

/* Why the queue did not take the job. */
static void submit_refused(const struct queue *q, const struct queue_submission *s, const char *id,
                           enum dtq_err code, const redisReply *reply, struct dtq_why *why)
{
    char word[16] = "";
    int64_t most = 0;

    if (code == DTQ_FULL && reply->elements > 1) reply_copy(reply->element[1], word, sizeof word);
    if (code == DTQ_FULL && reply->elements > 2) reply_int(reply->element[2], &most);
    if (code == DTQ_JOB_GONE)
        err_set(why, code, "job \"%s\" is gone, or never began; it cannot be continued", s->former);
    else if (code == DTQ_EXISTS)
        err_set(why, code, "job id \"%s\" is taken; choose another, or leave jobId out", id);
    else if (strcmp(word, "draining") == 0)
        err_set(why, code,
                "queue \"%s\" is being drained and takes no new jobs until dtq queue resume "
                "--queue %s",
                q->name, q->name);
    else if (code == DTQ_FULL)
        err_set(why, code, "queue \"%s\" holds %" PRId64 " jobs already; wait for some to end",
                q->name, most);
}

/* One call; number: the producer's next, which the id has, 0: none. */
static enum dtq_err submit_once(struct queue *q, const struct queue_submission *s, const char *id,
                                int64_t number, const char *nonce, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_submit);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, id);
    command_text(c, nonce);
    command_text(c, s->type);
    command_text(c, s->params);
    command_text(c, s->producer);
    if (number)
        command_int(c, number);
    else
        command_text(c, "");
    add_first(c, s->first && s->first->count ? s->first : NULL);
    if (s->weights) {
        command_text(c, "weights");
        command_add(c, s->weights, s->weight_count * sizeof *s->weights);
    }
    if (s->former) {
        command_text(c, "former");
        command_text(c, s->former);
    }
    if (s->former && s->former_nonce) {
        command_text(c, "former_nonce");
        command_text(c, s->former_nonce);
    }
    add_setting(c, "claim_max", s->claim_max);
    add_setting(c, "max_attempts", s->max_attempts);
    add_setting(c, "max_lost", s->max_lost);
    add_setting(c, "backoff_ms", s->backoff_ms);
    add_setting(c, "retention_ms", s->retention_ms);
    add_setting(c, "task_timeout_ms", s->task_timeout_ms);
    add_setting(c, "timeout_ms", s->timeout_ms);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "submit", why);
    submit_refused(q, s, id, code, reply, why);
    freeReplyObject(reply);
    return code;
}

/* The last number of a producer; draw: and it is one more from now on. */
static enum dtq_err submit_number(struct queue *q, const char *producer, bool draw, int64_t *out,
                                  struct dtq_why *why)
{
    struct command *c = conn_command(q, draw ? "HINCRBY" : "HGET");
    redisReply *reply = NULL;
    enum dtq_err err;

    command_key(c, q, "producers", "");
    command_text(c, producer);
    if (draw) command_text(c, "1");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    *out = 0;
    if (reply->type != REDIS_REPLY_NIL && !reply_int(reply, out))
        err = conn_odd_reply(q, "HGET", why);
    freeReplyObject(reply);
    return err;
}

static enum dtq_err submit_name(char id[SUBMIT_ID], const char *producer, int64_t number,
                                struct dtq_why *why)
{
    /* With a divider: J11 is the eleventh of nobody, J1-1 the first of producer 1. */
    snprintf(id, SUBMIT_ID, "J%s%s%" PRId64, producer, producer[0] ? "-" : "", number);
    return id_check("job id", id, why);
}

/* One try on one connection: under the id that was asked for, or a number of the producer. The one
 * behind the last that this connection knows of is tried before any is drawn, which would cost a
 * round trip. id: what an earlier try has chosen, "" for none; *next: its number, when it is to be
 * the producer's next, else 0. */
static enum dtq_err submit_try(struct queue *q, const struct queue_submission *s, const char *nonce,
                               char id[SUBMIT_ID], int64_t *next, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    if (!id[0] && (!q->numbered || strcmp(q->producer, s->producer) != 0))
        err = submit_number(q, s->producer, false, &q->number, why);
    if (err == DTQ_OK && !id[0]) err = submit_name(id, s->producer, *next = q->number + 1, why);
    if (err == DTQ_OK) err = submit_once(q, s, id, *next, nonce, why);
    while (err == DTQ_EXISTS && !s->job_id) { /* somebody was faster, or chose it for a job */
        id[0] = '\0';
        *next = 0;
        err = submit_number(q, s->producer, true, &q->number, why);
        if (err == DTQ_OK) err = submit_name(id, s->producer, q->number, why);
        if (err == DTQ_OK) err = submit_once(q, s, id, 0, nonce, why);
    }
    if (s->job_id) return err;
    q->numbered = err == DTQ_OK;
    if (*next) q->number = *next;
    snprintf(q->producer, sizeof q->producer, "%s", s->producer);
    return err;
}

/* Rings for a master. The script has not, for the sake of a single task, whose worker is on its way
 * by now. Nobody waits for this: without the ring a master hears of the job when it next presides.
 */
static void submit_ring(struct queue *q)
{
    struct dtq_why why;
    enum dtq_err err;

    command_key(conn_command(q, "RPUSH"), q, "intake", "");
    command_text(&q->command, "1");
    err = conn_tell(q, &why);
    command_key(conn_command(q, "LTRIM"), q, "intake", "");
    command_text(&q->command, "-1");
    command_text(&q->command, "-1");
    if (err == DTQ_OK) err = conn_tell(q, &why);
    if (err == DTQ_OK) conn_flush(q, &why);
}

enum dtq_err queue_submit(struct queue *q, const struct queue_submission *s,
                          char job_id[ID_MAX + 1], struct dtq_why *why)
{
    char nonce[NONCE_SIZE], id[SUBMIT_ID] = "";
    int64_t next = 0;
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
    submit_nonce(q, nonce);
    err = submit_try(q, s, nonce, id, &next, why);
    for (int i = 1; err == DTQ_CONN && i < SUBMIT_TRIES; i++) {
        clock_sleep_ms(SUBMIT_PAUSE_MS);
        err = queue_connect(q, why);
        if (err == DTQ_OK) err = submit_try(q, s, nonce, id, &next, why);
    }
    if (err != DTQ_OK) return err;
    memcpy(job_id, id, strlen(id) + 1);
    if (s->nonce) memcpy(s->nonce, nonce, strlen(nonce) + 1);
    if (s->first && s->first->count == 1) submit_ring(q);
    return DTQ_OK;
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
