/* optimizer.h: how a gradient moves the weights. Arrays and numbers only.
 *
 * l2 is part of the gradient (of l2/2 times the squared length of the weights); l1 is proximal:
 * after the step each weight shrinks towards 0 by l1 times the rate that it was moved with, and
 * stays there (Duchi et al. 2011, section 5). Neither touches a bias. */
#ifndef DTQ_TRAIN_OPTIMIZER_H
#define DTQ_TRAIN_OPTIMIZER_H

#include <stddef.h>
#include <stdint.h>

enum optimizer_kind {
    OPTIMIZER_SGD,     /* v = momentum * v + g; w -= lr * v (Polyak 1964) */
    OPTIMIZER_ADAGRAD, /* Duchi et al. 2011: s += g^2; w -= lr * g / (sqrt(s) + 1e-10) */
    OPTIMIZER_ADAM,    /* Kingma & Ba 2015: rates 0.9 and 0.999, epsilon 1e-8 */
    OPTIMIZER_LBFGS,   /* not a matter of single steps: lbfgs.h */
};

struct optimizer {
    enum optimizer_kind kind;
    double momentum, l1, l2;
    size_t outputs; /* rows of the weights */
    size_t width;   /* of a row */
    int bias;       /* 1: the last of each row is one */
};

/* Numbers of state beside so many weights; 0 for none. They start at 0. */
size_t optimizer_state(const struct optimizer *o);

/* g: sum of the gradients of `rows` rows, used up. t: steps done before this one. state may be NULL
 * when there is none. */
void optimizer_step(const struct optimizer *o, double *w, double *g, double *state, uint64_t rows,
                    double lr, uint64_t t);

#endif
