/* linear.h: the kernels of linear models on a dense block of rows: score, loss, gradient. Arrays
 * and sizes only; no allocation, no I/O, no state but linear_force. The same bits on every machine,
 * with every instruction set and compiler flag: a dot product is summed in a fixed number of lanes
 * and the lanes in a fixed order, nothing is contracted to fused multiply-adds, exp and log are our
 * own. The plain version of each kernel stays beside the fast one as its test. */
#ifndef DTQ_LINEAR_H
#define DTQ_LINEAR_H

#include "common/dataset/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum linear_model { LINEAR_LINREG, LINEAR_LOGREG };

/* How a label of the file becomes a target: itself, or 1 where it equals `positive`, else 0. */
enum linear_target { LINEAR_AS_IS, LINEAR_IS };

struct linear_problem {
    enum linear_model model;
    enum linear_target target;
    double positive; /* for LINEAR_IS */
    double scale;    /* a feature counts as x / scale; 1 for none */
    double shift;    /* added to w . x / scale: a bias, or what linear_fold answers, or both */
};

/* What a pass over rows adds up. */
struct linear_sums {
    double loss;      /* sum over the rows, in row order: log loss, or squared error (z - y)^2 */
    uint64_t correct; /* logreg: rows where (p >= 0.5) is the target; linreg: 0 */
    uint64_t rows;
    double error; /* sum of (p - y) or (z - y), in row order: the slope of the loss by `shift` */
};

/* Columns that count as (x - offset) * factor, though x stays as it is, so that what is 0 in a
 * sparse matrix need not be touched. Each is (features). */
struct linear_columns {
    const double *offset;
    const double *factor;
};

/* x (rows, features) row-major of `type`, y (rows), w (features), g (features) added to:
 * g += sum over rows of (p - y) * x / scale (logreg), (z - y) * x / scale (linreg), where
 * z = w . x / scale + shift. sums is added to. */
void linear_gradient(const struct linear_problem *problem, enum dataset_type type, const void *x,
                     const double *y, size_t rows, size_t features, const double *w, double *g,
                     struct linear_sums *sums);

/* The same pass without a gradient: loss and correct only. */
void linear_evaluate(const struct linear_problem *problem, enum dataset_type type, const void *x,
                     const double *y, size_t rows, size_t features, const double *w,
                     struct linear_sums *sums);

/* z (rows) = w . x / scale + shift; p = linear_sigmoid(z) is left to the caller. */
void linear_score(const struct linear_problem *problem, enum dataset_type type, const void *x,
                  size_t rows, size_t features, const double *w, double *z);

/* The two loops that all of the above consist of, for those who put a pass together themselves.
 * z (rows) = x . w; g (features) += e (rows) . x, row by row. */
void linear_dot(enum dataset_type type, const void *x, size_t rows, size_t features,
                const double *w, double *z);
void linear_add(enum dataset_type type, const void *x, size_t rows, size_t features,
                const double *e, double *g);

/* Log loss of the score z for a target of 0 to 1, from z and not from the probability, which is
 * soon rounded to 0 or 1: max(0, -m) + log(1 + exp(-|m|)), with m = z for a target of 1 and -z for
 * 0. *p is linear_sigmoid(z). */
double linear_log_loss(double z, double target, double *p);

/* w[i] -= step * g[i], element by element. */
void linear_step(double *w, const double *g, size_t features, double step);

/* Before passes over the rows of a batch: v (features) = w * factor, to be used in the place of w;
 * returns -(offset . v), to be part of problem.shift, summed in the lanes of a dot product. Then
 * v . x + shift is w . ((x - offset) * factor). With scale = 1. */
double linear_fold(const double *w, const struct linear_columns *columns, size_t features,
                   double *v);

/* After them: the gradient g (features) by v, from 0 on, of rows whose errors sum up to `error`,
 * becomes the one by w: g[j] = factor[j] * (g[j] - offset[j] * error). Once for each sum of rows
 * whose bits are promised (a chunk), before anything is added to it. */
void linear_unfold(double *g, const struct linear_columns *columns, size_t features, double error);

/* 1 / (1 + exp(-z)); NaN stays NaN. */
double linear_sigmoid(double z);

/* The instruction sets there is code for, fastest first; NULL past the last. */
const char *linear_variant_name(size_t i);

/* For tests and measurements: this process uses the named one from now on; NULL: the fastest again.
 * False (and nothing changed) when the name is not known or the processor cannot do it. */
bool linear_force(const char *name);

#endif
