/* lbfgs.c: minimising a smooth function by limited-memory BFGS. */
#include "jobs/train/lbfgs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { PAIRS = 10, TRIES_MAX = 50 };

static const double DECREASE = 1e-4, CURVATURE = 0.9, ROUNDING = 1e-13;

/* Of the value: a step that promises less is none. */
static const double NOTHING = 1e-17;

/* The parts of the vector. */
struct parts {
    double *gradient, *direction; /* (n) at w */
    double *moves, *changes;      /* (PAIRS, n) of w, and of the gradient */
    double *scales;               /* (PAIRS) 1 / (move . change) */
};

size_t lbfgs_state(size_t n)
{
    return (2 + 2 * PAIRS) * n + PAIRS;
}

static struct parts parts_of(double *state, size_t n)
{
    return (struct parts){state, state + n, state + 2 * n, state + (2 + PAIRS) * n,
                          state + (2 + 2 * PAIRS) * n};
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

double lbfgs_gradient(const double *state, const struct precondition *p)
{
    return precondition_largest(p, state); /* the first of its parts */
}

/* direction = -H gradient, by the two loops of algorithm 7.4; the matrix between them is that of
 * the preconditioner, scaled as in (7.20). */
static void find_direction(const struct lbfgs *l, const struct parts *p, size_t n,
                           const struct precondition *by)
{
    uint64_t kept = l->pairs < PAIRS ? l->pairs : PAIRS;
    double alpha[PAIRS], *d = p->direction;

    for (size_t i = 0; i < n; i++)
        d[i] = -p->gradient[i];
    for (uint64_t i = 0; i < kept; i++) {
        uint64_t at = (l->pairs - 1 - i) % PAIRS;

        alpha[at] = p->scales[at] * dot(p->moves + at * n, d, n);
        for (size_t j = 0; j < n; j++)
            d[j] -= alpha[at] * p->changes[at * n + j];
    }
    precondition_apply(by, d);
    if (kept) {
        uint64_t at = (l->pairs - 1) % PAIRS;
        double scale = 1 / (p->scales[at] * precondition_squares(by, p->changes + at * n));

        for (size_t j = 0; j < n; j++)
            d[j] *= scale;
    }
    for (uint64_t i = kept; i-- > 0;) {
        uint64_t at = (l->pairs - 1 - i) % PAIRS;
        double beta = p->scales[at] * dot(p->changes + at * n, d, n);

        for (size_t j = 0; j < n; j++)
            d[j] += (alpha[at] - beta) * p->moves[at * n + j];
    }
}

static void put_trial(const struct lbfgs *l, const struct parts *p, size_t n, const double *w,
                      double *trial)
{
    for (size_t i = 0; i < n; i++)
        trial[i] = w[i] + l->step * p->direction[i];
}

/* A new line search from w. */
static void begin_search(struct lbfgs *l, const struct parts *p, size_t n,
                         const struct precondition *by, const double *w, double *trial)
{
    find_direction(l, p, n, by);
    l->slope = dot(p->gradient, p->direction, n);
    if (l->pairs && !(l->slope < 0)) { /* not downhill any more, by rounding */
        l->pairs = 0;
        find_direction(l, p, n, by);
        l->slope = dot(p->gradient, p->direction, n);
    }
    l->step = 1;
    l->low = l->high = 0;
    l->tries = 0;
    put_trial(l, p, n, w, trial);
}

static void keep_pair(struct lbfgs *l, const struct parts *p, size_t n, const double *gradient,
                      const double *w, const double *trial)
{
    double *move = p->moves + l->pairs % PAIRS * n, *change = p->changes + l->pairs % PAIRS * n;
    double product;

    for (size_t i = 0; i < n; i++) {
        move[i] = trial[i] - w[i];
        change[i] = gradient[i] - p->gradient[i];
    }
    product = dot(move, change, n);
    if (!(product > 0)) return; /* rounding ate the curvature: the former pairs have to do */
    p->scales[l->pairs % PAIRS] = 1 / product;
    l->pairs++;
}

enum lbfgs_answer lbfgs_tell(struct lbfgs *l, double *state, size_t n,
                             const struct precondition *by, double value, const double *gradient,
                             double tol, double *w, double *trial)
{
    const struct parts p = parts_of(state, n);
    bool small = precondition_largest(by, gradient) <= tol, low_enough, flat;

    if (l->begun) {
        double slope = dot(gradient, p.direction, n);

        low_enough = value <= l->value + DECREASE * l->step * l->slope ||
                     (value <= l->value + ROUNDING * fabs(l->value) &&
                      slope <= (2 * DECREASE - 1) * l->slope);
        flat = slope >= CURVATURE * l->slope;
        if (!low_enough || !flat) {
            if (++l->tries == TRIES_MAX || -l->step * l->slope <= NOTHING * fabs(l->value)) {
                if (!l->pairs) return LBFGS_DONE;
                l->pairs = 0; /* perhaps it is they that lead nowhere */
                begin_search(l, &p, n, by, w, trial);
                return LBFGS_TRY;
            }
            if (low_enough)
                l->low = l->step;
            else
                l->high = l->step;
            l->step = l->high > 0 ? (l->low + l->high) / 2 : 2 * l->step;
            put_trial(l, &p, n, w, trial);
            return LBFGS_TRY;
        }
        keep_pair(l, &p, n, gradient, w, trial);
        memcpy(w, trial, n * sizeof *w);
    }
    memcpy(p.gradient, gradient, n * sizeof *gradient);
    l->value = value;
    begin_search(l, &p, n, by, w, trial);
    if (small) return LBFGS_DONE;
    if (l->begun) return LBFGS_STEP;
    l->begun = 1;
    return LBFGS_TRY;
}
