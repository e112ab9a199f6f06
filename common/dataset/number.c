/* number.c: see W. D. Clinger, "How to Read Floating Point Numbers Accurately" (1990): an integer
 * of at most 53 bits times or divided by a power of ten that is itself exact is rounded once, and
 * so correctly. Everything else is left to strtod. */
#include "common/dataset/number.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    DIGITS_SAFE = 19,      /* as many digits as always fit 64 bits */
    POWER_EXACT = 22,      /* 10^22 is the last power of ten that a double holds */
    EXPONENT_CAP = 100000, /* far beyond what makes any difference */
};

static const double powers_of_ten[POWER_EXACT + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static const uint64_t integer_exact = UINT64_C(1) << 53;

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* Appends digits to *m, which wraps when there are too many; returns the first other byte. */
static const char *digits(const char *p, uint64_t *m)
{
    for (; is_digit(*p); p++)
        *m = *m * 10 + (uint64_t)(*p - '0');
    return p;
}

/* The first byte behind "e[+-]digits", or p when that is not what stands there. */
static const char *exponent(const char *p, long *value)
{
    const char *q = p + 1;
    if (*p != 'e' && *p != 'E') return p;
    bool negative = *q == '-';
    if (*q == '-' || *q == '+') q++;
    if (!is_digit(*q)) return p;
    long e = 0;
    for (; is_digit(*q); q++)
        if (e < EXPONENT_CAP) e = e * 10 + (*q - '0');
    *value = negative ? -e : e;
    return q;
}

/* Digits from the first that is not 0. */
static ptrdiff_t significant(const char *from, const char *to)
{
    while (from < to && (*from == '0' || *from == '.'))
        from++;
    return to - from;
}

enum number_result number_parse(const char *text, locale_t c_locale, double *value,
                                const char **end)
{
    const char *p = text;
    bool negative = *p == '-';
    if (*p == '-' || *p == '+') p++;

    const char *start = p;
    uint64_t m = 0;
    long e = 0;
    p = digits(p, &m);
    ptrdiff_t count = p - start;
    if (*p == '.') {
        const char *fraction = p + 1;
        p = digits(fraction, &m);
        e = -(long)(p - fraction);
        count += p - fraction;
    }
    if (count == 0) return NUMBER_NONE;
    bool wrapped = count > DIGITS_SAFE && significant(start, p) > DIGITS_SAFE;
    long tens = 0;
    p = exponent(p, &tens);
    e += tens;
    *end = p;

    if (!wrapped) {
        /* "1.500000000000000000e+00" is 15e-1. */
        for (; m > integer_exact && m % 10 == 0; m /= 10)
            e++;
        if (m <= integer_exact && e >= -POWER_EXACT && e <= POWER_EXACT) {
            double v = e < 0 ? (double)m / powers_of_ten[-e] : (double)m * powers_of_ten[e];
            *value = negative ? -v : v;
            return NUMBER_OK;
        }
    }
    double v = strtod_l(text, NULL, c_locale);
    if (isinf(v)) return NUMBER_RANGE;
    *value = v;
    return NUMBER_OK;
}
