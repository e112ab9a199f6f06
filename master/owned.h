/* owned.h: a job while this master owns it. Nothing here is worth keeping: it can be dropped at any
 * time and made again from Redis. */
#ifndef DTQ_OWNED_H
#define DTQ_OWNED_H

#include "common/queue/queue.h"
#include "jobs/job.h"

#include <uthash.h>

struct owned {
    struct queue_ownership owner;
    const struct job_type *type;
    cJSON *params;            /* owned */
    struct job_state *state;  /* owned by type->close */
    struct queue_commit next; /* what the next commit takes */
    struct seen *seen;        /* numbers folded but not committed: they lie in Redis still */
    uint64_t total, done;     /* tasks emitted, and of these folded */
    uint64_t retried;
    bool holding;      /* the state holds results that may not be committed yet */
    UT_hash_handle hh; /* by owner.job */
};

/* Opens the job's state from what adopt told. A job that cannot be opened (unknown type, bad
 * parameters) is ended as failed: DTQ_OK with *out NULL. Errors of the queue as they come. */
enum dtq_err owned_open(struct queue *q, const struct queue_adopted *adopted, struct owned **out,
                        struct dtq_why *why);

/* Folds what has arrived, splits, commits, again until nothing waits. *ended: the job is over or
 * not ours any more (free it). *retried tells that a task was delayed for a retry since the last
 * step. */
enum dtq_err owned_step(struct queue *q, struct owned *o, bool *ended, bool *retried,
                        struct dtq_why *why);

void owned_free(struct owned *o); /* NULL is fine */

#endif
