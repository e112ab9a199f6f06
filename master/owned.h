/* owned.h: a job while this master owns it. Nothing here is worth keeping: it can be dropped at any
 * time and made again from Redis. */
#ifndef DTQ_OWNED_H
#define DTQ_OWNED_H

#include "common/queue/queue.h"
#include "jobs/job.h"
#include "master/pending.h"

#include <uthash.h>

enum { OWNED_TIMES = 31 };

struct owned {
    struct queue_ownership owner;
    const struct job_type *type;
    cJSON *params;                  /* owned */
    struct job_state *state;        /* owned by type->close */
    struct queue_commit next;       /* what the next commit takes */
    struct pending open;            /* numbers emitted and not folded */
    uint64_t total, done;           /* tasks emitted, and of these folded */
    struct queue_arrivals arrivals; /* that the last collect brought, while some are left */
    size_t taken;                   /* of its rows: folded, or dropped */
    uint64_t retried;
    unsigned fresh_slots;        /* with nothing to collect yet, until the first step: worker slots
                                    alive, else 0 */
    int64_t run_us[OWNED_TIMES]; /* of tasks folded last, a ring */
    size_t times;                /* folded in all */
    int64_t slow_due, end_due;   /* next look for slow tasks, and the job's time limit, on this
                                    machine's clock; INT64_MAX: none */
    int64_t adopted_ms;          /* on this machine's clock */
    bool completing;             /* its last commit is out, and may not count yet */
    int64_t redis_ns;            /* spent in Redis for the present epoch */
    unsigned replicas;           /* that must have a commit before it counts */
    bool unsettled;              /* the last commit does not count yet */
    bool told;                   /* and that has been logged */
    bool holding;                /* the state holds results that may not be committed yet */
    UT_hash_handle hh;           /* by owner.job */
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

/* What is due by the clock: the job's time limit, tasks much slower than their siblings. *ended as
 * for owned_step. */
enum dtq_err owned_tick(struct queue *q, struct owned *o, int64_t now_ms, bool *ended,
                        struct dtq_why *why);

void owned_free(struct owned *o); /* NULL is fine */

#endif
