/* demo_chaos.h: `dtq demo --chaos`: everything is killed in turn while jobs run. */
#ifndef DTQ_DEMO_CHAOS_H
#define DTQ_DEMO_CHAOS_H

#include "producer/app.h"
#include "producer/demo_tell.h"

/* On a system of the demo's own, whose processes are started again when they die: a sum, a training
 * and 20,000 tasks run while workers, master and Redis are killed; then all results are checked.
 * DTQ_CANCELLED: a signal came. */
enum dtq_err demo_chaos(const struct app *app, struct queue *q, struct demo_tell *tell,
                        struct dtq_why *why);

#endif
