/* split.c: the next tasks of a training. */
#include "jobs/train/state.h"

#include <stdlib.h>

static enum dtq_err emit(struct job_state *s, enum train_kind kind, struct train_pos from,
                         struct train_pos until, const struct job_sink *sink, struct dtq_why *why)
{
    struct train_task task = {
        .kind = kind,
        .from = from,
        .until = until,
        .version = s->version,
        .data = s->data,
        .test = s->test,
        .classes = s->class_count,
        .fill = s->fill != NULL,
        .columns = s->columns && (s->going_on || s->inherits),
    };
    struct buf spec = {0};

    if (kind == TRAIN_RUN) task.sums = s->sums;
    task_write(&task, &spec);
    if (spec.failed) {
        buf_clear(&spec);
        return err_set(why, DTQ_NOMEM, "out of memory for a task");
    }
    sink->task(sink->ctx, s->next++, spec.data, spec.len);
    buf_clear(&spec);
    return DTQ_OK;
}

/* A round of tasks of `group` items each, whose results are held until all are there. first, size
 * and end say which numbers the items have: rows, chunks of so many rows, or shards. */
static enum dtq_err emit_round(struct job_state *s, enum train_phase phase, enum train_kind kind,
                               uint64_t group, uint64_t first, uint64_t size, uint64_t end,
                               const struct job_sink *sink, struct dtq_why *why)
{
    uint64_t items, step = (group ? group : 1) * size;
    enum dtq_err err;

    s->phase = phase;
    items = round_items(s);
    s->group = group ? group : 1;
    s->base = s->next;
    s->tasks = (items + s->group - 1) / s->group;
    s->folded = 0;
    err = held_alloc(s, why);
    for (uint64_t at = first; err == DTQ_OK && at < end; at += step) {
        struct train_pos from = {s->at.epoch, at};
        struct train_pos until = {s->at.epoch, step < end - at ? at + step : end};

        err = emit(s, kind, from, until, sink, why);
    }
    return err;
}

/* Some tasks more than slots, so that a slow worker is not waited for. */
static uint64_t group_of(uint64_t items, unsigned slots)
{
    return items / (4 * (uint64_t)slots);
}

static enum dtq_err emit_run(struct job_state *s, struct train_slots slots,
                             const struct job_sink *sink, struct dtq_why *why)
{
    s->phase = PHASE_RUN;
    s->base = s->next;
    s->tasks = 1;
    s->until = plan_until(&s->plan, s->at, slots);
    return emit(s, TRAIN_RUN, s->at, s->until, sink, why);
}

/* Whether one more batch may go out: when all that are out come in before the oldest of them, its
 * weights must not be older than allowed (stale synchronous parallel, Ho et al. 2013, by updates).
 */
static bool may_emit(const struct job_state *s, uint64_t most)
{
    if (s->out_count >= most) return false;
    for (uint64_t i = 0; i < s->out_count; i++)
        if (s->version - s->out[i].version + s->out_count > s->params.staleness) return false;
    return true;
}

/* As many batches as keep all slots busy while results travel; never beyond the epoch. */
static enum dtq_err emit_batches(struct job_state *s, unsigned slots, const struct job_sink *sink,
                                 struct dtq_why *why)
{
    uint64_t most = slots < TRAIN_WINDOW / 2 ? 2 * slots : TRAIN_WINDOW;
    enum dtq_err err = DTQ_OK;

    if (!s->tasks) s->base = s->next;
    while (err == DTQ_OK && s->at.row < s->plan.rows && may_emit(s, most)) {
        struct train_pos from = s->at;

        s->at.row += plan_batch_rows(&s->plan, from.row);
        s->tasks++;
        s->out[s->out_count++] = (struct train_out){s->next, s->version};
        err = emit(s, TRAIN_BATCH, from, s->at, sink, why);
    }
    return err;
}

enum dtq_err train_split(struct job_state *s, const struct job_view *view,
                         const struct job_sink *sink, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    const struct train_slots all = {view->slots, s->near ? (unsigned)s->near : 1};
    bool runs = plan->shards ? plan_shards_run(plan, all) : s->params.mode == TRAIN_SYNC;
    bool inline_eval = runs && !plan->whole && plan_eval_inline(plan, all);
    uint64_t rows = plan->rows, chunk = plan->chunk_rows;
    unsigned slots = view->slots;

    if (s->phase == PHASE_PROBE) {
        if (s->tasks) return DTQ_OK;
        s->tasks = 1;
        return emit(s, TRAIN_PROBE, s->at, s->at, sink, why);
    }
    if (s->phase == PHASE_BATCH) return emit_batches(s, slots, sink, why);
    if (s->tasks || state_done(s)) return DTQ_OK;
    if (s->settled)
        return emit_round(s, PHASE_FINAL, TRAIN_FINAL, group_of(plan->final_chunks, slots), 0, 1,
                          plan->final_chunks, sink, why);
    if ((s->params.scaling != SCALING_NONE && !s->scaling) || (plan->whole && !s->conditioned))
        return emit_round(s, PHASE_STATS, TRAIN_STATS,
                          group_of((rows + plan->eval_rows - 1) / plan->eval_rows, slots), 0,
                          plan->eval_rows, rows, sink, why);
    if (s->at.row == rows && !inline_eval)
        return emit_round(s, PHASE_EVAL, TRAIN_EVAL, group_of(plan_eval_chunks(plan), slots), 0, 1,
                          plan_eval_chunks(plan), sink, why);
    if (plan->whole)
        return emit_round(s, PHASE_WHOLE, TRAIN_WHOLE, group_of(plan_chunks(plan, rows), slots), 0,
                          chunk, rows, sink, why);
    if (plan->shards && !runs)
        return emit_round(s, PHASE_SHARD, TRAIN_SHARD, plan_shard_group(plan, slots), 0, 1,
                          plan->shards, sink, why);
    if (s->at.row < rows && !plan->shards && plan_spread(plan, s->at.row, all)) {
        uint64_t some = plan_batch_rows(plan, s->at.row);

        return emit_round(s, PHASE_STEP, TRAIN_GRAD, group_of(plan_chunks(plan, some), slots),
                          s->at.row, chunk, s->at.row + some, sink, why);
    }
    return emit_run(s, all, sink, why);
}
