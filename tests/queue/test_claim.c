/* test_claim.c: a slot takes tasks: how many, which, and what it never takes. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct queue_claim claim;

static int claim_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define claim_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, claim_teardown)

static const char *held(const char *slot)
{
    return server_text("LRANGE " RIG_KEY "held:%s 0 -1", slot);
}

static void a_claim_gives_a_lease_with_a_deadline_and_a_token(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 5);
    keys_mark();
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_string_equal(keys_changed(), "held:w.0 leases ready since");
    assert_string_equal(claim.job, "J1");
    assert_string_equal(claim.type, "sum");
    assert_string_equal(claim.params, "{\"end\":10}");
    assert_string_equal(rig_numbers(&claim), "0 1 2");
    assert_int_equal(claim.tasks[1].len, 2);
    assert_memory_equal(claim.tasks[1].spec, "s1", 2);
    assert_string_equal(held("w.0"), "J1/2 J1/1 J1/0");
    assert_int_equal(server_int("ZSCORE " RIG_KEY "since w.0"), claim.token);
    assert_in_range(server_int("ZSCORE " RIG_KEY "leases w.0") - server_now_ms(),
                    RIG_LEASE_MS - 10000, RIG_LEASE_MS);
    keys_assert_one_place();
}

static void nothing_ready_is_nothing_to_do(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    keys_mark();
    assert_int_equal(queue_claim(q, &w, "w.0", "", 8, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(claim.count, 0);
    keys_assert_same();
}

static void a_worker_that_is_not_registered_claims_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), other = w, gone;

    rig_job(q, "J1", 2);
    id_nonce(other.nonce);
    gone = rig_member("gone", 1);
    keys_mark();
    assert_int_equal(queue_claim(q, &other, "w.0", "", 8, &claim, &rig_why), DTQ_UNKNOWN_WORKER);
    assert_int_equal(queue_claim(q, &gone, "gone.0", "", 8, &claim, &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
    rig_expire("workers", "w");
    rig_reap(q);
    keys_mark();
    assert_int_equal(queue_claim(q, &w, "w.0", "", 8, &claim, &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
}

static void a_claim_said_again_leases_the_same_tasks_under_a_new_token(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    uint64_t first;

    rig_job(q, "J1", 5);
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    first = claim.token;
    keys_mark();
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1 2");
    assert_true(claim.token > first);
    assert_null(strstr(keys_changed(), "ready"));
    assert_null(strstr(keys_changed(), "held"));
    keys_assert_one_place();
}

static void a_job_that_the_slot_does_not_know_gives_one_task(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 5);
    rig_claim(q, &w, "w.0", "", 8, &claim);
    assert_string_equal(rig_numbers(&claim), "0");
}

static void a_hold_is_no_more_than_the_slots_share(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 3);

    rig_worker(q, "v", 1);
    rig_job(q, "J1", 9);
    rig_claim(q, &w, "w.0", "J1", 100, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1 2"); /* 9 tasks for 4 slots */
    rig_claim(q, &w, "w.1", "J1", 100, &claim);
    assert_string_equal(rig_numbers(&claim), "3 4"); /* 6 left */
    rig_claim(q, &w, "w.2", "J1", 100, &claim);
    assert_string_equal(rig_numbers(&claim), "5");
    keys_assert_one_place();
}

static void a_job_may_say_how_many_tasks_are_taken_at_a_time(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");

    s.claim_max = 2;
    rig_job_of(q, &s, 9);
    rig_claim(q, &w, "w.0", "J1", 100, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1");
}

static void a_hold_is_of_one_job(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_ownership first = rig_job(q, "J1", 2);

    rig_job(q, "J2", 2);
    rig_push(q, &first, 2, 2);
    rig_claim(q, &w, "w.0", "J1", 100, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1");
    assert_string_equal(claim.job, "J1");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    rig_claim(q, &w, "w.0", "J2", 100, &claim);
    assert_string_equal(claim.job, "J2");
    assert_string_equal(rig_numbers(&claim), "0 1");
    keys_assert_one_place();
}

static void what_lies_in_the_held_list_comes_first(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 4);
    assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    assert_string_equal(held("w.0"), "J1/0");
    keys_assert_one_place();
    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1");
}

static void what_a_held_list_has_too_much_of_goes_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 2);
    rig_job(q, "J2", 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &claim); /* one of J1 */
    assert_string_equal(claim.job, "J1");
    assert_string_equal(rig_numbers(&claim), "0");
    assert_string_equal(held("w.0"), "J1/0");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 2);
    keys_assert_one_place();
}

