/* vectors.c: the vectors of a training: taken over from the last commit, or from a former job, and
 * put into the next. */
#include "jobs/train/vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Copies count finite numbers into *to. */
static enum dtq_err copy_vector(const struct job_vector *from, double **to, uint64_t *to_count,
                                struct dtq_why *why)
{
    double *copy;

    for (size_t i = 0; i < from->count; i++)
        if (!isfinite(from->v[i]))
            return err_set(why, DTQ_INPUT, "weight %zu is %g; finite numbers were expected", i + 1,
                           from->v[i]);
    copy = malloc((from->count + 1) * sizeof *copy);
    if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for weights");
    if (from->count) memcpy(copy, from->v, from->count * sizeof *copy);
    free(*to);
    *to = copy;
    *to_count = from->count;
    return DTQ_OK;
}

enum dtq_err vectors_take(struct job_state *s, const struct job_vectors *v, struct dtq_why *why)
{
    bool begun = s->phase != PHASE_PROBE || s->going_on, learnt = begun || s->inherits;
    const struct job_vector *w = s->going_on && v->last.v && s->phase == PHASE_PROBE ? &v->last
                                                                                     : &v->weights;
    const struct {
        const struct job_vector *from;
        double **to;
        uint64_t *count;
        bool wanted;
    } rest[] = {
        {&v->state, &s->opt, &s->opt_count, begun},
        {&v->trial, &s->trial, &s->trial_count, begun},
        {&v->scaling, &s->scaling, &s->scaling_count, learnt},
        {&v->fill, &s->fill, &s->fill_count, learnt},
        {&v->columns, &s->columns, &s->columns_count, learnt},
        {&v->classes, &s->classes, &s->classes_count,
         begun || (learnt && s->params.model == GLM_SOFTMAX)},
    };
    enum dtq_err err = DTQ_OK;
    uint64_t best_count;

    if ((begun || s->params.given_weights) && (!w->v || !w->count))
        return err_set(why, DTQ_INPUT,
                       begun
                           ? "the weights of this job are gone; submit it again"
                           : "init=weights, but no weights came with the job; give w=, or wFile=");
    if (begun || s->params.given_weights) err = copy_vector(w, &s->w, &s->weight_count, why);
    for (size_t i = 0; err == DTQ_OK && i < sizeof rest / sizeof *rest; i++)
        if (rest[i].wanted && rest[i].from->v)
            err = copy_vector(rest[i].from, rest[i].to, rest[i].count, why);
    if (err == DTQ_OK && s->phase == PHASE_PROBE && s->inherits && s->params.model == GLM_SOFTMAX)
        s->class_count = s->classes_count / 2;
    if (err != DTQ_OK || !s->best_epoch) return err;
    if (!v->best.v || v->best.count != s->weight_count)
        return err_set(why, DTQ_INPUT, "the best weights of this job are gone; submit it again");
    return copy_vector(&v->best, &s->best_w, &best_count, why);
}

/* Room of zeros, unless the vector is there: then its size must be the one of the plan. */
static enum dtq_err vector_room(double **v, uint64_t *count, uint64_t expected, const char *what,
                                struct dtq_why *why)
{
    if (!*v && !(*v = calloc(expected + 1, sizeof **v)))
        return err_set(why, DTQ_NOMEM, "out of memory for %llu %s", (unsigned long long)expected,
                       what);
    if (!*count) *count = expected;
    if (*count == expected) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "the job has %llu %s, but these parameters need %llu; to go on from another "
                   "job, keep its model, bias, optimizer, momentum and normalize, or leave "
                   "continue away",
                   (unsigned long long)*count, what, (unsigned long long)expected);
}

/* A job that has begun put all of these with its first commit: zeros in place of one that is gone
 * would end in other weights. */
