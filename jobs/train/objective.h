/* objective.h: what an optimiser that takes all rows at a time minimises. */
#ifndef DTQ_TRAIN_OBJECTIVE_H
#define DTQ_TRAIN_OBJECTIVE_H

#include "common/math/glm.h"
#include "jobs/train/optimizer.h"

/* The mean of the loss over so many rows, by the weights of classes (of linreg, half the squared
 * error), and the l2 penalty of w (glm_weights). sum is glm_sums.objective, and raw (glm_raws) the
 * raw gradient, of all rows at w. g (glm_weights): its gradient. */
double objective(const struct glm *m, const struct optimizer *o, uint64_t rows, const double *w,
                 double sum, const double *raw, double *g);

#endif
