/* watch.h: sees workers that died. A dead process' connections are closed by its kernel at once, so
 * a worker whose connection is missing at two looks in a row is dismissed without waiting for its
 * presence or leases to run out; one that merely lost its connection has registered anew by then.
 */
#ifndef DTQ_WATCH_H
#define DTQ_WATCH_H

#include "common/queue/queue.h"

struct watch;

struct watch *watch_new(void); /* NULL when memory ran out */
void watch_free(struct watch *w);

/* Forgets all suspicions, as after a new connection; returns the milliseconds to wait before the
 * next look: the workers may have lost theirs, too, and need time to come back. */
int64_t watch_rest(struct watch *w);

/* One look; *next_ms until the next. */
enum dtq_err watch_look(struct watch *w, struct queue *q, int64_t *next_ms, struct dtq_why *why);

#endif
