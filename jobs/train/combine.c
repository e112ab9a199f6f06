/* combine.c: a round whose results are all there. Sums are added in the order of the rows, whatever
 * the order of arrival. */
#include "common/math/stats.h"
#include "jobs/train/auc.h"
#include "jobs/train/objective.h"
#include "jobs/train/roc.h"
#include "jobs/train/shards.h"
#include "jobs/train/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum dtq_err no_memory(struct dtq_why *why)
{
    return err_set(why, DTQ_NOMEM, "out of memory for the results of a round");
}

/* The raw gradients of all chunks, added up in the place of the first. */
static double *add_chunks(struct job_state *s, struct train_sums *sums)
{
    double *g = s->held[0].vectors;

    for (uint64_t i = 0; i < s->tasks; i++) {
        const struct train_result *r = &s->held[i];

        for (uint64_t chunk = 0; chunk < r->record_count; chunk++) {
            const double *from = r->vectors + chunk * r->width;

            for (uint64_t j = 0; from != g && j < r->width; j++)
                g[j] += from[j];
            sums_join(sums, &r->records[chunk].train);
        }
    }
    return g;
}

static enum dtq_err combine_step(struct job_state *s, const struct job_sink *sink,
                                 struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    uint64_t rows = plan_batch_rows(plan, s->at.row), steps = plan_steps(plan, plan->rows);
    uint64_t step = s->at.row / plan->batch;
    double lr = schedule_rate(&s->params.schedule, s->at.epoch, step, steps);
    double *raw = add_chunks(s, &s->sums), *g = malloc(plan->weights * sizeof *g);

    if (!g) return no_memory(why);
    glm_gradient(&s->model, raw, g);
    optimizer_step(&s->optimizer, s->w, g, s->opt, rows, lr, s->at.epoch * steps + step);
    free(g);
    s->version++;
    s->at.row += rows;
    state_put(s, sink);
    return s->at.row == plan->rows ? epoch_trained(s, sink, why) : DTQ_OK;
}

static enum dtq_err combine_whole(struct job_state *s, const struct job_sink *sink,
                                  struct dtq_why *why)
{
    struct train_sums sums = {0};
    const struct precondition by = state_precondition(s);
    double *raw = add_chunks(s, &sums), *g = malloc(s->plan.weights * sizeof *g), value;
    bool fresh = !s->lbfgs.begun;
    enum lbfgs_answer answer;

    if (!g) return no_memory(why);
    value = objective(&s->model, &s->optimizer, s->plan.rows, s->trial, sums.objective, raw, g);
    if (fresh && !isfinite(value)) {
        free(g);
        return err_set(why, DTQ_INPUT,
                       "the loss at the first weights is no finite number; give smaller weights, "
                       "or normalize");
    }
    answer = lbfgs_tell(&s->lbfgs, s->opt, s->plan.weights, &by, value, g, state_tol(s), s->w,
                        s->trial);
    free(g);
    s->version++;
    sink->weights(sink->ctx, "trial", s->trial, s->trial_count, s->version);
    if (answer != LBFGS_TRY || fresh)
        sink->weights(sink->ctx, "state", s->opt, s->opt_count, s->version);
    if (answer == LBFGS_TRY) return DTQ_OK;
    sink->weights(sink->ctx, "weights", s->w, s->weight_count, s->version);
    /* Out of tries: these sums are of a trial that leads nowhere, and w is where it was. */
    s->ended = answer == LBFGS_DONE;
    if (s->ended && s->lbfgs.tries && s->epochs_done) return DTQ_OK;
    s->sums = sums;
    s->at.row = s->plan.rows;
    return epoch_trained(s, sink, why);
}

