/* conn.c: one connection to Redis. Commands are formatted straight into one buffer: no argument is
 * copied twice, whatever its size. */
#include "common/queue/conn.h"

#include "common/queue/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD_BYTES = 32, /* room kept before the arguments for "*<count>\r\n" */
    CONNECT_MS = 2000,
};

static const char queue_version[] = "1"; /* of the data, in dtq:version */

static void command_begin(struct command *c, const struct script *script)
{
    buf_reset(&c->text);
    buf_grow(&c->text, HEAD_BYTES);
    c->count = 0;
    c->script = script;
}

void command_add(struct command *c, const void *data, size_t len)
{
    char head[24];
    int size = snprintf(head, sizeof head, "$%zu\r\n", len);
    char *to = buf_grow(&c->text, (size_t)size + len + 2);

    c->count++;
    if (!to) return;
    memcpy(to, head, (size_t)size);
    if (len) memcpy(to + size, data, len);
    memcpy(to + size + len, "\r\n", 2);
}

void command_text(struct command *c, const char *text)
{
    command_add(c, text, strlen(text));
}

void command_int(struct command *c, int64_t value)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) *--at = '-';
    command_add(c, at, (size_t)(text + sizeof text - at));
}

void command_key(struct command *c, const struct queue *q, const char *name, const char *more)
{
    char key[400];

    command_add(c, key, (size_t)snprintf(key, sizeof key, "%s%s%s", q->base, name, more));
}

struct command *conn_script(struct queue *q, const struct script *script)
{
    command_begin(&q->command, script);
    command_text(&q->command, "EVALSHA");
    command_text(&q->command, script->sha1);
    command_text(&q->command, "1");
    command_text(&q->command, q->base);
    return &q->command;
}

struct command *conn_command(struct queue *q, const char *name)
{
    command_begin(&q->command, NULL);
    command_text(&q->command, name);
    return &q->command;
}

static enum dtq_err conn_lost(struct queue *q, const char *what, struct dtq_why *why)
{
    err_set(why, DTQ_CONN, "Redis at %s: %s", q->url.shown, what);
    if (q->redis) redisFree(q->redis);
    q->redis = NULL;
    return DTQ_CONN;
}

static const char *conn_reason(const struct queue *q)
{
    if (!q->redis) return "not connected";
    if (q->redis->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        return "no answer in time";
    return q->redis->errstr[0] ? q->redis->errstr : "connection lost";
}

enum dtq_err conn_odd_reply(struct queue *q, const char *call, struct dtq_why *why)
{
    char text[100];

    snprintf(text, sizeof text, "an odd reply to %s; is another version of DTQ at work there?",
             call);
    return conn_lost(q, text, why);
}

enum dtq_err conn_send(struct queue *q, struct dtq_why *why)
{
    struct command *c = &q->command;
    char head[HEAD_BYTES];
    int size = snprintf(head, sizeof head, "*%zu\r\n", c->count);
    char *start;

    if (c->text.failed) return err_set(why, DTQ_NOMEM, "out of memory for a command");
    if (!q->redis) return conn_lost(q, "not connected", why);
    start = c->text.data + HEAD_BYTES - size;
    memcpy(start, head, (size_t)size);
    if (redisAppendFormattedCommand(q->redis, start, c->text.len - HEAD_BYTES + (size_t)size) !=
        REDIS_OK)
        return conn_lost(q, conn_reason(q), why);
    return DTQ_OK;
}

/* Error replies that mean "not now, not here": the same call works after a reconnect. */
static bool conn_is_passing(const char *error)
{
    static const char *const words[] = {"LOADING",     "READONLY", "MASTERDOWN",
                                        "CLUSTERDOWN", "TRYAGAIN", "UNBLOCKED"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(error, words[i], strlen(words[i])) == 0) return true;
    return strstr(error, "-READONLY") || strstr(error, "-LOADING");
}

static enum dtq_err conn_wait(struct queue *q, int64_t wait_ms, redisReply **out)
{
    int64_t ms = q->timeout_ms + wait_ms;
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};
    void *reply = NULL;

    if (ms != q->socket_ms) {
        redisSetTimeout(q->redis, limit);
        q->socket_ms = ms;
    }
    if (redisGetReply(q->redis, &reply) != REDIS_OK || !reply) return DTQ_CONN;
    *out = reply;
    return DTQ_OK;
}