static void tasks_of_ended_jobs_are_dropped(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 5);
    rig_job(q, "J2", 1);
    assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_string_equal(claim.job, "J2");
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready"), 0);
    keys_assert_one_place();
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
}

static void a_slot_whose_tasks_were_dropped_has_no_lease(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "J1", 1, &claim); /* and the reply is lost */
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_claim(q, &w, "w.0", rig_nonce("J1"), 1, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(server_int("EXISTS " RIG_KEY "leases " RIG_KEY "since " RIG_KEY "held:w.0"),
                     0);
}

static void a_job_whose_data_expired_is_dropped_too(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 3);
    server_do("DEL " RIG_KEY "job:J1 " RIG_KEY "job:J1:tasks");
    assert_int_equal(queue_claim(q, &w, "w.0", rig_nonce("J1"), 3, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready " RIG_KEY "held:w.0"), 0);
}

static void a_task_that_was_folded_is_dropped(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 3);
    server_do("HDEL " RIG_KEY "job:J1:tasks 1");
    rig_claim(q, &w, "w.0", "J1", 3, &claim);
    assert_string_equal(rig_numbers(&claim), "0 2");
    assert_string_equal(held("w.0"), "J1/2 J1/0");
}

static void a_queue_full_of_dropped_tasks_is_worked_off_in_bounded_steps(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    int calls = 0;

    rig_job(q, "J1", 200);
    rig_job(q, "J2", 1);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    while (claim.count == 0 && calls++ < 10) {
        int64_t before = server_int("LLEN " RIG_KEY "ready");
        queue_claim(q, &w, "w.0", "", 1, &claim, &rig_why);
        assert_in_range(before - server_int("LLEN " RIG_KEY "ready"), 1, 64);
    }
    assert_string_equal(claim.job, "J2");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 0);
}

/* Each is greater than the last, also when the clock of Redis is set back, or that of the server
 * which took over is behind. */
static void tokens_of_a_slot_grow_though_the_clock_goes_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_claim next = {0};
    uint64_t ahead;

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    assert_in_range(claim.token, (uint64_t)(server_now_ms() - 60000) * 1000,
                    (uint64_t)(server_now_ms() + 60000) * 1000);
    ahead = claim.token += UINT64_C(3600000000);
    server_do("ZADD " RIG_KEY "since XX %llu w.0", (unsigned long long)ahead);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, NULL, 0, 1, &next, &rig_why), DTQ_OK);
    assert_int_equal(next.count, 1);
    assert_int_equal(next.token, ahead + 1);
    assert_int_equal(queue_claim(q, &w, "w.0", rig_nonce("J1"), 1, &next, &rig_why), DTQ_OK);
    assert_int_equal(next.token, ahead + 2);
    assert_int_equal(queue_complete(q, &w, "w.0", &next, NULL, 0, 0, &claim, &rig_why), DTQ_OK);
    assert_int_equal(claim.count, 0);
    assert_int_equal(queue_claim(q, &w, "w.0", "", 1, &claim, &rig_why), DTQ_OK);
    assert_int_equal(claim.token, ahead + 3);
    queue_claim_clear(&next);
}

/* Servers write a large round score in different ways. */
static void a_token_is_compared_as_a_number(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    claim.token = UINT64_C(1700000000000000);
    server_do("ZADD " RIG_KEY "since XX 1.7e15 w.0");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
}

static void tokens_grow_over_all_slots(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 4);
    uint64_t last = 0;
    char slot[16];

    rig_job(q, "J1", 4);
    for (int i = 0; i < 4; i++) {
        snprintf(slot, sizeof slot, "w.%d", i);
        rig_claim(q, &w, slot, "", 1, &claim);
        assert_true(claim.token > last);
        last = claim.token;
    }
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void *wait_thread(void *arg)
{
    struct dtq_why why;

    return (void *)(uintptr_t)queue_wait_ready(arg, "w.0", 10000, &why);
}

static void an_idle_slot_is_woken_by_a_new_task(void **state)
{
    struct queue *q = *state, *idle = rig_connect();
    struct queue_ownership owner = rig_job(q, "J1", 0);
    pthread_t thread;
    void *err;

    assert_int_equal(pthread_create(&thread, NULL, wait_thread, idle), 0);
    rig_push(q, &owner, 0, 1);
    assert_int_equal(pthread_join(thread, &err), 0);
    assert_int_equal((uintptr_t)err, DTQ_OK);
    assert_string_equal(held("w.0"), "J1/0");
    keys_assert_one_place();
    queue_free(idle);
}

