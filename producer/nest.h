/* nest.h: a `dtq up` of one's own in a temporary folder, for the time of a demo. */
#ifndef DTQ_NEST_H
#define DTQ_NEST_H

#include "common/find.h"
#include "producer/app.h"
#include "producer/child.h"

struct nest {
    char dir[200]; /* the temporary folder */
    char url[FIND_URL];
    struct child up;
};

/* Makes the folder, starts `dtq up` there with `workers` workers and data_dir as a root of data,
 * and waits until all of them are at work. On an error nothing is left. DTQ_CANCELLED: a signal
 * came. */
enum dtq_err nest_open(struct nest *n, long long workers, const char *data_dir,
                       struct dtq_why *why);

/* Stops it; removes the folder unless keep. Safe on one that was cleared or never opened. */
void nest_close(struct nest *n, bool keep);

#endif
