/* farm.c: a master, a queue and workers for one job in one process. */
#include "tests/support/farm_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One wrong byte somewhere, when this is what the test bends. */
static void bend(struct farm_run *r, enum farm_bend what, void *bytes, size_t len)
{
    if (r->farm->bend != what || !len || !farm_chance(r, 30)) return;
    ((unsigned char *)bytes)[farm_roll(r, len)] = (unsigned char)farm_roll(r, 256);
}

static void vector_set(struct vector *v, const double *w, size_t count, uint64_t version)
{
    free(v->w);
    v->w = malloc((count + 1) * sizeof *w);
    if (count) memcpy(v->w, w, count * sizeof *w);
    v->count = count;
    v->version = version;
}

static void vector_clear(struct vector *v)
{
    free(v->w);
    memset(v, 0, sizeof *v);
}

static void take_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    struct farm_run *r = ctx;
    struct task *t;

    assert_false(r->held);
    assert_int_equal(no, r->task_count);
    if (r->task_count == r->cap)
        r->tasks = realloc(r->tasks, (r->cap = r->cap ? r->cap * 2 : 64) * sizeof *r->tasks);
    t = &r->tasks[r->task_count++];
    memset(t, 0, sizeof *t);
    t->spec = malloc(len + 1);
    memcpy(t->spec, spec, len);
    t->spec_len = len;
    bend(r, FARM_BEND_SPEC, t->spec, len);
}

static void take_weights(void *ctx, const char *name, const double *w, size_t count,
                         uint64_t version)
{
    struct farm_run *r = ctx;

    assert_true(version >= r->new_version);
    r->new_version = version;
    vector_set(&r->put[farm_vector(name)], w, count, version);
}

/* What open gets; borrowed from the run. */
static struct job_vectors vectors_of(const struct farm_run *r)
{
    struct job_vectors vectors = {
#define X(name) .name = {r->now[VECTOR_##name].w, r->now[VECTOR_##name].count},
        JOB_VECTORS(X)
#undef X
    };

    if (r->farm->former && !r->checkpoint.len) {
        vectors.former = r->farm->former->checkpoint.data;
        vectors.former_len = r->farm->former->checkpoint.len;
    }
    return vectors;
}

static void take_epoch(void *ctx, const cJSON *metrics, const double *w, size_t count)
{
    struct farm_run *r = ctx;

    cJSON_AddItemToArray(r->new_epochs, cJSON_Duplicate(metrics, true));
    buf_add(&r->new_history, w, count * sizeof *w);
}

/* In the history with everything else that leaves, its number before it. */
static void take_page(void *ctx, uint64_t no, const double *numbers, size_t count)
{
    struct farm_run *r = ctx;
    uint64_t head[] = {no, count};

    buf_add(&r->new_history, head, sizeof head);
    buf_add(&r->new_history, numbers, count * sizeof *numbers);
}

static struct job_sink sink_of(struct farm_run *r)
{
    return (struct job_sink){.ctx = r,
                             .task = take_task,
                             .weights = take_weights,
                             .epoch = take_epoch,
                             .page = take_page};
}

/* All that was put since the last commit leaves at once. */
static void commit(struct farm_run *r)
{
    cJSON *item;

    assert_false(r->held);
    buf_reset(&r->farm->before);
    buf_add(&r->farm->before, r->checkpoint.data, r->checkpoint.len);
    buf_reset(&r->checkpoint);
    r->type->checkpoint(r->state, &r->checkpoint);
    assert_false(r->checkpoint.failed);
    for (uint64_t i = 0; i < r->task_count; i++) {
        if (r->tasks[i].stage == EMITTED) r->tasks[i].stage = READY;
        if (r->tasks[i].stage != FOLDED) continue;
        r->tasks[i].stage = DROPPED;
        buf_clear(&r->tasks[i].result);
    }
    r->version = r->new_version;
    for (size_t i = 0; i < VECTORS; i++) {
        const struct vector *put = &r->put[i];

        if (!put->w) continue;
        if (put->count)
            vector_set(&r->now[i], put->w, put->count, put->version);
        else
            vector_clear(&r->now[i]);
        vector_clear(&r->put[i]);
    }
    while ((item = cJSON_DetachItemFromArray(r->new_epochs, 0)))
        cJSON_AddItemToArray(r->farm->epochs, item);
    buf_add(&r->farm->history, r->new_history.data, r->new_history.len);
    buf_reset(&r->new_history);
}

static enum dtq_err open_state(struct farm_run *r)
{
    const struct job_vectors vectors = vectors_of(r);

    return r->type->open(r->params, r->checkpoint.data, r->checkpoint.len, &vectors, &r->state,
                         r->why);
}

