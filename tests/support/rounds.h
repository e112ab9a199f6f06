/* rounds.h: how often a test throws its dice. */
#ifndef DTQ_ROUNDS_H
#define DTQ_ROUNDS_H

#include <stdlib.h>

/* As often as is usual, or fewer times where a tool makes each round slow: DTQ_TEST_SLOW is the
 * factor for all deadlines, too. At least 1. */
static inline int rounds(int usual)
{
    const char *text = getenv("DTQ_TEST_SLOW");
    double slow = text ? strtod(text, NULL) : 1;

    if (!(slow > 1)) return usual;
    return slow < usual ? (int)(usual / slow) : 1;
}

#endif
