/* submit.h: sends an order to the queue. */
#ifndef DTQ_SUBMIT_H
#define DTQ_SUBMIT_H

#include "producer/app.h"
#include "producer/order.h"
#include "producer/wait.h"

/* Submits; *out is what to wait for. Errors as of queue_submit. */
enum dtq_err submit_order(const struct app *app, struct queue *q, const struct order *order,
                          struct awaited *out, struct dtq_why *why);

/* With -d: the id is all there is to tell. Returns the exit status. */
int submit_tell_id(const struct app *app, const char *type, const char *job_id);

#endif
