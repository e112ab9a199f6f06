/* slot.c: a slot runs tasks. Idle, it blocks on the ready list; busy, it never blocks: one script
 * hands in what it has and takes what is next.
 * With a turnstile, because the process serves other queues as well, an idle slot only looks until
 * something is ready, and takes it once it is let in: so nothing lies in the hands of a slot that
 * may not run it, and queues take turns, a claim each. */
#include "common/clock.h"
#include "common/log.h"
#include "worker/runner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Tells the beat what the slot holds now. */
static void slot_show(struct runner *work)
{
    struct slot *slot = work->slot;
    bool was_busy, busy = work->claim.count > 0;

    pthread_mutex_lock(&slot->lock);
    was_busy = slot->busy;
    slot->busy = busy;
    slot->token = work->claim.token;
    memcpy(slot->job, work->claim.job, sizeof slot->job);
    memcpy(slot->nonce, work->claim.nonce, sizeof slot->nonce);
    slot->first = work->claim.count ? work->claim.tasks[0].no : 0;
    slot->held = work->claim.count;
    slot->claimed_ms = clock_ms();
    slot->limit_ms = work->claim.task_timeout_ms;
    atomic_store(&slot->started_ms, slot->claimed_ms);
    atomic_store(&slot->timed_out, false);
    atomic_store(&slot->cancelled, false);
    pthread_mutex_unlock(&slot->lock);
    if (busy != was_busy) hands_busy(slot->worker->hands, busy);
}

/* Adds what was handed in to the counts of the worker. */
static void slot_count(struct runner *work)
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
static bool slot_enter(struct runner *work)
{
    struct worker *w = work->slot->worker;

    if (w->turnstile && !work->inside) work->inside = turnstile_enter(w->turnstile, &w->stop);
    return !w->turnstile || work->inside;
}

/* Leaves when nothing is held. */
static void slot_leave(struct runner *work)
{
    if (work->inside && work->claim.count == 0) {
        turnstile_leave(work->slot->worker->turnstile);
        work->inside = false;
    }
}

/* How many tasks to claim with the results: none at the end, or when another queue's turn is next.
 */
static unsigned slot_next_most(const struct runner *work)
{
    struct worker *w = work->slot->worker;

    if (atomic_load(&w->stop) || (w->turnstile && turnstile_awaited(w->turnstile))) return 0;
    return runner_most(work);
}

/* Hands the results in. A refusal (no memory in Redis, a full disk) wrote nothing and may pass: the
 * results are kept and said again, as long as the lease holds, rather than computed again. */
static enum dtq_err slot_hand_in(struct runner *work, struct queue_claim *next, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    enum dtq_err err;

    for (unsigned tries = 0;; tries++) {
        struct queue_hand_in row = {slot->name,           &work->claim, work->results, work->count,
                                    slot_next_most(work), next,         DTQ_OK};
        if (w->handover) {
            err = handover_complete(w->handover, slot->queue, &w->member, &row, why);
        } else {
            err = queue_hand_in(slot->queue, &w->member, &row, 1, why);
            if (err == DTQ_OK) err = row.answer;
        }
        if (!err_is_refusal(err) || atomic_load(&w->stop)) return err;
        log_warn("complete %s/%" PRIu64 " by %s: %s; trying again", work->claim.job,
                 work->claim.tasks[0].no, slot->name, why->text);
        worker_backoff(w, tries);
    }
}

/* Runs what is claimed, hands it in, and leaves the next claim in work->claim. */
static enum dtq_err slot_turn(struct runner *work, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    struct queue_claim next = {.token = work->claim.token};
    enum dtq_err err;

    slot_show(work);
    atomic_fetch_add(&w->assigned, work->claim.count);
    if (!runner_room(work)) return err_set(why, DTQ_NOMEM, "out of memory for results");
    runner_run_all(work);
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
static enum dtq_err slot_claim(struct runner *work, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    enum dtq_err err;

    if (!slot_enter(work)) return DTQ_NONE;
    err = queue_claim(slot->queue, &slot->worker->member, slot->name, work->known,
                      runner_most(work), &work->claim, why);
    slot_leave(work);
    return err;
}

/* Blocks until something is claimed or, with a turnstile, ready. */
static enum dtq_err slot_block(struct runner *work, int64_t wait_ms, struct dtq_why *why)
{
    struct slot *slot = work->slot;
    struct worker *w = slot->worker;
    enum dtq_err err = DTQ_NONE;

    atomic_store(&slot->idle_fd, queue_fd(slot->queue));
    if (atomic_load(&w->stop))
        err = DTQ_NONE;
    else if (w->turnstile)
        err = queue_watch_ready(slot->queue, wait_ms, why);
    else
        err = queue_wait_claim(slot->queue, &w->member, slot->name, work->known, runner_most(work),
                               wait_ms, &work->claim, why);
    atomic_store(&slot->idle_fd, -1);
    return err;
}

/* Waits for a task and claims it; DTQ_NONE when none came. */
static enum dtq_err slot_wait(struct runner *work, struct dtq_why *why)
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
    if (err == DTQ_OK && w->turnstile)
        err = atomic_load(&w->stop) ? DTQ_NONE : slot_claim(work, why);
    if (w->turnstile) pthread_mutex_unlock(&w->watch);
    return err;
}

/* Once connected: first what a lost reply may have left in the held list, then wait and work until
 * an error. */
static enum dtq_err slot_serve(struct runner *work, unsigned *tries, struct dtq_why *why)
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
    struct runner work = {.slot = slot};
    uint64_t joined = worker_wait_joined(w, 0);
    unsigned tries = 0;

    while (!atomic_load(&w->stop)) {
        struct dtq_why why = {""};
        enum dtq_err err = queue_connect(slot->queue, &why);
        runner_forget(&work);
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
    runner_clear(&work);
    atomic_fetch_sub(&w->running, 1);
    return NULL;
}
