/* job_json.h: a job as one JSON value for programs. */
#ifndef DTQ_JOB_JSON_H
#define DTQ_JOB_JSON_H

#include "common/queue/queue.h"

/* What docs/JSON.md calls a job: id, type, state, result or error, producer, master, times, tasks,
 * workers, all that the type reports, and the epochs (may be NULL; borrowed) if they are given.
 * NULL: out of memory. cJSON_Delete. */
cJSON *job_json(const struct queue_job *job, const cJSON *epochs);

/* What the type reports of the job, without what is for our own use. NULL: there is none, it is not
 * JSON, or out of memory. */
cJSON *job_json_report(const struct queue_job *job);

/* What the job was submitted with, without the fields that people never give. NULL: not JSON, or
 * out of memory. */
cJSON *job_json_params(const struct queue_job *job);

/* The same, with what it was submitted with: params and settings. */
cJSON *job_json_all(const struct queue_job *job, const cJSON *epochs);

#endif
