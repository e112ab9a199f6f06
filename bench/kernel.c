/* kernel.c: one epoch of binary logistic regression on a table of MNIST's shape, for each
 * instruction set. Prints milliseconds per epoch (the best of several) and the ratio to the plain
 * loops. */
#include "common/clock.h"
#include "common/math/linear.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 60000, FEATURES = 784, BATCH = 128, REPEATS = 7 };

/* xorshift64: only that the bytes are not all alike matters. */
static uint64_t next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static int64_t epoch_ns(const uint8_t *x, const double *y, double *w, double *g)
{
    static const struct linear_problem problem = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 3, .scale = 255};
    struct linear_sums sums = {0};
    memset(w, 0, FEATURES * sizeof *w);
    int64_t start = clock_ns();
    for (size_t r = 0; r < ROWS; r += BATCH) {
        size_t n = ROWS - r < BATCH ? ROWS - r : BATCH;
        memset(g, 0, FEATURES * sizeof *g);
        linear_gradient(&problem, DATASET_U8, x + r * FEATURES, y + r, n, FEATURES, w, g, &sums);
        linear_step(w, g, FEATURES, 0.1 / (double)n);
    }
    return clock_ns() - start;
}

static double best_ms(const char *name, const uint8_t *x, const double *y, double *w, double *g)
{
    int64_t best = INT64_MAX;
    if (!linear_force(name)) return 0;
    for (int i = 0; i < REPEATS; i++) {
        int64_t ns = epoch_ns(x, y, w, g);
        if (ns < best) best = ns;
    }
    return (double)best / 1e6;
}

int main(void)
{
    uint8_t *x = malloc((size_t)ROWS * FEATURES);
    double *y = malloc(ROWS * sizeof *y);
    double w[FEATURES], g[FEATURES];
    uint64_t seed = 88172645463325252u;
    if (!x || !y) {
        fprintf(stderr, "kernel: out of memory\n");
        free(x);
        free(y);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < (size_t)ROWS * FEATURES; i++)
        x[i] = (uint8_t)(next(&seed) >> 56);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (double)(next(&seed) % 10);

    double plain = best_ms("plain", x, y, w, g);
    for (size_t i = 0; linear_variant_name(i); i++) {
        double ms = best_ms(linear_variant_name(i), x, y, w, g);
        if (ms > 0)
            printf("kernel %-8s %8.2f ms/epoch  %5.1fx plain\n", linear_variant_name(i), ms,
                   plain / ms);
        else
            printf("kernel %-8s not on this processor\n", linear_variant_name(i));
    }
    free(x);
    free(y);
    return EXIT_SUCCESS;
}
