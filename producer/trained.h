/* trained.h: the model that a training in the queue has come to, for the commands that use it. */
#ifndef DTQ_TRAINED_H
#define DTQ_TRAINED_H

#include "common/queue/queue.h"
#include "jobs/model.h"

struct trained {
    struct model model;
    cJSON *params; /* owned; those of the training */
};

void trained_clear(struct trained *t);

/* DTQ_INPUT: the job is no training, or has no weights yet; DTQ_JOB_GONE: there is no such job. The
 * caller clears *out. */
enum dtq_err trained_read(struct queue *q, const struct queue_job *job, struct trained *out,
                          struct dtq_why *why);

#endif