/* The mean of what the shards left, each by its rows. */
static enum dtq_err combine_shards(struct job_state *s, const struct job_sink *sink,
                                   struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    uint64_t shard = 0, width = shards_width(plan);
    double *sum = calloc(width, sizeof *sum);

    if (!sum) return no_memory(why);
    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t k = 0; k < s->held[i].record_count; k++, shard++) {
            shards_add(plan, shard, s->held[i].vectors + k * width, sum);
            sums_join(&s->sums, &s->held[i].records[k].train);
        }
    shards_mean(plan, sum);
    memcpy(s->w, sum, plan->weights * sizeof *sum);
    if (plan->state) memcpy(s->opt, sum + plan->weights, plan->state * sizeof *sum);
    free(sum);
    s->version++;
    s->at.row = plan->rows;
    state_put(s, sink);
    return epoch_trained(s, sink, why);
}

/* Offsets and factors of the columns. */
static enum dtq_err combine_stats(struct job_state *s, const struct job_sink *sink,
                                  struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    uint64_t features = plan->features, chunk = 0;
    struct stats *all = calloc(2 * features, sizeof *all), *one = all ? all + features : NULL;
    bool scales = s->params.scaling != SCALING_NONE && !s->scaling;
    bool minmax = s->params.scaling == SCALING_MINMAX;

    if (scales) {
        s->scaling_count = 2 * features;
        s->scaling = malloc(s->scaling_count * sizeof *s->scaling);
    }
    if (!all || (scales && !s->scaling)) {
        free(all);
        return no_memory(why);
    }
    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t k = 0; k < s->held[i].record_count; k++, chunk++) {
            const double *v = s->held[i].vectors + k * 4 * features;
            uint64_t from = chunk * plan->eval_rows, left = plan->rows - from;

            for (uint64_t j = 0; j < features; j++, v += 4)
                one[j] = (struct stats){.count = left < plan->eval_rows ? left : plan->eval_rows,
                                        .mean = v[0],
                                        .squares = v[1],
                                        .min = v[2],
                                        .max = v[3]};
            stats_merge(all, one, features);
        }
    if (scales) {
        stats_scaling(all, features, minmax ? STATS_MINMAX : STATS_STANDARD, s->scaling,
                      s->scaling + features);
        sink->weights(sink->ctx, "scaling", s->scaling, s->scaling_count, s->version);
        plan_model(plan, &s->params, s->classes, s->scaling, &s->model, &s->optimizer);
    }
    if (plan->whole) {
        double *means = s->opt + lbfgs_state(plan->weights);

        precondition_learn(&s->model, all, s->optimizer.l2, means, means + features);
        s->conditioned = true;
        sink->weights(sink->ctx, "state", s->opt, s->opt_count, s->version);
    }
    free(all);
    return DTQ_OK;
}

/* All scores of the chunks first .. last - 1, in the two sides of an AUC; and their ROC curve,
 * unless roc is NULL. */
static enum dtq_err rank(const struct job_state *s, uint64_t first, uint64_t last, uint64_t rows,
                         uint64_t *wins, double *roc, struct dtq_why *why)
{
    double *room = malloc((3 * rows + 1) * sizeof *room), *above = room, *below = room + rows;
    uint64_t above_count = 0, below_count = 0, chunk = round_first(s);
    enum dtq_err err = DTQ_OK;

    if (!room) return no_memory(why);
    for (uint64_t i = 0; i < s->tasks && err == DTQ_OK; i++) {
        const double *from = s->held[i].extra + round_matrix(s);

        for (uint64_t k = 0; k < s->held[i].record_count; k++, chunk++) {
            const struct train_record *record = &s->held[i].records[k];
            uint64_t row, count, positive;
            bool train;

            count = plan_eval_piece(&s->plan, chunk, &row, &train);
            if (!plan_ranks(&s->plan, train)) continue;
            positive = train ? record->train.positive : record->test.positive;
            if (positive > count)
                err = err_set(why, DTQ_INPUT,
                              "an evaluation has more rows of "
                              "target 1 than rows");
            if (err == DTQ_OK && chunk >= first && chunk < last) {
                memcpy(above + above_count, from, positive * sizeof *from);
                memcpy(below + below_count, from + positive, (count - positive) * sizeof *from);
                above_count += positive;
                below_count += count - positive;
            }
            from += count;
        }
    }
    if (err == DTQ_OK) *wins = auc_wins(above, above_count, below, below_count, below + rows);
    if (err == DTQ_OK && roc) roc_points(above, above_count, below, below_count, roc);
    free(room);
    return err;
}

