/* fleet.h: the queues that one program serves, each in a thread of its own. It knows names of
 * queues and when to stop; what serving is, the program knows. */
#ifndef DTQ_FLEET_H
#define DTQ_FLEET_H

#include "common/program.h"
#include "common/queue/queue.h"

struct fleet_spec {
    /* Which server, and which queues: "a,b,c", or "*": those that there are, looked at again now
     * and then. When nobody named a server, that at the usual place, else a running `dtq up`: the
     * first of them that answers. */
    const struct program *program;
    /* Serves a queue until the program is to stop; called in a thread of its own. q is not
     * connected, and owned by the caller until all threads have ended. An error stops the others,
     * too. */
    enum dtq_err (*serve)(void *ctx, struct queue *q, struct dtq_why *why);
    /* A signal asked the program to stop, for the first time or again, or a queue cannot be
     * served. */
    void (*stop)(void *ctx);
    void *ctx;
};

/* Serves until the program is told to stop and all threads have ended. SIGTERM, SIGINT and SIGHUP
 * ask for it, from this call on until the end of the process. Returns the first error. */
enum dtq_err fleet_run(const struct fleet_spec *spec, struct dtq_why *why);

/* Calls look, whose connection writes nothing, for each of the queues ("*": those that there are
 * now) on a connection of its own, until one gives an error. DTQ_NONE with a sentence when there is
 * no queue at all. */
enum dtq_err fleet_each(const struct program *program,
                        enum dtq_err (*look)(void *ctx, struct queue *q, struct dtq_why *why),
                        void *ctx, struct dtq_why *why);

#endif
