/* stats.c: each chunk in two passes, mean first, which loses less than one pass and is as fast
 * while the chunk is in the processor's cache. */
#include "common/math/stats.h"

#include "common/math/linear_variant.h"

#include <math.h>

/* Adds one value. Until the mean is known, mean holds the sum of the distances from a value of the
 * column, which are small beside it where the mean is not, and squares holds that value. */
static void take(struct stats *s, double x)
{
    if (isnan(x)) {
        s->missing++;
        return;
    }
    if (s->count == 0 || x < s->min) s->min = x;
    if (s->count == 0 || x > s->max) s->max = x;
    s->count++;
    s->mean += x - s->squares;
}

/* Turns sums into means. A sum that is too large for a double says so by its mean. */
static void settle_means(struct stats *out, size_t features)
{
    for (size_t j = 0; j < features; j++) {
        if (out[j].count > 0) out[j].mean = out[j].squares + out[j].mean / (double)out[j].count;
        out[j].squares = 0;
    }
}

static void take_square(struct stats *s, double x)
{
    const double d = x - s->mean;
    if (!isnan(x)) s->squares += d * d;
}

void stats_chunk(enum dataset_type type, const void *x, size_t rows, size_t features,
                 struct stats *out)
{
    const size_t bytes = linear_bytes(type);
    const unsigned char *from = x;
    for (size_t j = 0; j < features; j++)
        out[j] = (struct stats){0};
    /* The value of the first row; where it has none, 0 will do. */
    for (size_t j = 0; j < features && rows > 0; j++) {
        const double first = linear_element(type, from + j * bytes);
        if (!isnan(first)) out[j].squares = first;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < features; j++)
            take(&out[j], linear_element(type, from + (r * features + j) * bytes));
    settle_means(out, features);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < features; j++)
            take_square(&out[j], linear_element(type, from + (r * features + j) * bytes));
}

void stats_chunk_sparse(const struct sparse_rows *rows, size_t features, struct stats *out)
{
    const size_t bytes = linear_bytes(rows->type);
    const unsigned char *x = rows->x;
    const uint64_t from = rows->starts[0], to = rows->starts[rows->rows];
    for (size_t j = 0; j < features; j++)
        out[j] = (struct stats){0};
    for (uint64_t k = from; k < to; k++)
        take(&out[rows->columns[k]], linear_element(rows->type, x + k * bytes));
    /* The zeros that are not stored: (0 - mean)^2 each. */
    for (size_t j = 0; j < features; j++) {
        const uint64_t zeros = rows->rows - out[j].count - out[j].missing;
        if (zeros > 0 && (out[j].count == 0 || out[j].min > 0)) out[j].min = 0;
        if (zeros > 0 && (out[j].count == 0 || out[j].max < 0)) out[j].max = 0;
        out[j].count += zeros;
        if (out[j].count > 0) out[j].mean /= (double)out[j].count;
        out[j].squares = (double)zeros * (out[j].mean * out[j].mean);
    }
    for (uint64_t k = from; k < to; k++)
        take_square(&out[rows->columns[k]], linear_element(rows->type, x + k * bytes));
}

void stats_merge(struct stats *a, const struct stats *b, size_t features)
{
    for (size_t j = 0; j < features; j++) {
        struct stats *s = &a[j];
        const uint64_t missing = s->missing + b[j].missing;
        if (s->count == 0) {
            *s = b[j];
        } else if (b[j].count > 0) {
            const double n = (double)s->count, m = (double)b[j].count;
            const double d = b[j].mean - s->mean;
            s->mean += d * (m / (n + m));
            s->squares += b[j].squares + d * d * (n * (m / (n + m)));
            if (b[j].min < s->min) s->min = b[j].min;
            if (b[j].max > s->max) s->max = b[j].max;
            s->count += b[j].count;
        }
        s->missing = missing;
    }
}

/* At least the smallest normal number, so that no factor is infinite. */
static double factor_of(double width)
{
    return width >= DBL_MIN && isfinite(width) ? 1 / width : 1;
}

void stats_scaling(const struct stats *stats, size_t features, enum stats_scaling scaling,
                   double *offset, double *factor)
{
    for (size_t j = 0; j < features; j++) {
        const struct stats *s = &stats[j];
        if (scaling == STATS_MINMAX) {
            offset[j] = s->min;
            factor[j] = factor_of(s->max - s->min);
        } else if (s->count > 0 && isfinite(s->mean)) {
            offset[j] = s->mean;
            factor[j] = factor_of(sqrt(s->squares / (double)s->count));
        } else {
            offset[j] = 0;
            factor[j] = 1;
        }
    }
}
