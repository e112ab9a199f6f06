/* fold.c: results into the state of a training. */
#include "jobs/train/state.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static enum dtq_err misfit(const struct job_result *result, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT, "task %llu: the result from %s does not fit its task",
                   (unsigned long long)result->no, result->worker);
}

enum dtq_err round_end(struct job_state *s, const struct job_sink *sink, enum job_step *step,
                       struct dtq_why *why)
{
    bool async = s->params.mode == TRAIN_ASYNC && s->at.row < s->plan.rows;

    held_clear(s);
    s->tasks = 0;
    s->folded = 0;
    s->phase = async && (s->scaling || s->params.scaling == SCALING_NONE) ? PHASE_BATCH : PHASE_RUN;
    if (state_trained(s)) {
        s->phase = PHASE_RUN;
        if (!s->settled) state_settle(s, sink);
    }
    *step = state_done(s) ? JOB_DONE : JOB_ROUND;
    return *step == JOB_DONE ? baseline_check(s, why) : DTQ_OK;
}

/* What the former job saw was not of weights that this one may end with. */
static void drop_seen(struct job_state *s, const struct job_sink *sink)
{
    free(s->confusion);
    s->confusion = NULL;
    s->confusion_count = 0;
    sink->weights(sink->ctx, "roc", NULL, 0, s->version);
}

static enum dtq_err fold_probe(struct job_state *s, const struct job_result *result,
                               const struct job_sink *sink, enum job_step *step,
                               struct dtq_why *why)
{
    struct train_probe probe;
    enum dtq_err err = probe_read(result->data, result->len, &probe, why);

    if (err != DTQ_OK) return err;
    if (probe.has_test != params_tests(&s->params) ||
        (s->params.model == GLM_SOFTMAX ? probe.class_count < 2 : probe.class_count != 0) ||
        probe.data.used > probe.data.file.rows || !probe.data.used ||
        probe.data.positive > probe.data.used ||
        (s->params.samples && probe.data.used > s->params.samples) ||
        (s->class_count && probe.class_count != s->class_count) ||
        (s->params.fills && !s->fill && !probe.fill && !probe.data.file.values))
        err = misfit(result, why);
    if (err == DTQ_OK) err = state_learn(s, &probe, why);
    s->near = probe.near;
    probe_clear(&probe);
    if (err != DTQ_OK) return err;
    s->started_ns = clock_ns(); /* reading the files is no training */
    s->marked_ms = 0;
    state_put_all(s, sink);
    if (s->inherits) state_drop_former(s, sink);
    if (s->going_on && !(s->params.patience && s->best_epoch)) drop_seen(s, sink);
    /* They are our weights now; who goes on from us must not meet them. */
    if (s->going_on) sink->weights(sink->ctx, "last", NULL, 0, s->version);
    return round_end(s, sink, step, why);
}

/* When the epochs of a run ended: as its worker tells, counted back from now, so that the way there
 * and back counts for the first one; or, where it tells nothing, each after its share of the time.
 */
struct run_times {
    double start_ms, now_ms; /* elapsed at the end of the epoch before, and now */
    double run_ms;           /* how long the worker took for all of it */
    double parts;            /* epochs in it */
    double behind_ms;        /* told: what came behind the epoch that is looked at */
    bool told;
};

static struct run_times run_times(const struct job_state *s, const struct job_result *result,
                                  const struct train_result *r)
{
    struct run_times t = {.start_ms = s->marked_ms,
                          .now_ms = state_elapsed_ms(s),
                          .run_ms = (double)result->run_us / 1000,
                          .parts = (double)(s->until.epoch - s->at.epoch) +
                                   (double)s->until.row / (double)s->plan.rows};

    for (uint64_t i = 0; i < r->record_count; i++)
        t.behind_ms += (double)r->records[i].span.us / 1000;
    t.behind_ms += (double)r->rest->span.us / 1000;
    t.told = t.behind_ms > 0;
    return t;
}

