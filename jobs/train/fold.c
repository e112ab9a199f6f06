/* fold.c: results into the state of a training. Sums are added in the order of the rows, whatever
 * the order of arrival: a step's results are held until all are there. */
#include "jobs/train/state.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static enum dtq_err misfit(const struct job_result *result, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT, "task %llu: the result from %s does not fit its task",
                   (unsigned long long)result->no, result->worker);
}

static void put_weights(const struct job_state *s, const struct job_sink *sink)
{
    sink->weights(sink->ctx, "weights", s->w, s->plan.features, s->version);
}

/* A round has ended: the next one, or the job with its best weights. */
static void round_end(struct job_state *s, const struct job_sink *sink, enum job_step *step)
{
    held_clear(s);
    s->tasks = 0;
    s->folded = 0;
    s->phase = s->params.mode == TRAIN_ASYNC && s->at.row < s->plan.rows ? PHASE_BATCH : PHASE_RUN;
    *step = s->stopped || s->at.epoch == s->plan.epochs ? JOB_DONE : JOB_ROUND;
    if (*step != JOB_DONE || !s->best_epoch || s->best_epoch == s->epochs_done) return;
    memcpy(s->w, s->best_w, s->plan.features * sizeof *s->w);
    s->version++;
    put_weights(s, sink);
}

static enum dtq_err fold_probe(struct job_state *s, const struct job_result *result,
                               const struct job_sink *sink, enum job_step *step,
                               struct dtq_why *why)
{
    struct train_facts data, test;
    bool has_test;
    enum dtq_err err = facts_read(result->data, result->len, &data, &test, &has_test, why);

    if (err == DTQ_OK && has_test != (s->params.test.ref != NULL)) err = misfit(result, why);
    if (err == DTQ_OK) err = state_learn(s, &data, has_test ? &test : NULL, why);
    if (err != DTQ_OK) return err;
    s->started_ns = clock_ns(); /* reading the files is no training */
    put_weights(s, sink);
    round_end(s, sink, step);
    return DTQ_OK;
}

static enum dtq_err fold_run(struct job_state *s, const struct job_result *result,
                             const struct train_result *r, const struct job_sink *sink,
                             enum job_step *step, struct dtq_why *why)
{
    double ms = state_elapsed_ms(s) - s->marked_ms;
    double tail = (double)s->until.row / (double)s->plan.rows;
    uint64_t features = s->plan.features;
    enum dtq_err err = DTQ_OK;

    if (r->version != s->version || r->vector_count != plan_run_vectors(s->at, s->until) ||
        r->record_count != s->until.epoch - s->at.epoch)
        return misfit(result, why);
    s->version++;
    /* Epochs cost the same: each gets its share of the time of the whole run. */
    for (uint64_t i = 0; err == DTQ_OK && i < r->record_count; i++) {
        memcpy(s->w, r->vectors + i * features, features * sizeof *s->w);
        if (!cJSON_GetArraySize(s->workers)) err = state_worker(s, result->worker, why);
        if (err == DTQ_OK)
            err = epoch_end(s, &r->records[i], ms / ((double)r->record_count + tail), sink, why);
    }
    if (err != DTQ_OK) return err;
    memcpy(s->w, r->vectors + (r->vector_count - 1) * features, features * sizeof *s->w);
    if (s->until.row) err = state_worker(s, result->worker, why);
    s->loss = r->loss;
    s->correct = r->correct;
    s->at = s->until;
    put_weights(s, sink);
    round_end(s, sink, step);
    return err;
}

/* All chunks of a step are there: add them up in their order and step. */
static enum dtq_err combine_step(struct job_state *s, const struct job_sink *sink,
                                 enum job_step *step, struct dtq_why *why)
{
    uint64_t rows = plan_batch_rows(&s->plan, s->at.row), features = s->plan.features;
    double *g = s->held[0].vectors;
    enum dtq_err err = DTQ_OK;

    for (uint64_t i = 0; i < s->tasks; i++) {
        const struct train_result *r = &s->held[i];

        for (uint64_t chunk = 0; chunk < r->record_count; chunk++) {
            const double *from = r->vectors + chunk * features;

            if (from != g) linear_step(g, from, features, -1);
            s->loss += r->records[chunk].loss;
            s->correct += r->records[chunk].correct;
        }
    }
    linear_step(s->w, g, features, s->params.lr / (double)rows);
    s->version++;
    s->at.row += rows;
    s->at = plan_settle(&s->plan, s->at);
    if (!s->at.row) {
        const struct train_record record = {.loss = s->loss, .correct = s->correct};

        err = epoch_end(s, &record, state_elapsed_ms(s) - s->marked_ms, sink, why);
    }
    put_weights(s, sink);
    round_end(s, sink, step);
    return err;
}

