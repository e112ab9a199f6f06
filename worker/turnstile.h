/* turnstile.h: how many tasks a process runs at a time, when it serves several queues. Who comes
 * first is let in first, so that no queue waits for more than one turn of each of the others. */
#ifndef DTQ_TURNSTILE_H
#define DTQ_TURNSTILE_H

#include <stdatomic.h>
#include <stdbool.h>

struct turnstile;

/* NULL when memory ran out. */
struct turnstile *turnstile_new(unsigned places);
void turnstile_free(struct turnstile *t); /* NULL is fine; nobody may be waiting */

/* Waits for a place. False, without one, once *stop is not 0: then nobody is let in any more. */
bool turnstile_enter(struct turnstile *t, const atomic_int *stop);
void turnstile_leave(struct turnstile *t);

/* Does somebody wait? Then whoever is inside should leave soon, and come again. */
bool turnstile_awaited(struct turnstile *t);

/* Those who wait look at their stop. */
void turnstile_wake(struct turnstile *t);

#endif
