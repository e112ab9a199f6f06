/* demo_check.h: the answers that the demo knows beforehand, found in another way than the jobs find
 * theirs. Arithmetic only. */
#ifndef DTQ_DEMO_CHECK_H
#define DTQ_DEMO_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEMO_DIGITS = 48 };

/* 1 + 2 + ... + n as decimal text, by n (n + 1) / 2; n up to 10^18. */
const char *demo_sum(uint64_t n, char text[DEMO_DIGITS]);

/* 1 + 4 + ... + n^2, by n (n + 1) (2n + 1) / 6; n up to 10^12. */
const char *demo_sumsq(uint64_t n, char text[DEMO_DIGITS]);

/* The same bits, which is more than the same numbers: 0 and -0 differ. */
bool demo_same_bits(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
