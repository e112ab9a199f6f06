/* shards.h: the mean of what the shards of an epoch leave (McDonald et al. 2010), the same
 * arithmetic wherever it is done. */
#ifndef DTQ_TRAIN_SHARDS_H
#define DTQ_TRAIN_SHARDS_H

#include "jobs/train/plan.h"

/* Numbers that a shard leaves: weights, and the optimiser's state. */
uint64_t shards_width(const struct train_plan *plan);

/* sum (width) starts at 0; what each shard left (width) is added in the order of the shards, by its
 * rows; then it becomes the mean. */
void shards_add(const struct train_plan *plan, uint64_t shard, const double *left, double *sum);
void shards_mean(const struct train_plan *plan, double *sum);

#endif