/* What an error reply means; frees it. script (may be NULL) is named in the sentence. */
static enum dtq_err conn_error(struct queue *q, redisReply *reply, const struct script *script,
                               struct dtq_why *why)
{
    enum dtq_err err;

    if (conn_is_passing(reply->str))
        err = conn_lost(q, reply->str, why);
    else
        err = err_set(why, DTQ_SERVER, "Redis at %s answered%s%s: %s", q->url.shown,
                      script ? " to " : "", script ? script->name : "", reply->str);
    freeReplyObject(reply);
    return err;
}

enum dtq_err conn_receive(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why)
{
    redisReply *reply = NULL;

    if (!q->redis || conn_wait(q, wait_ms, &reply) != DTQ_OK)
        return conn_lost(q, conn_reason(q), why);
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

enum dtq_err conn_flush(struct queue *q, struct dtq_why *why)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(q->redis, &done) != REDIS_OK) return conn_lost(q, conn_reason(q), why);
    return DTQ_OK;
}

/* After NOSCRIPT: loads the script and sends the call, which is still in q->command, once more. */
static enum dtq_err conn_load(struct queue *q, struct dtq_why *why)
{
    const struct script *script = q->command.script;
    redisReply *reply = NULL;
    enum dtq_err err;

    if (redisAppendCommand(q->redis, "SCRIPT LOAD %b", script->text, script->len) != REDIS_OK)
        return conn_lost(q, conn_reason(q), why);
    err = conn_send(q, why);
    if (err != DTQ_OK) return err;
    if (conn_wait(q, 0, &reply) != DTQ_OK) return conn_lost(q, conn_reason(q), why);
    freeReplyObject(reply); /* an error is told by the call that follows */
    return DTQ_OK;
}

enum dtq_err conn_call(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why)
{
    const struct script *script = q->command.script;
    redisReply *reply = NULL;
    enum dtq_err err = conn_send(q, why);

    if (err != DTQ_OK) return err;
    if (conn_wait(q, wait_ms, &reply) != DTQ_OK) return conn_lost(q, conn_reason(q), why);
    if (script && reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", 8) == 0) {
        freeReplyObject(reply);
        err = conn_load(q, why);
        if (err != DTQ_OK) return err;
        if (conn_wait(q, wait_ms, &reply) != DTQ_OK) return conn_lost(q, conn_reason(q), why);
    }
    if (reply->type == REDIS_REPLY_ERROR) return conn_error(q, reply, script, why);
    *out = reply;
    return DTQ_OK;
}

/* A plain command of a few words, for setting a connection up; its reply is dropped. */
static enum dtq_err conn_setup(struct queue *q, struct dtq_why *why, size_t count,
                               const char *const *words)
{
    redisReply *reply = NULL;
    enum dtq_err err;

    conn_command(q, words[0]);
    for (size_t i = 1; i < count; i++)
        command_text(&q->command, words[i]);
    err = conn_call(q, 0, &reply, why);
    if (err == DTQ_OK) freeReplyObject(reply);
    return err;
}

static enum dtq_err conn_login(struct queue *q, struct dtq_why *why)
{
    const struct url *u = &q->url;
    char number[16];
    redisReply *reply = NULL;
    enum dtq_err err = DTQ_OK;

    if (u->password[0]) {
        const char *words[] = {"AUTH", u->user[0] ? u->user : u->password, u->password};
        err = conn_setup(q, why, u->user[0] ? 3 : 2, words);
        if (err == DTQ_SERVER) return err_prefix(why, DTQ_SERVER, "the password was not accepted");
    }
    if (err == DTQ_OK && u->database) {
        const char *words[] = {"SELECT", number};
        snprintf(number, sizeof number, "%d", u->database);
        err = conn_setup(q, why, 2, words);
    }
    if (err != DTQ_OK) return err;
    conn_command(q, "SET");
    command_text(&q->command, "dtq:version");
    command_text(&q->command, queue_version);
    command_text(&q->command, "NX");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    freeReplyObject(reply);
    conn_command(q, "GET");
    command_text(&q->command, "dtq:version");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply->type != REDIS_REPLY_STRING || strcmp(reply->str, queue_version) != 0)
        err = err_set(
            why, DTQ_SERVER,
            "the data in Redis at %s is of version \"%s\", this program knows version %s; "
            "use a program of that version or another database",
            u->shown, reply->type == REDIS_REPLY_STRING ? reply->str : "?", queue_version);
    freeReplyObject(reply);
    if (err == DTQ_OK) {
        const char *words[] = {"SADD", "dtq:queues", q->name};
        err = conn_setup(q, why, 3, words);
    }
    return err;
}