static enum dtq_err check_there(const struct job_state *s, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;

    if (s->phase == PHASE_PROBE) return DTQ_OK;
    if (plan->state && !s->opt)
        return err_set(why, DTQ_INPUT,
                       "the optimiser state of this job is gone from Redis; submit it again");
    if (plan->whole && !s->trial)
        return err_set(why, DTQ_INPUT,
                       "the weights on trial of this job are gone from Redis; submit it again");
    return DTQ_OK;
}

enum dtq_err vectors_room(struct job_state *s, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    enum dtq_err err = check_there(s, why);

    if (err != DTQ_OK) return err;
    if (s->w && s->weight_count != plan->weights)
        return err_set(why, DTQ_INPUT,
                       "%llu weights were given, but %s has %llu features%s%s; give %llu weights",
                       (unsigned long long)s->weight_count, s->params.data.ref,
                       (unsigned long long)plan->features, s->params.bias ? " and a bias" : "",
                       plan->outputs > 1 ? " for each class" : "",
                       (unsigned long long)plan->weights);
    err = vector_room(&s->w, &s->weight_count, plan->weights, "weights", why);
    if (err == DTQ_OK && plan->state)
        err = vector_room(&s->opt, &s->opt_count, plan->state, "numbers of optimiser state", why);
    if (err == DTQ_OK && plan->whole) {
        bool fresh = !s->trial;

        err = vector_room(&s->trial, &s->trial_count, plan->weights, "weights on trial", why);
        if (err == DTQ_OK && fresh) memcpy(s->trial, s->w, plan->weights * sizeof *s->w);
    }
    if (err == DTQ_OK && s->scaling)
        err = vector_room(&s->scaling, &s->scaling_count, 2 * plan->features,
                          "numbers of normalisation", why);
    if (err == DTQ_OK && s->fill)
        err = vector_room(&s->fill, &s->fill_count, plan->features, "values for empty cells", why);
    if (err == DTQ_OK && s->classes)
        err = vector_room(&s->classes, &s->classes_count, 2 * plan->classes, "numbers of classes",
                          why);
    if (err == DTQ_OK && s->params.patience && !s->best_w)
        s->best_w = calloc(plan->weights, sizeof *s->best_w);
    if (err == DTQ_OK && s->params.patience && !s->best_w)
        err = err_set(why, DTQ_NOMEM, "out of memory for %llu weights",
                      (unsigned long long)plan->weights);
    return err;
}

void state_put(const struct job_state *s, const struct job_sink *sink)
{
    sink->weights(sink->ctx, "weights", s->w, s->weight_count, s->version);
    if (s->plan.state && !s->plan.whole)
        sink->weights(sink->ctx, "state", s->opt, s->opt_count, s->version);
}

void state_put_all(const struct job_state *s, const struct job_sink *sink)
{
    state_put(s, sink);
    if (s->plan.whole) {
        sink->weights(sink->ctx, "state", s->opt, s->opt_count, s->version);
        sink->weights(sink->ctx, "trial", s->trial, s->trial_count, s->version);
    }
    if (s->classes) sink->weights(sink->ctx, "classes", s->classes, s->classes_count, s->version);
    if (s->scaling) sink->weights(sink->ctx, "scaling", s->scaling, s->scaling_count, s->version);
    if (s->fill) sink->weights(sink->ctx, "fill", s->fill, s->fill_count, s->version);
    if (s->columns) sink->weights(sink->ctx, "columns", s->columns, s->columns_count, s->version);
}

void state_drop_former(const struct job_state *s, const struct job_sink *sink)
{
    const struct {
        const char *name;
        bool kept;
    } rest[] = {
        {"best", false},          {"last", false},          {"roc", false},
        {"state", s->plan.state}, {"trial", s->plan.whole}, {"scaling", s->scaling},
        {"fill", s->fill},        {"classes", s->classes},  {"columns", s->columns},
    };

    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (!rest[i].kept) sink->weights(sink->ctx, rest[i].name, NULL, 0, s->version);
}
