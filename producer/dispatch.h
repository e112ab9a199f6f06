/* dispatch.h: a command line. */
#ifndef DTQ_DISPATCH_H
#define DTQ_DISPATCH_H

#include "producer/app.h"

/* A command line: runs its command, or a console when it names none. Returns the exit status. */
int dispatch(struct app *app, int argc, char **argv);

#endif
