/* test_again.c: an id is given to a second job while something of the first is still about: what
 * was claimed of the first never becomes part of the second. */
#include "common/queue/queue.h"
#include "lua/scripts.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct queue_claim old, fresh;
static struct queue_member w;

static int again_teardown(void **state)
{
    queue_claim_clear(&old);
    queue_claim_clear(&fresh);
    return rig_teardown(state);
}

#define again_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, again_teardown)

/* All keys of a job are gone, as when its retention is over. */
static void expire(const char *job)
{
    redisReply *keys = server_run("KEYS " RIG_KEY "job:%s*", job);

    for (size_t i = 0; i < keys->elements; i++)
        server_do("DEL %s", keys->element[i]->str);
    freeReplyObject(keys);
}

/* The slot w.0 holds tasks 0 to count - 1 of the first J1, which was then cancelled and has
 * expired.
 */
static void hold_of_a_former_job(struct queue *q, unsigned count)
{
    w = rig_worker(q, "w", 1);
    rig_job(q, "J1", count);
    rig_claim(q, &w, "w.0", "J1", count, &old);
    assert_int_equal(old.count, count);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    expire("J1");
}

/* A second J1, as the next number of nobody, with tasks 0 to count - 1. */
static struct queue_ownership next_number(struct queue *q, unsigned count)
{
    struct queue_submission s = rig_submission(NULL);
    struct queue_member master = rig_master(q, "m");
    struct queue_ownership owner;
    char id[ID_MAX + 1];

    s.producer = "";
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "J1");
    owner = rig_own(q, &master);
    rig_push(q, &owner, 0, count);
    return owner;
}

static void a_claim_tells_whose_submission_it_is_of(void **state)
{
    struct queue *q = *state;

    hold_of_a_former_job(q, 1);
    assert_true(old.nonce[0]);
    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &fresh);
    assert_string_equal(fresh.nonce, rig_nonce("J1"));
    assert_string_not_equal(fresh.nonce, old.nonce);
}

static void a_slot_that_knows_the_former_job_does_not_know_the_next(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    hold_of_a_former_job(q, 2);
    s.params = "{\"end\":20}";
    s.type = "sumsq";
    rig_job_of(q, &s, 4);
    assert_int_equal(queue_claim(q, &w, "w.0", old.nonce, 4, &fresh, &rig_why), DTQ_OK);
    assert_string_equal(rig_numbers(&fresh), "0");
    assert_string_equal(fresh.type, "sumsq");
    assert_string_equal(fresh.params, "{\"end\":20}");
    keys_assert_one_place();
}

static void a_chosen_id_that_is_free_again_takes_the_former_leases_away(void **state)
{
    struct queue *q = *state;

    hold_of_a_former_job(q, 2);
    rig_job(q, "J1", 2);
    assert_int_equal(server_int("EXISTS " RIG_KEY "held:w.0 " RIG_KEY "leases " RIG_KEY "since"),
                     0);
    keys_mark();
    assert_int_equal(rig_complete(q, &w, "w.0", &old), DTQ_LEASE_LOST);
    keys_assert_same(); /* not even counted as late */
    keys_assert_one_place();
}

static void what_the_slot_holds_of_other_jobs_besides_goes_back(void **state)
{
    struct queue *q = *state;

    hold_of_a_former_job(q, 1);
    rig_job(q, "J2", 1);
    server_do("RPOPLPUSH " RIG_KEY "ready " RIG_KEY "held:w.0"); /* a read of a lost connection */
    rig_job(q, "J1", 1);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0 J2/0");
    keys_assert_one_place();
}

static void a_chosen_id_finds_nothing_of_the_former_job(void **state)
{
    struct queue *q = *state;
    static const char *const strings[] = {"weights", "best", "state",   "trial",   "last",
                                          "scaling", "fill", "classes", "columns", "roc"};
    static const char *const hashes[] = {"results", "tries", "twins", "history", "workers", "dead"};

    rig_job(q, "J1", 1);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    server_do("DEL " RIG_KEY "job:J1"); /* the hash expires first */
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        server_do("SET " RIG_KEY "job:J1:%s 12345678", strings[i]);
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        server_do("HSET " RIG_KEY "job:J1:%s 0 x", hashes[i]);
    server_do("XADD " RIG_KEY "job:J1:epochs * epoch 1");
    server_do("LPUSH " RIG_KEY "job:J1:staged J1/7");
    rig_job(q, "J1", 1);
    assert_string_equal(server_text("KEYS " RIG_KEY "job:J1:*"), RIG_KEY "job:J1:tasks");
    assert_int_equal(server_int("ZCARD " RIG_KEY "finished"), 0);
}

