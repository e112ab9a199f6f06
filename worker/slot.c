/* slot.c: a slot runs tasks. Idle, it blocks on the ready list; busy, it never blocks: one script
 * hands in what it has and takes what is next, as many small tasks at a time as make some 50 ms.
 * With a turnstile, because the process serves other queues as well, an idle slot only looks until
 * something is ready, and takes it once it is let in: so nothing lies in the hands of a slot that
 * may not run it, and queues take turns, a claim each. */
#include "common/clock.h"
#include "common/log.h"
#include "jobs/job.h"
#include "worker/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_US = 50000,  /* of work in one claim */
    FLUSH_US = 200000, /* hand in early when a claim turns out to be longer */
    BATCH_MOST = 512,
    TABLES_MOST = 8, /* data sets that one task may open */
    VECTORS_MOST = 8,
};

/* A vector of a job as it was read last. */
struct vector {
    char name[16];
    double *v; /* owned */
    size_t count;
    uint64_t version;
};

/* What a slot's thread keeps from one claim to the next. */
struct work {
    struct slot *slot;
    bool inside; /* of the turnstile, if there is one */
    struct queue_claim claim;
    char known[ID_MAX + 1]; /* the job of params and mean_us */
    const struct job_type *type;
    cJSON *params;  /* owned; of the job `known` */
    double mean_us; /* of a task of that job */

    struct vector vectors[VECTORS_MOST]; /* of the job vectors_job */
    size_t vector_count;
    char vectors_job[ID_MAX + 1];

    const struct dataset *tables[TABLES_MOST]; /* in use by the present task */
    size_t table_count;

    struct buf output;            /* the results' bytes, one after the other */
    struct queue_result *results; /* owned; claim.count of room */
    size_t *offsets;              /* owned; where each result starts in output */
    size_t room, count;
};

/* --- what a task may ask of its worker -------------------------------------------------------- */

static void env_progress(void *ctx)
{
    struct work *work = ctx;

    atomic_fetch_add_explicit(&work->slot->progress, 1, memory_order_relaxed);
}

static bool env_cancelled(void *ctx)
{
    struct work *work = ctx;

    return atomic_load_explicit(&work->slot->cancelled, memory_order_relaxed);
}

static bool env_dataset_progress(void *ctx)
{
    env_progress(ctx);
    return env_cancelled(ctx);
}

/* Place for the vector of this name of the present job; its name is empty when it was not read yet.
 */
static struct vector *vector_of(struct work *work, const char *name)
{
    struct vector *v = work->vectors;

    if (strcmp(work->vectors_job, work->claim.job) != 0) {
        memcpy(work->vectors_job, work->claim.job, sizeof work->vectors_job);
        for (size_t i = 0; i < VECTORS_MOST; i++)
            work->vectors[i].name[0] = '\0';
    }
    while (v < work->vectors + VECTORS_MOST - 1 && v->name[0] && strcmp(v->name, name) != 0)
        v++;
    if (strcmp(v->name, name) != 0) v->name[0] = '\0';
    return v;
}

static enum dtq_err vector_read(struct work *work, struct vector *v, const char *name,
                                struct dtq_why *why)
{
    enum dtq_err err;

    v->name[0] = '\0';
    err = queue_weights_read(work->slot->queue, work->claim.job, name, &v->v, &v->count,
                             &v->version, why);
    if (err == DTQ_CONN) return err_prefix(why, DTQ_IO, "reading the %s", name);
    if (err == DTQ_OK) snprintf(v->name, sizeof v->name, "%s", name);
    return err;
}

/* As it was at this version. */
static enum dtq_err vector_at(struct work *work, const char *name, uint64_t version,
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
    struct work *work = ctx;
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
    struct work *work = ctx;
    struct vector *v = vector_of(work, name);
    enum dtq_err err = DTQ_OK;

    if (version != UINT64_MAX)
        err = vector_at(work, name, version, &v, why);
    else if (!v->name[0] || !v->count)
        err = vector_read(work, v, name, why);
    if (err != DTQ_OK) return err;
    *w = v->v;
    *count = v->count;
    return DTQ_OK;
}

static enum dtq_err env_dataset(void *ctx, const struct dataset_options *options,
                                const struct dataset **out, struct dtq_why *why)
{
    struct work *work = ctx;
    enum dtq_err err;

    if (work->table_count == TABLES_MOST)
        return err_set(why, DTQ_INPUT, "a task opened more than %d data sets", TABLES_MOST);
    err = tables_get(work->slot->worker->tables, work->claim.job, options, env_dataset_progress,
                     work, out, why);
    if (err == DTQ_OK) work->tables[work->table_count++] = *out;
    return err;
}

/* --- running a claim -------------------------------------------------------------------------- */

/* Looks the job up when it is not the one of the last claim. False: the results say why not. */
static enum dtq_err work_meet(struct work *work, struct dtq_why *why)
{
    if (strcmp(work->known, work->claim.job) == 0) return DTQ_OK;
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
    memcpy(work->known, work->claim.job, sizeof work->known);
    return DTQ_OK;
}

