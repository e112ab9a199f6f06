/* work.c: the worker's transitions. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* {5, host, pid, left_ms}: somebody living has the id. */
static bool read_rival(const redisReply *reply, struct queue_rival *rival)
{
    return reply->elements >= 4 && reply_copy(reply->element[1], rival->host, sizeof rival->host) &&
           reply_int(reply->element[2], &rival->pid) &&
           reply_int(reply->element[3], &rival->left_ms);
}

static bool read_counts(const redisReply *reply, struct queue_counts *counts)
{
    int64_t completed, failed, assigned;

    if (!reply_int(reply->element[1], &completed) || !reply_int(reply->element[2], &failed) ||
        !reply_int(reply->element[3], &assigned))
        return false;
    *counts = (struct queue_counts){(uint64_t)completed, (uint64_t)failed, (uint64_t)assigned};
    return true;
}

enum dtq_err queue_join(struct queue *q, const struct queue_member *m, bool replace,
                        struct queue_counts *counts, struct queue_rival *rival, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    int64_t client = 0;
    enum dtq_err err, code;

    /* Masters look whether this connection is still there. */
    c = conn_command(q, "CLIENT");
    command_text(c, "ID");
    err = conn_call(q, 0, &reply, why);
    if (err == DTQ_CONN) return err;
    if (err == DTQ_OK) {
        reply_int(reply, &client);
        freeReplyObject(reply);
        reply = NULL;
    }
    c = conn_script(q, &script_join);
    command_text(c, m->id);
    command_text(c, m->nonce);
    command_int(c, m->slots);
    command_int(c, m->lease_ms);
    command_text(c, m->host);
    command_int(c, m->pid);
    command_text(c, DTQ_VERSION);
    command_text(c, replace ? "1" : "0");
    command_int(c, client);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 4, &code) || (code == DTQ_EXISTS && !read_rival(reply, rival)) ||
        (code == DTQ_OK && !read_counts(reply, counts)))
        code = conn_odd_reply(q, "join", why);
    if (code == DTQ_EXISTS)
        err_set(why, code, "the id is in use by process %" PRId64 " on %s", rival->pid,
                rival->host);
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_leave(struct queue *q, const struct queue_member *m, const char *reason,
                         struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_leave);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, m->id);
    command_text(c, m->nonce);
    command_text(c, reason);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "leave", why);
    freeReplyObject(reply);
    return code;
}

void queue_claim_clear(struct queue_claim *claim)
{
    free(claim->tasks);
    freeReplyObject(claim->keep);
    *claim = (struct queue_claim){.token = claim->token};
}

bool shared_read_claim(redisReply *r, redisReply *whole, struct queue_claim *claim)
{
    const redisReply *nos, *specs;
    struct queue_task *tasks;
    int64_t number;

    if (!reply_is_array(r, 9) || !reply_int(r->element[1], &number)) return false;
    claim->token = (uint64_t)number;
    nos = r->element[5];
    specs = r->element[6];
    if (!reply_copy(r->element[2], claim->job, sizeof claim->job) ||
        !reply_copy(r->element[3], claim->type, sizeof claim->type) ||
        r->element[4]->type != REDIS_REPLY_STRING ||
        !reply_int(r->element[7], &claim->task_timeout_ms) ||
        !reply_copy(r->element[8], claim->nonce, sizeof claim->nonce) || !reply_is_array(nos, 1) ||
        !reply_is_array(specs, nos->elements))
        return false;
    tasks = malloc(nos->elements * sizeof *tasks);
    if (!tasks) return false;
    for (size_t i = 0; i < nos->elements; i++) {
        if (!reply_int(nos->element[i], &number) || number < 0 ||
            specs->element[i]->type != REDIS_REPLY_STRING) {
            free(tasks);
            return false;
        }
        tasks[i] = (struct queue_task){(uint64_t)number, specs->element[i]->str,
                                       (size_t)specs->element[i]->len};
    }
    claim->params = r->element[4]->str;
    claim->tasks = tasks;
    claim->count = nos->elements;
    claim->keep = whole;
    return true;
}

/* The last argument of a blocking command. */
static void add_seconds(struct command *c, int64_t wait_ms)
{
    char seconds[32];

    if (wait_ms < 1) wait_ms = 1; /* 0 would be for ever */
    snprintf(seconds, sizeof seconds, "%" PRId64 ".%03d", wait_ms / 1000, (int)(wait_ms % 1000));
    command_text(c, seconds);
}

static void add_wait_ready(struct queue *q, const char *slot, int64_t wait_ms)
{
    conn_command(q, "BRPOPLPUSH");
    command_key(&q->command, q, "ready", "");
    command_key(&q->command, q, "held:", slot);
    add_seconds(&q->command, wait_ms);
}

static enum dtq_err call_moved(struct queue *q, int64_t wait_ms, struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_call(q, wait_ms, &reply, why);

    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_NIL) err = DTQ_NONE;
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_wait_ready(struct queue *q, const char *slot, int64_t wait_ms,
                              struct dtq_why *why)
{
    add_wait_ready(q, slot, wait_ms);
    return call_moved(q, wait_ms, why);
}

enum dtq_err queue_watch_ready(struct queue *q, int64_t wait_ms, struct dtq_why *why)
{
    conn_command(q, "BLMOVE");
    command_key(&q->command, q, "ready", "");
    command_key(&q->command, q, "ready", "");
    command_text(&q->command, "RIGHT");
    command_text(&q->command, "RIGHT");
    add_seconds(&q->command, wait_ms);
    return call_moved(q, wait_ms, why);
}

