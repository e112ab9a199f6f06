/* lbfgs.h: minimising a smooth function by limited-memory BFGS. The function is somebody else's: it
 * is told what the value and the gradient are at the point it asked for, and asks for the next. All
 * it knows is in one struct and one vector, so that it can go on elsewhere. Arrays and numbers
 * only.
 *
 * Directions: Nocedal & Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5. Steps: Wolfe
 * conditions (3.6) by bracketing and bisection (Lewis & Overton 2013, algorithm 2.6), near the end
 * by slopes alone, where values differ by less than their rounding (Hager & Zhang 2005, (4.1)). */
#ifndef DTQ_TRAIN_LBFGS_H
#define DTQ_TRAIN_LBFGS_H

#include "jobs/train/precondition.h"

#include <stddef.h>
#include <stdint.h>

enum lbfgs_answer {
    LBFGS_TRY,  /* evaluate trial */
    LBFGS_STEP, /* w has moved; then evaluate trial */
    LBFGS_DONE, /* w (which may have moved) is as good as tol asks for, or as can be */
};

/* Zeros at first. */
struct lbfgs {
    double value;     /* at w */
    double slope;     /* of it along the direction */
    double step;      /* trial is w + step * direction */
    double low, high; /* where a good step lies between; high 0: no bound known */
    uint64_t begun;   /* value and gradient at w are known */
    uint64_t pairs;   /* seen so far, of which the last few are kept */
    uint64_t tries;   /* in this line search */
};

/* Numbers in the vector that belongs to n weights. Zeros at first. */
size_t lbfgs_state(size_t n);

/* The largest element of the gradient at w in the space of p, without its sign; 0 before it is
 * known. */
double lbfgs_gradient(const double *state, const struct precondition *p);

/* value and gradient (n) are those at trial (n); at first trial is w. Writes the next trial, and w
 * on LBFGS_STEP and LBFGS_DONE. tol: of the largest element of a gradient in the space of p, which
 * is the same in all calls. */
enum lbfgs_answer lbfgs_tell(struct lbfgs *l, double *state, size_t n, const struct precondition *p,
                             double value, const double *gradient, double tol, double *w,
                             double *trial);

#endif
