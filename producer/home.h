/* home.h: the folder of a `dtq up`: whose it is, and where in it Redis listens. */
#ifndef DTQ_HOME_H
#define DTQ_HOME_H

#include "common/find.h"
#include "producer/app.h"
#include "producer/paths.h"

#include <sys/un.h>

struct home {
    const struct app *app;
    char dir[PATHS_MAX / 2]; /* with logs/ in it */
    char socket[sizeof((struct sockaddr_un *)NULL)->sun_path];
    char url[FIND_URL]; /* of the socket */
    int lock; /* for Redis to inherit: it may outlive us for a moment, and the folder is its own */
};

/* Makes --dir or the usual folder when it is missing, and takes it for this process. DTQ_INPUT: it
 * cannot be made, or another `dtq up` lives there, which the sentence names. */
enum dtq_err home_open(struct home *h, const struct app *app, struct dtq_why *why);

/* Gives the folder back; lock -1 is fine. */
void home_close(struct home *h);

#endif
