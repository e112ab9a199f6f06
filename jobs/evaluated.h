/* evaluated.h: how well a model predicts rows whose labels are known: sums that add up over parts
 * of a table, and the figures they come to, by the very code that evaluates a training. It knows
 * models and numbers; no jobs, no files. */
#ifndef DTQ_EVALUATED_H
#define DTQ_EVALUATED_H

#include "jobs/model.h"
#include "jobs/train/codec.h"

enum {
    EVALUATED_CLASSES_MAX = 64,    /* more have no confusion matrix, as in a training */
    EVALUATED_RANKS_MAX = 1 << 23, /* rows of which an AUC is computed, likewise */
};

struct evaluated {
    uint64_t rows;
    struct train_sums sums; /* wins is left to who has all scores */
    double mean, spread;    /* of the targets, and the sum of squared distances from it */
};

/* Numbers in the confusion matrix of a model; 0: it has none. */
size_t evaluated_matrix(const struct model *m);

/* Adds the rows that follow. */
void evaluated_add(struct evaluated *to, const struct evaluated *next);

/* As an array of numbers, with all their digits, and back. False: it is none. */
cJSON *evaluated_json(const struct evaluated *e);
bool evaluated_read(const cJSON *array, struct evaluated *out);

/* Adds the figures there are to out: loss, accuracy ... confusion: (evaluated_matrix), NULL: none.
 * ranked: sums.wins is set. */
void evaluated_tell(const struct evaluated *e, const struct model *m, const double *confusion,
                    bool ranked, cJSON *out);

/* --- one part of a table, row by row ---------------------------------------------------------- */

struct evaluator;

/* NULL: no memory. The model is borrowed for the life of the evaluator. */
struct evaluator *evaluator_new(const struct model *m);
void evaluator_free(struct evaluator *e);

/* The rows from `row` on, at most MODEL_ROWS at a time, in their order. targets and z (rows) get
 * what the model sees of their labels, and the scores before the sigmoid; both NULL: not wanted. */
void evaluator_take(struct evaluator *e, const struct dataset *d, uint64_t row, size_t rows,
                    double *targets, double *z);

/* What the rows taken come to; confusion (evaluated_matrix) may be NULL. */
void evaluator_result(const struct evaluator *e, struct evaluated *out, double *confusion);

/* Whether the model can tell this label from others: a row of another has no right answer. */
bool evaluated_knows(const struct model *m, double label);

#endif
