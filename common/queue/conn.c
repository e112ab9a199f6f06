/* conn.c: one connection to Redis: what is said on it, and what became of that. */
#include "common/queue/conn.h"

#include "common/clock.h"
#include "common/queue/exchange.h"
#include "common/queue/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { SLICE_MS = 250 }; /* of a wait, after which we ask whether the queue is still there */

static const char conn_elsewhere[] = "the queue is at another server now";

void conn_close(struct queue *q)
{
    if (q->redis) redisFree(q->redis);
    q->redis = NULL;
    exchange_free(q->exchange);
    q->exchange = NULL;
    q->calls = 0;
    q->owed = 0;
    q->socket_ms = 0;
}

enum dtq_err conn_lost(struct queue *q, const char *what, struct dtq_why *why)
{
    err_set(why, DTQ_CONN, "Redis at %s: %s", q->where, what);
    conn_close(q);
    return DTQ_CONN;
}

/* What hiredis says of the connection. */
static enum dtq_err conn_broken(struct queue *q, struct dtq_why *why)
{
    return conn_lost(q, q->redis ? link_reason(q->redis) : "not connected", why);
}

enum dtq_err conn_odd_reply(struct queue *q, const char *call, struct dtq_why *why)
{
    char text[100];

    snprintf(text, sizeof text, "an odd reply to %s; is another version of DTQ at work there?",
             call);
    return conn_lost(q, text, why);
}

/* What was built, to be sent to the server that has the queue. */
static enum dtq_err conn_finish(struct queue *q, const char **text, size_t *len,
                                struct dtq_why *why)
{
    *text = command_finish(&q->command, len);
    if (!*text) return err_set(why, DTQ_NOMEM, "out of memory for a command");
    /* A primary that the sentinels have replaced goes on answering until they demote it. */
    if (q->redis && q->url.kind == URL_SENTINEL && route_left(q->route, q->turn))
        return conn_lost(q, conn_elsewhere, why);
    return q->redis ? DTQ_OK : conn_broken(q, why);
}

/* To be sent with the next wait or flush. */
static enum dtq_err conn_put(struct queue *q, const char *text, size_t len, struct dtq_why *why)
{
    return redisAppendFormattedCommand(q->redis, text, len) == REDIS_OK ? DTQ_OK
                                                                        : conn_broken(q, why);
}

enum dtq_err conn_send(struct queue *q, struct dtq_why *why)
{
    size_t len;
    const char *text;
    enum dtq_err err = conn_finish(q, &text, &len, why);

    return err == DTQ_OK ? conn_put(q, text, len, why) : err;
}

/* Takes what has come of replies that nobody waits for. */
static enum dtq_err conn_take_owed(struct queue *q, struct dtq_why *why)
{
    struct pollfd fd = {q->redis->fd, POLLIN, 0};
    void *reply = NULL;

    if (q->owed && poll(&fd, 1, 0) > 0 && redisBufferRead(q->redis) != REDIS_OK)
        return conn_broken(q, why);
    while (q->owed) {
        if (redisGetReplyFromReader(q->redis, &reply) != REDIS_OK) return conn_broken(q, why);
        if (!reply) break;
        freeReplyObject(reply);
        q->owed--;
    }
    return DTQ_OK;
}

/* May this be an exchange? It has to fit into the socket and to be alone there. Not one of the
 * first calls: a command that is typed makes only a few, and an exchange is not had for nothing.
 * Where others may move the queue they have to be heard during a wait. */
static bool conn_may_exchange(struct queue *q, size_t len)
{
    enum { CALLS_BEFORE = 16, BYTES_MOST = 4096 };

    if (q->route || q->url.tls || len > BYTES_MOST || *q->redis->obuf) return false;
    if (!q->exchange && ++q->calls > CALLS_BEFORE) {
        q->exchange = exchange_new();
        q->calls = 0;
    }
    return q->exchange != NULL;
}

/* Sends what was built and, if it can, waits until there is an answer to read. */
static enum dtq_err conn_send_and_wait(struct queue *q, struct dtq_why *why)
{
    size_t len, sent;
    const char *text;
    enum dtq_err err = conn_finish(q, &text, &len, why);
    int ready;

    if (err != DTQ_OK) return err;
    if (!conn_may_exchange(q, len)) return conn_put(q, text, len, why);
    err = conn_take_owed(q, why);
    if (err != DTQ_OK) return err;
    ready = exchange_run(q->exchange, q->redis->fd, text, len, q->timeout_ms, &sent);
    if (ready != 1) {
        exchange_free(q->exchange);
        q->exchange = NULL;
    }
    if (ready == 0) return conn_lost(q, "no answer in time", why);
    if (sent < len) err = conn_put(q, text + sent, len - sent, why);
    if (err == DTQ_OK && ready == 1 && redisBufferRead(q->redis) != REDIS_OK)
        err = conn_broken(q, why);
    return err;
}

/* Waits where sentinels or a cluster may move the queue: the server that has it now may be hung or
 * cut off and never say so. */
static enum dtq_err conn_wait_routed(struct queue *q, int64_t limit_ms, redisReply **out,
                                     struct dtq_why *why)
{
    int64_t until_ms = clock_ms() + limit_ms;
    void *reply = NULL;
    enum dtq_err err = conn_flush(q, why);

