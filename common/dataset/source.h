/* source.h: the bytes of a file, unpacked when it is a gzip file. It knows bytes; no tables. */
#ifndef DTQ_SOURCE_H
#define DTQ_SOURCE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

enum { SOURCE_HEAD = 1 << 14 }; /* bytes that can be looked at before they are read */

struct source {
    const char *name; /* borrowed: of the file, for sentences */
    int fd;           /* borrowed */
    gzFile packed;    /* owned; NULL: the file is read as it is */
    uint64_t file_bytes;
    size_t head_used, head_told;
    unsigned char head[SOURCE_HEAD];
};

/* Begins to read at the start of the file; head holds what it starts with. Errors as source_read.
 * source_clear is fine in any case. */
enum dtq_err source_open(struct source *s, int fd, const char *name, struct dtq_why *why);
void source_clear(struct source *s);

/* Up to bytes (more than 0) into `to`; *got is 0 at the end of the file only. DTQ_INPUT: the gzip
 * file is damaged or cut short; DTQ_IO; DTQ_NOMEM. */
enum dtq_err source_read(struct source *s, void *to, size_t bytes, size_t *got,
                         struct dtq_why *why);

/* The same until bytes are there or the file ends. */
enum dtq_err source_fill(struct source *s, void *to, size_t bytes, size_t *got,
                         struct dtq_why *why);

/* The most bytes that the whole file can hold, unpacked. */
uint64_t source_bound(const struct source *s);

#endif
