/* lines.h: a file as runs of whole lines. Reads in blocks rather than mapping the file: a file that
 * is cut short meanwhile is then an error and not a signal. */
#ifndef DTQ_LINES_H
#define DTQ_LINES_H

#include "common/dataset/source.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LINES_SLACK = 32 }; /* readable bytes behind the last line, of no meaning */

struct lines {
    struct source *source; /* borrowed */
    char *data;            /* owned */
    size_t capacity;
    size_t used; /* bytes read into data */
    size_t told; /* of them, bytes already handed out */
    bool ended;
};

void lines_init(struct lines *l, struct source *source);
void lines_clear(struct lines *l);

/* The next run of whole lines, [*from, *to), valid until the next call. Each ends with '\n', which
 * is added where the last one lacks it. DTQ_NONE at the end of the file; else as source_read. */
enum dtq_err lines_next(struct lines *l, const char **from, const char **to, struct dtq_why *why);

#endif
