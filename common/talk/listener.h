/* listener.h: follows the events of a queue for a console, in a thread of its own, so that a server
 * that is slow or gone never holds up the person who types. It knows no console. */
#ifndef DTQ_LISTENER_H
#define DTQ_LISTENER_H

#include "common/queue/queue.h"

#include <stdbool.h>

struct listener;

/* All calls come from the listener's thread. An error ends the connection: DTQ_CONN or DTQ_SERVER;
 * after a while there is a new one. */
struct listener_spec {
    void *ctx;
    /* A new connection; the listener frees it. */
    enum dtq_err (*open)(void *ctx, struct queue **out, struct dtq_why *why);
    /* On each new connection. at->id is empty the first time: to be set to where to follow from.
     * NULL: from the end. */
    enum dtq_err (*begin)(void *ctx, struct queue *q, struct queue_cursor *at, struct dtq_why *why);
    /* An array as of queue_events. */
    enum dtq_err (*events)(void *ctx, struct queue *q, const cJSON *events, struct dtq_why *why);
    /* Before events: so many (-1: some) between them and the last ones are gone. NULL: never mind.
     */
    enum dtq_err (*missed)(void *ctx, struct queue *q, int64_t count, struct dtq_why *why);
    /* Now and then, at least every LISTENER_IDLE_MS; may be NULL. */
    enum dtq_err (*idle)(void *ctx, struct queue *q, struct dtq_why *why);
    /* The connection is lost (why says how), or there again. */
    void (*lost)(void *ctx, const struct dtq_why *why);
    void (*back)(void *ctx, const struct queue *q);
};

enum { LISTENER_IDLE_MS = 2000 };

/* spec is copied. DTQ_NOMEM. */
enum dtq_err listener_new(const struct listener_spec *spec, struct listener **out,
                          struct dtq_why *why);
/* Ends the thread, wherever it is, and waits for that; NULL is fine. */
void listener_free(struct listener *l);

#endif
