/* wait.h: waits for the end of a job, and tells how it ended. */
#ifndef DTQ_WAIT_H
#define DTQ_WAIT_H

#include "producer/app.h"

/* Follows the job until it ends, with a bar on standard error when that is a terminal. from: the
 * place in the event stream before anything that matters. A lost connection is told of and made
 * anew for as long as it takes.
 * DTQ_OK: it has ended; DTQ_NONE: --timeout is over; DTQ_CANCELLED: a signal came. In these three
 * *out is the last look, or empty when there was none; the caller clears it. DTQ_JOB_GONE: no such
 * job. */
enum dtq_err wait_job(const struct app *app, struct queue *q, const struct queue_cursor *from,
                      const char *job_id, struct queue_job *out, struct dtq_why *why);

/* wait_job, and then what there is to print, as a command's end: returns the exit status. */
int wait_and_tell(const struct app *app, struct queue *q, const struct queue_cursor *from,
                  const char *job_id);

/* Prints a job that has ended and its result; returns the exit status. */
int wait_tell(const struct app *app, struct queue *q, const struct queue_job *job);

#endif
