/* brief.h: what a helper has to know of a task, as bytes on a board. */
#ifndef DTQ_BRIEF_H
#define DTQ_BRIEF_H

#include "common/buf.h"
#include "common/id.h"
#include "common/queue/queue.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum { BRIEF_VECTORS_MOST = 8 };

struct brief_vector {
    char name[16];
    const double *v; /* borrowed */
    size_t count;
};

struct brief {
    char job[ID_MAX + 1], nonce[QUEUE_NONCE], type[ID_MAX + 1];
    const char *params; /* JSON; borrowed, as all that follows */
    size_t params_len;
    const void *spec;
    size_t spec_len;
    struct brief_vector vectors[BRIEF_VECTORS_MOST];
    size_t vector_count;
};

void brief_write(const struct brief *b, struct buf *out);

/* False: these bytes are no brief. What is read points into them; they have to be 8-byte aligned.
 */
bool brief_read(const void *bytes, size_t len, struct brief *out);

#endif
