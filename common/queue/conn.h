/* conn.h: one connection to Redis, inside the queue module: commands out, replies in, errors
 * sorted. Nothing outside common/queue includes this. */
#ifndef DTQ_CONN_H
#define DTQ_CONN_H

#include "common/buf.h"
#include "common/err.h"
#include "common/id.h"
#include "common/queue/reply.h"
#include "common/queue/route.h"
#include "common/queue/script.h"
#include "common/queue/url.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

enum { COMMAND_HEAD = 32 }; /* bytes kept before the arguments for "*<count>\r\n" */

/* A command being built, as bytes on the wire. */
struct command {
    struct buf text;
    size_t count;
    const struct script *script; /* NULL: not an EVALSHA */
};

struct exchange;

struct queue {
    struct url url;
    char name[ID_MAX + 1];
    char base[ID_MAX + 16]; /* "dtq:{name}:" */
    char where[600];        /* the server, for sentences */
    bool only_looks;        /* connecting writes nothing */
    int timeout_ms;
    int64_t socket_ms;         /* the read limit now set on the socket */
    unsigned owed;             /* replies to come that nobody waits for */
    redisContext *redis;       /* NULL while there is no connection */
    struct exchange *exchange; /* owned, of this connection; NULL: none yet, or none at all */
    unsigned calls;            /* on this connection, before it is worth an exchange */
    struct route *route;       /* owned, shared by clones; NULL: the URL names one server */
    unsigned turn;             /* which answer of the route this connection goes by */
    struct command command;    /* reused for each call */
    char producer[ID_MAX + 1]; /* who submitted last, when numbered, and the last number known */
    bool numbered;
    int64_t number;
    char nonce[17];     /* of submissions, with their number behind it; "" before the first of a
                           connection */
    uint64_t submitted; /* how many so far, also in vain */
};

/* Starts a command: a script on this queue, or a plain one. Add the rest, then call. */
struct command *conn_script(struct queue *q, const struct script *script);
struct command *conn_command(struct queue *q, const char *name);
void command_begin(struct command *c, const struct script *script);
void command_add(struct command *c, const void *data, size_t len);
/* The same with the bytes yet to be written by the caller: len of them at what comes back, which is
 * NULL when memory ran out. */
char *command_room(struct command *c, size_t len);
void command_text(struct command *c, const char *text);
void command_int(struct command *c, int64_t value);
/* base + name (+ more) as one argument: a key of the queue. */
void command_key(struct command *c, const struct queue *q, const char *name, const char *more);
/* The bytes to send; NULL when memory ran out. */
const char *command_finish(struct command *c, size_t *len);

/* Sends what was built and waits for its reply, at most wait_ms longer than usual (for blocking
 * commands). A script unknown to the server is loaded and called again, once. DTQ_CONN: the
 * connection is gone, or the server is loading, not a primary or not the one that has the queue
 * (reconnect and try again); DTQ_SERVER: an error reply. The caller frees *out. Where the kernel
 * allows it, sending and waiting are one system call (exchange.h). */
enum dtq_err conn_call(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why);

/* The two halves, for pipelines and for waiting on several connections. conn_send only queues. */
enum dtq_err conn_send(struct queue *q, struct dtq_why *why);
enum dtq_err conn_receive(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why);

/* As conn_send, of a command whose reply nobody will wait for. Nothing else is on its way then. */
enum dtq_err conn_tell(struct queue *q, struct dtq_why *why);

/* The reply to what was sent last, when those to all that was sent before are read; else as
 * conn_call. */
enum dtq_err conn_answer(struct queue *q, int64_t wait_ms, redisReply **out, struct dtq_why *why);

/* The replies to all `count` commands of a pipeline, out[0..count) being NULL before. An error
 * reply among them does not keep the others from being read: none is left for the next call. The
 * first error is returned; the caller frees what is not NULL in any case. */
enum dtq_err conn_receive_all(struct queue *q, size_t count, redisReply **out, struct dtq_why *why);

/* Brings what is queued to the socket, without waiting for a reply. */
enum dtq_err conn_flush(struct queue *q, struct dtq_why *why);

/* Closes the connection, if there is one. */
void conn_close(struct queue *q);

/* Closes the connection; what is the reason in the sentence. Returns DTQ_CONN. */
enum dtq_err conn_lost(struct queue *q, const char *what, struct dtq_why *why);

/* Closes the connection and says why, for a reply that makes no sense. */
enum dtq_err conn_odd_reply(struct queue *q, const char *call, struct dtq_why *why);

#endif
