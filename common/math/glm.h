/* glm.h: generalised linear models on blocks of rows: linear, logistic and softmax regression with
 * a bias, features that are normalised on the way, and classes that weigh more than others. Arrays
 * and sizes only; no allocation, no I/O. On the loops of linear.h and sparse rows, so with the same
 * bits everywhere.
 *
 * Normalised features are (x - offset) * factor. The data stay as they are: weights become raw
 * weights for x itself once a batch, and a raw gradient becomes one of the weights. */
#ifndef DTQ_GLM_H
#define DTQ_GLM_H

#include "common/dataset/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum glm_model { GLM_LINREG, GLM_LOGREG, GLM_SOFTMAX };

/* All pointers are borrowed. */
struct glm {
    enum glm_model model;
    size_t features;
    size_t outputs; /* softmax: classes; else 1 */
    bool bias;
    bool binary; /* the target is 1 where a label equals positive, else 0 */
    double positive;
    double scale;                /* a feature counts as x / scale; 1 for none */
    const double *offsets;       /* (features); NULL: none, and no factors */
    const double *factors;       /* (features) */
    const double *classes;       /* (outputs) labels, ascending; softmax */
    const double *class_weights; /* logreg: of 0 and of 1; softmax: (outputs); NULL: all are 1 */
};

/* Rows of a table as they lie there. Sparse rows have starts: see dataset.h. */
struct glm_rows {
    enum dataset_type type;
    const void *x; /* dense: of the first row; sparse: of the whole table */
    const uint64_t *starts;
    const uint32_t *columns;
    const double *y;
    size_t rows;
};

/* What a pass adds up, in row order. */
struct glm_sums {
    double loss;                      /* log loss, or squared error */
    double objective;                 /* the same, each row by the weight of its class */
    double absolute;                  /* linreg: |z - y| */
    uint64_t correct;                 /* rows told right; linreg: 0 */
    uint64_t hits, guessed, positive; /* logreg: told 1 and are 1, told 1, are 1 */
};

/* Numbers in the weights: outputs rows of features (and a bias behind them); and in raw weights and
 * raw gradients: outputs rows of features + 1. */
size_t glm_weights(const struct glm *m);
size_t glm_raws(const struct glm *m);

/* raw (glm_raws) from w (glm_weights). */
void glm_raw(const struct glm *m, const double *w, double *raw);

/* g (glm_weights) from the raw gradient (glm_raws), which stays. */
void glm_gradient(const struct glm *m, const double *raw, double *g);

/* One pass over rows: sums is added to; raw_g (glm_raws; NULL: none) gets the gradient of half the
 * squared error or of the log loss, by class weights, added to; scores (rows; NULL: none) gets z of
 * logreg and linreg; confusion (outputs, outputs; NULL: none) counts rows by target, then by guess,
 * for softmax. scratch: glm_scratch(m) doubles. */
void glm_pass(const struct glm *m, const struct glm_rows *rows, const double *raw, double *raw_g,
              double *scores, uint64_t *confusion, double *scratch, struct glm_sums *sums);
size_t glm_scratch(const struct glm *m);

/* Place of a label among the classes; outputs when it is none of them. */
size_t glm_class(const struct glm *m, double label);

#endif
