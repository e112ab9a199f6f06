/* lines.h: a text file as runs of whole lines, each of which ends with '\n' however it does in the
 * file: that may be LF, CR LF (the CR stays), or CR alone, which the first line tells. A byte order
 * mark in front is left out. Reads in blocks rather than mapping the file: a file that
 * is cut short meanwhile is then an error and not a signal. */
#ifndef DTQ_LINES_H
#define DTQ_LINES_H

#include "common/dataset/source.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LINES_SLACK = 32 }; /* readable bytes behind the last line, of no meaning */

enum line_ends { ENDS_UNKNOWN, ENDS_LF, ENDS_CR };

struct lines {
    struct source *source; /* borrowed */
    char *data;            /* owned */
    size_t capacity;
    size_t used; /* bytes read into data */
    size_t told; /* of them, bytes already handed out */
    bool ended;
    enum line_ends ends;
    size_t looked;  /* ENDS_UNKNOWN: bytes of data in which no end of a line was found; */
    bool quoted;    /* the next one is within quotes */
    bool cr_before; /* ENDS_CR: the last byte of the block before was a CR */
};

void lines_init(struct lines *l, struct source *source);
void lines_clear(struct lines *l);

/* The next run of whole lines, [*from, *to), valid until the next call. Each ends with '\n', which
 * is added where the last one lacks it. DTQ_NONE at the end of the file; else as source_read. */
enum dtq_err lines_next(struct lines *l, const char **from, const char **to, struct dtq_why *why);

/* What was handed out last was read to `until` only: the next run begins there, and is longer than
 * what was left. Not when `ended`. */
void lines_keep(struct lines *l, const char *until);

#endif
