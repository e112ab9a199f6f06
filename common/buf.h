/* buf.h: a byte buffer that grows. Running out of memory is remembered (failed) and asked once, at
 * the end, so that building a message needs no check at each step. */
#ifndef DTQ_BUF_H
#define DTQ_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* owned; len bytes, followed by a NUL that does not count; NULL while empty */
    size_t len;
    size_t cap;
    bool failed; /* memory ran out: the content is not to be used */
};

void buf_clear(struct buf *b); /* frees; b is empty and usable again */
void buf_reset(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_text(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for len more bytes, which count as added; NULL (and failed) when memory ran out. */
void *buf_grow(struct buf *b, size_t len);

#endif
