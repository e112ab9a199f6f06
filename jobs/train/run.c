/* run.c: the tasks of a training, on a worker: steps, gradients, shards and evaluations. */
#include "jobs/train/run.h"

#include "common/math/stats.h"
#include "jobs/train/share.h"
#include "jobs/train/work.h"

#include <stdlib.h>
#include <string.h>

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The optimiser's state that belongs to the weights of the task, into to (plan.state). */
static enum dtq_err get_state(struct work *k, double *to)
{
    const double *from;
    size_t count;
    enum dtq_err err;

    if (!k->plan.state) return DTQ_OK;
    err = k->env->vector(k->env->ctx, "state", k->task.version, &from, &count, k->why);
    if (err != DTQ_OK) return err;
    if (count != k->plan.state)
        return err_set(k->why, DTQ_INPUT, "%zu numbers of optimiser state instead of %llu", count,
                       (unsigned long long)k->plan.state);
    memcpy(to, from, count * sizeof *to);
    return DTQ_OK;
}

/* The place of a name among those of the result, where it comes behind them when it is new; 64 or
 * more: there is no bit, or no room. */
static unsigned name_place(struct train_result *r, const char *name, size_t len)
{
    unsigned place = 0;
    size_t used = strlen(r->helpers);

    for (const char *at = r->helpers; *at; place++) {
        size_t one = strcspn(at, " ");

        if (one == len && !memcmp(at, name, len)) return place;
        at += one + (at[one] == ' ');
    }
    if (place >= 64 || used + len + 2 > sizeof r->helpers) return 64;
    if (used) r->helpers[used++] = ' ';
    memcpy(r->helpers + used, name, len);
    r->helpers[used + len] = '\0';
    return place;
}

/* What happened since the time *since_us, which becomes now. */
static void take_span(const struct work *k, struct train_result *r, int64_t *since_us,
                      struct train_span *to)
{
    const struct job_env *env = k->env;
    int64_t now_us = env->clock_us ? env->clock_us(env->ctx) : 0;
    const char *names = env->helpers ? env->helpers(env->ctx, &to->helped_us) : NULL;

    to->us = (uint64_t)(now_us - *since_us);
    *since_us = now_us;
    while (names && *names) {
        size_t len = strcspn(names, " ");
        unsigned place = len ? name_place(r, names, len) : 64;

        if (place < 64) to->helpers |= UINT64_C(1) << place;
        names += len + (names[len] == ' ');
    }
}

/* TRAIN_RUN: the steps and evaluations from one position to the other. */
static enum dtq_err run_steps(struct work *k, const double *start, struct train_result *r)
{
    const struct train_plan *plan = &k->plan;
    uint64_t steps = plan_steps(plan, plan->rows);
    struct train_pos at = k->task.from;
    int64_t since_us = k->env->clock_us ? k->env->clock_us(k->env->ctx) : 0;
    double *w, *state, *confusion, *roc;
    enum dtq_err err;

    r->record_count = k->task.until.epoch - at.epoch;
    r->vector_count = plan_run_vectors(at, k->task.until);
    r->width = plan->weights;
    r->extra_count = plan_run_extra(plan, r->record_count);
    if (!result_alloc(r)) return work_no_memory(k->why);
    w = r->vectors;
    confusion = r->extra + plan->state;
    roc = confusion + r->record_count * plan->confusion;
    state = r->extra;
    memcpy(w, start, plan->weights * sizeof *w);
    r->rest->train = k->task.sums;
    err = get_state(k, state);
    if (err == DTQ_OK) err = share_open(k);
    work_epoch(k, at.epoch);
    while (err == DTQ_OK && (at.epoch != k->task.until.epoch || at.row != k->task.until.row)) {
        struct train_record record = {0};
        uint64_t epoch = at.epoch;
        bool evaluated = at.row == plan->rows;

        if (!evaluated) {
            uint64_t rows = plan_step_rows(plan, at.row);

            err = plan->shards ? share_shards(k, w, state, epoch, &r->rest->train)
                               : work_step(k, w, state, epoch, at.row / plan->batch, steps, at.row,
                                           rows, &r->rest->train);
            at.row += rows;
            at = plan_settle(plan, at);
        } else {
            record.train = r->rest->train;
            err = work_evaluate(k, w, &record, confusion,
                                epoch + 1 == k->task.until.epoch ? roc : NULL);
            confusion += plan->confusion;
            at = (struct train_pos){.epoch = at.epoch + 1};
        }
        if (at.epoch == epoch) continue;
        if (!evaluated) record.train = r->rest->train;
        take_span(k, r, &since_us, &record.span);
        r->records[epoch - k->task.from.epoch] = record;
        memset(r->rest, 0, sizeof *r->rest);
        work_epoch(k, at.epoch);
        /* What the epoch left stays; the next one goes on with a copy. */
        if (w + plan->weights == r->vectors + r->vector_count * plan->weights) continue;
        memcpy(w + plan->weights, w, plan->weights * sizeof *w);
        w += plan->weights;
    }
    take_span(k, r, &since_us, &r->rest->span);
    return err;
}

