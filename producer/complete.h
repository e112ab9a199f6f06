/* complete.h: what may be typed next, in the producer's console and in a shell. */
#ifndef DTQ_COMPLETE_H
#define DTQ_COMPLETE_H

#include "common/console/console.h"
#include "producer/app.h"

/* A console_complete; ctx is the struct app. Commands, ids of jobs, fields of a job with their
 * values, options, files. */
void complete_words(void *ctx, const char *line, size_t start, struct console_words *to);

/* The same for any line that begins with its command; plain: COMPLETE_PLAIN, or 0 where names of
 * files may be anything. */
void complete_line(const struct app *app, const char *line, size_t start, unsigned plain,
                   struct console_words *to);

/* `dtq __complete WORD...`, for a shell: prints what the last word may become, one a line, sorted.
 * The words are those behind the program's name as the shell would pass them on; the last one may
 * be empty. One that ends with '=', ':', '_' or '/' goes on. Returns the exit status. */
int complete_shell(const struct app *app, int count, char **words);

#endif
