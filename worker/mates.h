/* mates.h: the team of a worker: the other workers of this machine that serve the same queue, to
 * help and be helped. A worker that has none of them works as well. */
#ifndef DTQ_MATES_H
#define DTQ_MATES_H

#include "worker/worker.h"

/* After each registration, on w->queue: joins the team of the queue and starts the threads that
 * help; when Redis has lost all it knew since, the queue may be another one by now, with another
 * team. Does nothing without w->team_dir. */
void mates_meet(struct worker *w);

/* Ends the helping threads, after the part that each is at. */
void mates_part(struct worker *w);

/* Leaves the teams; no slot may run any more. */
void mates_leave(struct worker *w);

#endif