enum dtq_err queue_connect(struct queue *q, struct dtq_why *why)
{
    struct timeval limit = {CONNECT_MS / 1000, CONNECT_MS % 1000 * 1000};
    enum dtq_err err;

    if (q->redis) redisFree(q->redis);
    q->socket_ms = 0;
    q->redis = q->url.path[0] ? redisConnectUnixWithTimeout(q->url.path, limit)
                              : redisConnectWithTimeout(q->url.host, q->url.port, limit);
    if (!q->redis) return err_set(why, DTQ_NOMEM, "out of memory for a connection");
    if (q->redis->err) return conn_lost(q, conn_reason(q), why);
    if (!q->url.path[0]) redisEnableKeepAlive(q->redis);
    err = conn_login(q, why);
    if (err != DTQ_OK && q->redis) {
        redisFree(q->redis);
        q->redis = NULL;
    }
    return err;
}

enum dtq_err queue_new(const char *url, const char *name, struct queue **out, struct dtq_why *why)
{
    struct queue *q;
    enum dtq_err err = id_check("queue name", name, why);

    if (err != DTQ_OK) return err;
    q = calloc(1, sizeof *q);
    if (!q) return err_set(why, DTQ_NOMEM, "out of memory for a queue");
    err = url_parse(url, &q->url, why);
    if (err != DTQ_OK) {
        free(q);
        return err;
    }
    snprintf(q->name, sizeof q->name, "%s", name);
    snprintf(q->base, sizeof q->base, "dtq:{%s}:", name);
    q->timeout_ms = 5000;
    *out = q;
    return DTQ_OK;
}

enum dtq_err queue_clone(const struct queue *q, struct queue **out, struct dtq_why *why)
{
    struct queue *copy = calloc(1, sizeof *copy);

    if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for a queue");
    copy->url = q->url;
    memcpy(copy->name, q->name, sizeof copy->name);
    memcpy(copy->base, q->base, sizeof copy->base);
    copy->timeout_ms = q->timeout_ms;
    *out = copy;
    return DTQ_OK;
}

void queue_free(struct queue *q)
{
    if (!q) return;
    if (q->redis) redisFree(q->redis);
    buf_clear(&q->command.text);
    free(q);
}

bool queue_connected(const struct queue *q)
{
    return q->redis != NULL;
}

const char *queue_where(const struct queue *q)
{
    return q->url.shown;
}

const char *queue_name(const struct queue *q)
{
    return q->name;
}

int queue_fd(const struct queue *q)
{
    return q->redis ? q->redis->fd : -1;
}

bool reply_is_array(const redisReply *r, size_t least)
{
    return r && r->type == REDIS_REPLY_ARRAY && r->elements >= least;
}

bool reply_int(const redisReply *r, int64_t *out)
{
    char *end;

    if (!r) return false;
    if (r->type == REDIS_REPLY_INTEGER) {
        *out = r->integer;
        return true;
    }
    if (r->type != REDIS_REPLY_STRING || r->len == 0) return false;
    errno = 0;
    *out = strtoll(r->str, &end, 10);
    return errno == 0 && end == r->str + r->len;
}

bool reply_code(const redisReply *r, size_t least, enum dtq_err *out)
{
    int64_t code;

    if (!reply_is_array(r, 1) || !reply_int(r->element[0], &code) || code < 0 || code > 9)
        return false;
    if (code == 0 && r->elements < least) return false;
    *out = (enum dtq_err)code;
    return true;
}

bool reply_copy(const redisReply *r, char *to, size_t size)
{
    if (!r) return false;
    if (r->type == REDIS_REPLY_NIL) {
        to[0] = '\0';
        return true;
    }
    if (r->type != REDIS_REPLY_STRING || (size_t)r->len >= size ||
        memchr(r->str, 0, (size_t)r->len))
        return false;
    memcpy(to, r->str, (size_t)r->len + 1);
    return true;
}
