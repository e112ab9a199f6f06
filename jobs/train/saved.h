/* saved.h: the state of a training as text. Weights travel beside it. */
#ifndef DTQ_TRAIN_SAVED_H
#define DTQ_TRAIN_SAVED_H

#include "jobs/train/state.h"

/* Reads what train_checkpoint wrote into a fresh state that has its parameters. */
enum dtq_err saved_read(struct job_state *s, const char *text, size_t len, struct dtq_why *why);

/* The same of a job that goes on from another, with the checkpoint of that one. */
enum dtq_err saved_go_on(struct job_state *s, const char *former, size_t len, struct dtq_why *why);

/* Whether what was read fits together; after state_plan. */
enum dtq_err saved_check(const struct job_state *s, struct dtq_why *why);

#endif
