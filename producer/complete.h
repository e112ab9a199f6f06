/* complete.h: what may be typed next in the producer's console. */
#ifndef DTQ_COMPLETE_H
#define DTQ_COMPLETE_H

#include "common/console/console.h"

/* A console_complete; ctx is the struct app. Commands, ids of jobs, fields of a job with their
 * values, options. */
void complete_words(void *ctx, const char *line, size_t start, struct console_words *to);

#endif
