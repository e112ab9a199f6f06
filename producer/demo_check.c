/* demo_check.c: the answers that the demo knows beforehand. */
#include "producer/demo_check.h"

#include <string.h>

static const char *decimal(unsigned __int128 n, char text[DEMO_DIGITS])
{
    char *at = text + DEMO_DIGITS;

    *--at = '\0';
    do
        *--at = (char)('0' + (int)(n % 10));
    while (n /= 10);
    return memmove(text, at, (size_t)(text + DEMO_DIGITS - at));
}

const char *demo_sum(uint64_t n, char text[DEMO_DIGITS])
{
    return decimal((unsigned __int128)n * (n + 1) / 2, text);
}

const char *demo_sumsq(uint64_t n, char text[DEMO_DIGITS])
{
    return decimal((unsigned __int128)n * (n + 1) * (2 * n + 1) / 6, text);
}

bool demo_same_bits(const double *a, size_t a_count, const double *b, size_t b_count)
{
    return a_count && a_count == b_count && !memcmp(a, b, a_count * sizeof *a);
}
