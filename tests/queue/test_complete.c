/* test_complete.c: a slot hands in what it has, and what becomes of failures. */
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

static struct queue_claim claim, next;

static int complete_teardown(void **state)
{
    queue_claim_clear(&claim);
    queue_claim_clear(&next);
    return rig_teardown(state);
}

#define complete_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, complete_teardown)

/* One result, with bytes that no text could hold. */
/* What waits of J1. */
static void collect(struct queue *q, struct queue_arrivals *out)
{
    const struct queue_ownership owner = rig_ownership("J1");

    assert_int_equal(queue_collect(q, &owner, out, &rig_why), DTQ_OK);
}

static struct queue_result result_of(uint64_t no)
{
    return (struct queue_result){
        .no = no, .outcome = QUEUE_DONE, .data = "a\0b", .len = 3, .run_us = 1234};
}

static void results_wait_to_be_folded_and_the_owner_is_woken(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_arrivals a = {0};
    struct queue_result r;

    rig_job(q, "J1", 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    r = result_of(0);
    keys_mark();
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 0, &next, &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "held:w.0 job:J1:results job:J1:workers leases since "
                                        "wake:m");
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1");
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:workers"), "w 1");
    keys_assert_one_place();
    keys_mark();
    collect(q, &a);
    keys_assert_same();
    assert_true(a.running);
    assert_int_equal(a.slots, 1);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.rows[0].no, 0);
    assert_string_equal(a.rows[0].worker, "w");
    assert_int_equal(a.rows[0].run_us, 1234);
    assert_int_equal(a.rows[0].len, 3);
    assert_memory_equal(a.rows[0].data, "a\0b", 3);
    assert_string_equal(a.fatal_code, "");
    queue_arrivals_clear(&a);
}

static void the_next_claim_comes_with_the_answer(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result r = result_of(0);

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 2, &next, &rig_why), DTQ_OK);
    assert_string_equal(rig_numbers(&next), "1 2");
    assert_true(next.token > claim.token);
    assert_int_equal(server_int("ZSCORE " RIG_KEY "since w.0"), next.token);
    keys_assert_one_place();
}

static void tasks_that_were_not_run_go_back_in_front(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result r = result_of(1);

    rig_job(q, "J1", 5);
    rig_claim(q, &w, "w.0", "J1", 4, &claim);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 0, &next, &rig_why), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/4 J1/3 J1/2 J1/0");
    assert_string_equal(server_text("HKEYS " RIG_KEY "job:J1:results"), "1");
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tries"), 0);
    keys_assert_one_place();
}

static void thousands_of_results_go_in_one_call(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    enum { MANY = 2500 };
    struct queue_result *results = calloc(MANY, sizeof *results);

    assert_non_null(results);
    rig_job(q, "J1", MANY);
    rig_claim(q, &w, "w.0", "J1", MANY, &claim);
    assert_int_equal(claim.count, MANY);
    for (uint64_t no = 0; no < MANY; no++)
        results[no] = result_of(no);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, results, MANY, 0, &next, &rig_why),
                     DTQ_OK);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), MANY);
    keys_assert_one_place();
    free(results);
}

/* --- refusals --------------------------------------------------------------------------------- */

/* The one write of a refusal: the job counts it. */
static void assert_late(struct queue *q, const struct queue_member *w, int64_t late)
{
    keys_mark();
    assert_int_equal(rig_complete(q, w, "w.0", &claim), DTQ_LEASE_LOST);
    assert_string_equal(keys_changed(), "job:J1");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 late"), late);
}

static void a_repeated_call_is_refused_and_counted_as_late(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_late(q, &w, 1);
    assert_late(q, &w, 2);
    keys_assert_one_place();
}

static void what_a_call_claimed_whose_reply_was_lost_is_found_by_a_claim(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result r = result_of(0);

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 2, &next, &rig_why), DTQ_OK);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 2, &next, &rig_why),
                     DTQ_LEASE_LOST);
    assert_int_equal(next.count, 0);
    rig_claim(q, &w, "w.0", "J1", 2, &next);
    assert_string_equal(rig_numbers(&next), "1 2");
    keys_assert_one_place();
}

