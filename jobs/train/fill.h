/* fill.h: what an empty cell of a column counts as: the mean of those cells of the rows trained on
 * that are not empty. It knows rows of a table; no jobs. */
#ifndef DTQ_TRAIN_FILL_H
#define DTQ_TRAIN_FILL_H

#include "jobs/job.h"
#include "jobs/train/rows.h"

/* means (features) of the first count places of the view, which is dense and not shuffled, added in
 * their order. DTQ_INPUT: a column is empty in all of them, or its mean is beyond all numbers; ref
 * names the table. DTQ_CANCELLED. */
enum dtq_err fill_means(const struct rows *rows, uint64_t count, const char *ref,
                        const struct job_env *env, double *means, struct dtq_why *why);

#endif