/* How long the next epoch took. */
static double epoch_ms(struct run_times *t, double marked_ms, const struct train_span *span)
{
    double ms;

    if (!t->told) return (t->now_ms - t->start_ms) / t->parts;
    t->behind_ms -= (double)span->us / 1000;
    ms = t->now_ms - t->behind_ms - marked_ms;
    return ms > 0 ? ms : 0;
}

/* What was computed meanwhile, in `part` of an epoch; and who took part. */
static enum dtq_err epoch_work(struct job_state *s, const struct run_times *t, double part,
                               const struct train_span *span, const struct job_result *result,
                               const char *helpers, struct dtq_why *why)
{
    double ms = t->told ? (double)span->us / 1000 : t->run_ms * part / t->parts;
    enum dtq_err err;

    s->compute_ms += ms + (double)span->helped_us / 1000;
    err = state_worker(s, result->worker, 0, why);
    return err == DTQ_OK ? state_helpers(s, helpers, span->helpers, why) : err;
}

static enum dtq_err fold_run(struct job_state *s, const struct job_result *result,
                             const struct train_result *r, const struct job_sink *sink,
                             enum job_step *step, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    struct run_times times = run_times(s, result, r);
    enum dtq_err err = DTQ_OK;

    if (r->version != s->version || r->vector_count != plan_run_vectors(s->at, s->until) ||
        r->record_count != s->until.epoch - s->at.epoch || r->width != plan->weights ||
        r->extra_count != plan_run_extra(plan, r->record_count))
        return misfit(result, why);
    s->version++;
    if (plan->state) memcpy(s->opt, r->extra, plan->state * sizeof *s->opt);
    for (uint64_t i = 0; err == DTQ_OK && i < r->record_count; i++) {
        const struct train_span *span = &r->records[i].span;
        const double *seen = r->extra + plan->state;
        struct train_seen of = {0};

        memcpy(s->w, r->vectors + i * r->width, r->width * sizeof *s->w);
        if (plan->confusion) of.confusion = seen + i * plan->confusion;
        if (plan->roc && i + 1 == r->record_count)
            of.roc = seen + r->record_count * plan->confusion;
        err = epoch_work(s, &times, 1, span, result, r->helpers, why);
        if (err == DTQ_OK)
            err = epoch_end(s, &r->records[i], &of, epoch_ms(&times, s->marked_ms, span), sink,
                            why);
    }
    if (err != DTQ_OK) return err;
    memcpy(s->w, r->vectors + (r->vector_count - 1) * r->width, r->width * sizeof *s->w);
    if (s->until.row)
        err = epoch_work(s, &times, (double)s->until.row / (double)plan->rows, &r->rest->span,
                         result, r->helpers, why);
    s->sums = r->rest->train;
    s->at = s->until;
    state_put(s, sink);
    return err == DTQ_OK ? round_end(s, sink, step, why) : err;
}

/* What a result of the round must hold: items, numbers in a vector of each (0: none), and others.
 */
struct shape {
    uint64_t items, width, extra;
};

static struct shape shape_of(const struct job_state *s, uint64_t i)
{
    const struct train_plan *plan = &s->plan;
    uint64_t items = round_items(s);
    struct shape shape = {.items = i + 1 < s->tasks ? s->group : items - i * s->group};

    switch (s->phase) {
    case PHASE_STATS: shape.width = 4 * plan->features; break;
    case PHASE_STEP:
    case PHASE_WHOLE: shape.width = plan->raws; break;
    case PHASE_SHARD: shape.width = plan->weights + plan->state; break;
    case PHASE_EVAL:
    case PHASE_FINAL:
        shape.extra = round_matrix(s);
        for (uint64_t k = 0; k < shape.items; k++) {
            uint64_t row, rows;
            bool train;

            rows = plan_eval_piece(plan, round_first(s) + i * s->group + k, &row, &train);
            if (plan_ranks(plan, train)) shape.extra += rows;
        }
        break;
    case PHASE_PROBE:
    case PHASE_RUN:
    case PHASE_BATCH: break;
    }
    return shape;
}

