/* stats_run.h: the half of the job type stats that runs on workers, and what both share. */
#ifndef DTQ_STATS_RUN_H
#define DTQ_STATS_RUN_H

#include "common/math/stats.h"
#include "jobs/data.h"

enum { STATS_COLUMNS_MAX = 50000 }; /* beside the label: they are all told in one report */

enum dtq_err stats_options(const cJSON *params, struct dataset_options *out, struct dtq_why *why);

/* job_type.run. Of a look: an object as data_file_get reads, with the arrays "names" and "absent"
 * where there are any. Of rows: struct stats of each feature and of the label. */
enum dtq_err stats_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                       const struct job_env *env, struct dtq_why *why);

#endif