static uint64_t count_stage(const struct farm_run *r, enum stage from, enum stage to)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < r->task_count; i++)
        count += r->tasks[i].stage >= from && r->tasks[i].stage <= to;
    return count;
}

static enum dtq_err split(struct farm_run *r)
{
    const struct job_sink sink = sink_of(r);
    const struct job_view view = {.slots = 1 + (unsigned)farm_roll(r, r->farm->slots_most),
                                  .outstanding = count_stage(r, EMITTED, COMPUTED)};
    enum dtq_err err = r->type->split(r->state, &view, &sink, r->why);
    uint64_t out = count_stage(r, EMITTED, COMPUTED);

    assert_true(out <= r->type->window);
    if (out > r->farm->spread) r->farm->spread = (unsigned)out;
    return err;
}

static void ignore_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    (void)ctx;
    (void)no;
    (void)spec;
    (void)len;
}

/* A master that reads a bent checkpoint refuses it, or takes it for another state of the job; it
 * comes to no harm. */
static void try_bent(struct farm_run *r)
{
    const struct job_vectors vectors = vectors_of(r);
    const struct job_sink nowhere = {.task = ignore_task};
    const struct job_view view = {.slots = 2};
    struct job_state *s = NULL;
    struct buf copy = {0};
    cJSON *report = cJSON_CreateObject();

    buf_add(&copy, r->checkpoint.data, r->checkpoint.len);
    bend(r, FARM_BEND_CHECKPOINT, copy.data, copy.len);
    if (r->type->open(r->params, copy.data, copy.len, &vectors, &s, r->why) == DTQ_OK) {
        r->type->split(s, &view, &nowhere, r->why);
        r->type->report(s, report);
        r->type->close(s);
    } else {
        r->farm->refused++;
    }
    cJSON_Delete(report);
    buf_clear(&copy);
}

/* The master dies: what was not committed never was. Another opens the job. */
static enum dtq_err takeover(struct farm_run *r)
{
    enum dtq_err err;

    r->farm->takeovers++;
    r->type->close(r->state);
    r->state = NULL;
    r->held = false;
    for (size_t i = 0; i < VECTORS; i++)
        vector_clear(&r->put[i]);
    r->new_version = r->version;
    cJSON_Delete(r->new_epochs);
    r->new_epochs = cJSON_CreateArray();
    buf_reset(&r->new_history);
    while (r->task_count && r->tasks[r->task_count - 1].stage == EMITTED)
        free(r->tasks[--r->task_count].spec);
    for (uint64_t i = 0; i < r->task_count; i++)
        if (r->tasks[i].stage == FOLDED) r->tasks[i].stage = COMPUTED;
    if (r->farm->bend == FARM_BEND_CHECKPOINT) try_bent(r);
    err = open_state(r);
    return err == DTQ_OK ? split(r) : err;
}

/* A task of that stage, any of them; NULL when there is none. */
static struct task *pick(struct farm_run *r, enum stage stage)
{
    uint64_t count = count_stage(r, stage, stage), nth;

    if (!count) return NULL;
    nth = farm_roll(r, count);
    for (uint64_t i = 0;; i++)
        if (r->tasks[i].stage == stage && !nth--) return &r->tasks[i];
}

static enum dtq_err compute_once(struct farm_run *r, struct task *t, struct buf *result)
{
    const struct job_env env = farm_env(r);
    enum dtq_err err;

    r->shared = t;
    r->looks = r->asked = 0;
    err = r->type->run(r->params, t->spec, t->spec_len, result, &env, r->why);
    free(r->outputs);
    r->outputs = NULL;
    return err;
}

static enum dtq_err compute(struct farm_run *r, struct task *t)
{
    enum dtq_err err = compute_once(r, t, &t->result);

    if (err != DTQ_OK) return err;
    if (farm_chance(r, r->farm->twice_percent)) {
        struct buf again = {0};

        assert_int_equal(compute_once(r, t, &again), DTQ_OK);
        assert_int_equal(again.len, t->result.len);
        assert_memory_equal(again.data, t->result.data, again.len);
        buf_clear(&again);
    }
    bend(r, FARM_BEND_RESULT, t->result.data, t->result.len);
    t->stage = COMPUTED;
    return DTQ_OK;
}

static enum dtq_err fold(struct farm_run *r, struct task *t, enum job_step *step)
{
    static const char *const workers[] = {"w1", "w2", "w3"};
    const struct job_sink sink = sink_of(r);
    const struct job_result result = {.no = (uint64_t)(t - r->tasks),
                                      .data = t->result.data,
                                      .len = t->result.len,
                                      .worker = workers[farm_roll(r, 3)],
                                      .run_us = 1};
    enum dtq_err err = r->type->reduce(r->state, &result, &sink, step, r->why);

