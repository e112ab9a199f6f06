/* owned.c: folds results into the state of an owned job and sends what follows from them, in
 * commits that take all or nothing. */
#include "master/owned.h"

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOW_SAMPLES = 3,     /* folded tasks from which a median is taken */
    SLOW_FACTOR = 3,      /* so many medians are slow */
    SLOW_FLOOR_MS = 1000, /* less is not worth a second run */
    SLOW_MOST = 8,        /* second runs started at a time */
    FOLD_MOST = 768,      /* results in one commit: Redis serves nobody else meanwhile */
    SPLIT_MOST = 1024,    /* tasks, likewise */
    SETTLE_MS = 200,      /* for replicas to take a commit, before other jobs get their turn */
};

/* What split and reduce put goes into the next commit. */
static void sink_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    struct owned *o = ctx;

    queue_commit_task(&o->next, no, spec, len);
    if (!pending_add(&o->open, no)) o->next.tasks.failed = true;
    o->total++;
}

static void sink_weights(void *ctx, const char *name, const double *w, size_t count,
                         uint64_t version)
{
    struct owned *o = ctx;

    queue_commit_vector(&o->next, name, w, count);
    o->next.version = version;
}

static void sink_epoch(void *ctx, const cJSON *metrics, const double *w, size_t count)
{
    struct owned *o = ctx;
    bool timed = cJSON_HasObjectItem(metrics, "durationMs");
    cJSON *told = timed ? cJSON_Duplicate(metrics, true) : NULL;

    /* What the type cannot know: how much of the time this master spent in Redis. */
    if (told) cJSON_AddNumberToObject(told, "redisMs", (double)o->redis_ns / 1e6);
    o->redis_ns = 0;
    queue_commit_epoch(&o->next, told ? told : metrics);
    cJSON_Delete(told);
    if (count) queue_commit_history(&o->next, (uint64_t)fields_int(metrics, "epoch", 0), w, count);
}

static void sink_page(void *ctx, uint64_t no, const double *numbers, size_t count)
{
    struct owned *o = ctx;

    queue_commit_history(&o->next, no, numbers, count);
}

void owned_free(struct owned *o)
{
    if (!o) return;
    if (o->state) o->type->close(o->state);
    pending_clear(&o->open);
    queue_arrivals_clear(&o->arrivals);
    queue_commit_clear(&o->next);
    cJSON_Delete(o->params);
    free(o);
}

/* What the type tells of the job, as JSON text; free it. */
static char *owned_report(const struct owned *o)
{
    cJSON *report = cJSON_CreateObject();
    char *text;

    if (report && o->state) o->type->report(o->state, report);
    if (report) json_make_exact(report);
    text = cJSON_PrintUnformatted(report);
    cJSON_Delete(report);
    return text;
}

/* A commit done is forgotten; the version of the weights goes on. */
static void owned_committed(struct owned *o)
{
    uint64_t version = o->next.version;

    o->done += o->next.folded.len / sizeof(uint64_t);
    queue_commit_clear(&o->next);
    o->next.version = version;
}

/* A commit that is to be on replicas counts once it is: then what it kept back goes out. As long as
 * too few have it the job stands still, and this is tried again. */
static enum dtq_err owned_settle(struct queue *q, struct owned *o, int64_t wait_ms, bool *ended,
                                 struct dtq_why *why)
{
    struct dtq_why few = {""};
    enum dtq_err err = DTQ_OK;

    if (o->replicas) err = queue_replicated(q, o->replicas, wait_ms, &few);
    if (err == DTQ_NONE) {
        if (!o->told)
            log_warn("commit %s: %s; the job waits for the others", o->owner.job, few.text);
        o->told = true;
        return DTQ_OK;
    }
    if (err == DTQ_OK) err = queue_settle(q, &o->owner, ended, &few);
    if (err != DTQ_OK) {
        *why = few;
        return err;
    }
    if (o->told) log_info("commit %s: replicas have it", o->owner.job);
    o->unsettled = o->told = false;
    return DTQ_OK;
}

/* The job is over: what became of it here. */
static void owned_log_end(const struct owned *o)
{
    if (!o->completing) return; /* why it failed was logged then */
    log_info("complete %s (%s), %" PRIu64 " task%s in %" PRId64 " ms", o->owner.job, o->type->name,
             o->done, o->done == 1 ? "" : "s", clock_ms() - o->adopted_ms);
}

/* Commits what there is. state NULL: and the job goes on; else it ends so. */
static enum dtq_err owned_commit(struct queue *q, struct owned *o, const char *state,
                                 const char *code, const char *message, uint64_t *waiting,
                                 struct dtq_why *why)
{
    struct buf checkpoint = {0};
    char *report = owned_report(o);
    bool over = false; /* known from state */
    int64_t began;
    enum dtq_err err;

