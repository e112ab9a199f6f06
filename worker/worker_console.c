/* worker_console.c: the commands of a worker's console. */
#include "worker/worker_console.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/show/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WATCH_MS = 1000, LOOK_MS = 10 }; /* how long, and how often, request looks for a new task */

/* What a slot is at. False: it is idle. */
static bool slot_line(struct slot *slot, struct buf *out)
{
    bool busy;

    pthread_mutex_lock(&slot->lock);
    busy = slot->busy;
    if (busy) {
        buf_printf(out, "%s is at task %s/%" PRIu64, slot->name, slot->job, slot->first);
        if (slot->held > 1) buf_printf(out, " and %zu more", slot->held - 1);
        buf_text(out, " since ");
        render_duration(clock_ms() - slot->claimed_ms, out);
        buf_text(out, "\n");
    }
    pthread_mutex_unlock(&slot->lock);
    return busy;
}

/* What an earlier run of this id left in the queue under a name, when this run has nothing yet. */
static enum dtq_err recall(struct worker *w, struct queue *q, const char *name, char *text,
                           size_t size, struct dtq_why *why)
{
    cJSON *workers = NULL;
    const cJSON *row;
    enum dtq_err err = text[0] ? DTQ_OK : queue_workers(q, &workers, why);

    cJSON_ArrayForEach(row, workers)
    {
        if (strcmp(fields_text(row, "worker", ""), w->member.id) != 0) continue;
        snprintf(text, size, "%s", fields_text(row, name, ""));
    }
    cJSON_Delete(workers);
    return err;
}

static enum dtq_err run_stats(void *ctx, struct queue *q, size_t count, char *const *words,
                              struct buf *out, struct dtq_why *why)
{
    struct worker *w = ctx;
    char last_task[sizeof w->last_task], last_error[sizeof w->last_error];

    enum dtq_err err;

    (void)count;
    (void)words;
    pthread_mutex_lock(&w->lock);
    memcpy(last_task, w->last_task, sizeof last_task);
    memcpy(last_error, w->last_error, sizeof last_error);
    pthread_mutex_unlock(&w->lock);
    err = recall(w, q, "last_task", last_task, sizeof last_task, why);
    if (err == DTQ_OK) err = recall(w, q, "last_error", last_error, sizeof last_error, why);
    if (err != DTQ_OK) return err;
    buf_printf(out, "worker %s: completed %llu, failed %llu, assigned %llu\nlast task   ",
               w->member.id, atomic_load(&w->completed), atomic_load(&w->failed),
               atomic_load(&w->assigned));
    render_plain(last_task[0] ? last_task : "none", out);
    buf_text(out, "\nlast error  ");
    render_plain(last_error[0] ? last_error : "none", out);
    buf_text(out, "\n");
    for (unsigned i = 0; i < w->member.slots; i++)
        slot_line(&w->slots[i], out);
    return DTQ_OK;
}

/* Does a slot take a task within WATCH_MS? One that was there when we looked may go elsewhere. */
static bool takes_one(const struct worker *w, unsigned long long before)
{
    int64_t until = clock_ms() + WATCH_MS;

    while (atomic_load(&w->assigned) == before && clock_ms() < until)
        clock_sleep_ms(LOOK_MS);
    return atomic_load(&w->assigned) != before;
}

/* An idle slot blocks on the ready list as it is, so there is nothing to be asked for that would
 * not come by itself; what there is to say is what came of it. */
static enum dtq_err run_request(void *ctx, struct queue *q, size_t count, char *const *words,
                                struct buf *out, struct dtq_why *why)
{
    struct worker *w = ctx;
    unsigned long long before = atomic_load(&w->assigned);
    uint64_t ready = 0;
    struct buf busy = {0};
    unsigned idle = 0;
    enum dtq_err err = queue_ready(q, &ready, why);

    (void)count;
    (void)words;
    if (err != DTQ_OK) return err;
    for (unsigned i = 0; i < w->member.slots; i++)
        idle += !slot_line(&w->slots[i], &busy);
    if (!idle) {
        buf_printf(out, "no slot is idle, so no task was taken; %" PRIu64 " are ready:\n", ready);
        if (!busy.failed) buf_add(out, busy.data, busy.len);
    } else if (ready && takes_one(w, before)) {
        buf_printf(out, "a task was taken (%" PRIu64 " were ready)\n", ready);
    } else {
        buf_printf(out,
                   "no task is ready for this worker; %u of %u slots wait on the ready list and "
                   "take one the moment it comes\n",
                   idle, w->member.slots);
    }
    buf_clear(&busy);
    return DTQ_OK;
}

enum dtq_err worker_console_new(struct worker *w, struct desk **out, struct dtq_why *why)
{
    static const struct desk_command commands[] = {
        {"stats", "", "completed, failed, last task, last error; over all runs of this id", 0,
         run_stats},
        {"request", "", "ask for a task at once (REQUEST_TASK is understood, too)", 0, run_request},
        {"request_task", "", "the same", 0, run_request},
    };
    const struct desk_spec spec = {.program = "dtq-worker",
                                   .kind = "worker",
                                   .id = w->member.id,
                                   .queue = w->queue,
                                   .commands = commands,
                                   .count = sizeof commands / sizeof *commands,
                                   .chatty = true,
                                   .ctx = w};

    return desk_new(&spec, out, why);
}
