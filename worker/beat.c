/* beat.c: keeps a worker process registered and the leases of its busy slots alive, on a connection
 * of its own, so that a task that burns the CPU keeps its lease; and only while the task's progress
 * counter moves, so that one that hangs loses it. Between beats it listens for cancelled jobs. */
#include "common/clock.h"
#include "common/log.h"
#include "worker/mates.h"
#include "worker/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    RIVAL_PATIENCE_MS = 2000, /* beyond the time the other's presence had left */
    LISTEN_MS = 500,          /* how late a stop or a lost registration may be seen */
    HURRY_MS = 50,            /* the same once a stop was asked for */
    LEAVE_MS = 2000,          /* for a cancelled task to leave */
    STATS_SLOTS = 64,         /* slots told of one by one */
};

uint64_t worker_wait_joined(struct worker *w, uint64_t seen)
{
    uint64_t joined;

    pthread_mutex_lock(&w->lock);
    while (w->joined <= seen && !atomic_load(&w->stop))
        pthread_cond_wait(&w->changed, &w->lock);
    joined = w->joined;
    pthread_mutex_unlock(&w->lock);
    return joined;
}

void worker_backoff(struct worker *w, unsigned tries)
{
    int64_t left = tries < 5 ? 50 << tries : 1000;

    for (; left > 0 && !atomic_load(&w->stop); left -= 50)
        clock_sleep_ms(left < 50 ? left : 50);
}

/* Is the process that has our id known to be dead? Only a process of this host can be asked. */
static bool beat_rival_is_dead(const struct worker *w, const struct queue_rival *rival)
{
    return strcmp(rival->host, w->member.host) == 0 && rival->pid > 0 &&
           (rival->pid == w->member.pid || (kill((pid_t)rival->pid, 0) != 0 && errno == ESRCH));
}

/* Registers; waits for another instance's presence to run out, but not for one that stays alive. */
static enum dtq_err beat_join(struct worker *w, struct dtq_why *why)
{
    struct queue_rival rival = {0};
    struct queue_counts counts = {0};
    int64_t until = 0;
    enum dtq_err err;

    for (;;) {
        err = queue_join(w->queue, &w->member, false, &counts, &rival, why);
        if (err == DTQ_EXISTS && beat_rival_is_dead(w, &rival))
            err = queue_join(w->queue, &w->member, true, &counts, &rival, why);
        if (err != DTQ_EXISTS || atomic_load(&w->stop)) break;
        if (until == 0) {
            until = clock_ms() + rival.left_ms + RIVAL_PATIENCE_MS;
            log_warn("join %s: the id is in use by process %" PRId64 " on %s; waiting %" PRId64
                     " ms for it to go",
                     w->member.id, rival.pid, rival.host, rival.left_ms);
        } else if (clock_ms() > until) {
            return err_set(why, DTQ_EXISTS,
                           "worker id %s is in use by process %" PRId64
                           " on %s; choose another id, or stop that process",
                           w->member.id, rival.pid, rival.host);
        }
        worker_backoff(w, 2);
    }
    if (err != DTQ_OK) return err;
    if (w->joined == 0) {
        atomic_store(&w->completed, counts.completed);
        atomic_store(&w->failed, counts.failed);
        atomic_store(&w->assigned, counts.assigned);
    }
    mates_meet(w);
    pthread_mutex_lock(&w->lock);
    w->joined++;
    atomic_store(&w->lost, false);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return DTQ_OK;
}

/* Tells the slots that hold something of this submission (NULL: of any) to leave it. */
static void beat_cancel(struct worker *w, const char *nonce)
{
    for (unsigned i = 0; i < w->member.slots; i++) {
        struct slot *slot = &w->slots[i];
        pthread_mutex_lock(&slot->lock);
        if (slot->busy && (!nonce || strcmp(slot->nonce, nonce) == 0))
            atomic_store(&slot->cancelled, true);
        pthread_mutex_unlock(&slot->lock);
    }
}

/* What a slot is at, for a person to read: "J7/120 8 35 4112": first task, tasks held, for how many
 * ms, progress count; "" when it is idle. */
static void beat_add_slot(cJSON *stats, unsigned i, struct slot *slot)
{
    char name[16], text[ID_MAX + 100] = "";

    snprintf(name, sizeof name, "slot%u", i);
    pthread_mutex_lock(&slot->lock);
    if (slot->busy)
        snprintf(text, sizeof text, "%s/%" PRIu64 " %zu %" PRId64 " %lu", slot->job, slot->first,
                 slot->held, clock_ms() - slot->claimed_ms, atomic_load(&slot->progress));
    pthread_mutex_unlock(&slot->lock);
    cJSON_AddStringToObject(stats, name, text);
}