/* Room for the results of the whole claim. */
static bool work_room(struct work *work)
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
    return true;
}

static void work_note(struct work *work, const struct queue_task *task, enum dtq_err err,
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
static void work_run(struct work *work, const struct queue_task *task, enum dtq_err met,
                     const struct dtq_why *met_why, int64_t *now_ns)
{
    const struct job_env env = {work,        env_progress, env_cancelled,
                                env_weights, env_vector,   env_dataset};
    struct queue_result *result = &work->results[work->count];
    size_t start = work->output.len;
    int64_t began = *now_ns;
    struct dtq_why why;
    enum dtq_err err = met;

    why.text[0] = '\0';
    if (met == DTQ_OK)
        err = work->type->run(work->params, task->spec, task->len, &work->output, &env, &why);
    else
        why = *met_why;
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
        work_note(work, task, err, why.text);
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

static void work_run_all(struct work *work)
{
    struct slot *slot = work->slot;
    struct dtq_why why = {""};
    enum dtq_err met = work_meet(work, &why);
    int64_t began = clock_ns(), now = began, passed = 0;

    for (size_t i = 0; i < work->claim.count; i++) {
        if (atomic_load_explicit(&slot->cancelled, memory_order_relaxed)) break;
        if (work->claim.task_timeout_ms) atomic_store(&slot->started_ms, clock_ms());
        work_run(work, &work->claim.tasks[i], met, &why, &now);
        env_progress(work);
        passed = (now - began) / 1000;
        if (passed > FLUSH_US || (passed > BATCH_US && atomic_load(&slot->worker->stop))) break;
    }
    for (size_t i = 0; i < work->count; i++)
        work->results[i].data = work->output.data + work->offsets[i];
    if (work->count && met == DTQ_OK) {
        double mean = (double)passed / (double)work->count;
        work->mean_us = work->mean_us > 0 ? 0.7 * work->mean_us + 0.3 * mean : mean;
    }
}

/* How many tasks of the present job make a good claim. */
static unsigned work_most(const struct work *work)
{
    double most = BATCH_US / (work->mean_us > 0.1 ? work->mean_us : 0.1);

    return most < 1 ? 1 : most > BATCH_MOST ? BATCH_MOST : (unsigned)most;
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Tells the beat what the slot holds now. */
static void slot_show(struct work *work)
{
    struct slot *slot = work->slot;

    pthread_mutex_lock(&slot->lock);
    slot->busy = work->claim.count > 0;
    slot->token = work->claim.token;
    memcpy(slot->job, work->claim.job, sizeof slot->job);
    slot->first = work->claim.count ? work->claim.tasks[0].no : 0;
    slot->held = work->claim.count;
    slot->claimed_ms = clock_ms();
    slot->limit_ms = work->claim.task_timeout_ms;
    atomic_store(&slot->started_ms, slot->claimed_ms);
    atomic_store(&slot->timed_out, false);
    atomic_store(&slot->cancelled, false);
    pthread_mutex_unlock(&slot->lock);
}

/* Adds what was handed in to the counts of the worker. */
static void slot_count(struct work *work)
{
    struct worker *w = work->slot->worker;
    unsigned long long done = 0, us = 0;

    for (size_t i = 0; i < work->count; i++) {
        done += work->results[i].outcome == QUEUE_DONE;
        us += (unsigned long long)work->results[i].run_us;
    }
    atomic_fetch_add(&w->completed, done);
    atomic_fetch_add(&w->run_tasks, work->count);
    atomic_fetch_add(&w->run_us, us);
    if (!work->count) return;
    pthread_mutex_lock(&w->lock);
    snprintf(w->last_task, sizeof w->last_task, "%s/%" PRIu64, work->claim.job,
             work->results[work->count - 1].no);
    pthread_mutex_unlock(&w->lock);
}

/* With a turnstile: goes in before a claim. False: the process is to stop. */
static bool slot_enter(struct work *work)
{
    struct worker *w = work->slot->worker;

    if (w->turnstile && !work->inside) work->inside = turnstile_enter(w->turnstile, &w->stop);
    return !w->turnstile || work->inside;
}

/* Leaves when nothing is held. */
static void slot_leave(struct work *work)
{
    if (work->inside && work->claim.count == 0) {
        turnstile_leave(work->slot->worker->turnstile);
        work->inside = false;
    }
}

/* How many tasks to claim with the results: none at the end, or when another queue's turn is next.
 */
static unsigned slot_next_most(const struct work *work)
{
    struct worker *w = work->slot->worker;

    if (atomic_load(&w->stop) || (w->turnstile && turnstile_awaited(w->turnstile))) return 0;
    return work_most(work);
}

/* Hands the results in. A refusal (no memory in Redis, a full disk) wrote nothing and may pass: the
 * results are kept and said again, as long as the lease holds, rather than computed again. */
static enum dtq_err slot_hand_in(struct work *work, struct queue_claim *next, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    enum dtq_err err;

    for (unsigned tries = 0;; tries++) {
        err = queue_complete(slot->queue, &w->member, slot->name, &work->claim, work->results,
                             work->count, slot_next_most(work), next, why);
        if (err != DTQ_SERVER || atomic_load(&w->stop)) return err;
        log_warn("complete %s/%" PRIu64 " by %s: %s; trying again", work->claim.job,
                 work->claim.tasks[0].no, slot->name, why->text);
        worker_backoff(w, tries);
    }
}

/* Runs what is claimed, hands it in, and leaves the next claim in work->claim. */
static enum dtq_err slot_turn(struct work *work, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    struct queue_claim next = {0};
    enum dtq_err err;

    slot_show(work);
    atomic_fetch_add(&w->assigned, work->claim.count);
    if (!work_room(work)) return err_set(why, DTQ_NOMEM, "out of memory for results");
    work_run_all(work);
    err = slot_hand_in(work, &next, why);
    if (err == DTQ_LEASE_LOST || err == DTQ_JOB_GONE)
        log_info("complete %s/%" PRIu64 " by %s: %s", work->claim.job, work->claim.tasks[0].no,
                 slot->name, err_word(err));
    if (err == DTQ_OK) slot_count(work);
    if (err == DTQ_LEASE_LOST || err == DTQ_JOB_GONE) err = DTQ_OK;
    queue_claim_clear(&work->claim);
    work->claim = next;
    slot_leave(work);
    return err;
}

/* Claims when it is let in; DTQ_NONE when there was nothing. */
static enum dtq_err slot_claim(struct work *work, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    enum dtq_err err;

    if (!slot_enter(work)) return DTQ_NONE;
    err = queue_claim(slot->queue, &slot->worker->member, slot->name, work->known, work_most(work),
                      &work->claim, why);
    slot_leave(work);
    return err;
}

/* Blocks until something is in the slot's hands or, with a turnstile, ready. */
static enum dtq_err slot_block(struct work *work, int64_t wait_ms, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    enum dtq_err err = DTQ_NONE;

    atomic_store(&slot->idle_fd, queue_fd(slot->queue));
    if (atomic_load(&slot->worker->stop))
        err = DTQ_NONE;
    else if (slot->worker->turnstile)
        err = queue_watch_ready(slot->queue, wait_ms, why);
    else
        err = queue_wait_ready(slot->queue, slot->name, wait_ms, why);
    atomic_store(&slot->idle_fd, -1);
    return err;
}

/* Waits for a task and claims it; DTQ_NONE when none came. */
static enum dtq_err slot_wait(struct work *work, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    /* Shorter than the presence of a silent worker, so that Redis never moves a task into the hands
     * of one that is already given up. */
    int64_t wait_ms = w->member.lease_ms / 2 < 5000 ? w->member.lease_ms / 2 : 5000;
    enum dtq_err err;

    slot_show(work);
    /* With a turnstile one of the slots watches for all: one task wakes one slot. */
    if (w->turnstile) pthread_mutex_lock(&w->watch);
    err = slot_block(work, wait_ms, why);
    if (err == DTQ_OK || (err == DTQ_NONE && !w->turnstile))
        err = atomic_load(&w->stop) ? DTQ_NONE : slot_claim(work, why);
    if (w->turnstile) pthread_mutex_unlock(&w->watch);
    return err;
}

/* Once connected: first what a lost reply may have left in the held list, then wait and work until
 * an error. */
static enum dtq_err slot_serve(struct work *work, unsigned *tries, struct dtq_why *why)
{
    struct worker *w = work->slot->worker;
    enum dtq_err err = slot_claim(work, why);

    if (err == DTQ_OK || err == DTQ_NONE) *tries = 0;
    while (err == DTQ_OK || err == DTQ_NONE) {
        if (work->claim.count > 0)
            err = slot_turn(work, why);
        else if (atomic_load(&w->stop))
            return DTQ_OK;
        else
            err = slot_wait(work, why);
    }
    return err;
}

void *slot_run(void *arg)
{
    struct slot *slot = arg;
    struct worker *w = slot->worker;
    struct work work = {.slot = slot};
    uint64_t joined = worker_wait_joined(w, 0);
    unsigned tries = 0;

    while (!atomic_load(&w->stop)) {
        struct dtq_why why = {""};
        enum dtq_err err = queue_connect(slot->queue, &why);
        if (err == DTQ_OK) err = slot_serve(&work, &tries, &why);
        queue_claim_clear(&work.claim);
        slot_leave(&work);
        slot_show(&work);
        if (atomic_load(&w->stop)) break;
        if (err == DTQ_UNKNOWN_WORKER) {
            atomic_store(&w->lost, true);
            joined = worker_wait_joined(w, joined);
        } else {
            log_warn("%s: %s", slot->name, why.text);
            worker_backoff(w, tries++);
        }
    }
    cJSON_Delete(work.params);
    for (size_t i = 0; i < VECTORS_MOST; i++)
        free(work.vectors[i].v);
    free(work.results);
    free(work.offsets);
    buf_clear(&work.output);
    atomic_fetch_sub(&w->running, 1);
    return NULL;
}
