/* runner.c: running what a slot has claimed, as many small tasks at a time as make some 50 ms. */
#include "worker/runner.h"

#include "common/clock.h"
#include "common/log.h"
#include "worker/lead.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_US = 50000,  /* of work in one claim */
    FLUSH_US = 200000, /* hand in early when a claim turns out to be longer */
    BATCH_MOST = 256,
};

/* --- what a task may ask of its worker -------------------------------------------------------- */

static void env_progress(void *ctx)
{
    struct runner *work = ctx;

    atomic_fetch_add_explicit(&work->slot->progress, 1, memory_order_relaxed);
}

static int64_t env_clock_us(void *ctx)
{
    (void)ctx;
    return clock_ns() / 1000;
}

static bool env_cancelled(void *ctx)
{
    struct runner *work = ctx;

    return atomic_load_explicit(&work->slot->cancelled, memory_order_relaxed);
}

static bool env_dataset_progress(void *ctx)
{
    env_progress(ctx);
    return env_cancelled(ctx);
}

/* Place for the vector of this name of the present job; its name is empty when it was not read yet.
 */
static struct vector *vector_of(struct runner *work, const char *name)
{
    struct vector *v = work->vectors;

    if (!work->vectors_of[0] || strcmp(work->vectors_of, work->claim.nonce) != 0) {
        memcpy(work->vectors_of, work->claim.nonce, sizeof work->vectors_of);
        for (size_t i = 0; i < VECTORS_MOST; i++)
            work->vectors[i].name[0] = '\0';
    }
    while (v < work->vectors + VECTORS_MOST - 1 && v->name[0] && strcmp(v->name, name) != 0)
        v++;
    if (strcmp(v->name, name) != 0) v->name[0] = '\0';
    return v;
}

static enum dtq_err vector_read(struct runner *work, struct vector *v, const char *name,
                                struct dtq_why *why)
{
    enum dtq_err err;

    v->name[0] = '\0';
    v->constant = false;
    err = queue_weights_read(work->slot->queue, work->claim.job, name, &v->v, &v->count,
                             &v->version, why);
    if (err == DTQ_CONN) return err_prefix(why, DTQ_IO, "reading the %s", name);
    if (err == DTQ_OK) snprintf(v->name, sizeof v->name, "%s", name);
    return err;
}

/* As it was at this version. */
static enum dtq_err vector_at(struct runner *work, const char *name, uint64_t version,
                              struct vector **out, struct dtq_why *why)
{
    struct vector *v = vector_of(work, name);
    enum dtq_err err = DTQ_OK;

    if (!v->name[0] || v->version != version) err = vector_read(work, v, name, why);
    if (err != DTQ_OK) return err;
    if (v->version > version)
        return err_set(why, DTQ_CANCELLED, "the %s have moved on to version %" PRIu64, name,
                       v->version);
    if (v->version < version)
        return err_set(why, DTQ_IO,
                       "the %s in Redis are of version %" PRIu64 ", the task needs %" PRIu64, name,
                       v->version, version);
    *out = v;
    return DTQ_OK;
}

static enum dtq_err env_weights(void *ctx, uint64_t version, const double **w, size_t *count,
                                uint64_t *got, struct dtq_why *why)
{
    struct runner *work = ctx;
    struct vector *v = vector_of(work, "weights");
    enum dtq_err err = version == UINT64_MAX ? vector_read(work, v, "weights", why)
                                             : vector_at(work, "weights", version, &v, why);

    if (err != DTQ_OK) return err;
    *w = v->v;
    *count = v->count;
    *got = v->version;
    return DTQ_OK;
}

static enum dtq_err env_vector(void *ctx, const char *name, uint64_t version, const double **w,
                               size_t *count, struct dtq_why *why)
{
    struct runner *work = ctx;
    struct vector *v = vector_of(work, name);
    enum dtq_err err = DTQ_OK;

    if (version != UINT64_MAX)
        err = vector_at(work, name, version, &v, why);
    else if (!v->name[0] || !v->count)
        err = vector_read(work, v, name, why);
    if (err != DTQ_OK) return err;
    v->constant = version == UINT64_MAX;
    *w = v->v;
    *count = v->count;
    return DTQ_OK;
}

static enum dtq_err env_dataset(void *ctx, const struct dataset_options *options,
                                const struct dataset **out, struct dtq_why *why)
{
    struct runner *work = ctx;
    enum dtq_err err;

    if (work->table_count == TABLES_MOST)
        return err_set(why, DTQ_INPUT, "a task opened more than %d data sets", TABLES_MOST);
    err = tables_get(work->slot->worker->tables, work->claim.nonce, options, env_dataset_progress,
                     work, out, why);
    if (err == DTQ_OK) work->tables[work->table_count++] = *out;
    return err;
}

/* --- running a claim -------------------------------------------------------------------------- */

/* Looks the job up when its submission is not the one of the last claim. False: the results say why
 * not. */
static enum dtq_err runner_meet(struct runner *work, struct dtq_why *why)
{
    if (work->known[0] && strcmp(work->known, work->claim.nonce) == 0) return DTQ_OK;
    work->known[0] = '\0';
    cJSON_Delete(work->params);
    work->params = cJSON_Parse(work->claim.params);
    work->type = job_find(work->claim.type);
    work->mean_us = 0;
    if (!work->type)
        return err_set(why, DTQ_INPUT,
                       "this worker (version " DTQ_VERSION
                       ") knows no job type \"%s\"; use workers of one version",
                       work->claim.type);
    if (!work->params)
        return err_set(why, DTQ_INPUT, "the parameters of job %s are no JSON", work->claim.job);
    memcpy(work->known, work->claim.nonce, sizeof work->known);
    return DTQ_OK;
}

