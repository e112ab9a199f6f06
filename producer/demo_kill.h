/* demo_kill.h: kills a worker in the middle of a job. */
#ifndef DTQ_DEMO_KILL_H
#define DTQ_DEMO_KILL_H

#include "common/queue/queue.h"

#include <sys/types.h>

/* Kills the worker of this id, a process of this machine, with SIGKILL while it has tasks of the
 * running job in hand, and waits until its successor has registered. *killed is its process and
 * *tasks how many of its tasks were taken back; both stay as they are when the job ended too soon.
 * DTQ_CANCELLED: a signal came. */
enum dtq_err demo_kill(struct queue *q, const char *job_id, const char *worker, pid_t *killed,
                       int *tasks, struct dtq_why *why);

#endif
