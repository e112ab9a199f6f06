/* shards.c: the mean of what the shards of an epoch leave. */
#include "jobs/train/shards.h"

#include "common/math/linear.h"

uint64_t shards_width(const struct train_plan *plan)
{
    return plan->weights + plan->state;
}

void shards_add(const struct train_plan *plan, uint64_t shard, const double *left, double *sum)
{
    double rows = (double)(plan_shard(plan, shard + 1) - plan_shard(plan, shard));

    linear_step(sum, left, shards_width(plan), -rows);
}

void shards_mean(const struct train_plan *plan, double *sum)
{
    for (uint64_t i = 0; i < shards_width(plan); i++)
        sum[i] /= (double)plan->rows;
}
