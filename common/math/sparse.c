/* sparse.c: the weights are looked up at random, and that is what takes the time: the next ones are
 * fetched ahead, and the loops are written once for each type. */
#include "common/math/sparse.h"

#include "common/math/linear_variant.h"

enum {
    BLOCK_ROWS = 8,
    AHEAD = 16, /* values */
};

double sparse_dot_plain(const struct sparse_rows *rows, size_t row, const double *w)
{
    const size_t bytes = linear_bytes(rows->type);
    double lanes[LINEAR_LANES] = {0};
    for (uint64_t k = rows->starts[row]; k < rows->starts[row + 1]; k++) {
        const uint32_t j = rows->columns[k];
        lanes[j % LINEAR_LANES] += linear_element(rows->type,
                                                  (const unsigned char *)rows->x + k * bytes) *
                                   w[j];
    }
    return linear_tree(lanes, LINEAR_LANES);
}

void sparse_add_plain(const struct sparse_rows *rows, size_t row, double e, double *g)
{
    const size_t bytes = linear_bytes(rows->type);
    for (uint64_t k = rows->starts[row]; k < rows->starts[row + 1]; k++)
        g[rows->columns[k]] += linear_element(rows->type,
                                              (const unsigned char *)rows->x + k * bytes) *
                               e;
}

/* count values of a row from x and columns on. */
LINEAR_INLINE double dot(enum dataset_type type, const unsigned char *x, const uint32_t *columns,
                         uint64_t count, const double *w)
{
    const size_t bytes = linear_bytes(type);
    double lanes[LINEAR_LANES] = {0};
    uint64_t k = 0;
    for (; k + AHEAD < count; k++) {
        __builtin_prefetch(w + columns[k + AHEAD]);
        lanes[columns[k] % LINEAR_LANES] += linear_element(type, x + k * bytes) * w[columns[k]];
    }
    for (; k < count; k++)
        lanes[columns[k] % LINEAR_LANES] += linear_element(type, x + k * bytes) * w[columns[k]];
    return linear_tree(lanes, LINEAR_LANES);
}

/* What the gradient touches is what the dot product has fetched just before. */
LINEAR_INLINE void add(enum dataset_type type, const unsigned char *x, const uint32_t *columns,
                       uint64_t count, double e, double *g)
{
    const size_t bytes = linear_bytes(type);
    for (uint64_t k = 0; k < count; k++)
        g[columns[k]] += linear_element(type, x + k * bytes) * e;
}

#define SPARSE_OF_TYPE(type, suffix)                                                            \
    static double dot_##suffix(const unsigned char *x, const uint32_t *columns, uint64_t count, \
                               const double *w)                                                 \
    {                                                                                           \
        return dot(type, x, columns, count, w);                                                 \
    }                                                                                           \
    static void add_##suffix(const unsigned char *x, const uint32_t *columns, uint64_t count,   \
                             double e, double *g)                                               \
    {                                                                                           \
        add(type, x, columns, count, e, g);                                                     \
    }

SPARSE_OF_TYPE(DATASET_U8, u8)
SPARSE_OF_TYPE(DATASET_I16, i16)
SPARSE_OF_TYPE(DATASET_I32, i32)
SPARSE_OF_TYPE(DATASET_F32, f32)
SPARSE_OF_TYPE(DATASET_F64, f64)

static const struct loops {
    double (*dot)(const unsigned char *x, const uint32_t *columns, uint64_t count, const double *w);
    void (*add)(const unsigned char *x, const uint32_t *columns, uint64_t count, double e,
                double *g);
} loops[LINEAR_TYPES] = {
    {dot_u8, add_u8},   {dot_i16, add_i16}, {dot_i32, add_i32},
    {dot_f32, add_f32}, {dot_f64, add_f64},
};

/* Row r of the matrix: its first value, and *columns and *count. */
static const unsigned char *row_at(const struct sparse_rows *rows, size_t r,
                                   const uint32_t **columns, uint64_t *count)
{
    const uint64_t start = rows->starts[r];
    *columns = rows->columns + start;
    *count = rows->starts[r + 1] - start;
    return (const unsigned char *)rows->x + start * linear_bytes(rows->type);
}

void sparse_dot(const struct sparse_rows *rows, size_t first, size_t count, const double *w,
                double *z)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t *columns;
        uint64_t values;
        const unsigned char *x = row_at(rows, first + i, &columns, &values);
        z[i] = loops[rows->type].dot(x, columns, values, w);
    }
}

void sparse_add(const struct sparse_rows *rows, size_t first, size_t count, const double *e,
                double *g)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t *columns;
        uint64_t values;
        const unsigned char *x = row_at(rows, first + i, &columns, &values);
        loops[rows->type].add(x, columns, values, e[i], g);
    }
}

/* g: NULL for no gradient. */
static void pass(const struct linear_problem *problem, const struct sparse_rows *rows,
                 const double *y, const double *w, double *g, struct linear_sums *sums)
{
    double z[BLOCK_ROWS];
    for (size_t r = 0; r < rows->rows; r += BLOCK_ROWS) {
        size_t n = rows->rows - r < BLOCK_ROWS ? rows->rows - r : BLOCK_ROWS;
        sparse_dot(rows, r, n, w, z);
        linear_judge(problem, y + r, n, z, sums);
        if (g) sparse_add(rows, r, n, z, g);
    }
}

void sparse_gradient(const struct linear_problem *problem, const struct sparse_rows *rows,
                     const double *y, const double *w, double *g, struct linear_sums *sums)
{
    pass(problem, rows, y, w, g, sums);
}

void sparse_evaluate(const struct linear_problem *problem, const struct sparse_rows *rows,
                     const double *y, const double *w, struct linear_sums *sums)
{
    pass(problem, rows, y, w, NULL, sums);
}

void sparse_score(const struct linear_problem *problem, const struct sparse_rows *rows,
                  const double *w, double *z)
{
    sparse_dot(rows, 0, rows->rows, w, z);
    linear_finish(problem, rows->rows, z);
}
