/* hash.h: XXH64 by Yann Collet, after the specification in xxHash's doc/xxhash_spec.md. Tells
 * contents apart; no protection against somebody who means harm. */
#ifndef DTQ_HASH_H
#define DTQ_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_64(const void *data, size_t len, uint64_t seed);

#endif
