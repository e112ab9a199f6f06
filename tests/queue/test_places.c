/* test_places.c: whatever happens in whatever order, a task is in exactly one place after each
 * step, tokens grow, and each result is folded once. Calls come at random from a seeded generator:
 * with lost replies (said again), restarts, silence, leases that run out, cancelled jobs, and
 * masters that take over while the former one still speaks. */
#include "common/queue/findings.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 3, SLOTS = 2, JOBS = 2, MASTERS = 2, TASKS = 400, STEPS = 500, SEEDS = 12 };

struct job {
    struct queue_ownership owner, former; /* former: of a master that lost the job */
    uint64_t total;
    bool ended, had_former;
    bool folded[TASKS];
};

struct world {
    struct queue *q;
    uint64_t dice, token;
    bool twins;     /* with speculation */
    unsigned named; /* jobs and masters so far, for their ids */
    struct queue_member workers[WORKERS];
    struct queue_claim claims[WORKERS][SLOTS]; /* what each slot believes it holds */
    struct queue_member masters[MASTERS];
    struct job jobs[JOBS];
    unsigned done, lost, dead, takeovers, late; /* how much of each there was */
};

static uint64_t roll(struct world *w, uint64_t sides)
{
    w->dice = w->dice * 6364136223846793005u + 1442695040888963407u;
    return (w->dice >> 33) % sides;
}

static const char *slot_name(const struct world *w, unsigned worker, unsigned slot)
{
    static char name[ID_MAX + 16];

    snprintf(name, sizeof name, "%s.%u", w->workers[worker].id, slot);
    return name;
}

/* --- workers ---------------------------------------------------------------------------------- */

static void note_token(struct world *w, const struct queue_claim *claim)
{
    if (claim->count == 0) return;
    assert_true(claim->token > w->token);
    w->token = claim->token;
}

static void step_claim(struct world *w, unsigned worker, unsigned slot)
{
    struct queue_claim claim = {0};
    const char *name = slot_name(w, worker, slot);
    enum dtq_err err;

    if (roll(w, 2) && server_int("LLEN " RIG_KEY "ready") > 0)
        assert_int_equal(queue_wait_ready(w->q, name, 10, &rig_why), DTQ_OK);
    err = queue_claim(w->q, &w->workers[worker], name, rig_nonce(w->jobs[roll(w, JOBS)].owner.job),
                      1 + (unsigned)roll(w, 6), &claim, &rig_why);
    assert_true(err == DTQ_OK || err == DTQ_NONE || err == DTQ_UNKNOWN_WORKER);
    note_token(w, &claim);
    if (roll(w, 5) == 0) queue_claim_clear(&claim); /* the reply was lost */
    if (claim.count) {
        queue_claim_clear(&w->claims[worker][slot]);
        w->claims[worker][slot] = claim;
    }
}

/* Hands in what the slot believes to hold, right or wrong, now and then twice. */
static void step_complete(struct world *w, unsigned worker, unsigned slot)
{
    struct queue_claim *held = &w->claims[worker][slot], next = {0};
    struct queue_result results[16];
    const char *name = slot_name(w, worker, slot);
    unsigned most = (unsigned)roll(w, 4);
    size_t count = 0;
    enum dtq_err err;

    if (held->count == 0) return;
    for (size_t i = 0; i < held->count && count < 16; i++) {
        uint64_t fate = roll(w, 60);
        if (fate < 6) continue; /* not run */
        results[count++] = (struct queue_result){.no = held->tasks[i].no,
                                                 .outcome = fate == 59  ? QUEUE_FATAL
                                                            : fate < 14 ? QUEUE_RETRY
                                                                        : QUEUE_DONE,
                                                 .data = "r",
                                                 .len = 1,
                                                 .code = fate == 59 ? "bad_input" : "io_error"};
    }
    err = queue_complete(w->q, &w->workers[worker], name, held, results, count, most, &next,
                         &rig_why);
    assert_true(err == DTQ_OK || err == DTQ_LEASE_LOST || err == DTQ_JOB_GONE ||
                err == DTQ_UNKNOWN_WORKER);
    w->late += err == DTQ_LEASE_LOST;
    note_token(w, &next);
    if (roll(w, 4) == 0) { /* the reply was lost */
        queue_claim_clear(&next);
        err = queue_complete(w->q, &w->workers[worker], name, held, results, count, most, &next,
                             &rig_why);
        assert_true(err == DTQ_LEASE_LOST || err == DTQ_UNKNOWN_WORKER);
    }
    if (roll(w, 4) == 0) { /* and this one will be said again, much too late */
        queue_claim_clear(&next);
        return;
    }
    queue_claim_clear(held);
    *held = next;
}