    while (err == DTQ_OK) {
        struct pollfd fd = {q->redis->fd, POLLIN, 0};
        int64_t left_ms = until_ms - clock_ms();
        int ready;
        if (redisGetReplyFromReader(q->redis, &reply) != REDIS_OK) return conn_broken(q, why);
        if (reply) break;
        if (left_ms <= 0) return conn_lost(q, "no answer in time", why);
        ready = poll(&fd, 1, left_ms < SLICE_MS ? (int)left_ms : SLICE_MS);
        if (ready > 0 && redisBufferRead(q->redis) != REDIS_OK) return conn_broken(q, why);
        if (ready == 0 && route_left(q->route, q->turn)) return conn_lost(q, conn_elsewhere, why);
    }
    if (err == DTQ_OK) *out = reply;
    return err;
}

/* The next reply. */
static enum dtq_err conn_next(struct queue *q, int64_t wait_ms, redisReply **out,
                              struct dtq_why *why)
{
    int64_t ms = q->timeout_ms + wait_ms;
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};
    void *reply = NULL;

    if (!q->redis) return conn_broken(q, why);
    if (redisGetReplyFromReader(q->redis, &reply) != REDIS_OK) return conn_broken(q, why);
    if (reply) { /* of a pipeline: it is here already */
        *out = reply;
        return DTQ_OK;
    }
    if (ms != q->socket_ms) {
        redisSetTimeout(q->redis, limit);
        q->socket_ms = ms;
    }
    if (q->route) return conn_wait_routed(q, ms, out, why);
    if (redisGetReply(q->redis, &reply) != REDIS_OK || !reply) return conn_broken(q, why);
    *out = reply;
    return DTQ_OK;
}

/* The next reply that somebody waits for. */
static enum dtq_err conn_wait(struct queue *q, int64_t wait_ms, redisReply **out,
                              struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_next(q, wait_ms, &reply, why);

    while (err == DTQ_OK && q->owed) {
        q->owed--;
        freeReplyObject(reply);
        err = conn_next(q, wait_ms, &reply, why);
    }
    if (err == DTQ_OK) *out = reply;
    return err;
}

/* What an error reply means; frees it. script (may be NULL) is named in the sentence. */
static enum dtq_err conn_error(struct queue *q, redisReply *reply, const struct script *script,
                               struct dtq_why *why)
{
    bool moved = strncmp(reply->str, "MOVED ", 6) == 0;
    enum dtq_err err;

    if (moved && q->url.kind != URL_CLUSTER)
        err = err_set(why, DTQ_SERVER,
                      "Redis at %s is a node of a cluster; write redis+cluster:// in the URL",
                      q->where);
    else if (reply_is_passing(reply->str)) {
        if (moved) route_moved(q->route, reply->str);
        err = conn_lost(q, reply->str, why);
    } else
        err = reply_refusal(q->where, script ? script->name : NULL, reply->str, why);
    freeReplyObject(reply);
    return err;
}

enum dtq_err conn_receive(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_wait(q, wait_ms, &reply, why);

    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_ERROR) return conn_error(q, reply, NULL, why);
    *out = reply;
    return DTQ_OK;
}

enum dtq_err conn_receive_all(struct queue *q, size_t count, redisReply **out, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; i < count; i++) {
        enum dtq_err one = conn_receive(q, 0, &out[i], err == DTQ_OK ? why : NULL);
        if (one == DTQ_CONN) return one;
        if (err == DTQ_OK) err = one;
    }
    return err;
}

enum dtq_err conn_tell(struct queue *q, struct dtq_why *why)
{
    enum dtq_err err = conn_send(q, why);

    if (err == DTQ_OK) q->owed++;
    return err;
}

enum dtq_err conn_flush(struct queue *q, struct dtq_why *why)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(q->redis, &done) != REDIS_OK) return conn_broken(q, why);
    return DTQ_OK;
}

/* After NOSCRIPT: loads the script and sends the call, which is still in q->command, once more. */
static enum dtq_err conn_load(struct queue *q, struct dtq_why *why)
{
    const struct script *script = q->command.script;
    redisReply *reply = NULL;
    enum dtq_err err;

    if (redisAppendCommand(q->redis, "SCRIPT LOAD %b", script->text, script->len) != REDIS_OK)
        return conn_broken(q, why);
    err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_wait(q, 0, &reply, why);
    freeReplyObject(reply); /* an error is told by the call that follows */
    return err;
}

enum dtq_err conn_answer(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why)
{
    const struct script *script = q->command.script;
    redisReply *reply = NULL;
    enum dtq_err err = conn_wait(q, wait_ms, &reply, why);

    if (err != DTQ_OK) return err;
    if (script && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        freeReplyObject(reply);
        reply = NULL;
        err = conn_load(q, why);
        if (err == DTQ_OK) err = conn_wait(q, wait_ms, &reply, why);
        if (err != DTQ_OK) return err;
    }
    if (reply->type == REDIS_REPLY_ERROR) return conn_error(q, reply, script, why);
    *out = reply;
    return DTQ_OK;
}

enum dtq_err conn_call(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why)
{
    enum dtq_err err = wait_ms ? conn_send(q, why) : conn_send_and_wait(q, why);

    return err == DTQ_OK ? conn_answer(q, wait_ms, out, why) : err;
}
