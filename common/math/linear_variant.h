/* linear_variant.h: the two inner loops of linear models, once for each instruction set. All
 * variants of a loop give the same bits; linear.c, sparse.c and the tests are the only readers.
 *
 * The rule that fixes the bits: element j of a dot product belongs to lane j % LINEAR_LANES, a lane
 * adds its products in the order of j, and the lanes are added as a tree (linear_tree). A gradient
 * element adds its rows one by one, in row order. No product is fused with a sum. */
#ifndef DTQ_LINEAR_VARIANT_H
#define DTQ_LINEAR_VARIANT_H

#include "common/math/linear.h"
#include "common/math/strict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LINEAR_LANES = 16, LINEAR_TYPES = DATASET_F64 + 1 };

/* x (rows, features), w (features), z (rows) = x . w */
typedef void linear_dot_fn(const void *x, size_t rows, size_t features, const double *w, double *z);

/* x (rows, features), e (rows), g (features) += e . x */
typedef void linear_add_fn(const void *x, size_t rows, size_t features, const double *e, double *g);

struct linear_variant {
    const char *name;
    bool (*supported)(void); /* by this processor */
    linear_dot_fn *dot[LINEAR_TYPES];
    linear_add_fn *add[LINEAR_TYPES];
};

extern const struct linear_variant linear_plain;
extern const struct linear_variant linear_base;
#ifdef __x86_64__
extern const struct linear_variant linear_avx2;
extern const struct linear_variant linear_avx512;
#endif

/* What linear and sparse passes have in common: z (rows) = w . x becomes (prediction - target) /
 * scale, which is what a raw x is multiplied by. sums is added to. */
void linear_judge(const struct linear_problem *problem, const double *y, size_t rows, double *z,
                  struct linear_sums *sums);

/* z (rows) = w . x becomes what linear_score answers. */
void linear_finish(const struct linear_problem *problem, size_t rows, double *z);

/* Before a loop with constant bounds over an array that is to live in registers. */
#ifdef __clang__
#define LINEAR_UNROLL _Pragma("unroll")
#else
#define LINEAR_UNROLL _Pragma("GCC unroll 16")
#endif

#define LINEAR_INLINE static inline __attribute__((always_inline))

LINEAR_INLINE size_t linear_bytes(enum dataset_type type)
{
    switch (type) {
    case DATASET_U8: return 1;
    case DATASET_I16: return 2;
    case DATASET_I32:
    case DATASET_F32: return 4;
    case DATASET_F64: break;
    }
    return 8;
}

/* One element at an address that need not be aligned. */
LINEAR_INLINE double linear_element(enum dataset_type type, const void *at)
{
    union {
        uint8_t u8;
        int16_t i16;
        int32_t i32;
        float f32;
        double f64;
    } value;
    memcpy(&value, at, linear_bytes(type));
    switch (type) {
    case DATASET_U8: return value.u8;
    case DATASET_I16: return value.i16;
    case DATASET_I32: return value.i32;
    case DATASET_F32: return value.f32;
    case DATASET_F64: break;
    }
    return value.f64;
}

/* lanes (count, a power of two) are used up. */
LINEAR_INLINE double linear_tree(double *lanes, const size_t count)
{
    LINEAR_UNROLL for (size_t half = count / 2; half > 0; half /= 2)
    {
        LINEAR_UNROLL for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
    }
    return lanes[0];
}

/* The rest of a variant's file: its loops dot() and add(), written once with the type as an
 * argument, become one function for each type. attributes: those that choose the instruction set.
 */
#define LINEAR_OF_TYPE(attributes, type, suffix)                                     \
    attributes static void dot_##suffix(const void *x, size_t rows, size_t features, \
                                        const double *w, double *z)                  \
    {                                                                                \
        dot(type, x, rows, features, w, z);                                          \
    }                                                                                \
    attributes static void add_##suffix(const void *x, size_t rows, size_t features, \
                                        const double *e, double *g)                  \
    {                                                                                \
        add(type, x, rows, features, e, g);                                          \
    }

#define LINEAR_VARIANT(variant, attributes)                  \
    LINEAR_OF_TYPE(attributes, DATASET_U8, u8)               \
    LINEAR_OF_TYPE(attributes, DATASET_I16, i16)             \
    LINEAR_OF_TYPE(attributes, DATASET_I32, i32)             \
    LINEAR_OF_TYPE(attributes, DATASET_F32, f32)             \
    LINEAR_OF_TYPE(attributes, DATASET_F64, f64)             \
    const struct linear_variant linear_##variant = {         \
        .name = #variant,                                    \
        .supported = supported,                              \
        .dot = {dot_u8, dot_i16, dot_i32, dot_f32, dot_f64}, \
        .add = {add_u8, add_i16, add_i32, add_f32, add_f64}, \
    };

#endif
