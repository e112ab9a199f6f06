/* foreign.h: files that are no tables of ours, told by their first bytes, and how to make one of
 * them. It knows bytes; no tables. */
#ifndef DTQ_FOREIGN_H
#define DTQ_FOREIGN_H

#include "common/dataset/source.h"

/* DTQ_INPUT with a sentence that names the format and says what to do; DTQ_OK: the file starts as a
 * text may. */
enum dtq_err foreign_check(const struct source *s, struct dtq_why *why);

#endif
