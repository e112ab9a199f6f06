/* brief.c: a line of sizes, then what they are of, each from a multiple of 8 on. */
#include "worker/brief.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 512, VECTOR_HEAD = 64 };

static void add(struct buf *out, const void *data, size_t len)
{
    static const char zeros[8];

    buf_add(out, data, len);
    buf_add(out, zeros, (8 - len % 8) % 8);
}

/* A text in a field of a fixed size. */
static void add_head(struct buf *out, const char *text, size_t size)
{
    char *to = buf_grow(out, size);

    if (!to) return;
    memset(to, 0, size);
    memcpy(to, text, strlen(text));
}

void brief_write(const struct brief *b, struct buf *out)
{
    char text[HEAD];

    snprintf(text, sizeof text, "%s %s %s params=%zu spec=%zu vectors=%zu", b->job, b->nonce,
             b->type, b->params_len, b->spec_len, b->vector_count);
    add_head(out, text, HEAD);
    add(out, b->params, b->params_len);
    add(out, b->spec, b->spec_len);
    for (size_t i = 0; i < b->vector_count; i++) {
        const struct brief_vector *v = &b->vectors[i];

        snprintf(text, VECTOR_HEAD, "%s count=%zu", v->name, v->count);
        add_head(out, text, VECTOR_HEAD);
        add(out, v->v, v->count * sizeof *v->v);
    }
}

/* So many bytes at *at, which moves behind them; NULL: there are not so many. */
static const void *take(const char **at, const char *end, size_t len)
{
    const char *from = *at;
    size_t left = (size_t)(end - from);

    if (len > left || (8 - len % 8) % 8 > left - len) return NULL;
    *at += len + (8 - len % 8) % 8;
    return from;
}

/* A head as a text that ends. */
static bool take_text(const char **at, const char *end, char *to, size_t size)
{
    const char *from = take(at, end, size);

    if (!from || from[size - 1]) return false;
    memcpy(to, from, size);
    return true;
}

bool brief_read(const void *bytes, size_t len, struct brief *out)
{
    const char *at = bytes, *end = at + len;
    char text[HEAD];
    int used = -1;

    memset(out, 0, sizeof *out);
    if (!take_text(&at, end, text, HEAD)) return false;
    sscanf(text, "%64s %64s %64s params=%zu spec=%zu vectors=%zu%n", out->job, out->nonce,
           out->type, &out->params_len, &out->spec_len, &out->vector_count, &used);
    if (used < 0 || text[used] || out->vector_count > BRIEF_VECTORS_MOST ||
        !(out->params = take(&at, end, out->params_len)) ||
        !(out->spec = take(&at, end, out->spec_len)))
        return false;
    for (size_t i = 0; i < out->vector_count; i++) {
        struct brief_vector *v = &out->vectors[i];

        used = -1;
        if (!take_text(&at, end, text, VECTOR_HEAD)) return false;
        sscanf(text, "%15s count=%zu%n", v->name, &v->count, &used);
        if (used < 0 || text[used] || v->count > SIZE_MAX / sizeof(double) ||
            !(v->v = take(&at, end, v->count * sizeof(double))))
            return false;
    }
    return at == end;
}
