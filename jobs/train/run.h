/* run.h: a training on a worker. */
#ifndef DTQ_TRAIN_RUN_H
#define DTQ_TRAIN_RUN_H

#include "jobs/job.h"

/* job_type.run */
enum dtq_err train_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                       const struct job_env *env, struct dtq_why *why);

#endif
