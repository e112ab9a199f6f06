/* vectors.h: the vectors of a training on its master. */
#ifndef DTQ_TRAIN_VECTORS_H
#define DTQ_TRAIN_VECTORS_H

#include "jobs/train/state.h"

/* Takes those that belong to the state: of the last commit, of the former job, or of the
 * submission.
 */
enum dtq_err vectors_take(struct job_state *s, const struct job_vectors *v, struct dtq_why *why);

/* Room for those that the plan needs; DTQ_INPUT when those taken do not fit it. */
enum dtq_err vectors_room(struct job_state *s, struct dtq_why *why);

#endif