static void step_beat(struct world *w, unsigned worker)
{
    struct queue_busy busy[SLOTS] = {0};
    enum dtq_err err;

    for (unsigned i = 0; i < SLOTS; i++) {
        snprintf(busy[i].slot, sizeof busy[i].slot, "%s", slot_name(w, worker, i));
        memcpy(busy[i].job, w->claims[worker][i].job, sizeof busy[i].job);
        memcpy(busy[i].nonce, w->claims[worker][i].nonce, sizeof busy[i].nonce);
        busy[i].token = w->claims[worker][i].token;
        busy[i].renew = true;
    }
    err = queue_beat(w->q, &w->workers[worker], NULL, busy, SLOTS, &rig_why);
    assert_true(err == DTQ_OK || err == DTQ_UNKNOWN_WORKER);
}

/* Registers again: as the same process, or as a new one that knows of nothing. */
static void step_join(struct world *w, unsigned worker)
{
    struct queue_counts counts;
    struct queue_rival rival;

    if (roll(w, 2)) {
        id_nonce(w->workers[worker].nonce);
        for (unsigned i = 0; i < SLOTS; i++)
            queue_claim_clear(&w->claims[worker][i]);
    }
    assert_int_equal(queue_join(w->q, &w->workers[worker], true, &counts, &rival, &rig_why),
                     DTQ_OK);
}

static void step_worker(struct world *w)
{
    unsigned worker = (unsigned)roll(w, WORKERS), slot = (unsigned)roll(w, SLOTS);
    uint64_t what = roll(w, 40);

    if (what < 18)
        step_claim(w, worker, slot);
    else if (what < 34)
        step_complete(w, worker, slot);
    else if (what < 36)
        step_beat(w, worker);
    else if (what < 39)
        step_join(w, worker);
    else
        queue_leave(w->q, &w->workers[worker], "asked to stop", &rig_why);
}

/* --- time ------------------------------------------------------------------------------------- */

/* A task of one of the jobs is slow. */
static void step_speculate(struct world *w)
{
    const struct job *job = &w->jobs[roll(w, JOBS)];
    int64_t next_ms;

    assert_int_equal(queue_speculate(w->q, &job->owner, 0, 2, &next_ms, &rig_why), DTQ_OK);
}

static void step_time(struct world *w)
{
    unsigned worker = (unsigned)roll(w, WORKERS);

    switch (roll(w, 6)) {
    case 4:
        if (w->twins) step_speculate(w);
        return;
    case 5: queue_pause(w->q, "me", &rig_why); return;
    case 0: rig_expire("leases", slot_name(w, worker, (unsigned)roll(w, SLOTS))); break;
    case 1: rig_expire("workers", w->workers[worker].id); break;
    case 2: rig_expire_all("delayed"); break;
    default: rig_expire_all("gone"); break;
    }
    rig_reap(w->q);
}

/* --- masters ---------------------------------------------------------------------------------- */

static void new_job(struct world *w, struct job *job)
{
    struct queue_submission s;
    char id[ID_MAX + 1];

    snprintf(id, sizeof id, "J%u", w->named++);
    s = rig_submission(id);
    s.max_attempts = 3;
    s.max_lost = 4;
    rig_submit(w->q, &s);
    memset(job, 0, sizeof *job);
    job->owner = rig_own(w->q, &w->masters[roll(w, MASTERS)]);
}