    o->next.total = o->total;
    if (o->state && !o->holding) o->type->checkpoint(o->state, &checkpoint);
    began = clock_ns();
    if (!report || checkpoint.failed)
        err = err_set(why, DTQ_NOMEM, "out of memory for a commit of job %s", o->owner.job);
    else if (state)
        err = queue_finish(q, &o->owner, &o->next, &checkpoint, report, state, code, message, why);
    else
        err = queue_commit(q, &o->owner, &o->next, &checkpoint, report, waiting, why);
    o->redis_ns += clock_ns() - began;
    if (err == DTQ_OK) owned_committed(o);
    free(report);
    buf_clear(&checkpoint);
    if (err != DTQ_OK || !o->replicas) return err;
    o->unsettled = true;
    return owned_settle(q, o, SETTLE_MS, &over, why);
}

/* Ends the job as failed; nothing of the present round is kept. */
static enum dtq_err owned_fail(struct queue *q, struct owned *o, const char *code,
                               const char *message, bool *ended, struct dtq_why *why)
{
    uint64_t version = o->next.version;
    enum dtq_err err;

    log_info("job %s failed: %s", o->owner.job, message);
    queue_commit_clear(&o->next);
    o->next.version = version;
    err = owned_commit(q, o, "failed", code, message, NULL, why);
    *ended = err == DTQ_OK && !o->unsettled;
    return err;
}

/* Asks what has arrived, unless the last collect brought more than there was room for. */
static enum dtq_err owned_collect(struct queue *q, struct owned *o, struct dtq_why *why)
{
    struct queue_arrivals fresh = {.running = true, .slots = o->fresh_slots};
    int64_t began = clock_ns();
    enum dtq_err err = DTQ_OK;

    if (o->taken < o->arrivals.count) return DTQ_OK;
    /* Where nothing waits to be collected the next tasks are out a round trip sooner. */
    if (!o->fresh_slots) err = queue_collect(q, &o->owner, &fresh, why);
    if (err != DTQ_OK) return err;
    o->redis_ns += clock_ns() - began;
    o->fresh_slots = 0;
    o->arrivals = fresh;
    return DTQ_OK;
}

/* Gives the arrivals that are new to the state, FOLD_MOST at most. *step is that of the last one
 * that ended a round or the job, JOB_FOLDED otherwise. stale gets the numbers of those that no open
 * task waits for. */
static enum dtq_err owned_fold(struct owned *o, const struct job_sink *sink, enum job_step *step,
                               struct buf *stale, struct dtq_why *why)
{
    const bool held = o->holding;
    size_t folded = 0;

    *step = JOB_FOLDED;
    while (o->taken < o->arrivals.count && folded < FOLD_MOST && *step != JOB_DONE) {
        const struct queue_arrival *row = &o->arrivals.rows[o->taken++];
        const struct job_result result = {row->no, row->data, row->len, row->worker, row->run_us};
        enum job_step now = JOB_FOLDED;
        enum dtq_err err;
        if (!pending_remove(&o->open, row->no)) {
            /* What is held since an earlier pass lies in Redis until the commit. */
            if (!held) buf_add(stale, &row->no, sizeof row->no);
            continue;
        }
        folded++;
        o->run_us[o->times++ % OWNED_TIMES] = row->run_us;
        err = o->type->reduce(o->state, &result, sink, &now, why);
        if (err != DTQ_OK) return err;
        queue_commit_fold(&o->next, row->no);
        o->holding = now == JOB_HOLD || (o->holding && now == JOB_FOLDED);
        if (now == JOB_ROUND || now == JOB_DONE) *step = now;
    }
    return DTQ_OK;
}

