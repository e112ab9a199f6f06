/* linear.c: passes over the rows, a few rows at a time, so that a row is still in the nearest cache
 * when its gradient is added; and the choice of the instruction set. */
#include "common/math/linear.h"

#include "common/math/elementary.h"
#include "common/math/linear_variant.h"

#include <stdatomic.h>

enum { BLOCK_ROWS = 8 };

/* Fastest first. */
static const struct linear_variant *const variants[] = {
#ifdef __x86_64__
    &linear_avx512,
    &linear_avx2,
#endif
    &linear_base,
    &linear_plain,
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static _Atomic(const struct linear_variant *) forced;

static const struct linear_variant *variant(void)
{
    const struct linear_variant *v = atomic_load_explicit(&forced, memory_order_relaxed);
    for (size_t i = 0; !v && i < VARIANTS; i++)
        if (variants[i]->supported()) v = variants[i];
    return v;
}

const char *linear_variant_name(size_t i)
{
    return i < VARIANTS ? variants[i]->name : NULL;
}

bool linear_force(const char *name)
{
    const struct linear_variant *found = NULL;
    for (size_t i = 0; name && i < VARIANTS; i++)
        if (strcmp(variants[i]->name, name) == 0 && variants[i]->supported()) found = variants[i];
    if (name && !found) return false;
    atomic_store_explicit(&forced, found, memory_order_relaxed);
    return true;
}

double linear_sigmoid(double z)
{
    double e = elementary_exp(z < 0 ? z : -z); /* never overflows */
    return (z < 0 ? e : 1) / (1 + e);
}

double linear_log_loss(double z, double target, double *p)
{
    double e = elementary_exp(z < 0 ? z : -z);
    double rest = elementary_log1p(e), above = z > 0 ? z : 0;
    *p = (z < 0 ? e : 1) / (1 + e);
    /* Without the product where it is known: 0 times infinity is not a number. */
    if (target == 0) return above + rest;
    if (target == 1) return (z < 0 ? -z : 0) + rest;
    return above - target * z + rest;
}

void linear_judge(const struct linear_problem *problem, const double *y, size_t rows, double *z,
                  struct linear_sums *sums)
{
    for (size_t r = 0; r < rows; r++) {
        double target = problem->target == LINEAR_IS ? (y[r] == problem->positive) : y[r];
        double guess = z[r] / problem->scale + problem->shift;
        if (problem->model == LINEAR_LOGREG) {
            sums->loss += linear_log_loss(guess, target, &guess);
            sums->correct += (guess >= 0.5 ? 1.0 : 0.0) == target;
        } else {
            sums->loss += (guess - target) * (guess - target);
        }
        sums->error += guess - target;
        z[r] = (guess - target) / problem->scale;
    }
    sums->rows += rows;
}

void linear_finish(const struct linear_problem *problem, size_t rows, double *z)
{
    for (size_t r = 0; r < rows; r++)
        z[r] = z[r] / problem->scale + problem->shift;
}

/* g: NULL for no gradient. */
static void pass(const struct linear_problem *problem, enum dataset_type type, const void *x,
                 const double *y, size_t rows, size_t features, const double *w, double *g,
                 struct linear_sums *sums)
{
    const struct linear_variant *v = variant();
    const unsigned char *from = x;
    double z[BLOCK_ROWS];
    for (size_t r = 0; r < rows; r += BLOCK_ROWS) {
        size_t n = rows - r < BLOCK_ROWS ? rows - r : BLOCK_ROWS;
        v->dot[type](from, n, features, w, z);
        linear_judge(problem, y + r, n, z, sums);
        if (g) v->add[type](from, n, features, z, g);
        from += n * features * linear_bytes(type);
    }
}

void linear_gradient(const struct linear_problem *problem, enum dataset_type type, const void *x,
                     const double *y, size_t rows, size_t features, const double *w, double *g,
                     struct linear_sums *sums)
{
    pass(problem, type, x, y, rows, features, w, g, sums);
}

void linear_evaluate(const struct linear_problem *problem, enum dataset_type type, const void *x,
                     const double *y, size_t rows, size_t features, const double *w,
                     struct linear_sums *sums)
{
    pass(problem, type, x, y, rows, features, w, NULL, sums);
}

void linear_score(const struct linear_problem *problem, enum dataset_type type, const void *x,
                  size_t rows, size_t features, const double *w, double *z)
{
    variant()->dot[type](x, rows, features, w, z);
    linear_finish(problem, rows, z);
}

void linear_dot(enum dataset_type type, const void *x, size_t rows, size_t features,
                const double *w, double *z)
{
    variant()->dot[type](x, rows, features, w, z);
}

void linear_add(enum dataset_type type, const void *x, size_t rows, size_t features,
                const double *e, double *g)
{
    variant()->add[type](x, rows, features, e, g);
}

void linear_step(double *w, const double *g, size_t features, double step)
{
    for (size_t i = 0; i < features; i++)
        w[i] -= step * g[i];
}

double linear_fold(const double *w, const struct linear_columns *columns, size_t features,
                   double *v)
{
    double lanes[LINEAR_LANES] = {0};
    for (size_t j = 0; j < features; j++) {
        v[j] = w[j] * columns->factor[j];
        lanes[j % LINEAR_LANES] += columns->offset[j] * v[j];
    }
    return 0 - linear_tree(lanes, LINEAR_LANES);
}

void linear_unfold(double *g, const struct linear_columns *columns, size_t features, double error)
{
    for (size_t j = 0; j < features; j++)
        g[j] = columns->factor[j] * (g[j] - columns->offset[j] * error);
}