static enum dtq_err combine_eval(struct job_state *s, const struct job_sink *sink,
                                 enum job_step *step, struct dtq_why *why)
{
    struct train_record record = {.loss = s->loss, .correct = s->correct};
    enum dtq_err err;

    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t chunk = 0; chunk < s->held[i].record_count; chunk++) {
            record.test_loss += s->held[i].records[chunk].test_loss;
            record.test_correct += s->held[i].records[chunk].test_correct;
        }
    s->at = (struct train_pos){.epoch = s->at.epoch + 1};
    err = epoch_end(s, &record, state_elapsed_ms(s) - s->marked_ms, sink, why);
    round_end(s, sink, step);
    return err;
}

/* Keeps the result (which is taken over) until all of the round are there. */
static enum dtq_err hold(struct job_state *s, const struct job_result *result,
                         struct train_result *r, const struct job_sink *sink, enum job_step *step,
                         struct dtq_why *why)
{
    bool eval = s->phase == PHASE_EVAL;
    uint64_t i = result->no - s->base;
    uint64_t chunks = eval ? plan_eval_chunks(&s->plan, s->plan.test_rows)
                           : plan_chunks(&s->plan, plan_batch_rows(&s->plan, s->at.row));
    uint64_t expected = i + 1 < s->tasks ? s->group : chunks - i * s->group;

    if (s->here[i] || r->version != s->version || r->record_count != expected ||
        r->vector_count != (eval ? 0 : expected))
        return misfit(result, why);
    s->held[i] = *r;
    memset(r, 0, sizeof *r);
    s->here[i] = true;
    *step = JOB_HOLD;
    if (++s->folded < s->tasks) return DTQ_OK;
    return eval ? combine_eval(s, sink, step, why) : combine_step(s, sink, step, why);
}

/* async: a gradient is applied as it comes, with weights that may be newer than its own. */
static enum dtq_err fold_batch(struct job_state *s, const struct job_result *result,
                               const struct train_result *r, const struct job_sink *sink,
                               enum job_step *step, struct dtq_why *why)
{
    uint64_t rows = plan_batch_rows(&s->plan, (result->no - s->base) * s->plan.batch);
    uint64_t stale = s->version > r->version ? s->version - r->version : 0;
    enum dtq_err err = DTQ_OK;

    if (r->vector_count != 1 || r->record_count != 1 || s->folded == s->tasks)
        return misfit(result, why);
    s->stale_sum += stale;
    s->stale_count++;
    if (stale > s->stale_max) s->stale_max = stale;
    linear_step(s->w, r->vectors, s->plan.features, s->params.lr / (double)rows);
    s->version++;
    s->loss += r->records->loss;
    s->correct += r->records->correct;
    s->folded++;
    *step = JOB_FOLDED;
    if (s->folded == s->tasks && s->at.row == s->plan.rows) {
        const struct train_record record = {.loss = s->loss, .correct = s->correct};

        s->at = plan_settle(&s->plan, s->at);
        if (!s->at.row) err = epoch_end(s, &record, state_elapsed_ms(s) - s->marked_ms, sink, why);
        put_weights(s, sink);
        round_end(s, sink, step);
        return err;
    }
    put_weights(s, sink);
    return DTQ_OK;
}

enum dtq_err train_reduce(struct job_state *s, const struct job_result *result,
                          const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    struct train_result r = {0};
    enum dtq_err err;

    if (result->no < s->base || result->no - s->base >= s->tasks) return misfit(result, why);
    if (s->phase == PHASE_PROBE) return fold_probe(s, result, sink, step, why);
    err = result_read(result->data, result->len, &r, why);
    if (err == DTQ_OK && r.features != s->plan.features) err = misfit(result, why);
    if (err == DTQ_OK) err = state_worker(s, result->worker, why);
    if (err == DTQ_OK) switch (s->phase) {
        case PHASE_PROBE: break;
        case PHASE_RUN: err = fold_run(s, result, &r, sink, step, why); break;
        case PHASE_STEP:
        case PHASE_EVAL: err = hold(s, result, &r, sink, step, why); break;
        case PHASE_BATCH: err = fold_batch(s, result, &r, sink, step, why); break;
        }
    result_clear(&r);
    return err;
}