/* The confusion matrices of all tasks, added up. */
static void add_matrices(const struct job_state *s, double *to)
{
    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t k = 0; k < round_matrix(s); k++)
            to[k] += s->held[i].extra[k];
}

/* The training set, evaluated with the weights that the job ends with. */
static enum dtq_err combine_final(struct job_state *s, const struct job_sink *sink,
                                  struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    uint64_t first = plan->test_chunks, last = first + plan->final_chunks;
    double *room = calloc(plan->matrix + ROC_NUMBERS, sizeof *room), *roc = room + plan->matrix;
    struct train_sums sums = {0};
    struct train_seen seen = {0};
    enum dtq_err err = DTQ_OK;

    if (!room) return no_memory(why);
    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t k = 0; k < s->held[i].record_count; k++)
            sums_join(&sums, &s->held[i].records[k].train);
    if (plan_ranks(plan, true)) {
        err = rank(s, first, last, plan->rows, &sums.wins, roc, why);
        seen.roc = roc;
    }
    add_matrices(s, room);
    if (plan->matrix) seen.confusion = room;
    if (err == DTQ_OK) err = state_evaluated(s, &sums, &seen, sink, why);
    free(room);
    return err;
}

static enum dtq_err combine_eval(struct job_state *s, const struct job_sink *sink,
                                 struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    struct train_record record = {.train = s->sums};
    struct train_seen seen = {0};
    double *room = calloc(plan->confusion + plan->roc + 1, sizeof *room);
    double *roc = plan->roc ? room + plan->confusion : NULL;
    uint64_t tests = plan->test_chunks, all = plan_eval_chunks(plan), chunk = 0;
    enum dtq_err err = DTQ_OK;

    if (!room) return no_memory(why);
    if (plan->train_chunks) memset(&record.train, 0, sizeof record.train);
    for (uint64_t i = 0; i < s->tasks; i++)
        for (uint64_t k = 0; k < s->held[i].record_count; k++, chunk++) {
            const struct train_record *from = &s->held[i].records[k];

            if (chunk < tests)
                sums_join(&record.test, &from->test);
            else
                sums_join(&record.train, &from->train);
        }
    if (plan_ranks(plan, false) && tests)
        err = rank(s, 0, tests, plan->test_rows, &record.test.wins, roc, why);
    if (err == DTQ_OK && plan_ranks(plan, true) && all > tests)
        err = rank(s, tests, all, plan->rows, &record.train.wins, tests ? NULL : roc, why);
    add_matrices(s, room);
    if (plan->confusion) seen.confusion = room;
    seen.roc = roc;
    if (err == DTQ_OK) {
        s->at = (struct train_pos){.epoch = s->at.epoch + 1};
        err = epoch_end(s, &record, &seen, state_elapsed_ms(s) - s->marked_ms, sink, why);
    }
    free(room);
    return err;
}

enum dtq_err round_combine(struct job_state *s, const struct job_sink *sink, struct dtq_why *why)
{
    switch (s->phase) {
    case PHASE_STATS: return combine_stats(s, sink, why);
    case PHASE_STEP: return combine_step(s, sink, why);
    case PHASE_WHOLE: return combine_whole(s, sink, why);
    case PHASE_SHARD: return combine_shards(s, sink, why);
    case PHASE_EVAL: return combine_eval(s, sink, why);
    case PHASE_FINAL: return combine_final(s, sink, why);
    case PHASE_PROBE:
    case PHASE_RUN:
    case PHASE_BATCH: break;
    }
    return DTQ_OK;
}
