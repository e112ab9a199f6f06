/* plan.h: how a training is cut into steps, chunks and tasks. Arithmetic only.
 *
 * What the numbers depend on - the batches, the chunks within a batch, the chunks of the test set -
 * follows from the job alone. How many of them make a task may follow from the workers there are:
 * chunks are always computed and added in the same order, so the bits are the same. */
#ifndef DTQ_TRAIN_PLAN_H
#define DTQ_TRAIN_PLAN_H

#include "jobs/train/params.h"

struct train_plan {
    uint64_t rows; /* trained on in an epoch */
    uint64_t features;
    uint64_t epochs;
    uint64_t batch;
    uint64_t chunk_rows; /* a batch is cut into chunks of so many rows, the last one shorter */
    uint64_t piece_rows; /* work between two looks at whether it is still wanted */
    uint64_t test_rows;  /* 0: no test set */
    uint64_t eval_rows;  /* the test set is cut into chunks of so many rows */
    bool stop_often;     /* each epoch's end is a decision of the master */
};

/* How far a training is. row == rows: trained through, but not evaluated yet. */
struct train_pos {
    uint64_t epoch; /* from 0 */
    uint64_t row;
};

enum { TRAIN_WINDOW = 256 }; /* tasks outstanding at most */

/* rows and features are those of the file; test_rows 0 without a test set. */
void plan_init(struct train_plan *plan, const struct train_params *p, uint64_t rows,
               uint64_t features, uint64_t test_rows);

/* Rows of the batch that starts at row; the last one of an epoch may be short. */
uint64_t plan_batch_rows(const struct train_plan *plan, uint64_t row);

/* Chunks in so many rows of a batch, and of the test set. */
uint64_t plan_chunks(const struct train_plan *plan, uint64_t rows);
uint64_t plan_eval_chunks(const struct train_plan *plan, uint64_t rows);

/* Whether the step at row is worth more than one worker: its chunks become tasks. */
bool plan_spread(const struct train_plan *plan, uint64_t row, unsigned slots);

/* Whether a worker that trains evaluates the test set on its way too. */
bool plan_eval_inline(const struct train_plan *plan, unsigned slots);

/* Where a run of consecutive steps ends that one worker does from here in one task. */
struct train_pos plan_until(const struct train_plan *plan, struct train_pos from, unsigned slots);

/* The position behind row of an epoch: its evaluation, or the next epoch where none is due. */
struct train_pos plan_settle(const struct train_plan *plan, struct train_pos at);

/* How many vectors of weights such a run gives back: one for each epoch it ends, and one more where
 * it ends within an epoch. */
uint64_t plan_run_vectors(struct train_pos from, struct train_pos until);

/* Whether a position can be one of this plan, and whether a run may lead from one to the other. */
bool plan_has(const struct train_plan *plan, struct train_pos at);
bool plan_leads(const struct train_plan *plan, struct train_pos from, struct train_pos until);

#endif
