/* session.h: the producer's console, and commands from a file. */
#ifndef DTQ_SESSION_H
#define DTQ_SESSION_H

#include "producer/app.h"

/* On a terminal a console, where jobs run in the background; else commands from standard input, one
 * a line, each waited for, up to the first that fails (unless app->keep_going). Returns the exit
 * status: that of the first failure. */
int session_run(const struct app *app);

#endif
