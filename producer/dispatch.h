/* dispatch.h: from words to a command that runs. */
#ifndef DTQ_DISPATCH_H
#define DTQ_DISPATCH_H

#include "producer/app.h"

#include <stddef.h>

/* A command line: runs its command, or a console when it names none. Returns the exit status. */
int dispatch(struct app *app, int argc, char **argv);

/* A line of a console: count words, at least one, followed by NULL. base holds what the console was
 * started with. */
int dispatch_words(const struct app *base, size_t count, char **words);

#endif
