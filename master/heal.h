/* heal.h: after each connection a master looks whether the queue is whole: a Redis that lost its
 * newest data, or was changed by hand, may have left tasks in no place, and jobs that would never
 * end. */
#ifndef DTQ_HEAL_H
#define DTQ_HEAL_H

#include "common/queue/queue.h"

struct heal;

struct heal *heal_new(void); /* NULL when memory ran out */
void heal_free(struct heal *h);

/* A connection is new: how long to wait for the first look. */
int64_t heal_begin(struct heal *h);

/* Looks; what two looks show is mended and logged. *next_ms until it is to be called again, -1: not
 * before the next connection. */
enum dtq_err heal_look(struct heal *h, struct queue *q, const char *master, int64_t *next_ms,
                       struct dtq_why *why);

#endif
