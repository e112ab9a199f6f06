/* auc.c: the area under the ROC curve as a count of pairs. */
#include "jobs/train/auc.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 6 };

/* Bits that are in the order of the numbers; -0 is 0. */
static uint64_t key_of(double x)
{
    uint64_t bits;

    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* From the least to the greatest, by the digits of their keys from the lowest on (Knuth, vol. 3,
 * 5.2.5). An even number of passes: the result ends where it began. */
static void sort(double *values, size_t count, double *scratch)
{
    for (unsigned pass = 0; pass < PASSES; pass++) {
        double *from = pass % 2 ? scratch : values, *to = pass % 2 ? values : scratch;
        unsigned shift = pass * DIGIT_BITS;
        size_t at[DIGITS] = {0}, sum = 0;

        for (size_t i = 0; i < count; i++)
            at[key_of(from[i]) >> shift & (DIGITS - 1)]++;
        for (size_t d = 0; d < DIGITS; d++) {
            size_t here = at[d];

            at[d] = sum;
            sum += here;
        }
        for (size_t i = 0; i < count; i++)
            to[at[key_of(from[i]) >> shift & (DIGITS - 1)]++] = from[i];
    }
}

uint64_t auc_wins(double *above, size_t above_count, double *below, size_t below_count,
                  double *scratch)
{
    size_t less = 0, upto = 0; /* of below: less than the score, and at most it */
    uint64_t wins = 0;

    sort(above, above_count, scratch);
    sort(below, below_count, scratch);
    for (size_t i = 0; i < above_count; i++) {
        while (less < below_count && below[less] < above[i])
            less++;
        if (upto < less) upto = less;
        while (upto < below_count && below[upto] <= above[i])
            upto++;
        wins += less + upto;
    }
    return wins;
}