static void results_of_the_former_job_do_not_count_for_the_next(void **state)
{
    struct queue *q = *state;
    struct queue_claim next = {0};
    struct queue_result r = {.no = 0, .outcome = QUEUE_DONE, .data = "old", .len = 3};

    hold_of_a_former_job(q, 1);
    next_number(q, 1);
    /* The present token, and what it hands in is of another submission. */
    assert_int_equal(queue_complete(q, &w, "w.0", &old, &r, 1, 4, &next, &rig_why), DTQ_JOB_GONE);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:results"), 0);
    assert_string_equal(next.nonce, rig_nonce("J1")); /* and it takes what is next */
    assert_string_equal(rig_numbers(&next), "0");
    keys_assert_one_place();
    assert_int_equal(rig_complete(q, &w, "w.0", &next), DTQ_OK);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1:results 0"), "w 7 r0");
    queue_claim_clear(&next);
}

static void failures_of_the_former_job_do_not_count_for_the_next(void **state)
{
    struct queue *q = *state;

    hold_of_a_former_job(q, 1);
    next_number(q, 1);
    assert_int_equal(rig_fail(q, &w, "w.0", &old, QUEUE_FATAL), DTQ_JOB_GONE);
    assert_int_equal(
        server_int("EXISTS " RIG_KEY "dead " RIG_KEY "job:J1:tries " RIG_KEY "delayed"), 0);
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J1 fatal_code"), 0);
    keys_assert_one_place();
}

static void a_task_of_the_next_job_that_was_moved_to_the_slot_is_not_lost(void **state)
{
    struct queue *q = *state;

    hold_of_a_former_job(q, 1);
    next_number(q, 2);
    server_do("RPOPLPUSH " RIG_KEY "ready " RIG_KEY "held:w.0"); /* a read of a lost connection */
    assert_string_equal(server_text("LRANGE " RIG_KEY "held:w.0 0 -1"), "J1/0 J1/0");
    assert_int_equal(rig_complete(q, &w, "w.0", &old), DTQ_JOB_GONE);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/1 J1/0");
    keys_assert_one_place();
}

static void a_beat_for_the_former_job_is_told_that_it_has_ended(void **state)
{
    struct queue *q = *state;
    struct queue_busy busy = {.slot = "w.0", .job = "J1", .renew = true};

    hold_of_a_former_job(q, 1);
    next_number(q, 1);
    busy.token = old.token;
    memcpy(busy.nonce, old.nonce, sizeof busy.nonce);
    assert_int_equal(queue_beat(q, &w, NULL, &busy, 1, &rig_why), DTQ_OK);
    assert_int_equal(busy.answer, DTQ_JOB_GONE);
}

static void a_cancel_says_which_submission_is_meant(void **state)
{
    struct queue *q = *state;
    struct queue_cursor cursor = {"0-0"};
    struct queue_control order = {0};

    hold_of_a_former_job(q, 1);
    rig_job(q, "J1", 1);
    assert_int_equal(queue_listen(q, &cursor, 10, &order, &rig_why), DTQ_OK);
    assert_string_equal(order.id, "J1");
    assert_string_equal(order.nonce, old.nonce);
}

/* The owner of a first J1 and the same master as that of a second: fence and commits are the same.
 */
static struct queue_ownership former_owner(struct queue *q, struct queue_ownership *present)
{
    struct queue_ownership former = rig_job(q, "J1", 2);

    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    expire("J1");
    *present = next_number(q, 2);
    assert_string_equal(former.master, present->master);
    assert_int_equal(former.fence, present->fence);
    assert_int_equal(former.commits, present->commits);
    return former;
}

static void a_former_owner_commits_nothing_to_the_next_job(void **state)
{
    struct queue *q = *state;
    struct queue_ownership present, former = former_owner(q, &present), copy;
    struct queue_commit commit = {.total = 2};
    struct buf none = {0};
    uint64_t no = 0, waiting;
    int64_t next_ms;
    bool ended;

    w = rig_worker(q, "w", 2);
    rig_claim(q, &w, "w.0", "", 1, &fresh);
    assert_int_equal(rig_complete(q, &w, "w.0", &fresh), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &fresh);
    queue_commit_fold(&commit, 0);
    keys_mark();
    copy = former;
    assert_int_equal(queue_commit(q, &copy, &commit, &none, "{}", &waiting, &rig_why),
                     DTQ_JOB_GONE);
    copy = former;
    assert_int_equal(
        queue_finish(q, &copy, &commit, &none, "{}", "failed", "timeout", "late", &rig_why),
        DTQ_JOB_GONE);
    assert_int_equal(queue_settle(q, &former, &ended, &rig_why), DTQ_JOB_GONE);
    assert_int_equal(queue_discard(q, &former, &no, 1, &rig_why), DTQ_JOB_GONE);
    assert_int_equal(queue_speculate(q, &former, 0, 8, &next_ms, &rig_why), DTQ_JOB_GONE);
    keys_assert_same();
    queue_commit_clear(&commit);
    assert_int_equal(rig_fold(q, &present), 1);
}

static void a_former_owner_collects_that_its_job_is_over(void **state)
{
    struct queue *q = *state;
    struct queue_ownership present, former = former_owner(q, &present);
    struct queue_arrivals arrivals = {0};

    assert_int_equal(queue_collect(q, &former, &arrivals, &rig_why), DTQ_OK);
    assert_false(arrivals.running);
    queue_arrivals_clear(&arrivals);
    assert_int_equal(queue_collect(q, &present, &arrivals, &rig_why), DTQ_OK);
    assert_true(arrivals.running);
    queue_arrivals_clear(&arrivals);
}

