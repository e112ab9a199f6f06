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
    uint64_t digest;
};

enum train_kind {
    TRAIN_PROBE, /* look at the files */
    TRAIN_RUN,   /* steps of `from` to `until` with evaluations on the way: the new weights */
    TRAIN_GRAD,  /* gradients of the chunks from row `from` to row `until` of one batch */
    TRAIN_BATCH, /* gradient of one batch with the newest weights */
    TRAIN_EVAL,  /* loss and hits of the rows `from` to `until` of the test set */
};

struct train_task {
    enum train_kind kind;
    struct train_pos from, until;
    uint64_t version; /* of the weights to compute with; not for TRAIN_BATCH */
    double loss;      /* sums of the epoch so far, which a run goes on adding to */
    uint64_t correct;
    struct train_file data, test;
};

/* Sums of one epoch with its evaluation, of one chunk of a batch, or of one of the test set. */
struct train_record {
    double loss;
    uint64_t correct;
    double test_loss;
    uint64_t test_correct;
};

struct train_result {
    uint64_t version; /* of the weights computed with */
    double loss;      /* of a run: the sums of the epoch it ended in */
    uint64_t correct;
    uint64_t record_count; /* a run: epochs ended; gradients and evaluations: chunks */
    struct train_record *records;
    uint64_t vector_count; /* a run: the weights each epoch left, and those it ends with where
                              that is within an epoch; gradients: chunks; evaluation: 0 */
    uint64_t features;
    double *vectors; /* (vector_count, features) row-major; in one allocation with records */
};

/* What a probe saw of a file. */
struct train_facts {
    struct train_file file;
    uint64_t positive; /* rows whose label is the one asked for */
    bool zero_one;     /* no label but 0 and 1 */
    double least, most;
};

void task_write(const struct train_task *task, struct buf *out);
enum dtq_err task_read(const void *spec, size_t len, struct train_task *out, struct dtq_why *why);

void result_write(const struct train_result *result, struct buf *out);

/* The caller frees *out with result_clear. */
enum dtq_err result_read(const void *data, size_t len, struct train_result *out,
                         struct dtq_why *why);
void result_clear(struct train_result *result);

/* Makes room for the counts that are set; false when memory ran out. */
bool result_alloc(struct train_result *result);

/* test is NULL when there is no test set. */
void facts_write(const struct train_facts *data, const struct train_facts *test, struct buf *out);
enum dtq_err facts_read(const void *bytes, size_t len, struct train_facts *data,
                        struct train_facts *test, bool *has_test, struct dtq_why *why);

#endif
