/* linear_base.c: the inner loops in vectors of two doubles, which every 64-bit machine has (SSE2,
 * NEON). */
#include "common/math/linear_variant.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WIDTH 2
#define LINEAR_TARGET

typedef double vec __attribute__((vector_size(WIDTH * sizeof(double))));

static bool supported(void)
{
    return true;
}

LINEAR_INLINE vec load(enum dataset_type type, const void *at)
{
    const unsigned char *bytes = at;
    vec v;
    if (type == DATASET_F64) {
        memcpy(&v, at, sizeof v);
        return v;
    }
#ifdef __SSE2__
    if (type == DATASET_U8) {
        const __m128i zero = _mm_setzero_si128();
        uint16_t pair;
        memcpy(&pair, at, sizeof pair);
        __m128i words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(pair), zero);
        return _mm_cvtepi32_pd(_mm_unpacklo_epi16(words, zero));
    }
    if (type == DATASET_I32) return _mm_cvtepi32_pd(_mm_loadu_si64(at));
    if (type == DATASET_F32) return _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadu_si64(at)));
#endif
    v[0] = linear_element(type, bytes);
    v[1] = linear_element(type, bytes + linear_bytes(type));
    return v;
}

#include "common/math/linear_body.h"

LINEAR_VARIANT(base, )
