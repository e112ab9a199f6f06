/* test_reap.c: what is due: leases that ran out, workers that fell silent, retries; and what that
 * does to the tasks. */
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

static int reap_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define reap_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, reap_teardown)

static const char *ready(void)
{
    return server_text("LRANGE " RIG_KEY "ready 0 -1");
}

/* The task on the right of the ready list is taken and its worker vanishes. */
static void lose(struct queue *q, const struct queue_member *w)
{
    rig_claim(q, w, "w.0", "", 1, &claim);
    rig_expire("leases", "w.0");
    rig_reap(q);
}

static void with_nothing_due_nothing_changes(void **state)
{
    struct queue *q = *state;
    struct queue_member w;

    keys_mark();
    assert_int_equal(rig_reap(q), -1);
    keys_assert_same();
    w = rig_worker(q, "w", 1);
    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    keys_mark();
    assert_in_range(rig_reap(q), RIG_LEASE_MS - 10000, RIG_LEASE_MS);
    keys_assert_same();
}

static void the_earliest_deadline_of_all_is_told(void **state)
{
    struct queue *q = *state;

    server_do("ZADD " RIG_KEY "delayed %lld J1/0", (long long)server_now_ms() + 30000);
    assert_in_range(rig_reap(q), 20000, 30000);
    server_do("ZADD " RIG_KEY "workers %lld w", (long long)server_now_ms() + 18000);
    assert_in_range(rig_reap(q), 10000, 18000);
    server_do("ZADD " RIG_KEY "leases %lld w.0", (long long)server_now_ms() + 9000);
    assert_in_range(rig_reap(q), 5000, 9000);
}

static void a_lease_that_ran_out_gives_its_tasks_back_in_order(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    rig_expire("leases", "w.0");
    keys_mark();
    rig_reap(q);
    assert_string_equal(keys_changed(), "events held:w.0 job:J1 job:J1:tries leases ready since");
    assert_string_equal(ready(), "J1/3 J1/2 J1/1 J1/0");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 reclaimed"), 3);
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J1 retried"), 0);
    assert_non_null(strstr(server_text("XREVRANGE " RIG_KEY "events + - COUNT 1"),
                           "reclaimed job J1 tasks 3 first J1/0 slot w.0 reason lease expired"));
    keys_assert_one_place();
    keys_mark(); /* a repeat */
    rig_reap(q);
    keys_assert_same();
}

static void a_silent_worker_loses_all_its_slots_and_its_registration(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    rig_claim(q, &w, "w.1", "", 1, &claim);
    rig_expire("workers", "w");
    keys_mark();
    rig_reap(q);
    assert_string_equal(keys_changed(), "clients events gone held:w.0 held:w.1 job:J1 "
                                        "job:J1:tries leases ready since slots worker:w workers");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 3);
    assert_int_equal(server_int("EXISTS " RIG_KEY "slots " RIG_KEY "leases " RIG_KEY "since"), 0);
    assert_int_equal(server_int("HEXISTS " RIG_KEY "worker:w nonce"), 0);
    assert_true(server_int("TTL " RIG_KEY "worker:w") > 0);
    keys_assert_one_place();
}

static void a_task_held_but_never_claimed_comes_back_with_the_rest(void **state)
{
    struct queue *q = *state;

    rig_worker(q, "w", 1);
    rig_job(q, "J1", 1);
    assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    rig_expire("workers", "w");
    rig_reap(q);
    assert_string_equal(ready(), "J1/0");
}

/* A read on which the slot had blocked, or that was still on its way, is served after its worker
 * was given up. */
static void a_task_moved_to_a_worker_that_is_gone_comes_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);

    rig_job(q, "J1", 2);
    assert_int_equal(queue_leave(q, &w, "asked to stop", &rig_why), DTQ_OK);
    assert_int_equal(queue_wait_ready(q, "w.1", 1000, &rig_why), DTQ_OK);
    assert_in_range(rig_reap(q), 1, 10000); /* looks again, but not at once */
    assert_string_equal(ready(), "J1/1");
    rig_expire("gone", "w");
    keys_mark();
    assert_int_equal(rig_reap(q), -1);
    assert_string_equal(keys_changed(), "gone held:w.1 ready");
    assert_string_equal(ready(), "J1/1 J1/0");
}

