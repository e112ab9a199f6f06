/* helper.h: threads that help the tasks of other workers of this machine while slots of their own
 * have nothing to do. */
#ifndef DTQ_HELPER_H
#define DTQ_HELPER_H

#include "worker/worker.h"

struct helpers;

/* How many may help one task: a core each, but for the one of the slot that has it. */
unsigned helpers_most(void);

/* Starts them for this worker's team; NULL, with a word in the log, when there can be none: then
 * all work alone. */
struct helpers *helpers_start(struct worker *w);

/* Ends them, after the part that each is at. NULL is fine. */
void helpers_stop(struct helpers *h);

#endif
