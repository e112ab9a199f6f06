/* linear_plain.c: the inner loops as they would be written down in a proof. The reference that the
 * vector variants are held against, bit by bit. */
#include "common/math/linear_variant.h"

static bool supported(void)
{
    return true;
}

LINEAR_INLINE void dot(enum dataset_type type, const unsigned char *x, size_t rows, size_t features,
                       const double *w, double *z)
{
    for (size_t r = 0; r < rows; r++) {
        const unsigned char *row = x + r * features * linear_bytes(type);
        double lanes[LINEAR_LANES] = {0};
        for (size_t j = 0; j < features; j++)
            lanes[j % LINEAR_LANES] += linear_element(type, row + j * linear_bytes(type)) * w[j];
        z[r] = linear_tree(lanes, LINEAR_LANES);
    }
}

LINEAR_INLINE void add(enum dataset_type type, const unsigned char *x, size_t rows, size_t features,
                       const double *e, double *g)
{
    for (size_t r = 0; r < rows; r++) {
        const unsigned char *row = x + r * features * linear_bytes(type);
        for (size_t j = 0; j < features; j++)
            g[j] += linear_element(type, row + j * linear_bytes(type)) * e[r];
    }
}

LINEAR_VARIANT(plain, )
