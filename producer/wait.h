/* wait.h: waits for the end of a job, and tells how it ended. */
#ifndef DTQ_WAIT_H
#define DTQ_WAIT_H

#include "producer/app.h"

/* A job to be waited for. */
struct awaited {
    struct queue_cursor from; /* the place in the event stream before anything that matters */
    char id[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of its submission; "": of what has the id at the first look, which
                                wait_job then notes here */
};

/* Follows the job until it ends, with a bar on standard error when that is a terminal. A lost
 * connection is told of and made anew for as long as it takes.
 * DTQ_OK: it has ended; DTQ_NONE: --timeout is over; DTQ_CANCELLED: a signal came. In these three
 * *out is the last look, or empty when there was none; the caller clears it. DTQ_JOB_GONE: no such
 * job, or it is not that submission any more. */
enum dtq_err wait_job(const struct app *app, struct queue *q, struct awaited *of,
                      struct queue_job *out, struct dtq_why *why);

/* wait_job, and then what there is to print, as a command's end: returns the exit status. */
int wait_and_tell(const struct app *app, struct queue *q, struct awaited *of);

/* Prints a job that has ended and its result; returns the exit status. */
int wait_tell(const struct app *app, struct queue *q, const struct queue_job *job);

#endif
