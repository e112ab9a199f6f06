/* own.c: the master's transitions: presence, intake, ownership, and what is due. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REAP_MOST = 500, WAKE_MOST = 1000 };

void queue_entries_clear(struct queue_entries *e)
{
    free(e->ids);
    memset(e, 0, sizeof *e);
}

/* Room for count ids. */
static bool entries_room(struct queue_entries *e, size_t count)
{
    e->ids = malloc((count ? count : 1) * sizeof *e->ids);
    e->count = 0;
    return e->ids != NULL;
}

enum dtq_err queue_preside(struct queue *q, const struct queue_member *m, struct queue_entries *out,
                           int64_t *next_ms, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_preside);
    struct queue_entries entries = {0};
    redisReply *reply = NULL;
    const redisReply *rows;
    enum dtq_err err, code;

    command_text(c, m->id);
    command_int(c, m->lease_ms);
    command_text(c, m->host);
    command_int(c, m->pid);
    command_text(c, DTQ_VERSION);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 3, &code) || code != DTQ_OK ||
        !reply_is_array(rows = reply->element[1], 0) || !reply_int(reply->element[2], next_ms) ||
        !entries_room(&entries, rows->elements)) {
        freeReplyObject(reply);
        return conn_odd_reply(q, "preside", why);
    }
    for (size_t i = 0; i < rows->elements; i++)
        if (reply_copy(rows->element[i], entries.ids[entries.count], sizeof *entries.ids))
            entries.count++;
    *out = entries;
    freeReplyObject(reply);
    return DTQ_OK;
}

enum dtq_err queue_abdicate(struct queue *q, const char *master, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_abdicate);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, master);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "abdicate", why);
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_wake_ask(struct queue *q, const struct queue_member *m,
                            enum queue_wake_order order, int64_t wait_ms, struct dtq_why *why)
{
    struct command *c = conn_command(q, "BLPOP");
    enum dtq_err err;

    if (order == QUEUE_INTAKE_FIRST) command_key(c, q, "intake", "");
    command_key(c, q, "wake:", m->id);
    if (order == QUEUE_WAKE_FIRST) command_key(c, q, "intake", "");
    command_int(c, wait_ms > 0 ? (wait_ms + 999) / 1000 : 1); /* 0 would be for ever */
    err = conn_send(q, why);
    return err == DTQ_OK ? conn_flush(q, why) : err;
}

static bool is_intake(const struct queue *q, const char *key)
{
    size_t len = strlen(q->base);

    return strncmp(key, q->base, len) == 0 && strcmp(key + len, "intake") == 0;
}

enum dtq_err queue_wake_take(struct queue *q, char job_id[ID_MAX + 1], bool *intake,
                             struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_receive(q, 0, &reply, why);

    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_NIL)
        err = DTQ_NONE;
    else if (!reply_is_array(reply, 2) || reply->element[0]->type != REDIS_REPLY_STRING ||
             !reply_copy(reply->element[1], job_id, ID_MAX + 1))
        err = conn_odd_reply(q, "BLPOP", why);
    else
        *intake = is_intake(q, reply->element[0]->str);
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_wake_more(struct queue *q, const struct queue_member *m,
                             char (**out)[ID_MAX + 1], size_t *count, struct dtq_why *why)
{
    struct command *c = conn_command(q, "LPOP");
    redisReply *reply = NULL;
    char(*ids)[ID_MAX + 1];
    size_t used = 0;
    enum dtq_err err;

    command_key(c, q, "wake:", m->id);
    command_int(c, WAKE_MOST);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_is_array(reply, 1)) {
        freeReplyObject(reply);
        return DTQ_NONE;
    }
    ids = malloc(reply->elements * sizeof *ids);
    for (size_t i = 0; ids && i < reply->elements; i++)
        if (reply_copy(reply->element[i], ids[used], sizeof *ids)) used++;
    freeReplyObject(reply);
    if (!ids) return err_set(why, DTQ_NOMEM, "out of memory for the jobs that wait");
    *out = ids;
    *count = used;
    return DTQ_OK;
}

void queue_adopted_clear(struct queue_adopted *a)
{
    free(a->params);
    free(a->checkpoint);
    free(a->former);
    memset(a, 0, sizeof *a);
}

/* Bytes of a reply, with a NUL behind them; none when it is empty. False: out of memory. */
static bool read_bytes(const redisReply *r, char **out, size_t *len)
{
    *len = (size_t)r->len;
    if (!*len) return true;
    *out = malloc(*len + 1);
    if (*out) memcpy(*out, r->str, *len + 1);
    return *out != NULL;
}

static bool read_adopted(const redisReply *r, struct queue_adopted *a)
{
    int64_t fence, commits, total, done, left, slots, unsettled, quiet;

    if (!reply_copy(r->element[1], a->owner.job, sizeof a->owner.job) ||
        !reply_int(r->element[2], &fence) || !reply_int(r->element[3], &commits) ||
        !reply_copy(r->element[4], a->type, sizeof a->type) ||
        r->element[5]->type != REDIS_REPLY_STRING || r->element[6]->type != REDIS_REPLY_STRING ||
        r->element[10]->type != REDIS_REPLY_STRING || !reply_int(r->element[7], &total) ||
        !reply_int(r->element[8], &done) || !reply_int(r->element[9], &left) ||
        !reply_int(r->element[11], &slots) || !reply_int(r->element[12], &unsettled) ||
        !reply_int(r->element[13], &quiet) ||
        !reply_copy(r->element[14], a->owner.nonce, sizeof a->owner.nonce))
        return false;
    a->owner.fence = (uint64_t)fence;
    a->owner.commits = (uint64_t)commits;
    a->total = (uint64_t)total;
    a->done = (uint64_t)done;
    a->left_ms = left;
    a->slots = (unsigned)slots;
    a->unsettled = unsettled != 0;
    a->quiet = quiet != 0;
    a->params = strdup(r->element[5]->str);
    return a->params && read_bytes(r->element[6], &a->checkpoint, &a->checkpoint_len) &&
           read_bytes(r->element[10], &a->former, &a->former_len);
}

enum dtq_err queue_adopt(struct queue *q, const struct queue_member *m, const char *entry,
                         struct queue_adopted *out, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_adopt);
    struct queue_adopted adopted = {0};
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, m->id);
    command_text(c, entry ? entry : "");
    command_text(c, m->replicas ? "1" : "0");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 15, &code) || (code == DTQ_OK && !read_adopted(reply, &adopted)))
        code = conn_odd_reply(q, "adopt", why);
    freeReplyObject(reply);
    if (code != DTQ_OK) {
        queue_adopted_clear(&adopted);
        return code;
    }
    memcpy(adopted.owner.master, m->id, sizeof adopted.owner.master);
    adopted.replicas = m->replicas;
    *out = adopted;
    return DTQ_OK;
}

enum dtq_err queue_reap(struct queue *q, int64_t *next_ms, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_reap);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_int(c, REAP_MOST);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) || !reply_int(reply->element[1], next_ms))
        code = conn_odd_reply(q, "reap", why);
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_speculate(struct queue *q, const struct queue_ownership *owner, int64_t age_ms,
                             unsigned most, int64_t *next_ms, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_speculate);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, owner->job);
    command_text(c, owner->nonce);
    command_int(c, age_ms);
    command_int(c, most);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 3, &code) || (code == DTQ_OK && !reply_int(reply->element[2], next_ms)))
        code = conn_odd_reply(q, "speculate", why);
    freeReplyObject(reply);
    return code;
}
