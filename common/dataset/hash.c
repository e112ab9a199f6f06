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

void hash_init(struct hash *h, uint64_t seed)
{
    *h = (struct hash){.lanes = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1},
                       .seed = seed};
}

/* The whole stripes of [p, end); returns the first byte that belongs to none. */
static const unsigned char *stripes(uint64_t lanes[4], const unsigned char *p,
                                    const unsigned char *end)
{
    uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];
    for (; end - p >= HASH_STRIPE; p += HASH_STRIPE) {
        a = lane(a, read_64(p));
        b = lane(b, read_64(p + 8));
        c = lane(c, read_64(p + 16));
        d = lane(d, read_64(p + 24));
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
    return p;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
    if (len == 0) return; /* data may be NULL */
    const unsigned char *p = data;
    const unsigned char *end = p + len;
    h->len += len;
    if (h->kept > 0) {
        size_t n = HASH_STRIPE - h->kept < len ? HASH_STRIPE - h->kept : len;
        memcpy(h->rest + h->kept, p, n);
        h->kept += n;
        p += n;
        if (h->kept < HASH_STRIPE) return;
        stripes(h->lanes, h->rest, h->rest + HASH_STRIPE);
    }
    p = stripes(h->lanes, p, end);
    h->kept = (size_t)(end - p);
    if (h->kept > 0) memcpy(h->rest, p, h->kept);
}

uint64_t hash_end(const struct hash *h)
{
    const unsigned char *p = h->rest;
    const unsigned char *end = p + h->kept;
    const uint64_t *v = h->lanes;
    uint64_t acc = h->seed + PRIME_5;
    if (h->len >= HASH_STRIPE) {
        acc = rotate(v[0], 1) + rotate(v[1], 7) + rotate(v[2], 12) + rotate(v[3], 18);
        acc = merge(merge(merge(merge(acc, v[0]), v[1]), v[2]), v[3]);
    }
    acc += h->len;
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

uint64_t hash_64(const void *data, size_t len, uint64_t seed)
{
    struct hash h;
    hash_init(&h, seed);
    hash_add(&h, data, len);
    return hash_end(&h);
}
