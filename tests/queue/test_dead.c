/* test_dead.c: dead letters are listed, replayed and dropped. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct queue_claim claim;

static int dead_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define dead_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, dead_teardown)

/* Job "J1" of three tasks: 0 has a result, 1 was given up for this outcome, 2 was never run; then
 * the owner ended it. */
static void fail_job(struct queue *q, const struct queue_member *w, enum queue_outcome outcome)
{
    struct queue_submission s = rig_submission("J1");
    struct queue_commit commit = {.total = 3};
    struct buf none = {0};
    struct queue_ownership owner;

    s.max_attempts = 1;
    owner = rig_job_of(q, &s, 3);
    rig_claim(q, w, "w.0", "", 1, &claim);
    assert_int_equal(rig_complete(q, w, "w.0", &claim), DTQ_OK);
    rig_claim(q, w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, w, "w.0", &claim, outcome), DTQ_OK);
    assert_int_equal(
        queue_finish(q, &owner, &commit, &none, "{}", "failed", "io_error", "gave up", &rig_why),
        DTQ_OK);
}

static void dead_letters_are_listed_newest_first(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    cJSON *list = NULL;
    const cJSON *row;

    assert_int_equal(queue_dead(q, 10, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 0);
    cJSON_Delete(list);
    rig_job(q, "J1", 2);
    for (int i = 0; i < 2; i++) {
        rig_claim(q, &w, "w.0", "", 1, &claim);
        assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_FATAL), DTQ_OK);
    }
    server_do("ZADD " RIG_KEY "dead XX 1 J1/0");
    keys_mark();
    assert_int_equal(queue_dead(q, 10, &list, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_int_equal(cJSON_GetArraySize(list), 2);
    row = cJSON_GetArrayItem(list, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(row, "id")), "J1/1");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(row, "message")), "r1");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(row, "spec")), "s1");
    cJSON_Delete(list);
    assert_int_equal(queue_dead(q, 1, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    cJSON_Delete(list);
}

static void a_replayed_job_goes_on_where_it_was(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m;
    struct queue_ownership owner;

    fail_job(q, &w, QUEUE_RETRY);
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_OK);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state fatal_code error"),
                        "submitted  ");
    assert_int_equal(server_int("PTTL " RIG_KEY "job:J1"), -1);
    assert_int_equal(server_int("EXISTS " RIG_KEY "dead " RIG_KEY "job:J1:dead " RIG_KEY
                                "job:J1:tries " RIG_KEY "finished"),
                     0);
    m = rig_master(q, "m");
    owner = rig_own(q, &m);
    keys_assert_one_place();
    for (int i = 0; i < 2; i++) {
        rig_claim(q, &w, "w.0", "", 1, &claim);
        assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    }
    assert_int_equal(rig_fold(q, &owner), 3);
    assert_int_equal(queue_claim(q, &w, "w.0", "", 1, &claim, &rig_why), DTQ_NONE);
    keys_mark();
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_JOB_GONE); /* it is running */
    keys_assert_same();
}

/* An idle worker is faster than a master. */
static void a_replayed_task_is_claimed_before_a_master_came(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m;
    struct queue_ownership owner;

    fail_job(q, &w, QUEUE_RETRY);
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    keys_assert_one_place();
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    m = rig_master(q, "m");
    owner = rig_own(q, &m);
    assert_int_equal(rig_fold(q, &owner), 2);
}

static void a_job_that_no_repeat_can_mend_is_not_replayed(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    fail_job(q, &w, QUEUE_FATAL);
    keys_mark();
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    assert_int_equal(queue_replay(q, "J9", "me", &rig_why), DTQ_JOB_GONE);
    rig_assert_why("J9");
    assert_int_equal(queue_replay(q, "a b", "me", &rig_why), DTQ_INPUT);
    keys_assert_same();
}

static void a_dropped_letter_is_gone_with_what_was_kept_for_a_replay(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    fail_job(q, &w, QUEUE_RETRY);
    keys_mark();
    assert_int_equal(queue_drop(q, "J1", 7, "me", &rig_why), DTQ_NONE);
    keys_assert_same();
    assert_int_equal(queue_drop(q, "J1", 1, "me", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(),
                        "dead events job:J1 job:J1:dead job:J1:results job:J1:tasks");
    assert_int_equal(server_int("EXISTS " RIG_KEY "dead " RIG_KEY "job:J1:dead " RIG_KEY
                                "job:J1:tasks " RIG_KEY "job:J1:results"),
                     0);
    keys_mark();
    assert_int_equal(queue_drop(q, "J1", 1, "me", &rig_why), DTQ_NONE);
    assert_int_equal(queue_replay(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    keys_assert_same();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        dead_test(dead_letters_are_listed_newest_first),
        dead_test(a_replayed_job_goes_on_where_it_was),
        dead_test(a_replayed_task_is_claimed_before_a_master_came),
        dead_test(a_job_that_no_repeat_can_mend_is_not_replayed),
        dead_test(a_dropped_letter_is_gone_with_what_was_kept_for_a_replay),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