static cJSON *beat_stats(struct worker *w)
{
    cJSON *stats = cJSON_CreateObject();
    unsigned long long tasks = atomic_load(&w->run_tasks);

    cJSON_AddNumberToObject(stats, "completed", (double)atomic_load(&w->completed));
    cJSON_AddNumberToObject(stats, "failed", (double)atomic_load(&w->failed));
    cJSON_AddNumberToObject(stats, "assigned", (double)atomic_load(&w->assigned));
    if (tasks) cJSON_AddNumberToObject(stats, "mean_us", (double)(atomic_load(&w->run_us) / tasks));
    pthread_mutex_lock(&w->lock);
    if (w->last_error[0]) cJSON_AddStringToObject(stats, "last_error", w->last_error);
    if (w->last_task[0]) cJSON_AddStringToObject(stats, "last_task", w->last_task);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->member.slots && i < STATS_SLOTS; i++)
        beat_add_slot(stats, i, &w->slots[i]);
    return stats;
}

/* One beat. seen[i] is the progress of slot i at the last beat, token[i] what it held then. */
static enum dtq_err beat_once(struct worker *w, unsigned long *seen, uint64_t *tokens,
                              struct queue_busy *busy, struct dtq_why *why)
{
    cJSON *stats = beat_stats(w);
    size_t count = 0;
    enum dtq_err err;

    for (unsigned i = 0; i < w->member.slots; i++) {
        struct slot *slot = &w->slots[i];
        unsigned long progress = atomic_load(&slot->progress);
        pthread_mutex_lock(&slot->lock);
        if (slot->busy) {
            struct queue_busy *b = &busy[count++];
            memcpy(b->slot, slot->name, sizeof b->slot);
            memcpy(b->job, slot->job, sizeof b->job);
            memcpy(b->nonce, slot->nonce, sizeof b->nonce);
            b->token = slot->token;
            b->renew = progress != seen[i] || slot->token != tokens[i];
            tokens[i] = slot->token;
        }
        pthread_mutex_unlock(&slot->lock);
        seen[i] = progress;
    }
    err = queue_beat(w->queue, &w->member, stats, busy, count, why);
    cJSON_Delete(stats);
    for (size_t k = 0; err == DTQ_OK && k < count; k++) {
        if (busy[k].answer == DTQ_OK) continue;
        for (unsigned i = 0; i < w->member.slots; i++) {
            struct slot *slot = &w->slots[i];
            pthread_mutex_lock(&slot->lock);
            if (slot->busy && slot->token == busy[k].token) atomic_store(&slot->cancelled, true);
            pthread_mutex_unlock(&slot->lock);
        }
    }
    return err;
}

/* A task that runs longer than its limit is told to stop; it counts as failed. */
static void beat_check_limits(struct worker *w)
{
    for (unsigned i = 0; i < w->member.slots; i++) {
        struct slot *slot = &w->slots[i];
        pthread_mutex_lock(&slot->lock);
        if (slot->busy && slot->limit_ms > 0 && !atomic_load(&slot->cancelled) &&
            clock_ms() - atomic_load(&slot->started_ms) > slot->limit_ms) {
            atomic_store(&slot->timed_out, true);
            atomic_store(&slot->cancelled, true);
        }
        pthread_mutex_unlock(&slot->lock);
    }
}

/* What one word to the workers means for the slots. */
static void beat_obey(struct worker *w, const struct queue_control *word)
{
    if (word->order == QUEUE_CANCEL_JOB) {
        beat_cancel(w, word->nonce);
        return;
    }
    for (unsigned i = 0; i < w->member.slots; i++) {
        struct slot *slot = &w->slots[i];
        pthread_mutex_lock(&slot->lock);
        if (slot->busy && slot->token == word->token && strcmp(slot->name, word->id) == 0)
            atomic_store(&slot->cancelled, true);
        pthread_mutex_unlock(&slot->lock);
    }
}

/* Slots that wait are woken to see the stop; one that blocks on its socket, by shutting that down
 * (what Redis may just have moved into its hands is given back when the worker leaves). */
static void beat_wake_slots(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (w->turnstile) turnstile_wake(w->turnstile);
    for (unsigned i = 0; i < w->member.slots; i++) {
        int fd = atomic_load(&w->slots[i].idle_fd);
        if (fd >= 0) shutdown(fd, SHUT_RDWR);
    }
}

/* Whether the time has come to leave: asked to stop, and no slot works any more, or the grace is
 * over, or asked twice. */
static bool beat_over(struct worker *w)
{
    int asked = atomic_load(&w->stop);

    if (!asked) return false;
    if (!w->stop_ms) w->stop_ms = clock_ms();
    beat_wake_slots(w);
    return asked > 1 || atomic_load(&w->running) == 0 || clock_ms() - w->stop_ms >= w->grace_ms;
}