/* TRAIN_GRAD, TRAIN_WHOLE: each chunk's gradient by itself; the master adds them up. */
static enum dtq_err run_chunks(struct work *k, const double *w, struct train_result *r)
{
    uint64_t row = k->task.from.row, end = k->task.until.row;

    r->record_count = r->vector_count = plan_chunks(&k->plan, end - row);
    r->width = k->plan.raws;
    if (!result_alloc(r)) return work_no_memory(k->why);
    glm_raw(&k->model, w, k->raw);
    work_epoch(k, k->task.from.epoch);
    for (uint64_t i = 0; row < end; i++) {
        uint64_t rows = least(k->plan.chunk_rows, end - row);
        struct glm_sums sums;
        enum dtq_err err = work_chunk(k, row, rows, r->vectors + i * r->width, &sums);

        if (err != DTQ_OK) return err;
        sums_add(&r->records[i].train, &sums);
        row += rows;
    }
    return DTQ_OK;
}

/* TRAIN_BATCH: the raw gradient. */
static enum dtq_err run_batch(struct work *k, const double *w, struct train_result *r)
{
    uint64_t row = k->task.from.row;

    r->record_count = r->vector_count = 1;
    r->width = k->plan.raws;
    if (!result_alloc(r)) return work_no_memory(k->why);
    work_epoch(k, k->task.from.epoch);
    return work_batch(k, w, row, plan_batch_rows(&k->plan, row), r->vectors, &r->records->train);
}

/* TRAIN_SHARD: weights and state that each shard leaves. */
static enum dtq_err run_shards(struct work *k, const double *w, struct train_result *r)
{
    uint64_t first = k->task.from.row, last = k->task.until.row;
    double *start;
    enum dtq_err err;

    r->record_count = r->vector_count = last - first;
    r->width = k->plan.weights + k->plan.state;
    if (!result_alloc(r)) return work_no_memory(k->why);
    start = r->vectors;
    memcpy(start, w, k->plan.weights * sizeof *start);
    err = get_state(k, start + k->plan.weights);
    for (uint64_t i = 1; i < r->vector_count; i++)
        memcpy(start + i * r->width, start, r->width * sizeof *start);
    work_epoch(k, k->task.from.epoch);
    for (uint64_t i = 0; i < r->vector_count && err == DTQ_OK; i++)
        err = work_shard(k, first + i, k->task.from.epoch, start + i * r->width,
                         &r->records[i].train);
    return err;
}

/* TRAIN_EVAL, TRAIN_FINAL: each chunk's sums by themselves; the matrix of all of them; and their
 * scores, of each chunk first those whose target is 1. */
static enum dtq_err run_eval(struct work *k, const double *w, struct train_result *r)
{
    const struct train_plan *plan = &k->plan;
    bool final = k->task.kind == TRAIN_FINAL, train;
    uint64_t first = k->task.from.row + (final ? plan->test_chunks : 0);
    uint64_t last = first + k->task.until.row - k->task.from.row;
    uint64_t matrix = final ? plan->matrix : plan->confusion;
    uint64_t *counts = calloc(matrix + 1, sizeof *counts), ranked = 0, rows, row;
    enum dtq_err err = DTQ_OK;
    double *to;

    for (uint64_t i = first; i < last; i++) {
        rows = plan_eval_piece(plan, i, &row, &train);
        if (plan_ranks(plan, train)) ranked += rows;
    }
    r->record_count = last - first;
    r->extra_count = matrix + ranked;
    if (!counts || !result_alloc(r)) {
        free(counts);
        return work_no_memory(k->why);
    }
    to = r->extra + matrix;
    glm_raw(&k->model, w, k->raw);
    for (uint64_t i = first; i < last && err == DTQ_OK; i++) {
        bool counted = matrix && (final || i < plan->test_chunks || !plan->test_chunks);
        struct work_scores scores = {0};
        struct glm_sums sums;

        rows = plan_eval_piece(plan, i, &row, &train);
        if (plan_ranks(plan, train)) err = work_scores_alloc(k, rows, &scores);
        if (err == DTQ_OK)
            err = work_eval_chunk(k, i, &sums, plan_ranks(plan, train) ? &scores : NULL,
                                  counted ? counts : NULL);
        if (err == DTQ_OK) {
            struct train_record *record = &r->records[i - first];

            sums_add(train ? &record->train : &record->test, &sums);
            for (size_t n = 0; n < scores.above_count; n++)
                *to++ = scores.above[n];
            for (size_t n = 0; n < scores.below_count; n++)
                *to++ = scores.below[n];
        }
        work_scores_clear(&scores);
    }
    for (uint64_t i = 0; i < matrix; i++)
        r->extra[i] = (double)counts[i];
    free(counts);
    return err;
}

