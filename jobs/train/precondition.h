/* precondition.h: columns of any scale, brought to one for an optimiser that takes all rows at a
 * time. The model and its penalty stay as they are: what changes is the space in which directions
 * are looked for. There a weight is u = w * spread of its column, and a bias takes up what the
 * means of the columns add to a score, so that all second derivatives are about alike (the diagonal
 * of the Hessian, as in Nocedal & Wright 2006, section 5.1). Arrays and numbers only. */
#ifndef DTQ_TRAIN_PRECONDITION_H
#define DTQ_TRAIN_PRECONDITION_H

#include "common/math/glm.h"
#include "common/math/stats.h"

/* Of `outputs` rows of weights, one for each feature, and a bias behind them. */
struct precondition {
    size_t outputs, features;
    bool bias;
    const double *means;   /* (features) */
    const double *factors; /* (features) 1 / spread, to the nearest power of 2 */
};

/* means and factors (features), from the statistics of the columns as the model m sees them;
 * rounded so that it does not matter in which order those were added up. */
void precondition_learn(const struct glm *m, const struct stats *stats, double l2, double *means,
                        double *factors);

/* Of the gradient g (outputs rows) in that space: the largest element without its sign, and the sum
 * of the squares. */
double precondition_largest(const struct precondition *p, const double *g);
double precondition_squares(const struct precondition *p, const double *g);

/* A gradient v becomes a direction of w: into that space, and back. */
void precondition_apply(const struct precondition *p, double *v);

#endif