/* Keeps the result (which is taken over) until all of the round are there. */
static enum dtq_err hold(struct job_state *s, const struct job_result *result,
                         struct train_result *r, const struct job_sink *sink, enum job_step *step,
                         struct dtq_why *why)
{
    uint64_t i = result->no - s->base;
    struct shape shape = shape_of(s, i);
    enum dtq_err err;

    if (s->here[i] || r->version != s->version || r->record_count != shape.items ||
        r->vector_count != (shape.width ? shape.items : 0) || r->width != shape.width ||
        r->extra_count != shape.extra)
        return misfit(result, why);
    s->held[i] = *r;
    memset(r, 0, sizeof *r);
    s->here[i] = true;
    *step = JOB_HOLD;
    if (++s->folded < s->tasks) return DTQ_OK;
    err = round_combine(s, sink, why);
    return err == DTQ_OK ? round_end(s, sink, step, why) : err;
}

/* The batch is not out any more; its weights' version must be one that it can have had. */
static bool take_out(struct job_state *s, uint64_t no, uint64_t version)
{
    for (uint64_t i = 0; i < s->out_count; i++) {
        if (s->out[i].no != no) continue;
        if (version < s->out[i].version || version > s->version) return false;
        s->out[i] = s->out[--s->out_count];
        return true;
    }
    return false;
}

/* async: a gradient is applied as it comes, with weights that may be newer than its own. */
static enum dtq_err fold_batch(struct job_state *s, const struct job_result *result,
                               const struct train_result *r, const struct job_sink *sink,
                               enum job_step *step, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    uint64_t rows = plan_batch_rows(plan, (result->no - s->base) * plan->batch);
    uint64_t steps = plan_steps(plan, plan->rows), stale;
    double *g, lr = schedule_rate(&s->params.schedule, s->at.epoch, s->folded, steps);
    enum dtq_err err = DTQ_OK;

    if (r->vector_count != 1 || r->record_count != 1 || r->width != plan->raws || r->extra_count ||
        !take_out(s, result->no, r->version))
        return misfit(result, why);
    g = malloc(plan->weights * sizeof *g);
    if (!g) return err_set(why, DTQ_NOMEM, "out of memory for a gradient");
    stale = s->version - r->version;
    s->stale_sum += stale;
    s->stale_count++;
    if (stale > s->stale_max) s->stale_max = stale;
    glm_gradient(&s->model, r->vectors, g);
    optimizer_step(&s->optimizer, s->w, g, s->opt, rows, lr, s->updates++);
    free(g);
    s->version++;
    sums_join(&s->sums, &r->records->train);
    s->folded++;
    *step = JOB_FOLDED;
    state_put(s, sink);
    if (s->folded < s->tasks || s->at.row < plan->rows) return DTQ_OK;
    err = epoch_trained(s, sink, why);
    return err == DTQ_OK ? round_end(s, sink, step, why) : err;
}

enum dtq_err train_reduce(struct job_state *s, const struct job_result *result,
                          const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    struct train_result r = {0};
    enum dtq_err err;

    if (result->no < s->base || result->no - s->base >= s->tasks) return misfit(result, why);
    if (s->phase == PHASE_PROBE) return fold_probe(s, result, sink, step, why);
    err = result_read(result->data, result->len, &r, why);
    if (err == DTQ_OK && s->phase != PHASE_RUN)
        err = state_worker(s, result->worker, result->run_us, why);
    if (err == DTQ_OK) {
        if (!s->folded || r.near < s->near) s->near = r.near;
        if (phase_holds(s->phase))
            err = hold(s, result, &r, sink, step, why);
        else if (s->phase == PHASE_BATCH)
            err = fold_batch(s, result, &r, sink, step, why);
        else
            err = fold_run(s, result, &r, sink, step, why);
    }
    result_clear(&r);
    return err;
}
