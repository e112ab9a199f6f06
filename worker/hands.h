/* hands.h: how many of a process' slots have nothing to do. So many of its threads may help others;
 * they stop, at the end of a part, when a slot gets a task of its own. */
#ifndef DTQ_HANDS_H
#define DTQ_HANDS_H

#include <stdatomic.h>
#include <stdbool.h>

struct hands;

/* NULL when memory ran out. */
struct hands *hands_new(unsigned slots);
void hands_free(struct hands *h); /* NULL is fine; nobody may be waiting */

/* A slot has got something to do, or has nothing any more. */
void hands_busy(struct hands *h, bool busy);

/* Waits for a free hand. False, without one, once *stop is true. */
bool hands_take(struct hands *h, const atomic_bool *stop);
void hands_give(struct hands *h);

/* Whether more are taken than are free: then whoever has one should give it. */
bool hands_short(struct hands *h);

/* Those who wait look at their stop. */
void hands_wake(struct hands *h);

#endif
