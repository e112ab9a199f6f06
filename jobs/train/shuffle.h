/* shuffle.h: an order of rows without memory: any place in any epoch is known by itself. A Feistel
 * network over the next even number of bits, its keys from seed and epoch, walked along its cycles
 * until it comes back below the count (Black & Rogaway 2002). */
#ifndef DTQ_TRAIN_SHUFFLE_H
#define DTQ_TRAIN_SHUFFLE_H

#include <stdint.h>

enum { SHUFFLE_ROUNDS = 6 };

struct shuffle {
    uint64_t count;
    unsigned half_bits;
    uint64_t keys[SHUFFLE_ROUNDS];
};

/* The order of count rows in this epoch. */
void shuffle_init(struct shuffle *s, uint64_t count, uint64_t seed, uint64_t epoch);

/* The row at a place; both below count. */
uint64_t shuffle_row(const struct shuffle *s, uint64_t place);

#endif
