/* linear_avx2.c: the inner loops in vectors of four doubles. */
#ifdef __x86_64__
#include "common/math/linear_variant.h"

#include <immintrin.h>

#define WIDTH         4
#define LINEAR_TARGET __attribute__((target("avx2")))

typedef double vec __attribute__((vector_size(WIDTH * sizeof(double))));

static bool supported(void)
{
    return __builtin_cpu_supports("avx2");
}

LINEAR_TARGET LINEAR_INLINE vec load(enum dataset_type type, const void *at)
{
    switch (type) {
    case DATASET_U8: return _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_loadu_si32(at)));
    case DATASET_I16: return _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadu_si64(at)));
    case DATASET_I32: return _mm256_cvtepi32_pd(_mm_loadu_si128(at));
    case DATASET_F32: return _mm256_cvtps_pd(_mm_loadu_ps(at));
    case DATASET_F64: break;
    }
    return _mm256_loadu_pd(at);
}

#include "common/math/linear_body.h"

LINEAR_VARIANT(avx2, LINEAR_TARGET)
#endif
