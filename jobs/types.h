/* types.h: the rows of the registry, each defined in the file of its type. */
#ifndef DTQ_TYPES_H
#define DTQ_TYPES_H

#include "jobs/job.h"

extern const struct job_type job_sum;
extern const struct job_type job_sumsq;
extern const struct job_type job_train;
extern const struct job_type job_noop;
extern const struct job_type job_stats;
extern const struct job_type job_predict;

#endif
