/* plan.h: how a training is cut into steps, chunks and tasks. Arithmetic only.
 *
 * What the numbers depend on - the batches, the chunks within a batch, the shards, the chunks of an
 * evaluation - follows from the job alone. How many of them make a task may follow from the workers
 * there are: chunks are always computed and added in the same order, so the bits are the same. */
#ifndef DTQ_TRAIN_PLAN_H
#define DTQ_TRAIN_PLAN_H

#include "common/math/glm.h"
#include "jobs/train/params.h"

/* What the files hold. */
struct train_shape {
    uint64_t rows, features;
    uint64_t values;    /* sparse: of all rows; 0: dense */
    uint64_t test_rows; /* of testRef */
    uint64_t classes;   /* softmax */
};

struct train_plan {
    uint64_t rows; /* trained on in an epoch */
    uint64_t features, outputs;
    uint64_t weights;       /* numbers in the model */
    uint64_t raws;          /* numbers in a gradient on its way */
    uint64_t state;         /* numbers of the optimiser beside the weights */
    uint64_t classes;       /* softmax: outputs; else 2 */
    uint64_t row_elements;  /* what a row costs */
    uint64_t first, epochs; /* the job's epochs are first .. epochs - 1, counted from 0 */
    uint64_t batch;
    uint64_t shards;     /* 0: not in shards */
    uint64_t chunk_rows; /* a batch is cut into chunks of so many rows, the last one shorter */
    uint64_t piece_rows; /* work between two looks at whether it is still wanted */
    uint64_t test_rows;  /* 0: no test set */
    uint64_t eval_rows;  /* what is evaluated is cut into chunks of so many rows */
    uint64_t test_chunks, train_chunks; /* of an evaluation; 0: not evaluated */
    uint64_t final_chunks;              /* of the training set, evaluated at the job's end */
    uint64_t matrix;                    /* numbers in a confusion matrix; 0: none */
    uint64_t confusion;                 /* in that of an evaluation; 0: none */
    uint64_t roc;                       /* numbers of an evaluation's ROC curve; 0: none */
    bool binary;                        /* logreg */
    bool whole;                         /* lbfgs: a step takes all rows */
    bool stop_often;                    /* each epoch's end is a decision of the master */
};

/* How far a training is. row == rows: trained through, but not evaluated yet. */
struct train_pos {
    uint64_t epoch; /* from 0 */
    uint64_t row;
};

enum { TRAIN_WINDOW = 256 }; /* tasks outstanding at most */

/* Worker slots, as far as cutting into tasks goes. */
struct train_slots {
    unsigned all;
    unsigned near; /* of them on one machine, where they share a run in memory; at least 1 */
};

void plan_init(struct train_plan *plan, const struct train_params *p,
               const struct train_shape *shape, uint64_t first);

/* The model and the optimiser of this plan. classes and scaling are the vectors of these names;
 * NULL where the job has none. Both are borrowed. */
void plan_model(const struct train_plan *plan, const struct train_params *p, const double *classes,
                const double *scaling, struct glm *model, struct optimizer *optimizer);

/* Rows of the batch that starts at row; the last one of an epoch may be short. */
uint64_t plan_batch_rows(const struct train_plan *plan, uint64_t row);

/* Rows of the step of a run that starts at row: a batch; with shards, all there are. */
uint64_t plan_step_rows(const struct train_plan *plan, uint64_t row);

/* Steps in so many rows, and chunks in so many rows of a batch. */
uint64_t plan_steps(const struct train_plan *plan, uint64_t rows);
uint64_t plan_chunks(const struct train_plan *plan, uint64_t rows);

/* Steps in an epoch, of the longest shard where there are shards. */
uint64_t plan_epoch_steps(const struct train_plan *plan);

/* First row of a shard; shard == shards: the end. */
uint64_t plan_shard(const struct train_plan *plan, uint64_t shard);

/* All chunks of an evaluation; those of the test set come first. */
uint64_t plan_eval_chunks(const struct train_plan *plan);

/* Rows of one of them, and the first of these; *train: of the training set. Those of the evaluation
 * at the job's end count up from test_chunks, too. */
uint64_t plan_eval_piece(const struct train_plan *plan, uint64_t chunk, uint64_t *row, bool *train);

/* Whether the scores of the training set, or of the test set, are ranked for an AUC. */
bool plan_ranks(const struct train_plan *plan, bool train);

/* Whether the step at row is worth more than one worker: its chunks become tasks. */
bool plan_spread(const struct train_plan *plan, uint64_t row, struct train_slots slots);

/* Whether a worker that trains evaluates on its way too. */
bool plan_eval_inline(const struct train_plan *plan, struct train_slots slots);

/* Whether epochs over shards are done in runs: all slots share them in memory. */
bool plan_shards_run(const struct train_plan *plan, struct train_slots slots);

/* Shards that make a task. */
uint64_t plan_shard_group(const struct train_plan *plan, unsigned slots);

/* Where a run of consecutive steps ends that one worker does from here in one task. */
struct train_pos plan_until(const struct train_plan *plan, struct train_pos from,
                            struct train_slots slots);

/* Whether such a run has parts that others on the machine are of use for. */
bool plan_shares(const struct train_plan *plan, struct train_pos from, struct train_pos until);

/* The most parts that a step or an evaluation of it has. */
uint64_t plan_parts(const struct train_plan *plan);

/* The position behind row of an epoch: its evaluation, or the next epoch where none is due. */
struct train_pos plan_settle(const struct train_plan *plan, struct train_pos at);

/* How many vectors of weights such a run gives back: one for each epoch it ends, and one more where
 * it ends within an epoch. */
uint64_t plan_run_vectors(struct train_pos from, struct train_pos until);

/* Numbers that such a run gives back beside them, when it ends so many epochs: the state of the
 * optimiser, the confusion matrix of each epoch, and the ROC curve of the last one. */
uint64_t plan_run_extra(const struct train_plan *plan, uint64_t epochs);

/* Whether a position can be one of this plan, and whether a run may lead from one to the other. */
bool plan_has(const struct train_plan *plan, struct train_pos at);
bool plan_leads(const struct train_plan *plan, struct train_pos from, struct train_pos until);

#endif
