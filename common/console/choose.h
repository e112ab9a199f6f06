/* choose.h: completion as a decision on words: what goes into the line, or what is shown to choose
 * from. It knows no terminal. */
#ifndef DTQ_CHOOSE_H
#define DTQ_CHOOSE_H

#include "common/console/console.h"

struct choice {
    struct buf insert; /* to be put behind what is typed; empty: nothing is certain */
    struct buf list;   /* the words that fit, as lines; empty when there is something to insert */
};

/* typed: the beginning of the word. Of one word that fits the rest is inserted, with a blank behind
 * it unless it ends with one of = : _ and wants more; of several what they have in common. The
 * caller clears *out. */
void choose(const struct console_words *words, const char *typed, int columns, struct choice *out);
void choice_clear(struct choice *c);

#endif