static void a_worker_that_came_back_keeps_what_it_holds(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    assert_int_equal(queue_leave(q, &w, "asked to stop", &rig_why), DTQ_OK);
    w = rig_worker(q, "w", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    rig_expire("gone", "w");
    rig_reap(q);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
}

static void due_retries_become_ready_and_others_stay(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    rig_expire("delayed", "J1/1");
    keys_mark();
    assert_in_range(rig_reap(q), 1, 2400);
    assert_string_equal(keys_changed(), "delayed ready");
    assert_string_equal(ready(), "J1/2 J1/1");
    assert_string_equal(server_text("ZRANGE " RIG_KEY "delayed 0 -1"), "J1/0");
    keys_assert_one_place();
}

static void a_call_does_a_bounded_share_and_asks_to_be_called_again(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 20);
    char slot[ID_MAX];

    rig_job(q, "J1", 20);
    for (int i = 0; i < 20; i++) {
        snprintf(slot, sizeof slot, "w.%d", i);
        rig_claim(q, &w, slot, "", 1, &claim);
    }
    rig_expire_all("leases");
    assert_int_equal(rig_reap(q), 0);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 8);
    assert_int_equal(rig_reap(q), 0);
    assert_true(rig_reap(q) > 0);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 20);
    keys_assert_one_place();
}

/* --- vanished workers and the tasks they had -------------------------------------------------- */

static void tasks_that_lost_a_worker_come_back_one_at_a_time(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_int_equal(claim.count, 3);
    rig_expire("workers", "w");
    rig_reap(q);
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:tries"), "2 0 1 1 0 1 0 0 1");
    w = rig_worker(q, "w", 1);
    for (int no = 0; no < 4; no++) {
        char text[16];
        snprintf(text, sizeof text, "%d", no);
        rig_claim(q, &w, "w.0", "J1", 8, &claim);
        assert_string_equal(rig_numbers(&claim), text);
        assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
        keys_assert_one_place();
    }
}

static void a_marked_task_behind_others_ends_their_claim(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 4);
    server_do("HSET " RIG_KEY "job:J1:tries 2 %s", "0 1");
    server_do("HSET " RIG_KEY "job:J1 reclaimed 1");
    rig_claim(q, &w, "w.0", "J1", 8, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    rig_claim(q, &w, "w.0", "J1", 8, &claim);
    assert_string_equal(rig_numbers(&claim), "2");
    keys_assert_one_place();
}

static void a_task_that_loses_too_many_workers_is_poison(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");

    s.max_lost = 3;
    rig_job_of(q, &s, 2);
    for (int i = 0; i < 2; i++)
        lose(q, &w);
    assert_string_equal(ready(), "J1/1 J1/0");
    assert_int_equal(server_int("EXISTS " RIG_KEY "dead"), 0);
    lose(q, &w);
    assert_string_equal(ready(), "J1/1");
    assert_string_equal(server_text("ZRANGE " RIG_KEY "dead 0 -1"), "J1/0");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 fatal_code"), "lost_workers");
    assert_non_null(strstr(server_text("HGET " RIG_KEY "job:J1 fatal_message"),
                           "task J1/0 lost 3 workers in a row, the last one was w"));
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m -1 -1"), "J1");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 reclaimed"), 3);
    keys_assert_one_place();
}

static void tasks_that_were_not_alone_are_marked_but_never_given_up(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");

    s.max_lost = 1;
    rig_job_of(q, &s, 3);
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_int_equal(claim.count, 3);
    rig_expire("leases", "w.0");
    rig_reap(q);
    assert_int_equal(server_int("EXISTS " RIG_KEY "dead"), 0);
    assert_string_equal(ready(), "J1/2 J1/1 J1/0");
    lose(q, &w);
    assert_string_equal(server_text("ZRANGE " RIG_KEY "dead 0 -1"), "J1/0");
    assert_string_equal(ready(), "J1/2 J1/1");
    keys_assert_one_place();
}

static void lost_workers_do_not_use_up_attempts_nor_errors_count_as_lost(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    lose(q, &w);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1:tries 0"), "1 1");
}

static void tasks_of_an_ended_job_do_not_come_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    rig_expire("leases", "w.0");
    keys_mark();
    rig_reap(q);
    assert_string_equal(keys_changed(), "held:w.0 leases since");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reap_test(with_nothing_due_nothing_changes),
        reap_test(the_earliest_deadline_of_all_is_told),
        reap_test(a_lease_that_ran_out_gives_its_tasks_back_in_order),
        reap_test(a_silent_worker_loses_all_its_slots_and_its_registration),
        reap_test(a_task_held_but_never_claimed_comes_back_with_the_rest),
        reap_test(a_task_moved_to_a_worker_that_is_gone_comes_back),
        reap_test(a_worker_that_came_back_keeps_what_it_holds),
        reap_test(due_retries_become_ready_and_others_stay),
        reap_test(a_call_does_a_bounded_share_and_asks_to_be_called_again),
        reap_test(tasks_that_lost_a_worker_come_back_one_at_a_time),
        reap_test(a_marked_task_behind_others_ends_their_claim),
        reap_test(a_task_that_loses_too_many_workers_is_poison),
        reap_test(tasks_that_were_not_alone_are_marked_but_never_given_up),
        reap_test(lost_workers_do_not_use_up_attempts_nor_errors_count_as_lost),
        reap_test(tasks_of_an_ended_job_do_not_come_back),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