/* Folds what has arrived, and pushes some more. */
static void step_fold(struct world *w, struct job *job)
{
    struct queue_arrivals arrivals = {0};
    struct queue_commit commit = {0};
    struct queue_ownership before = job->owner;
    struct buf none = {0};
    uint64_t waiting, more = roll(w, 12);
    enum dtq_err err;

    assert_int_equal(queue_collect(w->q, &job->owner, &arrivals, &rig_why), DTQ_OK);
    for (size_t i = 0; i < arrivals.count; i++) {
        uint64_t no = arrivals.rows[i].no;
        if (job->folded[no]) fail_msg("%s/%" PRIu64 " is there again", job->owner.job, no);
        job->folded[no] = true;
        queue_commit_fold(&commit, no);
    }
    w->done += (unsigned)arrivals.count;
    for (uint64_t i = 0; i < more && job->total < TASKS; i++)
        queue_commit_task(&commit, job->total++, "s", 1);
    commit.total = job->total;
    if (arrivals.fatal_code[0]) {
        w->dead++;
        job->ended = true;
        err = queue_finish(w->q, &job->owner, &commit, &none, "{}", "failed", arrivals.fatal_code,
                           arrivals.fatal_message, &rig_why);
    } else {
        err = queue_commit(w->q, &job->owner, &commit, &none, "{}", &waiting, &rig_why);
    }
    assert_int_equal(err, DTQ_OK);
    if (roll(w, 4) == 0) { /* said again, as if the reply were lost */
        err = queue_commit(w->q, &before, &commit, &none, "{}", &waiting, &rig_why);
        assert_int_equal(err, job->ended ? DTQ_JOB_GONE : DTQ_FENCED);
    }
    if (job->had_former) {
        job->former.commits = job->owner.commits;
        err = queue_commit(w->q, &job->former, &commit, &none, "{}", &waiting, &rig_why);
        assert_int_equal(err, job->ended ? DTQ_JOB_GONE : DTQ_FENCED);
    }
    queue_arrivals_clear(&arrivals);
    queue_commit_clear(&commit);
}

/* The owner's presence is over, or it loses its connection and comes back under a new id. */
static void step_takeover(struct world *w, struct job *job)
{
    struct queue_member *heir = &w->masters[roll(w, MASTERS)];
    struct queue_ownership now;
    struct queue_entries entries = {0};
    int64_t next_ms;
    char id[ID_MAX + 1];
    bool named = false;

    assert_int_equal(queue_abdicate(w->q, job->owner.master, &rig_why), DTQ_OK);
    rig_expire("masters", job->owner.master); /* long ago: to be forgotten when it owns nothing */
    for (unsigned i = 0; i < MASTERS; i++) {
        if (strcmp(w->masters[i].id, job->owner.master) != 0) continue;
        snprintf(id, sizeof id, "m%u", w->named++);
        w->masters[i] = rig_master(w->q, id);
    }
    assert_int_equal(queue_preside(w->q, heir, &entries, &next_ms, &rig_why), DTQ_OK);
    for (size_t i = 0; i < entries.count; i++)
        named = named || strcmp(entries.ids[i], rig_entry(job->owner.job)) == 0;
    assert_true(named);
    queue_entries_clear(&entries);
    assert_int_equal(rig_adopt(w->q, heir, rig_entry(job->owner.job), &now), DTQ_OK);
    assert_true(now.fence > job->owner.fence);
    assert_int_equal(now.commits, job->owner.commits);
    job->former = job->owner;
    job->had_former = true;
    job->owner = now;
    w->takeovers++;
}

static void step_master(struct world *w)
{
    struct job *job = &w->jobs[roll(w, JOBS)];
    uint64_t what = roll(w, 30);

    if (job->ended)
        new_job(w, job);
    else if (what < 25)
        step_fold(w, job);
    else if (what < 29)
        step_takeover(w, job);
    else
        job->ended = queue_cancel(w->q, job->owner.job, "me", &rig_why) == DTQ_OK;
}

/* --- the test --------------------------------------------------------------------------------- */

