/* runner.h: running what a slot has claimed: tasks, and what they may ask of their worker. It knows
 * nothing of claims and leases. */
#ifndef DTQ_RUNNER_H
#define DTQ_RUNNER_H

#include "jobs/job.h"
#include "worker/worker.h"

enum {
    TABLES_MOST = 8, /* data sets that one task may open */
    VECTORS_MOST = 8,
};

/* A vector of a job as it was read last. */
struct vector {
    char name[16];
    double *v; /* owned */
    size_t count;
    uint64_t version;
    bool constant; /* put once in the life of the job */
};

/* What a slot's thread keeps from one claim to the next. */
struct runner {
    struct slot *slot;
    bool inside; /* of the turnstile, if there is one */
    struct queue_claim claim;
    char known[QUEUE_NONCE]; /* nonce of the submission of params and mean_us; "": none */
    const struct job_type *type;
    cJSON *params;  /* owned; of the job `known` */
    double mean_us; /* of a task of that job */

    struct vector vectors[VECTORS_MOST];
    size_t vector_count;
    char vectors_of[QUEUE_NONCE]; /* the submission that they are of; "": none */

    const struct dataset *tables[TABLES_MOST]; /* in use by the present task */
    size_t table_count;

    const struct queue_task *task; /* the present one */
    struct board *board;           /* owned; on which others help with it; NULL: nobody does */
    struct buf helpers;            /* who did lately, as lead_helpers tells it */
    uint64_t helped_us;            /* that it has told of */
    struct buf helped;             /* who did so with any task of the claim */

    struct buf output;            /* the results' bytes, one after the other */
    struct queue_result *results; /* owned; claim.count of room */
    size_t *offsets;              /* owned; where each result starts in output */
    size_t room, count;
};

/* Room for the results of the whole claim; false when memory ran out. */
bool runner_room(struct runner *work);

/* Runs what is claimed, in order, until all is done, the slot is told to stop, or it took long
 * enough; the results are in work->results. */
void runner_run_all(struct runner *work);

/* How many tasks of the present job make a good claim. */
unsigned runner_most(const struct runner *work);

/* What is known of jobs is forgotten, with a connection: the vectors of a server that lost its
 * newest data are older ones, of the same job. */
void runner_forget(struct runner *work);

/* Frees all but the claim. */
void runner_clear(struct runner *work);

#endif