    if (err != DTQ_OK) return err;
    r->farm->tasks++;
    t->stage = FOLDED;
    r->held = *step == JOB_HOLD;
    return DTQ_OK;
}

static enum dtq_err one_move(struct farm_run *r, enum job_step *step)
{
    struct task *computed = pick(r, COMPUTED), *ready = pick(r, READY);
    enum dtq_err err;

    if (farm_chance(r, r->farm->takeovers_percent)) return takeover(r);
    if (ready && (!computed || farm_chance(r, 50))) return compute(r, ready);
    if (!computed) {
        /* Only what was emitted and never committed can be left: the commit is due. */
        assert_true(count_stage(r, EMITTED, EMITTED) > 0 || count_stage(r, FOLDED, FOLDED) > 0);
        commit(r);
        return split(r);
    }
    err = fold(r, computed, step);
    if (err != DTQ_OK || *step == JOB_HOLD) return err;
    if (*step == JOB_DONE) {
        commit(r);
        return DTQ_OK;
    }
    if (*step == JOB_ROUND) {
        r->farm->rounds++;
        commit(r);
    } else if (farm_chance(r, 30)) {
        commit(r);
    }
    return split(r);
}

enum dtq_err farm_compute(const struct farm_table *tables, const struct job_type *type,
                          const cJSON *params, const struct buf *spec, struct dtq_why *why)
{
    struct farm farm = {.tables = tables};
    struct farm_run r = {.farm = &farm};
    const struct job_env env = farm_env(&r);
    struct buf result = {0};
    enum dtq_err err = type->run(params, spec->data, spec->len, &result, &env, why);

    farm_close_files(&r);
    buf_clear(&result);
    return err;
}

enum dtq_err farm_run(struct farm *farm, const struct job_type *type, const cJSON *params,
                      struct dtq_why *why)
{
    struct farm_run r = {
        .farm = farm, .type = type, .params = params, .why = why, .dice = farm->seed};
    enum job_step step = JOB_FOLDED;
    enum dtq_err err;

    if (!farm->slots_most) farm->slots_most = 1;
    farm->epochs = cJSON_CreateArray();
    farm->report = cJSON_CreateObject();
    r.new_epochs = cJSON_CreateArray();
    if (farm->first_count)
        vector_set(&r.now[VECTOR_weights], farm->first_weights, farm->first_count, 0);
#define X(name)                                                         \
    if (farm->former && farm->former->vectors.name.v)                   \
        vector_set(&r.now[VECTOR_##name], farm->former->vectors.name.v, \
                   farm->former->vectors.name.count, 0);
    JOB_VECTORS(X)
#undef X
    if (farm->former)
        vector_set(&r.now[VECTOR_roc], farm->former->roc.v, farm->former->roc.count, 0);
    err = open_state(&r);
    if (err == DTQ_OK) err = split(&r);
    if (err == DTQ_OK) commit(&r);
    while (err == DTQ_OK && step != JOB_DONE)
        err = one_move(&r, &step);
    if (err == DTQ_OK) {
        assert_int_equal(count_stage(&r, EMITTED, FOLDED), 0);
        type->report(r.state, farm->report);
        farm->vectors = vectors_of(&r);
        farm->weights = r.now[VECTOR_weights].w;
        farm->weight_count = r.now[VECTOR_weights].count;
        farm->roc = (struct job_vector){r.now[VECTOR_roc].w, r.now[VECTOR_roc].count};
        memset(r.now, 0, sizeof r.now);
        farm->checkpoint = r.checkpoint;
        memset(&r.checkpoint, 0, sizeof r.checkpoint);
    }
    type->close(r.state);
    for (uint64_t i = 0; i < r.task_count; i++) {
        free(r.tasks[i].spec);
        buf_clear(&r.tasks[i].result);
    }
    free(r.tasks);
    buf_clear(&r.checkpoint);
    for (size_t i = 0; i < VECTORS; i++) {
        vector_clear(&r.now[i]);
        vector_clear(&r.put[i]);
    }
    cJSON_Delete(r.new_epochs);
    buf_clear(&r.new_history);
    farm_close_files(&r);
    return err;
}

void farm_clear(struct farm *farm)
{
    cJSON_Delete(farm->report);
    cJSON_Delete(farm->epochs);
    buf_clear(&farm->history);
#define X(name) free((void *)farm->vectors.name.v);
    JOB_VECTORS(X)
#undef X
    memset(&farm->vectors, 0, sizeof farm->vectors);
    free((void *)farm->roc.v);
    farm->roc = (struct job_vector){0};
    buf_clear(&farm->checkpoint);
    buf_clear(&farm->before);
    farm->report = farm->epochs = NULL;
    farm->weights = NULL;
}
