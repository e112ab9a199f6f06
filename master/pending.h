/* pending.h: the numbers of a job's open tasks: emitted and not folded. The last guard of "folded
 * once": a result whose task is not open is thrown away, however it came to be. It knows numbers.
 */
#ifndef DTQ_PENDING_H
#define DTQ_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One bit a number from base on; zeroed is empty. */
struct pending {
    uint64_t base;  /* a multiple of 64: no smaller number is open */
    uint64_t *bits; /* owned */
    size_t words, room;
    uint64_t count;
};

/* False when memory ran out. A number that is there already is fine. */
bool pending_add(struct pending *p, uint64_t no);

/* True when it was there. */
bool pending_remove(struct pending *p, uint64_t no);

bool pending_has(const struct pending *p, uint64_t no);
void pending_clear(struct pending *p);

#endif
