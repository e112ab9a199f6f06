/* test_twins.c: a slow task is given to a second slot; the first valid completion wins. */
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

/* The slow slot of worker w and the idle one of v that gets the copy. */
static struct queue_member w, v;
static struct queue_claim slow, copy, other;
static struct queue_ownership owner;

static int twins_setup(void **state)
{
    rig_setup(state);
    w = rig_worker(*state, "w", 1);
    v = rig_worker(*state, "v", 1);
    owner = rig_job(*state, "J1", 1);
    rig_claim(*state, &w, "w.0", "J1", 1, &slow);
    return 0;
}

static int twins_teardown(void **state)
{
    queue_claim_clear(&slow);
    queue_claim_clear(&copy);
    queue_claim_clear(&other);
    return rig_teardown(state);
}

#define twins_test(f) cmocka_unit_test_setup_teardown(f, twins_setup, twins_teardown)

static int64_t speculate(struct queue *q, int64_t age_ms)
{
    int64_t next_ms = -2;

    assert_int_equal(queue_speculate(q, &owner, age_ms, 4, &next_ms, &rig_why), DTQ_OK);
    return next_ms;
}

static void start_twins(struct queue *q)
{
    rig_age("w.0", &slow);
    speculate(q, 1000);
    rig_claim(q, &v, "v.0", "J1", 1, &copy);
    assert_string_equal(rig_numbers(&copy), "0");
}

/* The job goes on with this one result, whoever else still speaks. */
static void assert_folded_once(struct queue *q)
{
    assert_int_equal(rig_fold(q, &owner), 1);
    rig_expire_all("leases");
    rig_reap(q);
    assert_int_equal(queue_claim(q, &v, "v.0", "J1", 1, &other, &rig_why), DTQ_NONE);
    assert_int_equal(rig_fold(q, &owner), 0);
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 done"), 1);
}

static void a_task_that_is_not_slow_gets_no_twin(void **state)
{
    keys_mark();
    assert_in_range(speculate(*state, 60000), 50000, 60000);
    keys_assert_same();
}

static void a_slow_task_is_made_ready_once_for_an_idle_slot(void **state)
{
    rig_age("w.0", &slow);
    keys_mark();
    speculate(*state, 1000);
    assert_string_equal(keys_changed(), "events job:J1 job:J1:twins ready");
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    keys_mark();
    speculate(*state, 1000);
    keys_assert_same();
}

static void nothing_is_doubled_while_no_slot_is_idle_or_the_queue_is_paused(void **state)
{
    struct queue *q = *state;

    rig_job(q, "J2", 1);
    rig_claim(q, &v, "v.0", "J2", 1, &copy);
    rig_age("w.0", &slow);
    keys_mark();
    speculate(q, 1000);
    keys_assert_same();
    assert_int_equal(rig_complete(q, &v, "v.0", &copy), DTQ_OK);
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    keys_mark();
    speculate(q, 1000);
    keys_assert_same();
}

static void the_copy_wins_and_the_slow_slot_is_told_to_stop(void **state)
{
    struct queue *q = *state;
    struct queue_cursor cursor = {"0-0"};
    struct queue_control order = {0};

    start_twins(q);
    assert_int_equal(rig_complete(q, &v, "v.0", &copy), DTQ_OK);
    assert_int_equal(queue_listen(q, &cursor, 10, &order, &rig_why), DTQ_OK);
    assert_int_equal(order.order, QUEUE_DROP_SLOT);
    assert_int_equal(server_int("EXISTS " RIG_KEY "held:w.0 " RIG_KEY "leases " RIG_KEY "since"),
                     0);
    assert_non_null(strstr(server_text("XREVRANGE " RIG_KEY "events + - COUNT 1"),
                           "speculation_won job J1 task 0 slot v.0"));
    assert_int_equal(rig_complete(q, &w, "w.0", &slow), DTQ_LEASE_LOST);
    assert_folded_once(q);
}

static void the_slow_slot_wins_before_anybody_took_the_copy(void **state)
{
    struct queue *q = *state;

    rig_age("w.0", &slow);
    speculate(q, 1000);
    assert_int_equal(rig_complete(q, &w, "w.0", &slow), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready"), 0);
    assert_folded_once(q);
}

static void the_slow_slot_wins_and_the_copy_is_stopped(void **state)
{
    struct queue *q = *state;

    start_twins(q);
    assert_int_equal(rig_complete(q, &w, "w.0", &slow), DTQ_OK);
    assert_int_equal(rig_complete(q, &v, "v.0", &copy), DTQ_LEASE_LOST);
    assert_folded_once(q);
}

/* The one whose worker vanished, or that failed, is not missed as long as the other runs. */
static void one_copy_may_fail_or_vanish_unnoticed(void **state)
{
    struct queue *q = *state;

    start_twins(q);
    rig_expire("leases", "w.0");
    rig_reap(q);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready " RIG_KEY "job:J1:tries"), 0);
    keys_assert_one_place();
    rig_age("v.0", &copy);
    speculate(q, 1000);
    rig_claim(q, &w, "w.0", "J1", 1, &other);
    assert_int_equal(rig_fail(q, &w, "w.0", &other, QUEUE_RETRY), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "delayed " RIG_KEY "job:J1:tries"), 0);
    assert_int_equal(rig_complete(q, &v, "v.0", &copy), DTQ_OK);
    assert_folded_once(q);
}

static void the_last_copy_that_vanishes_brings_the_task_back(void **state)
{
    struct queue *q = *state;

    start_twins(q);
    rig_expire_all("leases");
    rig_reap(q);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    keys_assert_one_place();
}

/* The copy was claimed together with another task, which came first. */
static void other_tasks_in_the_hold_of_the_loser_are_not_lost(void **state)
{
    struct queue *q = *state;

    rig_push(q, &owner, 1, 1);
    rig_claim(q, &v, "v.0", "J1", 1, &copy); /* task 1 */
    rig_age("w.0", &slow);
    rig_worker(q, "u", 1);
    speculate(q, 1000); /* task 0 is ready again */
    rig_expire("leases", "v.0");
    rig_reap(q); /* task 1 comes back, in front of it */
    server_do("DEL " RIG_KEY "job:J1:tries");
    server_do("SREM " RIG_KEY "slots u.0 w.0");
    rig_claim(q, &v, "v.0", "J1", 2, &copy);
    assert_string_equal(rig_numbers(&copy), "1 0");
    assert_int_equal(rig_complete(q, &w, "w.0", &slow), DTQ_OK);
    rig_expire("leases", "v.0");
    rig_reap(q);
    rig_claim(q, &v, "v.0", "J1", 2, &copy);
    assert_string_equal(rig_numbers(&copy), "1");
    assert_int_equal(rig_complete(q, &v, "v.0", &copy), DTQ_OK);
    assert_int_equal(rig_fold(q, &owner), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        twins_test(a_task_that_is_not_slow_gets_no_twin),
        twins_test(a_slow_task_is_made_ready_once_for_an_idle_slot),
        twins_test(nothing_is_doubled_while_no_slot_is_idle_or_the_queue_is_paused),
        twins_test(the_copy_wins_and_the_slow_slot_is_told_to_stop),
        twins_test(the_slow_slot_wins_before_anybody_took_the_copy),
        twins_test(the_slow_slot_wins_and_the_copy_is_stopped),
        twins_test(one_copy_may_fail_or_vanish_unnoticed),
        twins_test(the_last_copy_that_vanishes_brings_the_task_back),
        twins_test(other_tasks_in_the_hold_of_the_loser_are_not_lost),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
