/* round.h: a first round of tasks as bytes, between who splits a new job and who submits it. It
 * knows neither job types nor queues. */
#ifndef DTQ_ROUND_H
#define DTQ_ROUND_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct round {
    struct buf checkpoint; /* of the state that has emitted the tasks */
    struct buf specs;      /* of each task its length (size_t) and its bytes */
    size_t count;          /* of tasks, numbered from 0; 0: there is no round */
};

void round_clear(struct round *r);
void round_add(struct round *r, const void *spec, size_t len);

/* Memory ran out: the round is not to be used. */
bool round_failed(const struct round *r);

/* The next spec; *at is 0 before the first. False behind the last. */
bool round_next(const struct round *r, size_t *at, const char **spec, size_t *len);

#endif
