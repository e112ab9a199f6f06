/* handover.h: what slots of a process hand in at the same time goes in one call. While one of them
 * waits for its answer those that end meanwhile gather, and go together next: the busier Redis is,
 * the more go at a time, and the cheaper each becomes. Large results would hold up small ones: what
 * is beyond 1 MiB of waiting bytes goes by itself. */
#ifndef DTQ_HANDOVER_H
#define DTQ_HANDOVER_H

#include "common/queue/queue.h"

struct handover;

/* On a connection of its own to the queue of q. NULL: out of memory. */
struct handover *handover_new(const struct queue *q);
void handover_free(struct handover *h); /* NULL is fine; nobody is inside any more */

/* As queue_complete for the one slot of row, from any thread; m is the same for all. own: the
 * slot's connection, for what is too large to go with others. After DTQ_CONN the next call connects
 * anew, but own is the caller's to connect. */
enum dtq_err handover_complete(struct handover *h, struct queue *own, const struct queue_member *m,
                               struct queue_hand_in *row, struct dtq_why *why);

#endif
