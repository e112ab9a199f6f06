/* pending.c: a set of numbers that mostly lie close together and grow. */
#include "master/pending.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 64, TRIM_WORDS = 64 /* empty words in front that are worth a move */ };

/* Moves the base up over words that are empty. */
static void pending_trim(struct pending *p)
{
    size_t empty = 0;

    while (empty < p->words && p->bits[empty] == 0)
        empty++;
    if (empty < TRIM_WORDS) return;
    memmove(p->bits, p->bits + empty, (p->words - empty) * sizeof *p->bits);
    p->words -= empty;
    p->base += (uint64_t)empty * WORD;
}

/* Room for a base further down. */
static bool pending_lower(struct pending *p, uint64_t base)
{
    size_t more = (size_t)((p->base - base) / WORD);
    uint64_t *bits = calloc(p->words + more, sizeof *bits);

    if (!bits) return false;
    if (p->words) memcpy(bits + more, p->bits, p->words * sizeof *bits);
    free(p->bits);
    p->bits = bits;
    p->room = p->words += more;
    p->base = base;
    return true;
}

static bool pending_reach(struct pending *p, size_t words)
{
    size_t room = p->room ? p->room : TRIM_WORDS;
    uint64_t *bits;

    if (words > p->room) {
        while (room < words)
            room *= 2;
        bits = realloc(p->bits, room * sizeof *bits);
        if (!bits) return false;
        p->bits = bits;
        p->room = room;
    }
    if (words > p->words) {
        memset(p->bits + p->words, 0, (words - p->words) * sizeof *p->bits);
        p->words = words;
    }
    return true;
}

bool pending_add(struct pending *p, uint64_t no)
{
    uint64_t base = no / WORD * WORD;
    size_t word;

    if (p->words == 0) p->base = base;
    if (base < p->base && !pending_lower(p, base)) return false;
    word = (size_t)((no - p->base) / WORD);
    if (!pending_reach(p, word + 1)) return false;
    if (pending_has(p, no)) return true;
    p->bits[word] |= UINT64_C(1) << no % WORD;
    p->count++;
    return true;
}

bool pending_has(const struct pending *p, uint64_t no)
{
    return no >= p->base && (no - p->base) / WORD < p->words &&
           (p->bits[(no - p->base) / WORD] >> no % WORD & 1);
}

bool pending_remove(struct pending *p, uint64_t no)
{
    if (!pending_has(p, no)) return false;
    p->bits[(no - p->base) / WORD] &= ~(UINT64_C(1) << no % WORD);
    p->count--;
    if (p->bits[0] == 0) pending_trim(p);
    return true;
}

void pending_clear(struct pending *p)
{
    free(p->bits);
    memset(p, 0, sizeof *p);
}
