/* predict_run.h: the half of the job type predict that runs on workers, and what both share. */
#ifndef DTQ_PREDICT_RUN_H
#define DTQ_PREDICT_RUN_H

#include "jobs/data.h"
#include "jobs/evaluated.h"
#include "jobs/model.h"

enum {
    PREDICT_PAGES_MAX = 1 << 25, /* bytes of all pages of a job */
    PREDICT_PAGE_MAX = 1 << 22,
};

/* How the table is opened: without labels until the look says otherwise. */
enum dtq_err predict_options(const cJSON *params, struct dataset_options *out, struct dtq_why *why);

/* Numbers of a row in a page: its scores and its label; and where the table has labels, of logreg
 * the target and the score before the sigmoid, by which rows are ranked. */
size_t predict_width(const struct model *m, bool answers);

/* job_type.run. Of a look: an object as data_file_get reads, and "warning" where there is something
 * to tell. Of rows: an array as evaluated_read reads, a line end, and behind it as little-endian
 * doubles the rows and, where the table has labels, the confusion matrix. */
enum dtq_err predict_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                         const struct job_env *env, struct dtq_why *why);

#endif
