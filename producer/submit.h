/* submit.h: sends an order to the queue. */
#ifndef DTQ_SUBMIT_H
#define DTQ_SUBMIT_H

#include "producer/app.h"
#include "producer/order.h"

/* Submits and writes the job's id; *from is the place in the event stream before it. Errors as of
 * queue_submit. */
enum dtq_err submit_order(const struct app *app, struct queue *q, const struct order *order,
                          struct queue_cursor *from, char job_id[ID_MAX + 1], struct dtq_why *why);

/* With -d: the id is all there is to tell. Returns the exit status. */
int submit_tell_id(const struct app *app, const char *type, const char *job_id);

#endif
