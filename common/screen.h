/* screen.h: what the stream that people read can show: its width and colours, and how wide a text
 * is on it. It knows texts and the terminal, not what they are about. */
#ifndef DTQ_SCREEN_H
#define DTQ_SCREEN_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct screen {
    int columns; /* 0: no terminal, lines may be as long as they like */
    bool colours;
};

/* What a text says at a glance; PLAIN has no colour of its own. */
enum tone {
    TONE_PLAIN,
    TONE_GOOD,  /* green: it ended well */
    TONE_BAD,   /* red: it failed, or is gone */
    TONE_CALM,  /* yellow: on its way, or ended by a person */
    TONE_VOICE, /* cyan: somebody speaks */
    TONE_DIM,   /* details */
};

/* Of a terminal: COLUMNS when that is set, else as wide as it says, else 80; with colours unless
 * NO_COLOR is set or TERM is dumb or not set. Of all else: no columns and no colours. */
struct screen screen_of(FILE *to);

/* Adds len bytes of text in the colour of the tone. */
void screen_paint(const struct screen *s, enum tone tone, const char *text, size_t len,
                  struct buf *out);

/* Columns that a text of UTF-8 takes: 2 for wide characters, 0 for marks that combine with the one
 * before; a byte that is no UTF-8 takes one. */
int screen_width(const char *text);

/* Adds text, or as much of its beginning as fits these columns together with "..."; where not even
 * that has room, as much as there is. */
void screen_cut(const char *text, int columns, struct buf *out);

/* Adds the words of text, from column `at` of the line on; on a terminal one that does not fit
 * begins a line of its own at column `indent`. */
void screen_wrap(const struct screen *s, const char *text, int at, int indent, struct buf *out);

#endif
