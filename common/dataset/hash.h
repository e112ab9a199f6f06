/* hash.h: XXH64 by Yann Collet, after the specification in xxHash's doc/xxhash_spec.md. Tells
 * contents apart; no protection against somebody who means harm. */
#ifndef DTQ_HASH_H
#define DTQ_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_STRIPE = 32 };

/* A hash of bytes that come piece by piece; how they are cut makes no difference. */
struct hash {
    uint64_t lanes[4];
    uint64_t seed;
    uint64_t len;
    size_t kept; /* bytes in rest */
    unsigned char rest[HASH_STRIPE];
};

void hash_init(struct hash *h, uint64_t seed);
void hash_add(struct hash *h, const void *data, size_t len);
uint64_t hash_end(const struct hash *h);

/* The same of bytes that are all there. */
uint64_t hash_64(const void *data, size_t len, uint64_t seed);

#endif