struct idler {
    struct queue *q;
    struct queue_member worker;
};

static void *wait_claim_thread(void *arg)
{
    struct idler *idler = arg;
    struct dtq_why why;

    return (void *)(uintptr_t)queue_wait_claim(idler->q, &idler->worker, "w.0", "", 1, 10000,
                                               &claim, &why);
}

/* Also with a server that has forgotten its scripts meanwhile. */
static void an_idle_slot_is_woken_with_the_lease(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 0);
    struct idler idler = {rig_connect(), rig_worker(q, "w", 1)};
    pthread_t thread;
    void *err;

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&thread, NULL, wait_claim_thread, &idler), 0);
        while (!strstr(server_text("CLIENT LIST"), "cmd=brpoplpush"))
            sched_yield();
        if (i) server_do("SCRIPT FLUSH");
        rig_push(q, &owner, i, 1);
        assert_int_equal(pthread_join(thread, &err), 0);
        assert_int_equal((uintptr_t)err, DTQ_OK);
        assert_int_equal(claim.count, 1);
        assert_int_equal(claim.tasks[0].no, i);
        assert_int_equal(server_int("ZSCORE " RIG_KEY "since w.0"), claim.token);
        keys_assert_one_place();
        assert_int_equal(rig_complete(q, &idler.worker, "w.0", &claim), DTQ_OK);
    }
    queue_free(idler.q);
}

static void a_wait_in_vain_still_claims_what_lies_there(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), stranger = rig_member("x", 1);

    assert_int_equal(queue_wait_claim(q, &w, "w.0", "", 1, 1, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(claim.count, 0);
    assert_int_equal(queue_wait_claim(q, &stranger, "x.0", "", 1, 1, &claim, &rig_why),
                     DTQ_UNKNOWN_WORKER);
    rig_job(q, "J1", 1);
    assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    assert_int_equal(queue_wait_claim(q, &w, "w.0", "", 1, 1, &claim, &rig_why), DTQ_OK);
    assert_string_equal(rig_numbers(&claim), "0");
}

/* The second reply is read as well: the connection serves on. */
static void a_wait_that_the_server_refuses_leaves_the_connection_in_order(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    server_do("SET " RIG_KEY "ready nonsense");
    assert_int_equal(queue_wait_claim(q, &w, "w.0", "", 1, 1000, &claim, &rig_why), DTQ_SERVER);
    server_do("DEL " RIG_KEY "ready");
    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_string_equal(rig_numbers(&claim), "0");
}

static void waiting_ends_when_the_time_is_up(void **state)
{
    struct queue *q = *state;

    assert_int_equal(queue_wait_ready(q, "w.0", 10, &rig_why), DTQ_NONE);
    assert_int_equal(queue_wait_ready(q, "w.0", 0, &rig_why), DTQ_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        claim_test(a_claim_gives_a_lease_with_a_deadline_and_a_token),
        claim_test(nothing_ready_is_nothing_to_do),
        claim_test(a_worker_that_is_not_registered_claims_nothing),
        claim_test(a_claim_said_again_leases_the_same_tasks_under_a_new_token),
        claim_test(a_job_that_the_slot_does_not_know_gives_one_task),
        claim_test(a_hold_is_no_more_than_the_slots_share),
        claim_test(a_job_may_say_how_many_tasks_are_taken_at_a_time),
        claim_test(a_hold_is_of_one_job),
        claim_test(what_lies_in_the_held_list_comes_first),
        claim_test(what_a_held_list_has_too_much_of_goes_back),
        claim_test(tasks_of_ended_jobs_are_dropped),
        claim_test(a_slot_whose_tasks_were_dropped_has_no_lease),
        claim_test(a_job_whose_data_expired_is_dropped_too),
        claim_test(a_task_that_was_folded_is_dropped),
        claim_test(a_queue_full_of_dropped_tasks_is_worked_off_in_bounded_steps),
        claim_test(tokens_grow_over_all_slots),
        claim_test(tokens_of_a_slot_grow_though_the_clock_goes_back),
        claim_test(a_token_is_compared_as_a_number),
        claim_test(an_idle_slot_is_woken_by_a_new_task),
        claim_test(an_idle_slot_is_woken_with_the_lease),
        claim_test(a_wait_in_vain_still_claims_what_lies_there),
        claim_test(a_wait_that_the_server_refuses_leaves_the_connection_in_order),
        claim_test(waiting_ends_when_the_time_is_up),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
