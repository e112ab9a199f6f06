/* test_remove.c: a job that has ended is removed with all that is kept of it. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct queue_claim claim;

static int remove_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define remove_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, remove_teardown)

/* Ends the job as failed, with an epoch, weights of it, and all vectors there are. */
static void fail_with_everything(struct queue *q, struct queue_ownership *owner)
{
    static const char *const names[] = {"weights", "best", "state", "trial",   "fill",
                                        "columns", "last", "roc",   "scaling", "classes"};
    const double w[] = {1, 2};
    struct queue_commit commit = {.total = 2};
    struct buf checkpoint = {0};
    cJSON *metrics = cJSON_Parse("{\"epoch\":1,\"loss\":0.5}");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        queue_commit_vector(&commit, names[i], w, 2);
    queue_commit_epoch(&commit, metrics);
    queue_commit_history(&commit, 1, w, 2);
    buf_text(&checkpoint, "half");
    assert_int_equal(
        queue_finish(q, owner, &commit, &checkpoint, "{}", "failed", "io_error", "no", &rig_why),
        DTQ_OK);
    queue_commit_clear(&commit);
    buf_clear(&checkpoint);
    cJSON_Delete(metrics);
}

/* A replayable J1 with a dead letter, and all keys that a job may have after its end. */
static void failed_job(struct queue *q)
{
    struct queue_submission s = rig_submission("J1");
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_ownership owner;

    s.max_attempts = 1;
    owner = rig_job_of(q, &s, 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    fail_with_everything(q, &owner);
    assert_int_equal(server_int("ZCARD " RIG_KEY "dead"), 1);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 1);
}

static void nothing_of_a_removed_job_is_left(void **state)
{
    struct queue *q = *state;

    rig_job(q, "J2", 1);
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    keys_mark();
    failed_job(q);
    keys_mark();
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(),
                        "dead events finished job:J1 job:J1:best job:J1:classes job:J1:columns "
                        "job:J1:dead job:J1:epochs job:J1:fill job:J1:history job:J1:last "
                        "job:J1:results job:J1:roc "
                        "job:J1:scaling job:J1:state job:J1:tasks job:J1:trial job:J1:weights "
                        "job:J1:workers");
    assert_string_equal(server_text("KEYS " RIG_KEY "job:J1*"), "");
    assert_int_equal(server_int("EXISTS " RIG_KEY "dead"), 0);
    assert_string_equal(server_text("ZRANGE " RIG_KEY "finished 0 -1"), "J2");
    assert_non_null(strstr(server_text("XREVRANGE " RIG_KEY "events + - COUNT 1"),
                           "event job_removed job J1 by me"));
}

static void what_is_gone_is_not_removed_again(void **state)
{
    struct queue *q = *state;

    failed_job(q);
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    rig_assert_why("there is no job \"J1\" in queue \"t\"");
    assert_int_equal(queue_remove(q, "J7", "me", &rig_why), DTQ_JOB_GONE);
    assert_int_equal(queue_remove(q, "a b", "me", &rig_why), DTQ_INPUT);
    keys_assert_same();
}

static void a_job_that_has_not_ended_stays(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J2");

    rig_job(q, "J1", 2);
    rig_submit(q, &s);
    keys_mark();
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_EXISTS);
    rig_assert_why("job \"J1\" is running; cancel it first: dtq cancel J1");
    assert_int_equal(queue_remove(q, "J2", "me", &rig_why), DTQ_EXISTS);
    rig_assert_why("job \"J2\" is submitted");
    keys_assert_same();
}

static void a_replayed_job_is_not_removed(void **state)
{
    struct queue *q = *state;

    failed_job(q);
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_EXISTS);
    keys_assert_same();
    keys_assert_one_place();
}

static void the_id_is_free_for_another_job(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    failed_job(q);
    assert_int_equal(queue_remove(q, "J1", "me", &rig_why), DTQ_OK);
    rig_submit(q, &s);
    assert_string_equal(server_text("KEYS " RIG_KEY "job:J1*"), RIG_KEY "job:J1");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "submitted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        remove_test(nothing_of_a_removed_job_is_left),
        remove_test(what_is_gone_is_not_removed_again),
        remove_test(a_job_that_has_not_ended_stays),
        remove_test(a_replayed_job_is_not_removed),
        remove_test(the_id_is_free_for_another_job),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