static void a_stale_token_is_refused_after_the_lease_ran_out(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), v = rig_worker(q, "v", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    rig_expire("leases", "w.0");
    rig_reap(q);
    assert_late(q, &w, 1);
    rig_claim(q, &v, "v.0", "", 1, &next);
    assert_string_equal(rig_numbers(&next), "0");
    assert_true(next.token > claim.token);
    assert_late(q, &w, 2);
    /* The slot itself, under its next token, is no exception. */
    assert_int_equal(rig_complete(q, &v, "v.0", &next), DTQ_OK);
    assert_late(q, &w, 3);
    keys_assert_one_place();
}

static void a_token_in_a_new_hold_of_the_same_slot_is_the_only_good_one(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    rig_expire("leases", "w.0");
    rig_reap(q);
    rig_claim(q, &w, "w.0", "", 1, &next);
    assert_late(q, &w, 1);
    assert_int_equal(rig_complete(q, &w, "w.0", &next), DTQ_OK);
}

static void a_worker_that_is_not_registered_hands_in_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), other = w;

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    id_nonce(other.nonce);
    keys_mark();
    assert_int_equal(rig_complete(q, &other, "w.0", &claim), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
    rig_expire("workers", "w");
    rig_reap(q);
    keys_mark();
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
    keys_assert_one_place();
}

static void results_of_an_ended_job_are_dropped_and_work_goes_on(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result r = result_of(0);

    rig_job(q, "J1", 1);
    rig_job(q, "J2", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    server_do("ZADD " RIG_KEY "leases 5 w.0");
    keys_mark();
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, &r, 1, 4, &next, &rig_why), DTQ_JOB_GONE);
    assert_string_equal(keys_changed(), "held:w.0 leases ready since");
    assert_string_equal(next.job, "J2");
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    assert_int_equal(rig_complete(q, &w, "w.0", &next), DTQ_JOB_GONE);
    assert_int_equal(server_int("EXISTS " RIG_KEY "held:w.0 " RIG_KEY "leases " RIG_KEY "since"),
                     0);
}

/* --- failures --------------------------------------------------------------------------------- */

static void a_failure_is_delayed_and_counted(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    keys_mark();
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    assert_string_equal(keys_changed(), "delayed events held:w.0 job:J1 job:J1:tries leases since "
                                        "wake:m");
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:tries"), "0 1 0");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 retried"), 1);
    assert_non_null(
        strstr(server_text("XREVRANGE " RIG_KEY "events + - COUNT 1"), "attempts 1 delayMs "));
    keys_assert_one_place();
}

static void a_backoff_above_half_a_minute_stays_what_it_is(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");
    int64_t before = server_now_ms();

    s.backoff_ms = 600000;
    rig_job_of(q, &s, 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    assert_in_range(server_int("ZSCORE " RIG_KEY "delayed J1/0"), before + 480000,
                    server_now_ms() + 720000);
}

static void the_backoff_doubles_within_its_bounds_up_to_half_a_minute(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");
    const int64_t expected[] = {2000, 4000, 8000, 16000, 30000, 30000};

    s.max_attempts = 100;
    rig_job_of(q, &s, 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        int64_t before = server_now_ms(), due, after;
        rig_claim(q, &w, "w.0", "", 1, &claim);
        assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
        after = server_now_ms();
        due = server_int("ZSCORE " RIG_KEY "delayed J1/0");
        assert_true(due >= before + expected[i] * 8 / 10);
        assert_true(due <= after + expected[i] * 12 / 10);
        rig_expire_all("delayed");
        rig_reap(q);
        assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    }
}

static void a_task_is_given_up_at_its_last_attempt(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");
    struct queue_arrivals a = {0};

    s.max_attempts = 3;
    rig_job_of(q, &s, 2);
    for (int attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(server_int("EXISTS " RIG_KEY "dead"), 0);
        rig_claim(q, &w, "w.0", "", 1, &claim);
        assert_string_equal(rig_numbers(&claim), "0");
        assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
        rig_expire_all("delayed");
        rig_reap(q);
    }
    assert_string_equal(server_text("ZRANGE " RIG_KEY "dead 0 -1"), "J1/0");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 fatal_code fatal_message fatal_task"),
                        "io_error gave up after 3 attempts: r0 0");
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/1");
    collect(q, &a);
    assert_string_equal(a.fatal_code, "io_error");
    assert_string_equal(a.fatal_message, "gave up after 3 attempts: r0");
    assert_int_equal(a.retried, 2);
    queue_arrivals_clear(&a);
    keys_assert_one_place();
}

