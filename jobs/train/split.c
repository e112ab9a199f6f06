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
    };
    struct buf spec = {0};

    if (kind == TRAIN_RUN) {
        task.loss = s->loss;
        task.correct = s->correct;
    }
    task_write(&task, &spec);
    if (spec.failed) {
        buf_clear(&spec);
        return err_set(why, DTQ_NOMEM, "out of memory for a task");
    }
    sink->task(sink->ctx, s->next++, spec.data, spec.len);
    buf_clear(&spec);
    return DTQ_OK;
}

/* A round of tasks that cut the rows from `row` to `end` into pieces of whole chunks. */
static enum dtq_err emit_pieces(struct job_state *s, enum train_kind kind, uint64_t row,
                                uint64_t end, uint64_t chunk_rows, unsigned slots,
                                const struct job_sink *sink, struct dtq_why *why)
{
    uint64_t chunks = (end - row + chunk_rows - 1) / chunk_rows;
    enum dtq_err err;

    /* Some tasks more than slots, so that a slow worker is not waited for. */
    s->group = chunks / (4 * (uint64_t)slots);
    if (!s->group) s->group = 1;
    s->phase = kind == TRAIN_EVAL ? PHASE_EVAL : PHASE_STEP;
    s->base = s->next;
    s->tasks = (chunks + s->group - 1) / s->group;
    s->folded = 0;
    err = held_alloc(s, why);
    while (err == DTQ_OK && row < end) {
        uint64_t rows = s->group * chunk_rows < end - row ? s->group * chunk_rows : end - row;
        struct train_pos from = {s->at.epoch, row}, until = {s->at.epoch, row + rows};

        err = emit(s, kind, from, until, sink, why);
        row += rows;
    }
    return err;
}

static enum dtq_err emit_run(struct job_state *s, unsigned slots, const struct job_sink *sink,
                             struct dtq_why *why)
{
    s->phase = PHASE_RUN;
    s->base = s->next;
    s->tasks = 1;
    s->until = plan_until(&s->plan, s->at, slots);
    return emit(s, TRAIN_RUN, s->at, s->until, sink, why);
}

/* As many batches as keep all slots busy while results travel; never beyond the epoch. */
static enum dtq_err emit_batches(struct job_state *s, unsigned slots, const struct job_sink *sink,
                                 struct dtq_why *why)
{
    uint64_t most = slots < TRAIN_WINDOW / 2 ? 2 * slots : TRAIN_WINDOW;
    enum dtq_err err = DTQ_OK;

    if (!s->tasks) s->base = s->next;
    while (err == DTQ_OK && s->tasks - s->folded < most && s->at.row < s->plan.rows) {
        struct train_pos from = s->at;

        s->at.row += plan_batch_rows(&s->plan, from.row);
        s->tasks++;
        err = emit(s, TRAIN_BATCH, from, s->at, sink, why);
    }
    return err;
}

enum dtq_err train_split(struct job_state *s, const struct job_view *view,
                         const struct job_sink *sink, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    bool sync = s->params.mode == TRAIN_SYNC;

    if (s->phase == PHASE_PROBE) {
        if (s->tasks) return DTQ_OK;
        s->tasks = 1;
        return emit(s, TRAIN_PROBE, s->at, s->at, sink, why);
    }
    if (s->stopped || s->at.epoch == plan->epochs) return DTQ_OK;
    if (s->phase == PHASE_BATCH) return emit_batches(s, view->slots, sink, why);
    if (s->tasks) return DTQ_OK;
    if (s->at.row == plan->rows && !(sync && plan_eval_inline(plan, view->slots)))
        return emit_pieces(s, TRAIN_EVAL, 0, plan->test_rows, plan->eval_rows, view->slots, sink,
                           why);
    if (s->at.row < plan->rows && plan_spread(plan, s->at.row, view->slots))
        return emit_pieces(s, TRAIN_GRAD, s->at.row, s->at.row + plan_batch_rows(plan, s->at.row),
                           plan->chunk_rows, view->slots, sink, why);
    return emit_run(s, view->slots, sink, why);
}
