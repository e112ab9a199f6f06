/* work.h: one task of a training at work: the files it reads, the model it computes, and the passes
 * that all kinds of tasks consist of. */
#ifndef DTQ_TRAIN_WORK_H
#define DTQ_TRAIN_WORK_H

#include "jobs/job.h"
#include "jobs/names.h"
#include "jobs/train/codec.h"
#include "jobs/train/rows.h"

struct share;

struct work {
    struct train_params params; /* a copy, whose sparse test set has the features of the data */
    struct train_plan plan;
    struct train_task task;
    struct glm model;
    struct rows train, test; /* test.table is NULL when there is none */
    const double *fill;      /* (features) what empty cells count as; NULL: not learnt */
    struct names names;      /* of the columns, of a former job; none where there is none */
    struct dataset_columns data_columns, test_columns; /* what params of k may refer to */
    struct optimizer optimizer;
    const struct job_env *env;
    struct rows_room room;
    double *raw, *raw_g, *chunk_g; /* (raws) owned, one allocation with the two below */
    double *g;                     /* (weights) */
    double *scratch;               /* of glm_pass */
    uint64_t unnoticed;            /* work since the last look up */
    uint64_t epoch;                /* whose order the rows have */
    struct share *share;           /* of a run that others may help with; NULL: none may */
    struct dtq_why *why;
};

enum dtq_err work_no_memory(struct dtq_why *why);

/* Opens the files of k->task, makes sure that they are those the job began with, and gets ready.
 * The caller calls work_clear in any case. */
enum dtq_err work_open(struct work *k);
void work_clear(struct work *k);

/* Gets ready to open the files of k->task by what was learnt before: names of columns, what empty
 * cells count as. Once the training set is there, the test set is to have its columns. */
enum dtq_err work_learnt(struct work *k);
void work_test_columns(struct work *k);

/* A vector of the job that was put once, of so many numbers (0: as many as there are). */
enum dtq_err work_constant(struct work *k, const char *name, uint64_t count, const double **out,
                           size_t *got);

/* Tells now and then that it is getting on, and whether to go on. */
enum dtq_err work_look_up(struct work *k, uint64_t rows);

/* The rows of this epoch, in its order. */
void work_epoch(struct work *k, uint64_t epoch);

/* One chunk at weights k->raw: raw_g (raws) and sums are zeroed first. Always cut into the same
 * pieces, so that a chunk has the same bits whoever computes it. */
enum dtq_err work_chunk(struct work *k, uint64_t row, uint64_t rows, double *raw_g,
                        struct glm_sums *sums);

/* The gradient of a batch at w into raw_g: its chunks added in their order. sums is added to. */
enum dtq_err work_batch(struct work *k, const double *w, uint64_t row, uint64_t rows, double *raw_g,
                        struct train_sums *sums);

/* The step of that batch, number `step` of `steps` in the epoch. */
enum dtq_err work_step(struct work *k, double *w, double *state, uint64_t epoch, uint64_t step,
                       uint64_t steps, uint64_t row, uint64_t rows, struct train_sums *sums);

/* An epoch over one shard: to (weights, then state) starts with what all shards start from. */
enum dtq_err work_shard(struct work *k, uint64_t shard, uint64_t epoch, double *to,
                        struct train_sums *sums);

/* Scores of rows whose target is 1, and of the others. */
struct work_scores {
    double *above, *below; /* owned, one allocation */
    size_t above_count, below_count;
};

enum dtq_err work_scores_alloc(struct work *k, uint64_t rows, struct work_scores *out);
void work_scores_clear(struct work_scores *scores);

/* One chunk of an evaluation at weights k->raw; sums is zeroed first; scores and confusion (NULL:
 * none) are added to. */
enum dtq_err work_eval_chunk(struct work *k, uint64_t chunk, struct glm_sums *sums,
                             struct work_scores *scores, uint64_t *confusion);

/* A whole evaluation at w: replaces record->test, and record->train if that is evaluated, confusion
 * (k->plan.confusion) and roc (k->plan.roc; may be NULL), which are of the test set if
 * there is one. */
enum dtq_err work_evaluate(struct work *k, const double *w, struct train_record *record,
                           double *confusion, double *roc);

/* TRAIN_PROBE: looks at the files. The caller calls work_clear in any case. */
enum dtq_err work_probe(struct work *k, struct buf *result);

#endif