/* One pass: what has arrived, the split, the commit. *again: more waits already. */
static enum dtq_err owned_pass(struct queue *q, struct owned *o, bool *ended, bool *retried,
                               bool *again, struct dtq_why *why)
{
    const struct job_sink sink = {o, sink_task, sink_weights, sink_epoch, sink_page};
    struct buf stale = {0};
    struct job_view view = {.most = SPLIT_MOST};
    enum job_step step = JOB_FOLDED;
    uint64_t waiting = 0;
    bool full = false;
    struct dtq_why reason = {""};
    enum dtq_err err = DTQ_OK, bad = DTQ_OK;

    *again = false;
    if (o->unsettled) {
        err = owned_settle(q, o, 1, ended, why);
        if (err == DTQ_OK && *ended) owned_log_end(o);
        if (err != DTQ_OK || o->unsettled || *ended) goto out;
    }
    err = owned_collect(q, o, why);
    if (err != DTQ_OK) goto out;
    *retried = *retried || o->arrivals.retried != o->retried;
    o->retried = o->arrivals.retried;
    if (!o->arrivals.running) {
        log_info("drop %s: it was cancelled, or another master ended it", o->owner.job);
        *ended = true; /* cancelled, ended by another owner, or another job has its id */
        goto out;
    }
    if (o->arrivals.fatal_code[0]) {
        err = owned_fail(q, o, o->arrivals.fatal_code, o->arrivals.fatal_message, ended, why);
        goto out;
    }
    bad = owned_fold(o, &sink, &step, &stale, &reason);
    if (bad == DTQ_OK && step != JOB_DONE && !o->holding) {
        view.slots = o->arrivals.slots ? o->arrivals.slots : 1;
        view.outstanding = o->open.count;
        bad = o->type->split(o->state, &view, &sink, &reason);
        full = o->next.task_count >= SPLIT_MOST;
    }
    if (bad != DTQ_OK) {
        err = owned_fail(q, o, err_word(bad), reason.text, ended, why);
    } else if (step == JOB_DONE) {
        err = owned_commit(q, o, "completed", "", "", NULL, why);
        o->completing = true;
        *ended = err == DTQ_OK && !o->unsettled;
        if (*ended) owned_log_end(o);
    } else if (!o->holding && (o->next.folded.len || o->next.task_count || o->next.epochs.len)) {
        err = owned_commit(q, o, NULL, NULL, NULL, &waiting, why);
        *again = waiting > 0 || full;
    } else {
        *again = o->taken < o->arrivals.count;
    }
    if (err == DTQ_OK && !*ended && stale.len) {
        err = queue_discard(q, &o->owner, (const uint64_t *)(const void *)stale.data,
                            stale.len / sizeof(uint64_t), why);
        if (err == DTQ_OK)
            log_warn("job %s: %zu results that no task waits for are dropped", o->owner.job,
                     stale.len / sizeof(uint64_t));
    }
out:
    buf_clear(&stale);
    if (o->taken == o->arrivals.count) {
        queue_arrivals_clear(&o->arrivals);
        o->taken = 0;
    }
    if (err == DTQ_FENCED || err == DTQ_JOB_GONE) {
        log_info("commit %s: %s", o->owner.job, err_word(err));
        *ended = true;
        err = DTQ_OK;
    }
    return err;
}

