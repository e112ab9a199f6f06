/* lead.h: a slot that has others help with its task: what job_env says of it, on a board. ctx is
 * the struct runner. */
#ifndef DTQ_LEAD_H
#define DTQ_LEAD_H

#include "worker/runner.h"

/* job_env.team, share, round, helpers */
unsigned lead_team(void *ctx);
bool lead_share(void *ctx, const struct job_share *shape);
enum dtq_err lead_round(void *ctx, const struct job_round *round, const void **outputs);
const char *lead_helpers(void *ctx, uint64_t *us);

/* The task has ended: who helped is noted for the claim, helpers are let go. */
void lead_end(struct runner *work);

#endif
