/* first.h: the first round of a new job, made where the job is submitted, so that its tasks are
 * there with it and no master has to see it before a worker begins. */
#ifndef DTQ_FIRST_H
#define DTQ_FIRST_H

#include "common/round.h"
#include "jobs/job.h"

/* Fills *out from checked parameters, or leaves it without a task: of a type whose first round is
 * the master's to make (job_type.early), when the tasks are too large to travel with the job, and
 * when anything fails, which the master will find out and tell. round_clear it in any case. */
void first_round(const struct job_type *type, const cJSON *params, struct round *out);

#endif
