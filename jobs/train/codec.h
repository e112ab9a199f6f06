/* codec.h: what travels between the master and the workers of a training: the tasks as short texts,
 * the results as a line of text with little-endian numbers behind it. What is read was written by
 * others and is checked here for its form; whether it fits the job is the caller's question. */
#ifndef DTQ_TRAIN_CODEC_H
#define DTQ_TRAIN_CODEC_H

#include "common/buf.h"
#include "jobs/train/plan.h"

/* What tells one version of a file from another; all 0: no file. */
struct train_file {
    uint64_t rows;
    uint64_t features;
    uint64_t values; /* 0: dense */
    uint64_t digest;
};

enum train_kind {
    TRAIN_PROBE, /* look at the files */
    TRAIN_STATS, /* means and deviations, or ranges, of the columns, over chunks of the rows */
    TRAIN_RUN,   /* steps of `from` to `until` with evaluations on the way: the new weights */
    TRAIN_GRAD,  /* gradients of the chunks from row `from` to row `until` of one batch */
    TRAIN_WHOLE, /* the same of all rows, at the vector "trial" (lbfgs) */
    TRAIN_BATCH, /* gradient of one batch with the newest weights */
    TRAIN_SHARD, /* an epoch over the shards `from` to `until`, each by itself */
    TRAIN_EVAL,  /* loss and hits of the chunks `from` to `until` of an evaluation */
    TRAIN_FINAL, /* the same of the training set, with the weights that the job ends with */
};

/* Sums over rows, of 8-byte words only. */
struct train_sums {
    double loss, objective, absolute; /* see struct glm_sums */
    uint64_t correct, hits, guessed, positive;
    uint64_t wins; /* for the AUC; see auc_wins */
};

void sums_add(struct train_sums *to, const struct glm_sums *from);
void sums_join(struct train_sums *to, const struct train_sums *from); /* but for wins */

struct train_task {
    enum train_kind kind;
    struct train_pos from, until;
    uint64_t version; /* of the weights to compute with; TRAIN_BATCH: the oldest that will do */
    struct train_sums sums; /* of the epoch so far, which a run goes on adding to */
    struct train_file data, test;
    uint64_t classes; /* softmax; of a probe: those of a former job, which are all there may be */
    bool fill;        /* the job has the vector "fill" */
    bool columns;     /* the vector "columns" is that of a former job: tables are to follow it */
};

/* Of an epoch within a run: how long it took on the worker that has the run. */
struct train_span {
    uint64_t us;        /* 0: not told */
    uint64_t helped_us; /* what slots of other workers computed meanwhile, all together */
    uint64_t helpers;   /* who they were: bits for the first 64 names of train_result.helpers */
};

/* Sums of one epoch with its evaluation, of one chunk of a batch, or of one of an evaluation. */
struct train_record {
    struct train_sums train, test;
    struct train_span span;
};

enum { TRAIN_HELPERS_MAX = 1024 };

struct train_result {
    uint64_t version;                /* of the weights computed with */
    uint64_t near;                   /* slots of the machine that can share a run */
    char helpers[TRAIN_HELPERS_MAX]; /* names of their workers, divided by blanks */
    uint64_t record_count;           /* a run: epochs ended; else: chunks, shards */
    uint64_t vector_count;     /* a run: the weights each epoch left, and those it ends with where
                                  that is within an epoch; gradients: chunks; shards */
    uint64_t width;            /* of a vector */
    uint64_t extra_count;      /* a run: see plan_run_extra; evaluation: confusion matrix, then
                                  scores */
    struct train_record *rest; /* a run: of the epoch it ended in; all that follows is one
                                  allocation with it */
    struct train_record *records;
    double *vectors; /* (vector_count, width) row-major */
    double *extra;
};

/* What a probe saw of a file. */
struct train_facts {
    struct train_file file;
    uint64_t used;     /* rows to be trained on, or to be tested on */
    uint64_t positive; /* of them, whose label is the one asked for, or 1 when none is asked for */
    bool zero_one;     /* no label but 0 and 1 */
    double least, most;
    double spread; /* sum of the squared distances of the targets from their mean */
};

struct train_probe {
    struct train_facts data, test;
    bool has_test;
    uint64_t near;        /* slots of the machine that can share a run; 0: not told */
    uint64_t class_count; /* softmax */
    double *classes;      /* (class_count) owned */
    double *counts;       /* (class_count) owned; rows to be trained on */
    double *fill; /* (fill_count) owned; means of the columns; NULL: not asked for, or sparse */
    uint64_t fill_count;
    char *names; /* owned; of all columns, the label last, as a JSON array of texts; NULL: the file
                    names none, or they are longer than TRAIN_NAMES_MAX */
};

enum { TRAIN_NAMES_MAX = 4 << 20 };

void task_write(const struct train_task *task, struct buf *out);
enum dtq_err task_read(const void *spec, size_t len, struct train_task *out, struct dtq_why *why);

void result_write(const struct train_result *result, struct buf *out);

/* The caller frees *out with result_clear. */
enum dtq_err result_read(const void *data, size_t len, struct train_result *out,
                         struct dtq_why *why);
void result_clear(struct train_result *result);

/* Makes room, all zeros, for the counts that are set; false when memory ran out. */
bool result_alloc(struct train_result *result);

void probe_write(const struct train_probe *probe, struct buf *out);

/* The caller frees *out with probe_clear. */
enum dtq_err probe_read(const void *bytes, size_t len, struct train_probe *out,
                        struct dtq_why *why);
void probe_clear(struct train_probe *probe);

#endif
