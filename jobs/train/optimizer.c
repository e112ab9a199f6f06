/* optimizer.c: how a gradient moves the weights. */
#include "jobs/train/optimizer.h"

#include "common/math/elementary.h"
#include "common/math/linear.h"

#include <math.h>
#include <stdbool.h>

static const double BETA1 = 0.9, BETA2 = 0.999, ADAM_EPSILON = 1e-8, ADAGRAD_EPSILON = 1e-10;

size_t optimizer_state(const struct optimizer *o)
{
    size_t count = o->outputs * o->width;

    switch (o->kind) {
    case OPTIMIZER_SGD: return o->momentum > 0 ? count : 0;
    case OPTIMIZER_ADAGRAD: return count;
    case OPTIMIZER_ADAM: return 2 * count;
    case OPTIMIZER_LBFGS: break;
    }
    return 0;
}

static bool is_bias(const struct optimizer *o, size_t i)
{
    return o->bias && i % o->width == o->width - 1;
}

static double shrink(double w, double by)
{
    if (w > by) return w - by;
    if (w < -by) return w + by;
    return 0;
}

/* Moves weight i by rate * direction. */
static void move(const struct optimizer *o, double *w, size_t i, double direction, double rate)
{
    w[i] -= rate * direction;
    if (o->l1 > 0 && !is_bias(o, i)) w[i] = shrink(w[i], rate * o->l1);
}

void optimizer_step(const struct optimizer *o, double *w, double *g, double *state, uint64_t rows,
                    double lr, uint64_t t)
{
    size_t count = o->outputs * o->width;
    double correct1 = 1, correct2 = 1;

    if (o->kind == OPTIMIZER_SGD && !(o->momentum > 0) && !(o->l1 > 0) && !(o->l2 > 0)) {
        linear_step(w, g, count, lr / (double)rows);
        return;
    }
    if (o->kind == OPTIMIZER_ADAM) {
        correct1 = 1 - elementary_power(BETA1, t + 1);
        correct2 = 1 - elementary_power(BETA2, t + 1);
    }
    for (size_t i = 0; i < count; i++) {
        double mean = g[i] / (double)rows;

        if (o->l2 > 0 && !is_bias(o, i)) mean += o->l2 * w[i];
        switch (o->kind) {
        case OPTIMIZER_SGD:
            if (o->momentum > 0) mean = state[i] = o->momentum * state[i] + mean;
            move(o, w, i, mean, lr);
            break;
        case OPTIMIZER_ADAGRAD:
            state[i] += mean * mean;
            move(o, w, i, mean, lr / (sqrt(state[i]) + ADAGRAD_EPSILON));
            break;
        case OPTIMIZER_ADAM:
            state[i] = BETA1 * state[i] + (1 - BETA1) * mean;
            state[count + i] = BETA2 * state[count + i] + (1 - BETA2) * (mean * mean);
            move(o, w, i, state[i] / correct1,
                 lr / (sqrt(state[count + i] / correct2) + ADAM_EPSILON));
            break;
        case OPTIMIZER_LBFGS: break;
        }
    }
}
