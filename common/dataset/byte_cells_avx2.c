/* byte_cells_avx2.c: 32 bytes of text at once, wherever cells begin and end in them. For each byte
 * the value of a cell that would end right before it is computed from the three bytes in front;
 * then those before which a cell does end are moved together. Nothing branches on what good cells
 * hold, and no block waits for where the cells of the one before ended.
 *
 * Masks of a block of text are those of G. Langdale and D. Lemire, "Parsing Gigabytes of JSON per
 * Second" (2019); digits weighed in vectors and shuffles out of a table as in W. Mula, "Parsing
 * series of integers with SIMD" (2018), where however each step waits for the one before. */
#include "common/dataset/byte_cells.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx2,popcnt")))
#define INLINE __attribute__((always_inline)) static inline

enum { BLOCK = 32, QUARTER = 8 };

_Static_assert((int)BLOCK <= (int)BYTE_CELLS_TEXT, "a block may begin where the last cell ends");

/* A byte of text as a rank: RANK_0 + d for the digit d, else with the upper bit. Then look_up has
 * the digit d at 6 + d, and a 0 for what is no digit. */
enum { RANK_0 = 0x76, NO_DIGIT = 0x80 };

static const uint8_t ones[16] = {[6] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint8_t tens[16] = {[6] = 0, 10, 20, 30, 40, 50, 60, 70, 80, 90};
static const uint8_t hundreds[16] = {[6] = 0, 100, 200};

/* In place of hundreds: the sum with tens and ones reaches 255 when the value is beyond that. */
static const uint8_t limits[16] = {[6] = 0, 99, 199, 255, 255, 255, 255, 255, 255, 255};

/* gather[m]: the numbers of the bits that m has, one a byte, the lowest first. No more than four:
 * ends of good cells are never side by side. */
#define BIT(m, i)      (UINT64_C(1) & (m) >> i)
#define PUT(m, i, r)   ((r) << 8 * BIT(m, i) | i * BIT(m, i))
#define BITS_4_TO_7(m) PUT(m, 4, PUT(m, 5, PUT(m, 6, PUT(m, 7, UINT64_C(0)))))
#define BITS_0_TO_7(m) PUT(m, 0, PUT(m, 1, PUT(m, 2, PUT(m, 3, BITS_4_TO_7(m)))))
#define BITS(m)        UINT32_MAX &BITS_0_TO_7(m)
#define BITS_X4(m)     BITS(m), BITS(m + 1), BITS(m + 2), BITS(m + 3)
#define BITS_X16(m)    BITS_X4(m), BITS_X4(m + 4), BITS_X4(m + 8), BITS_X4(m + 12)
#define BITS_X64(m)    BITS_X16(m), BITS_X16(m + 16), BITS_X16(m + 32), BITS_X16(m + 48)

static const uint32_t gather[1 << QUARTER] = {BITS_X64(0), BITS_X64(64), BITS_X64(128),
                                              BITS_X64(192)};

TARGET INLINE __m256i all(unsigned char byte)
{
    return _mm256_set1_epi8((char)byte);
}

TARGET INLINE uint32_t upper_bits(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

TARGET INLINE __m256i look_up(const uint8_t table[16], __m256i ranks)
{
    __m128i half = _mm_loadu_si128((const __m128i *)table);
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(half), ranks);
}

/* The values of a quarter that `ends` tells, to *out, which is moved behind them. */
TARGET INLINE void put(__m128i values, uint32_t ends, unsigned char **out)
{
    __m128i order = _mm_cvtsi32_si128((int)gather[ends]);
    _mm_storeu_si32(*out, _mm_shuffle_epi8(values, order));
    *out += _mm_popcnt_u32(ends);
}

TARGET INLINE void put_all(__m256i values, uint32_t ends, unsigned char *out)
{
    __m128i low = _mm256_castsi256_si128(values), high = _mm256_extracti128_si256(values, 1);
    put(low, ends & 0xff, &out);
    put(_mm_srli_si128(low, QUARTER), ends >> 8 & 0xff, &out);
    put(high, ends >> 16 & 0xff, &out);
    put(_mm_srli_si128(high, QUARTER), ends >> 24, &out);
}

/* For each byte the value of a cell that ends right before it, and in *beyond whether that is more
 * than a byte holds. `before` has the ranks of the block before. */
TARGET INLINE __m256i weigh(__m256i before, __m256i ranks, uint32_t *beyond)
{
    /* The ranks one, two and three bytes in front of each. */
    __m256i across = _mm256_permute2x128_si256(before, ranks, 0x21);
    __m256i one = _mm256_alignr_epi8(ranks, across, 15);
    __m256i two = _mm256_alignr_epi8(ranks, across, 14);
    __m256i three = _mm256_alignr_epi8(ranks, across, 13);
    /* No hundreds without tens: that digit is one of the cell before. */
    three = _mm256_or_si256(three, _mm256_and_si256(two, all(NO_DIGIT)));
    __m256i low = _mm256_add_epi8(look_up(ones, one), look_up(tens, two));
    __m256i sums = _mm256_adds_epu8(look_up(limits, three), low);
    *beyond = upper_bits(_mm256_cmpeq_epi8(sums, all(UINT8_MAX)));
    return _mm256_add_epi8(look_up(hundreds, three), low);
}

/* What no run goes beyond: a byte that is neither digit nor delimiter, the end of a cell without a
 * digit or with more than three, or of one that is `beyond`. `others` are no digits. */
INLINE uint32_t bad_bytes(uint32_t ends, uint32_t before_others, uint32_t others, uint32_t beyond)
{
    uint64_t near = (uint64_t)others << 32 | before_others;
    uint32_t empty = (uint32_t)(near >> 31);
    uint32_t within_four = (uint32_t)(near >> 31 | near >> 30 | near >> 29 | near >> 28);
    return (others & ~ends) | (ends & (empty | ~within_four | beyond));
}

TARGET static size_t read_blocks(const char **text, size_t count, char delimiter,
                                 unsigned char *out)
{
    const char *p = *text;
    size_t i = 0;
    __m256i before = all(NO_DIGIT);
    uint32_t before_others = UINT32_MAX, beyond;
    while (i < count) {
        __m256i block = _mm256_loadu_si256((const __m256i *)p);
        __m256i ranks = _mm256_adds_epu8(_mm256_sub_epi8(block, all('0')), all(RANK_0));
        __m256i values = weigh(before, ranks, &beyond);
        uint32_t ends = upper_bits(_mm256_cmpeq_epi8(block, all((unsigned char)delimiter)));
        uint32_t others = upper_bits(ranks);
        uint32_t bad = bad_bytes(ends, before_others, others, beyond);
        ends &= ~bad & (bad - 1); /* those before the first bad byte; all when there is none */
        size_t n = (size_t)_mm_popcnt_u32(ends);
        if (n > count - i) break;
        put_all(values, ends, out + i);
        i += n;
        if (bad) {
            p += __builtin_ctz(bad);
            break;
        }
        before = ranks;
        before_others = others;
        p += BLOCK;
    }
    while (p > *text && (unsigned char)(p[-1] - '0') <= 9) /* back to where its cell begins */
        p--;
    *text = p;
    return i;
}

size_t byte_cells_read_avx2(const char **text, size_t count, char delimiter, unsigned char *out)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("popcnt")) return 0;
    return read_blocks(text, count, delimiter, out);
}
#else
size_t byte_cells_read_avx2(const char **text, size_t count, char delimiter, unsigned char *out)
{
    (void)text, (void)count, (void)delimiter, (void)out;
    return 0;
}
#endif
