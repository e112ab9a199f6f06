/* share.h: the parts of a run, and how idle slots of the machine help with them: chunks of a batch,
 * shards of an epoch, chunks of an evaluation. A part comes to the same bits wherever it is
 * computed, and parts are put together in their order. */
#ifndef DTQ_TRAIN_SHARE_H
#define DTQ_TRAIN_SHARE_H

#include "jobs/train/work.h"

/* Asks for help with k->task where that is worth it; sets k->share when there may be any. The
 * caller calls share_close in any case. */
enum dtq_err share_open(struct work *k);
void share_close(struct work *k);

/* As work_batch, for weights k->raw. */
enum dtq_err share_batch(struct work *k, uint64_t row, uint64_t rows, double *raw_g,
                         struct train_sums *sums);

/* An epoch over all shards, with or without help: w and state (weights, state; one behind the
 * other) become their mean. */
enum dtq_err share_shards(struct work *k, double *w, double *state, uint64_t epoch,
                          struct train_sums *sums);

/* As evaluate_set of work.c: the chunks first .. last - 1 of an evaluation at weights k->raw.
 * scores is NULL where no AUC is asked for. */
enum dtq_err share_evaluation(struct work *k, uint64_t first, uint64_t last,
                              struct train_sums *sums, struct work_scores *scores,
                              uint64_t *confusion);

/* job_type.assist */
enum dtq_err train_assist(const cJSON *params, const void *spec, size_t len,
                          const struct job_env *env, struct dtq_why *why);

#endif
