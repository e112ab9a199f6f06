/* buf.c: a byte buffer that grows. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_clear(struct buf *b)
{
    free(b->data);
    memset(b, 0, sizeof *b);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data) b->data[0] = '\0';
}

void *buf_grow(struct buf *b, size_t len)
{
    size_t need, cap;
    char *data;

    if (b->failed || len > SIZE_MAX / 2 - b->len) goto fail;
    need = b->len + len + 1;
    if (need > b->cap) {
        cap = b->cap ? b->cap : 64;
        while (cap < need)
            cap *= 2;
        data = realloc(b->data, cap);
        if (!data) goto fail;
        b->data = data;
        b->cap = cap;
    }
    b->len += len;
    b->data[b->len] = '\0';
    return b->data + b->len - len;
fail:
    b->failed = true;
    return NULL;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    void *to = buf_grow(b, len);

    if (to && len) memcpy(to, data, len);
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    int len;
    char *to;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    to = len < 0 ? NULL : buf_grow(b, (size_t)len);
    if (to)
        vsnprintf(to, (size_t)len + 1, format, again);
    else
        b->failed = true;
    va_end(again);
}