static void an_entry_of_the_former_job_is_not_taken_for_one_of_the_next(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    struct queue_member m = rig_master(q, "m");
    struct queue_ownership owner;
    char entry[48];

    rig_submit(q, &s);
    snprintf(entry, sizeof entry, "%s", rig_entry("J1"));
    server_do("DEL " RIG_KEY "job:J1"); /* by hand */
    rig_submit(q, &s);
    assert_int_equal(rig_adopt(q, &m, entry, &owner), DTQ_JOB_GONE);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 1);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "submitted");
    owner = rig_own(q, &m);
    assert_string_equal(owner.nonce, rig_nonce("J1"));
}

static void a_job_that_is_waited_for_is_one_submission(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    struct queue_job job = {0};
    char nonce[QUEUE_NONCE] = "";

    s.nonce = nonce;
    rig_submit(q, &s);
    assert_string_equal(nonce, rig_nonce("J1"));
    assert_int_equal(queue_job_of(q, "J1", nonce, &job, &rig_why), DTQ_OK);
    assert_string_equal(job.nonce, nonce);
    queue_job_clear(&job);
    assert_int_equal(queue_job_still(q, "J1", nonce, &rig_why), DTQ_OK);
    expire("J1");
    assert_int_equal(queue_job_of(q, "J1", nonce, &job, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("job J1 is gone; it was removed");
    assert_int_equal(queue_job_still(q, "J1", nonce, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("job J1 is gone; it was removed");
    assert_int_equal(queue_job_of(q, "J1", "", &job, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("there is no job \"J1\"");
    s.nonce = NULL;
    rig_submit(q, &s);
    assert_int_equal(queue_job_of(q, "J1", nonce, &job, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("its id is that of another job now");
    assert_int_equal(queue_job_still(q, "J1", nonce, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("its id is that of another job now");
    assert_int_equal(queue_job_of(q, "J1", "", &job, &rig_why), DTQ_OK);
    queue_job_clear(&job);
}

static void a_job_goes_on_from_one_submission(void **state)
{
    struct queue *q = *state;
    struct queue_submission first = rig_submission("J1"), next = rig_submission("J2");
    char nonce[QUEUE_NONCE] = "", id[ID_MAX + 1];

    first.nonce = nonce;
    rig_submit(q, &first);
    expire("J1");
    first.nonce = NULL;
    rig_submit(q, &first);
    server_do("HSET " RIG_KEY "job:J1 checkpoint half");
    next.former = "J1";
    next.former_nonce = nonce;
    keys_mark();
    assert_int_equal(queue_submit(q, &next, id, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("job \"J1\" is gone");
    keys_assert_same();
    next.former_nonce = rig_nonce("J1");
    rig_submit(q, &next);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J2 former"), "half");
}

static void a_nonce_that_no_worker_could_keep_is_refused(void **state)
{
    static const char *const numbers[] = {"", "1"};
    static const char *const nonces[] = {
        "", "12345678901234567890123456789012345678901234567890123456789012345"};

    (void)state;
    keys_mark();
    for (size_t i = 0; i < 4; i++) {
        const char *argv[] = {
            "EVAL", script_submit.text, "1", RIG_KEY, "J1", nonces[i / 2], "sum", "{}",
            "",     numbers[i % 2],     "1", "c",     "s0"};
        redisReply *reply = server_argv(sizeof argv / sizeof *argv, argv);

        assert_int_equal(reply->type, REDIS_REPLY_ERROR);
        assert_non_null(strstr(reply->str, "nonce"));
        freeReplyObject(reply);
    }
    keys_assert_same();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        again_test(a_claim_tells_whose_submission_it_is_of),
        again_test(a_slot_that_knows_the_former_job_does_not_know_the_next),
        again_test(a_chosen_id_that_is_free_again_takes_the_former_leases_away),
        again_test(what_the_slot_holds_of_other_jobs_besides_goes_back),
        again_test(a_chosen_id_finds_nothing_of_the_former_job),
        again_test(results_of_the_former_job_do_not_count_for_the_next),
        again_test(failures_of_the_former_job_do_not_count_for_the_next),
        again_test(a_task_of_the_next_job_that_was_moved_to_the_slot_is_not_lost),
        again_test(a_beat_for_the_former_job_is_told_that_it_has_ended),
        again_test(a_cancel_says_which_submission_is_meant),
        again_test(a_former_owner_commits_nothing_to_the_next_job),
        again_test(a_former_owner_collects_that_its_job_is_over),
        again_test(an_entry_of_the_former_job_is_not_taken_for_one_of_the_next),
        again_test(a_job_that_is_waited_for_is_one_submission),
        again_test(a_job_goes_on_from_one_submission),
        again_test(a_nonce_that_no_worker_could_keep_is_refused),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
