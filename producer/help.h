/* help.h: the page that `dtq --help` prints; also what a console that is no terminal and has no
 * commands answers with. */
#ifndef DTQ_HELP_H
#define DTQ_HELP_H

#include "producer/app.h"

void help_all(const struct app *app);

#endif
