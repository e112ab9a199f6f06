/* final.c: a training whose epochs are done: the weights that it ends with, and their metrics. */
#include "jobs/train/state.h"

#include <string.h>

/* Whether the weights of an epoch before the last one are the better ones. */
static bool earlier_is_best(const struct job_state *s)
{
    return s->params.patience && s->best_epoch && s->best_epoch != s->epochs_done;
}

bool state_trained(const struct job_state *s)
{
    /* What the last steps left is still to be evaluated where a row is given. */
    if ((s->stopped || s->ended) && !s->at.row) return true;
    return s->plan.epochs && s->at.epoch >= s->plan.epochs;
}

const struct train_metrics *state_metrics(const struct job_state *s)
{
    if (s->evaluated) return &s->end;
    return earlier_is_best(s) ? &s->best : &s->last;
}

bool state_done(const struct job_state *s)
{
    /* Some metrics stay undefined after an evaluation too, as the AUC of rows of one class. */
    return state_trained(s) &&
           (s->evaluated || metrics_complete(state_metrics(s), &s->plan, &s->params));
}

void state_settle(struct job_state *s, const struct job_sink *sink)
{
    s->settled = true;
    if (!earlier_is_best(s)) return;
    /* Who goes on from this job does so from where it stood. */
    sink->weights(sink->ctx, "last", s->w, s->weight_count, s->version);
    memcpy(s->w, s->best_w, s->plan.weights * sizeof *s->w);
    s->version++;
    state_put(s, sink);
}

enum dtq_err state_evaluated(struct job_state *s, const struct train_sums *sums,
                             const struct train_seen *seen, const struct job_sink *sink,
                             struct dtq_why *why)
{
    s->end = *state_metrics(s);
    metrics_final(&s->end, &s->plan, &s->params, sums, s->spreads.train, seen->confusion);
    s->evaluated = true;
    /* Those of the test set are there already. */
    return s->plan.test_rows ? DTQ_OK : state_see(s, seen, sink, why);
}