static void world_start(struct world *w, struct queue *q, uint64_t seed)
{
    char id[ID_MAX + 1];

    memset(w, 0, sizeof *w);
    w->q = q;
    w->dice = seed;
    for (unsigned i = 0; i < MASTERS; i++) {
        snprintf(id, sizeof id, "m%u", w->named++);
        w->masters[i] = rig_master(q, id);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        snprintf(id, sizeof id, "w%u", i);
        w->workers[i] = rig_worker(q, id, SLOTS);
    }
    for (unsigned i = 0; i < JOBS; i++)
        new_job(w, &w->jobs[i]);
}

/* From here on nothing goes wrong: all that was emitted is folded in the end. */
static void world_drain(struct world *w)
{
    struct queue_member last = rig_worker(w->q, "last", 1);
    struct queue_claim claim = {0};

    queue_resume(w->q, "me", &rig_why);
    for (unsigned i = 0; i < WORKERS; i++)
        rig_expire("workers", w->workers[i].id);
    rig_reap(w->q);
    rig_expire_all("gone");
    rig_expire_all("delayed");
    rig_reap(w->q);
    while (queue_claim(w->q, &last, "last.0", "", 1, &claim, &rig_why) == DTQ_OK)
        assert_int_equal(rig_complete(w->q, &last, "last.0", &claim), DTQ_OK);
    keys_assert_one_place();
    for (unsigned i = 0; i < JOBS; i++) {
        struct job *job = &w->jobs[i];
        if (!job->ended) step_fold(w, job);
        if (!job->ended) { /* not given up by a poisoned task in the last fold */
            step_fold(w, job);
            for (uint64_t no = 0; no < job->total; no++)
                if (!job->folded[no] &&
                    !server_int("HEXISTS " RIG_KEY "job:%s:tasks %" PRIu64, job->owner.job, no))
                    fail_msg("%s/%" PRIu64 " is gone", job->owner.job, no);
        }
    }
    queue_claim_clear(&claim);
}

static void world_end(struct world *w)
{
    for (unsigned i = 0; i < WORKERS; i++)
        for (unsigned k = 0; k < SLOTS; k++)
            queue_claim_clear(&w->claims[i][k]);
}

/* What looks for mistakes finds none, but what a worker that has yet to learn that it was given up
 * lets Redis move to it. */
static void assert_nothing_found(struct queue *q)
{
    struct census c = {0};
    struct findings f = {0};

    assert_int_equal(census_read(q, &c, &rig_why), DTQ_OK);
    assert_int_equal(findings_judge(&c, &f, &rig_why), DTQ_OK);
    for (size_t i = 0; i < f.count; i++)
        if (f.rows[i].kind != FINDING_HOLD_ORPHANED) fail_msg("%s", f.rows[i].text);
    findings_clear(&f);
    census_clear(&c);
}

static void a_task_is_in_one_place_whatever_happens(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    unsigned done = 0, dead = 0, takeovers = 0, late = 0;

    assert_non_null(w);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        server_do("FLUSHALL");
        assert_int_equal(queue_connect(*state, &rig_why), DTQ_OK);
        world_start(w, *state, seed);
        w->twins = seed % 2 == 0;
        for (int step = 0; step < STEPS; step++) {
            uint64_t who = roll(w, 20);
            if (roll(w, 8) == 0) queue_resume(w->q, "me", &rig_why);
            if (who < 14)
                step_worker(w);
            else if (who < 16)
                step_time(w);
            else
                step_master(w);
            keys_assert_one_place();
            if (step % 8 == 0) assert_nothing_found(w->q);
        }
        world_drain(w);
        world_end(w);
        done += w->done;
        dead += w->dead;
        takeovers += w->takeovers;
        late += w->late;
    }
    free(w);
    /* The dice must have met all that this test is about. */
    assert_in_range(done, 1000, UINT32_MAX);
    assert_in_range(dead, 10, UINT32_MAX);
    assert_in_range(takeovers, 50, UINT32_MAX);
    assert_in_range(late, 50, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_task_is_in_one_place_whatever_happens),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
