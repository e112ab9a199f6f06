/* elementary.c: the reductions and polynomials of fdlibm's e_exp.c and e_log.c, arranged without
 * branches on the usual path so that several rows overlap in the processor.
 *
 * The coefficients (of k_sin.c and k_cos.c too) are from fdlibm: Copyright (C) 1993 by Sun
 * Microsystems, Inc. All rights reserved. Developed at SunSoft, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that
 * this notice is preserved. The reduction of log to [sqrt(1/2), sqrt(2)] by integer arithmetic is
 * that of musl. */
#include "common/math/elementary.h"

#include "common/math/strict.h"

#include <stdint.h>
#include <string.h>

/* ln(2) in two parts; k * LN2_HI is exact for every exponent k of a double. */
static const double LN2_HI = 6.93147180369123816490e-01;
static const double LN2_LO = 1.90821492927058770002e-10;

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for the exponents of normal numbers. */
static double power_of_two(int64_t k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

double elementary_exp(double x)
{
    static const double inv_ln2 = 1.44269504088896338700e+00;
    static const double p1 = 1.66666666666666019037e-01, p2 = -2.77777777770155933842e-03,
                        p3 = 6.61375632143793436117e-05, p4 = -1.65339022054652515390e-06,
                        p5 = 4.13813679705723846039e-08;

    if (!(x <= 7.09782712893383973096e+02)) return x * from_bits(UINT64_C(0x7ff0000000000000));
    if (x < -7.45133219101941108420e+02) return 0;

    int64_t k = (int64_t)(inv_ln2 * x + (x < 0 ? -0.5 : 0.5));
    double hi = x - (double)k * LN2_HI;
    double lo = (double)k * LN2_LO;
    double r = hi - lo;
    double t = r * r;
    double c = r - t * (p1 + t * (p2 + t * (p3 + t * (p4 + t * p5))));
    double y = 1 - ((lo - (r * c) / (2 - c)) - hi);
    /* Two exact factors, so that a subnormal result is rounded once and 2^1024 is never needed. */
    int64_t half = k / 2;
    return y * power_of_two(half) * power_of_two(k - half);
}

double elementary_log(double x)
{
    static const double l1 = 6.666666666666735130e-01, l2 = 3.999999999940941908e-01,
                        l3 = 2.857142874366239149e-01, l4 = 2.222219843214978396e-01,
                        l5 = 1.818357216161805012e-01, l6 = 1.531383769920937332e-01,
                        l7 = 1.479819860511658591e-01;
    static const uint64_t sqrt_half = UINT64_C(0x3fe6a09e00000000); /* to its upper 32 bits */
    static const uint64_t one = UINT64_C(0x3ff0000000000000);

    int64_t k = 0;
    if (!(x >= DBL_MIN && x <= DBL_MAX)) {
        if (x == 0) return -from_bits(UINT64_C(0x7ff0000000000000));
        if (x < 0) return from_bits(UINT64_C(0x7ff8000000000000));
        if (!(x <= DBL_MAX)) return x;
        x *= 0x1p54;
        k = -54;
    }
    uint64_t shifted = bits_of(x) + (one - sqrt_half);
    k += (int64_t)(shifted >> 52) - 1023;
    x = from_bits((shifted & UINT64_C(0x000fffffffffffff)) + sqrt_half);

    double f = x - 1;
    double half_square = 0.5 * f * f;
    double s = f / (2 + f);
    double z = s * s;
    double w = z * z;
    double t1 = w * (l2 + w * (l4 + w * l6));
    double t2 = z * (l1 + w * (l3 + w * (l5 + w * l7)));
    double dk = (double)k;
    return s * (half_square + (t2 + t1)) + dk * LN2_LO - half_square + f + dk * LN2_HI;
}

double elementary_log1p(double x)
{
    double y = 1 + x;
    /* What rounding took from y, which log(y) misses (as in fdlibm's s_log1p.c). */
    double lost = x < 1 ? x - (y - 1) : 1 - (y - x);

    return y <= DBL_MAX ? elementary_log(y) + lost / y : y;
}

/* For |x| up to pi/4. */
static double sine(double x)
{
    static const double s1 = -1.66666666666666324348e-01, s2 = 8.33333333332248946124e-03,
                        s3 = -1.98412698298579493134e-04, s4 = 2.75573137070700676789e-06,
                        s5 = -2.50507602534068634195e-08, s6 = 1.58969099521155010221e-10;
    double z = x * x;

    return x + x * z * (s1 + z * (s2 + z * (s3 + z * (s4 + z * (s5 + z * s6)))));
}

static double cosine(double x)
{
    static const double c1 = 4.16666666666666019037e-02, c2 = -1.38888888888741095749e-03,
                        c3 = 2.48015872894767294178e-05, c4 = -2.75573143513906633035e-07,
                        c5 = 2.08757232129817482790e-09, c6 = -1.13596475577881948265e-11;
    double z = x * x;

    return 1 - (0.5 * z - z * z * (c1 + z * (c2 + z * (c3 + z * (c4 + z * (c5 + z * c6))))));
}

double elementary_half_wave(double f)
{
    static const double half_pi = 1.57079632679489661923e+00;
    /* The square of cos(pi f / 2), which beyond pi/4 is a sine. */
    double c = f <= 0.5 ? cosine(half_pi * f) : sine(half_pi * (1 - f));

    return c * c;
}

double elementary_power(double base, uint64_t n)
{
    double power = 1;

    for (; n; n >>= 1, base *= base)
        if (n & 1) power *= base;
    return power;
}
