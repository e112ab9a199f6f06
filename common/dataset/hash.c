/* hash.c: XXH64. The names are those of the specification. */
#include "common/dataset/hash.h"

#include <endian.h>
#include <string.h>

static const uint64_t PRIME_1 = UINT64_C(0x9E3779B185EBCA87),
                      PRIME_2 = UINT64_C(0xC2B2AE3D27D4EB4F),
                      PRIME_3 = UINT64_C(0x165667B19E3779F9),
                      PRIME_4 = UINT64_C(0x85EBCA77C2B2AE63),
                      PRIME_5 = UINT64_C(0x27D4EB2F165667C5);

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static uint64_t read_64(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

static uint32_t read_32(const unsigned char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return le32toh(x);
}

static uint64_t lane(uint64_t acc, uint64_t input)
{
    return rotate(acc + input * PRIME_2, 31) * PRIME_1;
}

static uint64_t merge(uint64_t acc, uint64_t value)
{
    return (acc ^ lane(0, value)) * PRIME_1 + PRIME_4;
}

/* The whole stripes of 32 bytes from *p on; *p is moved behind them. */
static uint64_t stripes(const unsigned char **p, const unsigned char *end, uint64_t seed)
{
    uint64_t a = seed + PRIME_1 + PRIME_2, b = seed + PRIME_2, c = seed, d = seed - PRIME_1;
    for (; end - *p >= 32; *p += 32) {
        a = lane(a, read_64(*p));
        b = lane(b, read_64(*p + 8));
        c = lane(c, read_64(*p + 16));
        d = lane(d, read_64(*p + 24));
    }
    uint64_t acc = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(acc, a), b), c), d);
}

uint64_t hash_64(const void *data, size_t len, uint64_t seed)
{
    const unsigned char *p = data;
    const unsigned char *end = p + len;
    uint64_t acc = len >= 32 ? stripes(&p, end, seed) : seed + PRIME_5;
    acc += len;
    for (; end - p >= 8; p += 8)
        acc = rotate(acc ^ lane(0, read_64(p)), 27) * PRIME_1 + PRIME_4;
    if (end - p >= 4) {
        acc = rotate(acc ^ read_32(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        p += 4;
    }
    for (; p < end; p++)
        acc = rotate(acc ^ *p * PRIME_5, 11) * PRIME_1;
    acc = (acc ^ acc >> 33) * PRIME_2;
    acc = (acc ^ acc >> 29) * PRIME_3;
    return acc ^ acc >> 32;
}
