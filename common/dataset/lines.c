/* lines.c: one buffer; what is left of a line that is not whole yet moves to its front. */
#include "common/dataset/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18 }; /* stays in the second-level cache while it is parsed */

void lines_init(struct lines *l, struct source *source)
{
    static const char mark[] = "\xef\xbb\xbf";
    *l = (struct lines){.source = source};
    if (source->head_told == 0 && source->head_used >= 3 && memcmp(source->head, mark, 3) == 0)
        source->head_told = 3;
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

/* Every CR, with an LF behind it or without, becomes an LF in the n bytes that were read last. */
static size_t unify(struct lines *l, char *data, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const bool second = data[i] == '\n' && l->cr_before;
        l->cr_before = data[i] == '\r';
        if (!second) data[used++] = l->cr_before ? '\n' : data[i];
    }
    return used;
}

/* Goes by the first end of a line that is not within quotes; several CRs with an LF behind them are
 * the work of a copy that took one for text. */
static void find_ends(struct lines *l)
{
    for (; l->ends == ENDS_UNKNOWN && l->looked < l->used; l->looked++) {
        const char *p = l->data + l->looked, c = *p;
        if (c == '"' && (l->quoted || l->looked == 0 || strchr(",;\t| ", p[-1]))) {
            l->quoted = !l->quoted;
        } else if (!l->quoted && c == '\n') {
            l->ends = ENDS_LF;
        } else if (!l->quoted && c == '\r') {
            size_t crs = strspn(p, "\r");
            if (l->looked + crs == l->used && !l->ended) return;
            l->ends = p[crs] == '\n' ? ENDS_LF : ENDS_CR;
            if (l->ends == ENDS_CR)
                l->used = l->looked + unify(l, l->data + l->looked, l->used - l->looked);
        }
    }
    /* A quote that is closed nowhere. */
    if (l->ends == ENDS_UNKNOWN && l->quoted && l->looked >= BLOCK_BYTES) l->ends = ENDS_LF;
}

static enum dtq_err read_block(struct lines *l, struct dtq_why *why)
{
    size_t n;
    if (!reserve(l))
        return err_set(why, DTQ_NOMEM, "%.200s: no memory for a line of more than %zu bytes",
                       l->source->name, l->used);
    enum dtq_err err = source_read(l->source, l->data + l->used, BLOCK_BYTES, &n, why);
    if (err != DTQ_OK) return err;
    l->used += l->ends == ENDS_CR ? unify(l, l->data + l->used, n) : n;
    l->ended = n == 0;
    if (l->ends == ENDS_UNKNOWN) {
        l->data[l->used] = '\0';
        find_ends(l);
    }
    if (l->ended) {
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
        if (l->ends == ENDS_UNKNOWN && !l->ended) continue;
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

void lines_keep(struct lines *l, const char *until)
{
    l->told = (size_t)(until - l->data);
}
