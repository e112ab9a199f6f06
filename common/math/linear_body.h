/* linear_body.h: the vector form of the inner loops, included by each file of an instruction set.
 * That file defines before:
 *   WIDTH               doubles in a vector
 *   LINEAR_TARGET       the function attribute that chooses the instruction set
 *   vec                 the type of WIDTH doubles
 *   load(type, at)      WIDTH elements from an unaligned address, as doubles
 * The loops over an array of vectors have constant bounds and are unrolled, so that the array is
 * registers. */
#include "common/math/linear_variant.h"

enum {
    SUMS = LINEAR_LANES / WIDTH, /* vectors that make up the lanes of a dot product */
    GROUP = 8 / SUMS,            /* rows that share a load of w; with their sums in registers */
    STRIP = 8,                   /* vectors of g held in registers while rows are added to it */
    LINE_BYTES = 64,
};

/* z (count) of count rows at x, row_bytes apart; w_rest: the last features % LINEAR_LANES weights,
 * filled up with zeros. */
LINEAR_TARGET LINEAR_INLINE void dot_rows(enum dataset_type type, const unsigned char *x,
                                          const size_t count, size_t features, const double *w,
                                          const double *w_rest, double *z)
{
    const size_t bytes = linear_bytes(type);
    const size_t row_bytes = features * bytes;
    const size_t rest = features % LINEAR_LANES;
    const size_t whole = features - rest;
    vec sum[GROUP][SUMS];
    LINEAR_UNROLL for (size_t i = 0; i < count * SUMS; i++) sum[i / SUMS][i % SUMS] = (vec){0};
    for (size_t j = 0; j < whole; j += LINEAR_LANES) {
        LINEAR_UNROLL for (size_t k = 0; k < SUMS; k++)
        {
            const size_t at = j + k * WIDTH;
            const vec weights = load(DATASET_F64, w + at);
            LINEAR_UNROLL for (size_t r = 0; r < count; r++)
                sum[r][k] += load(type, x + r * row_bytes + at * bytes) * weights;
        }
    }
    /* No lane is ever -0, so that the products of the filling change nothing. */
    for (size_t r = 0; r < count && rest > 0; r++) {
        unsigned char x_rest[LINEAR_LANES * sizeof(double)] = {0};
        memcpy(x_rest, x + r * row_bytes + whole * bytes, rest * bytes);
        LINEAR_UNROLL for (size_t k = 0; k < SUMS; k++)
            sum[r][k] += load(type, x_rest + k * WIDTH * bytes) *
                         load(DATASET_F64, w_rest + k * WIDTH);
    }
    LINEAR_UNROLL for (size_t r = 0; r < count; r++)
    {
        double lanes[WIDTH];
        LINEAR_UNROLL for (size_t half = SUMS / 2; half > 0; half /= 2)
            LINEAR_UNROLL for (size_t k = 0; k < half; k++) sum[r][k] += sum[r][k + half];
        memcpy(lanes, &sum[r][0], sizeof lanes);
        z[r] = linear_tree(lanes, WIDTH);
    }
}

LINEAR_TARGET LINEAR_INLINE void dot(enum dataset_type type, const unsigned char *x, size_t rows,
                                     size_t features, const double *w, double *z)
{
    const size_t row_bytes = features * linear_bytes(type);
    const size_t rest = features % LINEAR_LANES;
    double w_rest[LINEAR_LANES] = {0};
    memcpy(w_rest, w + (features - rest), rest * sizeof *w);
    size_t r = 0;
    for (; r + GROUP <= rows; r += GROUP)
        dot_rows(type, x + r * row_bytes, GROUP, features, w, w_rest, z + r);
    for (; r < rows; r++)
        dot_rows(type, x + r * row_bytes, 1, features, w, w_rest, z + r);
}

/* count vectors of g from column j on. */
LINEAR_TARGET LINEAR_INLINE void add_strip(enum dataset_type type, const unsigned char *x,
                                           size_t rows, size_t features, const double *e, double *g,
                                           size_t j, const size_t count)
{
    const size_t bytes = linear_bytes(type);
    vec sum[STRIP];
    LINEAR_UNROLL for (size_t k = 0; k < count; k++) sum[k] = load(DATASET_F64, g + j + k * WIDTH);
    for (size_t r = 0; r < rows; r++) {
        const unsigned char *from = x + (r * features + j) * bytes;
        /* These very columns of the rows that come next are on their way meanwhile; where there are
         * none, nothing happens. */
        for (size_t b = 0; b < count * WIDTH * bytes; b += LINE_BYTES)
            __builtin_prefetch(from + rows * features * bytes + b);
        LINEAR_UNROLL for (size_t k = 0; k < count; k++)
            sum[k] += load(type, from + k * WIDTH * bytes) * e[r];
    }
    LINEAR_UNROLL for (size_t k = 0; k < count; k++)
        memcpy(g + j + k * WIDTH, &sum[k], sizeof sum[k]);
}

LINEAR_TARGET LINEAR_INLINE void add(enum dataset_type type, const unsigned char *x, size_t rows,
                                     size_t features, const double *e, double *g)
{
    const size_t bytes = linear_bytes(type);
    size_t j = 0;
    for (; j + (size_t)STRIP * WIDTH <= features; j += (size_t)STRIP * WIDTH)
        add_strip(type, x, rows, features, e, g, j, STRIP);
    for (; j + WIDTH <= features; j += WIDTH)
        add_strip(type, x, rows, features, e, g, j, 1);
    for (size_t r = 0; r < rows && j < features; r++)
        for (size_t k = j; k < features; k++)
            g[k] += linear_element(type, x + (r * features + k) * bytes) * e[r];
}