enum dtq_err owned_step(struct queue *q, struct owned *o, bool *ended, bool *retried,
                        struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    bool again = true;

    *ended = false;
    while (err == DTQ_OK && again && !*ended)
        err = owned_pass(q, o, ended, retried, &again, why);
    return err;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* How long a task runs before it counts as slow: a multiple of the median of its siblings, and
 * never less than a floor; 0 while too few are known. */
static int64_t owned_slow_ms(const struct owned *o)
{
    int64_t sorted[OWNED_TIMES], ms;
    size_t count = o->times < OWNED_TIMES ? o->times : OWNED_TIMES;

    if (count < SLOW_SAMPLES) return 0;
    memcpy(sorted, o->run_us, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_number);
    ms = sorted[count / 2] * SLOW_FACTOR / 1000;
    return ms > SLOW_FLOOR_MS ? ms : SLOW_FLOOR_MS;
}

enum dtq_err owned_tick(struct queue *q, struct owned *o, int64_t now_ms, bool *ended,
                        struct dtq_why *why)
{
    int64_t slow_ms = owned_slow_ms(o), next_ms = -1;
    bool retried = false;
    enum dtq_err err;

    *ended = false;
    if (now_ms >= o->end_due) {
        err = owned_fail(
            q, o, err_word(DTQ_TIMEOUT),
            "the job took longer than its time limit; give a longer one, or more workers", ended,
            why);
        if (err != DTQ_FENCED && err != DTQ_JOB_GONE) return err;
        *ended = true;
        return DTQ_OK;
    }
    if (o->unsettled) return owned_step(q, o, ended, &retried, why);
    if (!slow_ms || !o->open.count || now_ms < o->slow_due) return DTQ_OK;
    err = queue_speculate(q, &o->owner, slow_ms, SLOW_MOST, &next_ms, why);
    if (err == DTQ_JOB_GONE) {
        *ended = true;
        return DTQ_OK;
    }
    o->slow_due = now_ms + (next_ms > SLOW_FLOOR_MS / 4 ? next_ms : SLOW_FLOOR_MS / 4);
    return err;
}

/* One vector that Redis holds, and the version of all. */
static enum dtq_err owned_vector(struct queue *q, struct owned *o, const char *name,
                                 struct job_vector *out, struct dtq_why *why)
{
    double *v = NULL;
    enum dtq_err err = queue_weights_read(q, o->owner.job, name, &v, &out->count, &o->next.version,
                                          why);

    if (err == DTQ_OK && out->count)
        out->v = v;
    else
        free(v);
    return err;
}

static void owned_vectors_clear(struct job_vectors *vectors)
{
#define X(name) free((void *)vectors->name.v);
    JOB_VECTORS(X)
#undef X
}

static enum dtq_err owned_vectors(struct queue *q, struct owned *o,
                                  const struct queue_adopted *adopted, struct job_vectors *vectors,
                                  struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    if (!o->type->take_weights) return DTQ_OK;
    if (!adopted->checkpoint) {
        vectors->former = adopted->former;
        vectors->former_len = adopted->former_len;
    }
#define X(name) \
    if (err == DTQ_OK) err = owned_vector(q, o, #name, &vectors->name, why);
    JOB_VECTORS(X)
#undef X
    return err;
}

/* The tasks that are emitted and not folded: where none is folded, all there are. */
static enum dtq_err owned_tasks(struct queue *q, struct owned *o, struct dtq_why *why)
{
    uint64_t *nos = NULL;
    size_t count = o->total;
    enum dtq_err err = DTQ_OK;

    if (o->done) err = queue_open_tasks(q, o->owner.job, &nos, &count, why);
    for (size_t i = 0; i < count && err == DTQ_OK; i++)
        if (!pending_add(&o->open, nos ? nos[i] : i))
            err = err_set(why, DTQ_NOMEM, "out of memory for the tasks of job %s", o->owner.job);
    free(nos);
    return err;
}

/* The state from the parameters, checked again here: they come from outside. */
static enum dtq_err owned_state(struct owned *o, const struct queue_adopted *adopted,
                                const struct job_vectors *vectors, struct dtq_why *why)
{
    enum dtq_err err;

    o->params = cJSON_Parse(adopted->params);
    if (!o->params) return err_set(why, DTQ_INPUT, "the parameters are no JSON");
    err = fields_check(o->type->fields, o->type->field_count, o->params, why);
    if (err == DTQ_OK && o->type->check) err = o->type->check(o->params, why);
    if (err == DTQ_OK)
        err = o->type->open(o->params, adopted->checkpoint, adopted->checkpoint_len, vectors,
                            &o->state, why);
    return err;
}

enum dtq_err owned_open(struct queue *q, const struct queue_adopted *adopted, struct owned **out,
                        struct dtq_why *why)
{
    struct owned *o = calloc(1, sizeof *o);
    struct job_vectors vectors = {0};
    struct dtq_why reason = {""};
    enum dtq_err err, bad;
    bool ended = false, keep = false;

    if (!o) return err_set(why, DTQ_NOMEM, "out of memory for job %s", adopted->owner.job);
    o->owner = adopted->owner;
    o->slow_due = clock_ms() + SLOW_FLOOR_MS;
    o->end_due = adopted->left_ms < 0 ? INT64_MAX : clock_ms() + adopted->left_ms;
    o->replicas = adopted->replicas;
    o->unsettled = adopted->unsettled;
    o->total = adopted->total;
    if (adopted->quiet) o->fresh_slots = adopted->slots ? adopted->slots : 1;
    o->done = adopted->done;
    o->adopted_ms = clock_ms();
    o->type = job_find(adopted->type);
    if (!o->type) {
        bad = err_set(&reason, DTQ_INPUT,
                      "this master (version " DTQ_VERSION ") knows no job type \"%s\"",
                      adopted->type);
    } else {
        err = owned_vectors(q, o, adopted, &vectors, why);
        if (err == DTQ_OK && o->total > o->done) err = owned_tasks(q, o, why);
        if (err != DTQ_OK) goto out;
        bad = owned_state(o, adopted, &vectors, &reason);
    }
    if (bad != DTQ_OK) {
        err = owned_fail(q, o, err_word(bad), reason.text, &ended, why);
        if (err == DTQ_FENCED || err == DTQ_JOB_GONE)
            err = DTQ_OK;
        else if (err == DTQ_OK && o->unsettled)
            keep = true; /* its end is not told yet */
        if (!keep) {
            *out = NULL;
            goto out;
        }
    }
    err = DTQ_OK;
    *out = o;
    o = NULL;
out:
    owned_vectors_clear(&vectors);
    owned_free(o);
    return err;
}