static void add_claim(struct queue *q, const struct queue_member *m, const char *slot,
                      const char *known, unsigned most, uint64_t last)
{
    struct command *c = conn_script(q, &script_claim);

    command_text(c, m->id);
    command_text(c, m->nonce);
    command_text(c, slot);
    command_int(c, m->lease_ms);
    command_text(c, known);
    command_int(c, most);
    command_int(c, (int64_t)last);
}

/* Takes the reply to a claim that was sent. */
static enum dtq_err take_claim(struct queue *q, struct queue_claim *out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_answer(q, 0, &reply, why), code;

    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 9, &code) || (code == DTQ_OK && !shared_read_claim(reply, reply, out)))
        code = conn_odd_reply(q, "claim", why);
    if (!out->keep) freeReplyObject(reply);
    return code;
}

enum dtq_err queue_claim(struct queue *q, const struct queue_member *m, const char *slot,
                         const char *known, unsigned most, struct queue_claim *out,
                         struct dtq_why *why)
{
    enum dtq_err err;

    queue_claim_clear(out);
    add_claim(q, m, slot, known, most, out->token);
    err = conn_send(q, why);
    return err == DTQ_OK ? take_claim(q, out, why) : err;
}

enum dtq_err queue_wait_claim(struct queue *q, const struct queue_member *m, const char *slot,
                              const char *known, unsigned most, int64_t wait_ms,
                              struct queue_claim *out, struct dtq_why *why)
{
    redisReply *moved = NULL;
    struct dtq_why refused = {""};
    enum dtq_err err, claimed;

    queue_claim_clear(out);
    add_wait_ready(q, slot, wait_ms);
    err = conn_send(q, why);
    if (err != DTQ_OK) return err;
    add_claim(q, m, slot, known, most, out->token);
    err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive(q, wait_ms, &moved, &refused);
    freeReplyObject(moved);
    if (err == DTQ_CONN) *why = refused;
    if (err == DTQ_CONN || err == DTQ_NOMEM) return err;
    claimed = take_claim(q, out, why);
    if (err == DTQ_OK || claimed != DTQ_NONE) return claimed;
    *why = refused;
    return err;
}

enum dtq_err queue_beat(struct queue *q, const struct queue_member *m, const cJSON *stats,
                        struct queue_busy *busy, size_t count, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_beat);
    redisReply *reply = NULL;
    const cJSON *item;
    enum dtq_err err, code;
    int64_t answer;

    command_text(c, m->id);
    command_text(c, m->nonce);
    command_int(c, m->lease_ms);
    command_int(c, m->lease_ms);
    command_int(c, 2 * cJSON_GetArraySize(stats));
    cJSON_ArrayForEach(item, stats)
    {
        command_text(c, item->string);
        if (cJSON_IsString(item))
            command_text(c, item->valuestring);
        else
            command_int(c, (int64_t)item->valuedouble);
    }
    for (size_t i = 0; i < count; i++) {
        command_text(c, busy[i].slot);
        command_int(c, (int64_t)busy[i].token);
        command_text(c, busy[i].job);
        command_text(c, busy[i].nonce);
        command_text(c, busy[i].renew ? "1" : "0");
    }
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) ||
        (code == DTQ_OK && !reply_is_array(reply->element[1], count))) {
        code = conn_odd_reply(q, "beat", why);
    } else if (code == DTQ_OK) {
        for (size_t i = 0; i < count; i++)
            busy[i].answer = reply_int(reply->element[1]->element[i], &answer)
                                 ? (enum dtq_err)answer
                                 : DTQ_LEASE_LOST;
    }
    freeReplyObject(reply);
    return code;
}

/* {"cancel", job, "nonce", nonce} or {"drop", slot, "token", token} */
static bool read_control(const redisReply *fields, struct queue_control *out)
{
    char word[16];
    int64_t token = 0;

    if (!reply_is_array(fields, 4) || !reply_copy(fields->element[0], word, sizeof word) ||
        !reply_copy(fields->element[1], out->id, sizeof out->id))
        return false;
    out->order = strcmp(word, "drop") == 0 ? QUEUE_DROP_SLOT : QUEUE_CANCEL_JOB;
    if (out->order == QUEUE_CANCEL_JOB)
        return reply_copy(fields->element[3], out->nonce, sizeof out->nonce);
    if (!reply_int(fields->element[3], &token)) return false;
    out->token = (uint64_t)token;
    return true;
}

enum dtq_err queue_listen(struct queue *q, struct queue_cursor *cursor, int64_t wait_ms,
                          struct queue_control *out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    const redisReply *row;
    enum dtq_err err;

    if (!cursor->id[0]) {
        err = shared_stream_end(q, "control", cursor, why);
        if (err != DTQ_OK) return err;
    }
    conn_command(q, "XREAD");
    command_text(&q->command, "COUNT");
    command_text(&q->command, "1");
    command_text(&q->command, "BLOCK");
    command_int(&q->command, wait_ms > 0 ? wait_ms : 1); /* 0 would be for ever */
    command_text(&q->command, "STREAMS");
    command_key(&q->command, q, "control", "");
    command_text(&q->command, cursor->id);
    err = conn_call(q, wait_ms, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_NIL)
        err = DTQ_NONE;
    else if (!reply_is_array(reply, 1) || !reply_is_array(reply->element[0], 2) ||
             !reply_is_array(reply->element[0]->element[1], 1) ||
             !reply_is_array(row = reply->element[0]->element[1]->element[0], 2) ||
             !reply_copy(row->element[0], cursor->id, sizeof cursor->id) ||
             !read_control(row->element[1], out))
        err = conn_odd_reply(q, "XREAD", why);
    freeReplyObject(reply);
    return err;
}
