/* lines.c: one buffer; what is left of a line that is not whole yet moves to its front. */
#include "common/dataset/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18 }; /* stays in the second-level cache while it is parsed */

void lines_init(struct lines *l, struct source *source)
{
    *l = (struct lines){.source = source};
}

void lines_clear(struct lines *l)
{
    free(l->data);
    l->data = NULL;
}

/* Room for a block behind what is used, and for the newline and the slack behind that. */
static bool reserve(struct lines *l)
{
    size_t need = l->used + BLOCK_BYTES + 1 + LINES_SLACK;
    if (need <= l->capacity) return true;
    size_t capacity = l->capacity > SIZE_MAX / 2 ? need : l->capacity * 2;
    if (capacity < need) capacity = need;
    char *grown = realloc(l->data, capacity);
    if (!grown) return false;
    l->data = grown;
    l->capacity = capacity;
    return true;
}

static enum dtq_err read_block(struct lines *l, struct dtq_why *why)
{
    size_t n;
    if (!reserve(l))
        return err_set(why, DTQ_NOMEM, "%.200s: no memory for a line of more than %zu bytes",
                       l->source->name, l->used);
    enum dtq_err err = source_read(l->source, l->data + l->used, BLOCK_BYTES, &n, why);
    if (err != DTQ_OK) return err;
    l->used += n;
    if (n == 0) {
        l->ended = true;
        if (l->used > 0 && l->data[l->used - 1] != '\n') l->data[l->used++] = '\n';
    }
    return DTQ_OK;
}

enum dtq_err lines_next(struct lines *l, const char **from, const char **to, struct dtq_why *why)
{
    if (l->told > 0) memmove(l->data, l->data + l->told, l->used - l->told);
    l->used -= l->told;
    l->told = 0;
    size_t searched = 0; /* a long line is searched once, not once a block */
    while (!l->ended) {
        enum dtq_err err = read_block(l, why);
        if (err != DTQ_OK) return err;
        const char *last = memrchr(l->data + searched, '\n', l->used - searched);
        searched = l->used;
        if (!last) continue;
        l->told = (size_t)(last - l->data) + 1;
        break;
    }
    if (l->told == 0) return DTQ_NONE;
    memset(l->data + l->used, 0, LINES_SLACK);
    *from = l->data;
    *to = l->data + l->told;
    return DTQ_OK;
}
