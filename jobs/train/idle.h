/* idle.h: fields of a training that do nothing beside others: a rate for an optimiser that chooses
 * its own steps, say. What was typed is refused, for somebody expects something of it; what comes
 * from a default or from a former job is dropped. */
#ifndef DTQ_TRAIN_IDLE_H
#define DTQ_TRAIN_IDLE_H

#include "common/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* job_type.prune */
enum dtq_err idle_prune(cJSON *params, bool (*typed)(const void *ctx, const char *name),
                        const void *ctx, struct dtq_why *why);

#endif