/* Beats and listens until an error or the end. */
static enum dtq_err beat_serve(struct worker *w, unsigned long *seen, uint64_t *tokens,
                               struct queue_busy *busy, struct dtq_why *why)
{
    struct queue_cursor cursor = {""};
    struct queue_control word;
    int64_t due = 0;
    enum dtq_err err = DTQ_OK;

    while (!beat_over(w)) {
        int64_t left = due - clock_ms(), listen_ms = atomic_load(&w->stop) ? HURRY_MS : LISTEN_MS;
        if (atomic_load(&w->lost)) return DTQ_UNKNOWN_WORKER;
        if (left <= 0) {
            err = beat_once(w, seen, tokens, busy, why);
            if (err != DTQ_OK) return err;
            due = clock_ms() + w->beat_ms;
            left = w->beat_ms;
        }
        beat_check_limits(w);
        err = queue_listen(w->queue, &cursor, left < listen_ms ? left : listen_ms, &word, why);
        if (err == DTQ_OK)
            beat_obey(w, &word);
        else if (err != DTQ_NONE)
            return err;
    }
    return DTQ_OK;
}

/* Ends the slots' threads; what they still run is cancelled and handed back. A task that does not
 * look whether it is cancelled leaves its thread behind. */
static void beat_join_slots(struct worker *w)
{
    int64_t until_ms = clock_ms() + LEAVE_MS;

    while (atomic_load(&w->running) > 0 && clock_ms() < until_ms) {
        beat_cancel(w, NULL);
        beat_wake_slots(w);
        clock_sleep_ms(5);
    }
    w->stuck = atomic_load(&w->running) > 0;
    for (unsigned i = 0; !w->stuck && i < w->member.slots; i++)
        if (w->slots[i].started) pthread_join(w->slots[i].thread, NULL);
}

static enum dtq_err beat_start_slots(struct worker *w, struct dtq_why *why)
{
    for (unsigned i = 0; i < w->member.slots; i++) {
        int failed;
        atomic_fetch_add(&w->running, 1);
        failed = pthread_create(&w->slots[i].thread, NULL, slot_run, &w->slots[i]);
        w->slots[i].started = failed == 0;
        if (!failed) continue;
        atomic_fetch_sub(&w->running, 1);
        return err_set(why, DTQ_NOMEM, "cannot start thread %u of %u: %s", i + 1, w->member.slots,
                       strerror(failed));
    }
    return DTQ_OK;
}

/* The last word: the counts up to now, for the next run of this id, then good-bye. */
static void beat_leave(struct worker *w)
{
    struct dtq_why ignored;
    cJSON *stats = beat_stats(w);

    queue_beat(w->queue, &w->member, stats, NULL, 0, &ignored);
    cJSON_Delete(stats);
    if (queue_connected(w->queue)) queue_leave(w->queue, &w->member, "asked to stop", &ignored);
}

enum dtq_err beat_run(struct worker *w, struct dtq_why *why)
{
    unsigned long *seen = calloc(w->member.slots, sizeof *seen);
    uint64_t *tokens = calloc(w->member.slots, sizeof *tokens);
    struct queue_busy *busy = calloc(w->member.slots, sizeof *busy);
    struct dtq_why passing = {""};
    enum dtq_err err = DTQ_NOMEM;
    unsigned tries = 0;

    if (!seen || !tokens || !busy) goto out;
    err = beat_start_slots(w, why);
    while (err != DTQ_NOMEM && !beat_over(w)) {
        err = queue_connect(w->queue, &passing);
        if (err == DTQ_OK) err = beat_join(w, &passing);
        if (err == DTQ_OK) {
            if (w->joined == 1 || tries > 0)
                log_info("%s: at work for queue %s at %s", w->member.id, queue_name(w->queue),
                         queue_where(w->queue));
            tries = 0;
            err = beat_serve(w, seen, tokens, busy, &passing);
        }
        if (err == DTQ_UNKNOWN_WORKER) {
            log_warn("%s: was silent for too long and is given up; registering again",
                     w->member.id);
            beat_cancel(w, NULL);
        } else if (err == DTQ_EXISTS || (err_is_refusal(err) && w->joined == 0)) {
            *why = passing;
            break;
        } else if (err != DTQ_OK) {
            log_line(log_worth(tries) ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "%s: %s; trying again",
                     w->member.id, passing.text);
            worker_backoff(w, tries++);
        }
    }
    if (atomic_load(&w->stop)) err = DTQ_OK;
    atomic_fetch_add(&w->stop, 1);
    beat_join_slots(w);
    if (w->joined > 0 && (queue_connected(w->queue) || queue_connect(w->queue, &passing) == DTQ_OK))
        beat_leave(w);
out:
    free(seen);
    free(tokens);
    free(busy);
    return err;
}
