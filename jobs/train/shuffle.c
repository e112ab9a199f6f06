/* shuffle.c: an order of rows without memory. */
#include "jobs/train/shuffle.h"

/* The finishing step of SplitMix64 (Steele et al. 2014). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void shuffle_init(struct shuffle *s, uint64_t count, uint64_t seed, uint64_t epoch)
{
    uint64_t key = mix(mix(seed) ^ epoch);

    s->count = count;
    s->half_bits = 1;
    while (s->half_bits < 32 && count > UINT64_C(1) << (2 * s->half_bits))
        s->half_bits++;
    for (unsigned i = 0; i < SHUFFLE_ROUNDS; i++)
        s->keys[i] = key = mix(key);
}

static uint64_t permute(const struct shuffle *s, uint64_t x)
{
    uint64_t mask = (UINT64_C(1) << s->half_bits) - 1;
    uint64_t left = x >> s->half_bits, right = x & mask;

    for (unsigned i = 0; i < SHUFFLE_ROUNDS; i++) {
        uint64_t next = left ^ (mix(right ^ s->keys[i]) & mask);

        left = right;
        right = next;
    }
    return left << s->half_bits | right;
}

uint64_t shuffle_row(const struct shuffle *s, uint64_t place)
{
    do
        place = permute(s, place);
    while (place >= s->count);
    return place;
}
