/* open.c: a training on its master begins: anew, from a checkpoint, or where another one stood. */
#include "common/clock.h"
#include "jobs/train/saved.h"
#include "jobs/train/vectors.h"

#include <stdlib.h>

enum dtq_err train_open(const cJSON *params, const void *checkpoint, size_t len,
                        const struct job_vectors *vectors, struct job_state **out,
                        struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);
    enum dtq_err err = DTQ_NOMEM;

    if (!s) goto out;
    s->started_ns = clock_ns();
    metrics_none(&s->last);
    metrics_none(&s->best);
    s->workers = cJSON_CreateArray();
    if (!s->workers) goto out;
    err = train_params_read(params, &s->params, why);
    if (err == DTQ_OK && checkpoint) err = saved_read(s, checkpoint, len, why);
    if (err == DTQ_OK && !checkpoint && s->params.go_on)
        err = saved_go_on(s, vectors->former, vectors->former_len, why);
    if (!checkpoint && vectors->former && !s->params.go_on) s->inherits = true;
    if (err == DTQ_OK) err = vectors_take(s, vectors, why);
    if (err == DTQ_OK && s->phase != PHASE_PROBE) err = state_plan(s, why);
    if (err == DTQ_OK && checkpoint) err = saved_check(s, why);
    if (err == DTQ_OK && s->tasks && phase_holds(s->phase)) err = held_alloc(s, why);
    if (err != DTQ_OK) goto out;
    *out = s;
    s = NULL;
out:
    if (err == DTQ_NOMEM) err_set(why, err, "out of memory for a training");
    train_close(s);
    return err;
}