/* One chunk of TRAIN_STATS: means, sums of squared distances, least and greatest values. */
static enum dtq_err stats_of_chunk(struct work *k, uint64_t row, uint64_t rows, struct stats *all,
                                   double *to)
{
    uint64_t features = k->plan.features;
    struct stats *piece_stats = all + features;
    bool any = false;

    for (uint64_t end = row + rows; row < end;) {
        struct glm_rows piece;
        uint64_t n = rows_take(&k->train, row, least(STATS_CHUNK_ROWS, end - row), &k->room,
                               &piece);
        const struct sparse_rows sparse = {piece.type, piece.x, piece.columns, piece.starts, n};
        enum dtq_err err;

        if (!n) return work_no_memory(k->why);
        if (piece.starts)
            stats_chunk_sparse(&sparse, features, any ? piece_stats : all);
        else
            stats_chunk(piece.type, piece.x, n, features, any ? piece_stats : all);
        if (any) stats_merge(all, piece_stats, features);
        any = true;
        row += n;
        if ((err = work_look_up(k, n)) != DTQ_OK) return err;
    }
    for (uint64_t j = 0; j < features; j++) {
        to[4 * j] = all[j].mean;
        to[4 * j + 1] = all[j].squares;
        to[4 * j + 2] = all[j].min;
        to[4 * j + 3] = all[j].max;
    }
    return DTQ_OK;
}

static enum dtq_err run_stats(struct work *k, struct train_result *r)
{
    uint64_t row = k->task.from.row, end = k->task.until.row, features = k->plan.features;
    struct stats *room = calloc(2 * features, sizeof *room);
    enum dtq_err err = DTQ_OK;

    r->record_count = r->vector_count = (end - row + k->plan.eval_rows - 1) / k->plan.eval_rows;
    r->width = 4 * features;
    if (!room || !result_alloc(r)) err = work_no_memory(k->why);
    for (uint64_t i = 0; row < end && err == DTQ_OK; i++) {
        uint64_t rows = least(k->plan.eval_rows, end - row);

        err = stats_of_chunk(k, row, rows, room, r->vectors + i * r->width);
        row += rows;
    }
    free(room);
    return err;
}

static enum dtq_err get_weights(struct work *k, const double **w, uint64_t *version)
{
    const struct job_env *env = k->env;
    uint64_t asked = k->task.kind == TRAIN_BATCH ? UINT64_MAX : k->task.version;
    size_t count;
    enum dtq_err err;

    *version = k->task.version;
    if (k->task.kind == TRAIN_WHOLE)
        err = env->vector(env->ctx, "trial", asked, w, &count, k->why);
    else
        err = env->weights(env->ctx, asked, w, &count, version, k->why);
    if (err == DTQ_OK && count != k->plan.weights)
        err = err_set(k->why, DTQ_INPUT, "%zu weights for a model of %llu", count,
                      (unsigned long long)k->plan.weights);
    return err;
}

static enum dtq_err compute(struct work *k, struct train_result *r)
{
    const double *w;
    enum dtq_err err;

    if (k->task.kind == TRAIN_STATS) {
        r->version = k->task.version;
        return run_stats(k, r);
    }
    err = get_weights(k, &w, &r->version);
    if (err != DTQ_OK) return err;
    switch (k->task.kind) {
    case TRAIN_RUN: return run_steps(k, w, r);
    case TRAIN_GRAD:
    case TRAIN_WHOLE: return run_chunks(k, w, r);
    case TRAIN_BATCH: return run_batch(k, w, r);
    case TRAIN_SHARD: return run_shards(k, w, r);
    case TRAIN_EVAL:
    case TRAIN_FINAL: return run_eval(k, w, r);
    case TRAIN_STATS:
    case TRAIN_PROBE: break;
    }
    return DTQ_INPUT;
}

enum dtq_err train_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                       const struct job_env *env, struct dtq_why *why)
{
    struct work k = {.env = env, .why = why};
    struct train_result r = {0};
    enum dtq_err err = train_params_read(params, &k.params, why);

    if (err == DTQ_OK) err = task_read(spec, len, &k.task, why);
    if (err != DTQ_OK) return err;
    if (k.task.kind == TRAIN_PROBE) {
        err = work_probe(&k, result);
        work_clear(&k);
        return err;
    }
    err = work_open(&k);
    if (err == DTQ_OK) err = compute(&k, &r);
    share_close(&k);
    if (err == DTQ_OK) {
        if (k.task.kind != TRAIN_BATCH) r.near = env->team ? env->team(env->ctx) : 1;
        result_write(&r, result);
        if (result->failed) err = work_no_memory(why);
    }
    result_clear(&r);
    work_clear(&k);
    return err;
}
