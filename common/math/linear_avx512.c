/* linear_avx512.c: the inner loops in vectors of eight doubles. */
#ifdef __x86_64__
#include "common/math/linear_variant.h"

#include <immintrin.h>

#define WIDTH         8
#define LINEAR_TARGET __attribute__((target("avx2,avx512f,avx512dq")))

typedef double vec __attribute__((vector_size(WIDTH * sizeof(double))));

static bool supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq");
}

LINEAR_TARGET LINEAR_INLINE vec load(enum dataset_type type, const void *at)
{
    switch (type) {
    /* By way of 64-bit integers: no half of a vector has to change its place on the way. */
    case DATASET_U8: return _mm512_cvtepi64_pd(_mm512_cvtepu8_epi64(_mm_loadu_si64(at)));
    case DATASET_I16: return _mm512_cvtepi32_pd(_mm256_cvtepi16_epi32(_mm_loadu_si128(at)));
    case DATASET_I32: return _mm512_cvtepi32_pd(_mm256_loadu_si256(at));
    case DATASET_F32: return _mm512_cvtps_pd(_mm256_loadu_ps(at));
    case DATASET_F64: break;
    }
    return _mm512_loadu_pd(at);
}

#include "common/math/linear_body.h"

LINEAR_VARIANT(avx512, LINEAR_TARGET)
#endif