static void a_fatal_error_goes_to_the_dead_letters_and_wakes_the_owner(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    cJSON *letter;

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    keys_mark();
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_FATAL), DTQ_OK);
    assert_string_equal(keys_changed(), "dead events held:w.0 job:J1 job:J1:dead job:J1:tries "
                                        "leases since wake:m");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 fatal_code fatal_message fatal_task"),
                        "bad_input r0 0"); /* the first one is the reason */
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1 J1 J1");
    letter = cJSON_Parse(server_text("HGET " RIG_KEY "job:J1:dead 1"));
    assert_non_null(letter);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(letter, "code")), "bad_input");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(letter, "message")), "r1");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(letter, "worker")), "w");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(letter, "spec")), "s1");
    assert_int_equal(cJSON_GetObjectItem(letter, "attempts")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(letter, "lost")->valueint, 0);
    assert_true(cJSON_GetObjectItem(letter, "atMs")->valuedouble > 1e12);
    cJSON_Delete(letter);
    keys_assert_one_place();
}

static void one_call_may_carry_results_failures_and_tasks_not_run(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result mixed[3];

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "J1", 4, &claim);
    assert_int_equal(claim.count, 4);
    mixed[0] = (struct queue_result){
        .no = 1, .outcome = QUEUE_RETRY, .data = "busy", .len = 4, .code = "io_error"};
    mixed[1] = result_of(2);
    mixed[2] = (struct queue_result){
        .no = 3, .outcome = QUEUE_FATAL, .data = "bad", .len = 3, .code = "bad_input"};
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, mixed, 3, 0, &next, &rig_why), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    assert_string_equal(server_text("ZRANGE " RIG_KEY "delayed 0 -1"), "J1/1");
    assert_string_equal(server_text("HKEYS " RIG_KEY "job:J1:results"), "2");
    assert_string_equal(server_text("HKEYS " RIG_KEY "job:J1:dead"), "3");
    keys_assert_one_place();
}

static void workers_that_helped_with_a_result_took_part_in_the_job(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_result results[2];
    struct queue_claim none = {0};

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "", 2, &claim);
    results[0] = result_of(0);
    results[1] = result_of(1);
    results[0].helpers = "w3 w2";
    results[1].helpers = "w2";
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, results, 2, 2, &next, &rig_why), DTQ_OK);
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:workers"), "w3 0 w2 0 w 2");
    /* With a failure nobody helped; with a lease that is lost nothing is written. */
    results[0] = (struct queue_result){.no = 2,
                                       .outcome = QUEUE_RETRY,
                                       .data = "busy",
                                       .len = 4,
                                       .code = "io_error",
                                       .helpers = "w4"};
    results[1] = result_of(3);
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, results, 2, 0, &none, &rig_why),
                     DTQ_LEASE_LOST);
    results[1].helpers = "w5";
    assert_int_equal(queue_complete(q, &w, "w.0", &claim, results, 2, 0, &none, &rig_why),
                     DTQ_LEASE_LOST);
    results[1].helpers = NULL;
    assert_int_equal(queue_complete(q, &w, "w.0", &next, results, 2, 0, &none, &rig_why), DTQ_OK);
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:workers"), "w3 0 w2 0 w 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        complete_test(results_wait_to_be_folded_and_the_owner_is_woken),
        complete_test(the_next_claim_comes_with_the_answer),
        complete_test(tasks_that_were_not_run_go_back_in_front),
        complete_test(thousands_of_results_go_in_one_call),
        complete_test(a_repeated_call_is_refused_and_counted_as_late),
        complete_test(what_a_call_claimed_whose_reply_was_lost_is_found_by_a_claim),
        complete_test(a_stale_token_is_refused_after_the_lease_ran_out),
        complete_test(a_token_in_a_new_hold_of_the_same_slot_is_the_only_good_one),
        complete_test(a_worker_that_is_not_registered_hands_in_nothing),
        complete_test(results_of_an_ended_job_are_dropped_and_work_goes_on),
        complete_test(a_failure_is_delayed_and_counted),
        complete_test(a_backoff_above_half_a_minute_stays_what_it_is),
        complete_test(the_backoff_doubles_within_its_bounds_up_to_half_a_minute),
        complete_test(a_task_is_given_up_at_its_last_attempt),
        complete_test(a_fatal_error_goes_to_the_dead_letters_and_wakes_the_owner),
        complete_test(workers_that_helped_with_a_result_took_part_in_the_job),
        complete_test(one_call_may_carry_results_failures_and_tasks_not_run),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
