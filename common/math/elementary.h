/* elementary.h: exp and log that give the same bits on every machine. libm's may differ from one
 * version to the next, so training does not use them. Additions, multiplications, divisions and
 * bit operations only. */
#ifndef DTQ_ELEMENTARY_H
#define DTQ_ELEMENTARY_H

#include <stdint.h>

/* Less than one unit in the last place off, over the whole range of double; overflow is infinity,
 * underflow goes through the subnormals to 0, NaN stays NaN. */
double elementary_exp(double x);

/* Likewise; 0 is minus infinity, below 0 is NaN. */
double elementary_log(double x);

/* log(1 + x) for x from 0 on, less than two units in the last place off, also where x is much
 * smaller than 1; infinity stays infinity, NaN stays NaN. */
double elementary_log1p(double x);

/* (1 + cos(pi * f)) / 2 for f in [0, 1]: from 1 down to 0 in half a wave. */
double elementary_half_wave(double f);

/* base to the whole power n, by repeated squaring. */
double elementary_power(double base, uint64_t n);

#endif
