/* conn.h: one connection to Redis, inside the queue module: commands out, replies in, errors
 * sorted. Nothing outside common/queue includes this. */
#ifndef DTQ_CONN_H
#define DTQ_CONN_H

#include "common/buf.h"
#include "common/err.h"
#include "common/id.h"
#include "common/queue/script.h"
#include "common/queue/url.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

/* A command being built, as bytes on the wire. */
struct command {
    struct buf text;
    size_t count;
    const struct script *script; /* NULL: not an EVALSHA */
};

struct queue {
    struct url url;
    char name[ID_MAX + 1];
    char base[ID_MAX + 16]; /* "dtq:{name}:" */
    int timeout_ms;
    int64_t socket_ms;      /* the read limit now set on the socket */
    redisContext *redis;    /* NULL while there is no connection */
    struct command command; /* reused for each call */
};

/* Starts a command: a script on this queue, or a plain one. Add the rest, then call. */
struct command *conn_script(struct queue *q, const struct script *script);
struct command *conn_command(struct queue *q, const char *name);
void command_add(struct command *c, const void *data, size_t len);
void command_text(struct command *c, const char *text);
void command_int(struct command *c, int64_t value);
/* base + name (+ more) as one argument: a key of the queue. */
void command_key(struct command *c, const struct queue *q, const char *name, const char *more);

/* Sends what was built and waits for its reply, at most wait_ms longer than usual (for blocking
 * commands). A script unknown to the server is loaded and called again, once. DTQ_CONN: the
 * connection is gone, or the server is loading or not a master (reconnect and try again);
 * DTQ_SERVER: an error reply. The caller frees *out. */
enum dtq_err conn_call(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why);

/* The two halves, for pipelines and for waiting on several connections. conn_send only queues. */
enum dtq_err conn_send(struct queue *q, struct dtq_why *why);
enum dtq_err conn_receive(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why);

/* The replies to all `count` commands of a pipeline, out[0..count) being NULL before. An error
 * reply among them does not keep the others from being read: none is left for the next call. The
 * first error is returned; the caller frees what is not NULL in any case. */
enum dtq_err conn_receive_all(struct queue *q, size_t count, redisReply **out, struct dtq_why *why);

/* Brings what is queued to the socket, without waiting for a reply. */
enum dtq_err conn_flush(struct queue *q, struct dtq_why *why);

/* Closes the connection and says why, for a reply that makes no sense. */
enum dtq_err conn_odd_reply(struct queue *q, const char *call, struct dtq_why *why);

/* Reads of replies, each false when the reply is not of that form. */
bool reply_is_array(const redisReply *r, size_t least);
bool reply_int(const redisReply *r, int64_t *out); /* an integer, or a text that is one */
/* The code of a script's reply, {code, ...}: at least `least` elements when the code is 0. */
bool reply_code(const redisReply *r, size_t least, enum dtq_err *out);
/* Copies a text reply into to; false when it does not fit. nil gives "". */
bool reply_copy(const redisReply *r, char *to, size_t size);

#endif