bool runner_room(struct runner *work)
{
    size_t need = work->claim.count;

    if (need > work->room) {
        struct queue_result *results = realloc(work->results, need * sizeof *results);
        size_t *offsets = results ? realloc(work->offsets, need * sizeof *offsets) : NULL;
        if (results) work->results = results;
        if (!offsets) return false;
        work->offsets = offsets;
        work->room = need;
    }
    work->count = 0;
    buf_reset(&work->output);
    buf_reset(&work->helped);
    return true;
}

static void runner_note(struct runner *work, const struct queue_task *task, enum dtq_err err,
                        const char *text)
{
    struct worker *w = work->slot->worker;

    atomic_fetch_add(&w->failed, 1);
    log_warn("run %s/%" PRIu64 " by %s: %s", work->claim.job, task->no, work->slot->name, text);
    pthread_mutex_lock(&w->lock);
    snprintf(w->last_error, sizeof w->last_error, "%s/%" PRIu64 " %s: %.120s", work->claim.job,
             task->no, err_word(err), text);
    pthread_mutex_unlock(&w->lock);
}

/* Runs one task and adds its result or failure; nothing is added for one that was cancelled.
 * *now_ns: the time before, and then after. */
static void runner_run(struct runner *work, const struct queue_task *task, enum dtq_err met,
                       const struct dtq_why *met_why, int64_t *now_ns)
{
    const struct job_env env = {.ctx = work,
                                .progress = env_progress,
                                .cancelled = env_cancelled,
                                .weights = env_weights,
                                .vector = env_vector,
                                .dataset = env_dataset,
                                .clock_us = env_clock_us,
                                .team = lead_team,
                                .share = lead_share,
                                .round = lead_round,
                                .helpers = lead_helpers};
    struct queue_result *result = &work->results[work->count];
    size_t start = work->output.len;
    int64_t began = *now_ns;
    struct dtq_why why;
    enum dtq_err err = met;

    why.text[0] = '\0';
    work->task = task;
    if (met == DTQ_OK)
        err = work->type->run(work->params, task->spec, task->len, &work->output, &env, &why);
    else
        why = *met_why;
    lead_end(work);
    for (size_t i = 0; i < work->table_count; i++)
        tables_release(work->slot->worker->tables, work->tables[i]);
    work->table_count = 0;
    *now_ns = clock_ns();
    if (err == DTQ_OK && work->output.failed)
        err = err_set(&why, DTQ_NOMEM, "out of memory for a result");
    if (err == DTQ_CANCELLED && atomic_load(&work->slot->timed_out)) {
        err = err_set(&why, DTQ_TIMEOUT, "ran longer than its limit of %" PRId64 " ms",
                      work->claim.task_timeout_ms);
        atomic_store(&work->slot->timed_out, false);
        atomic_store(&work->slot->cancelled, false);
    }
    if (err == DTQ_CANCELLED) {
        work->output.len = start;
        return;
    }
    if (err != DTQ_OK) {
        runner_note(work, task, err, why.text);
        work->output.failed = false;
        work->output.len = start;
        buf_text(&work->output, why.text);
    }
    *result = (struct queue_result){
        .no = task->no,
        .outcome = err == DTQ_OK      ? QUEUE_DONE
                   : err == DTQ_INPUT ? QUEUE_FATAL
                                      : QUEUE_RETRY,
        .len = work->output.len - start,
        .code = err_word(err),
        .run_us = (*now_ns - began) / 1000,
    };
    work->offsets[work->count++] = start;
}

void runner_run_all(struct runner *work)
{
    struct slot *slot = work->slot;
    struct dtq_why why = {""};
    enum dtq_err met = runner_meet(work, &why);
    int64_t began = clock_ns(), now = began, passed = 0;

    for (size_t i = 0; i < work->claim.count; i++) {
        if (atomic_load_explicit(&slot->cancelled, memory_order_relaxed)) break;
        if (work->claim.task_timeout_ms) atomic_store(&slot->started_ms, clock_ms());
        runner_run(work, &work->claim.tasks[i], met, &why, &now);
        env_progress(work);
        passed = (now - began) / 1000;
        if (passed > FLUSH_US || (passed > BATCH_US && atomic_load(&slot->worker->stop))) break;
    }
    for (size_t i = 0; i < work->count; i++)
        work->results[i].data = work->output.data + work->offsets[i];
    if (work->count) work->results[0].helpers = work->helped.failed ? NULL : work->helped.data;
    if (work->count && met == DTQ_OK) {
        double mean = (double)passed / (double)work->count;
        work->mean_us = work->mean_us > 0 ? 0.7 * work->mean_us + 0.3 * mean : mean;
    }
}

unsigned runner_most(const struct runner *work)
{
    double most = BATCH_US / (work->mean_us > 0.1 ? work->mean_us : 0.1);

    return most < 1 ? 1 : most > BATCH_MOST ? BATCH_MOST : (unsigned)most;
}

void runner_forget(struct runner *work)
{
    work->known[0] = '\0';
    work->vectors_of[0] = '\0';
}

void runner_clear(struct runner *work)
{
    cJSON_Delete(work->params);
    for (size_t i = 0; i < VECTORS_MOST; i++)
        free(work->vectors[i].v);
    free(work->results);
    free(work->offsets);
    buf_clear(&work->output);
    buf_clear(&work->helped);
}
