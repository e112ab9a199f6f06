/* test_gate.c: a queue is paused, drained, resumed and counted, and workers whose connection is
 * gone are found. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"
#include "tests/support/wait.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct queue_claim claim;

static int gate_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define gate_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, gate_teardown)

static void a_paused_queue_hands_nothing_out_and_loses_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_ownership owner = rig_job(q, "J1", 4);

    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    keys_mark();
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "events parked paused ready");
    keys_mark();
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_NONE);
    keys_assert_same();
    /* What runs goes on; what comes back, is new or due waits with the rest. */
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    rig_expire_all("delayed");
    rig_reap(q);
    rig_push(q, &owner, 4, 1);
    assert_int_equal(queue_claim(q, &w, "w.0", rig_nonce("J1"), 8, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(queue_wait_ready(q, "w.0", 1, &rig_why), DTQ_NONE);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 5);
    assert_int_equal(server_int("EXISTS " RIG_KEY "parked " RIG_KEY "paused"), 0);
    keys_mark();
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_NONE);
    keys_assert_same();
    keys_assert_one_place();
}

static void an_empty_queue_can_be_paused(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 0);

    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    rig_push(q, &owner, 0, 2);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready"), 0);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/1 J1/0");
}

/* A claim may give back what it finds too much of; during a pause not to those who read. */
static void what_a_claim_gives_back_during_a_pause_waits_too(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 3);
    for (int i = 0; i < 2; i++)
        assert_int_equal(queue_wait_ready(q, "w.0", 1000, &rig_why), DTQ_OK);
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready"), 0);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    keys_assert_one_place();
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 2);
}

static void a_drained_queue_takes_no_job_and_ends_what_it_has(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J2");
    struct queue_ownership owner = rig_job(q, "J1", 1);
    char id[ID_MAX + 1];

    assert_int_equal(queue_drain(q, "me", &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_drain(q, "me", &rig_why), DTQ_NONE);
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_FULL);
    rig_assert_why("drain");
    keys_assert_same();
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_int_equal(rig_fold(q, &owner), 1);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    rig_submit(q, &s);
}

static void the_numbers_of_a_queue_are_counted(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_submission waiting = rig_submission("J2");
    cJSON *stats = NULL;

    assert_int_equal(queue_stats(q, &stats, &rig_why), DTQ_OK); /* no master has been here */
    assert_int_equal(cJSON_GetObjectItem(stats, "jobs")->valueint, 0);
    assert_int_equal(cJSON_GetObjectItem(stats, "running")->valueint, 0);
    cJSON_Delete(stats);
    rig_job(q, "J1", 3);
    rig_submit(q, &waiting);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    keys_mark();
    assert_int_equal(queue_stats(q, &stats, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_int_equal(cJSON_GetObjectItem(stats, "jobs")->valueint, 2);
    assert_int_equal(cJSON_GetObjectItem(stats, "waiting")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(stats, "running")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(stats, "ready")->valueint, 2);
    assert_int_equal(cJSON_GetObjectItem(stats, "held")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(stats, "slots")->valueint, 2);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(stats, "paused")));
    cJSON_Delete(stats);
    /* An error among the answers leaves none of them behind. */
    server_do("SET " RIG_KEY "dead text");
    assert_int_equal(queue_stats(q, &stats, &rig_why), DTQ_SERVER);
    server_do("DEL " RIG_KEY "dead");
    assert_int_equal(queue_stats(q, &stats, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetObjectItem(stats, "jobs")->valueint, 2);
    cJSON_Delete(stats);
}

static double number_of(const cJSON *row, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(row, name));
}

static void tasks_that_wait_for_a_retry_are_listed(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1");
    cJSON *list = NULL;
    const cJSON *row;

    assert_int_equal(queue_retries(q, 10, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 0);
    cJSON_Delete(list);
    s.max_attempts = 7;
    s.backoff_ms = 60000;
    rig_job_of(q, &s, 2);
    for (int i = 0; i < 2; i++) {
        rig_claim(q, &w, "w.0", "", 1, &claim);
        assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    }
    server_do("ZADD " RIG_KEY "delayed 1 J1/1");
    keys_mark();
    assert_int_equal(queue_retries(q, 10, &list, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_int_equal(cJSON_GetArraySize(list), 2);
    row = cJSON_GetArrayItem(list, 0);
    assert_string_equal(cJSON_GetObjectItem(row, "task")->valuestring, "J1/1");
    assert_true(number_of(row, "dueInMs") == 0);
    row = cJSON_GetArrayItem(list, 1);
    assert_string_equal(cJSON_GetObjectItem(row, "task")->valuestring, "J1/0");
    assert_string_equal(cJSON_GetObjectItem(row, "jobId")->valuestring, "J1");
    assert_true(number_of(row, "attempts") == 1 && number_of(row, "maxAttempts") == 7);
    assert_true(number_of(row, "dueInMs") > 40000 && number_of(row, "dueInMs") <= 72000);
    cJSON_Delete(list);
    assert_int_equal(queue_retries(q, 1, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    cJSON_Delete(list);
}

/* --- connections of workers ------------------------------------------------------------------- */

static void a_worker_whose_connection_is_gone_is_found_and_dismissed(void **state)
{
    struct queue *q = *state, *dies = rig_connect();
    struct queue_member w = rig_worker(dies, "w", 1);
    struct queue_missing *missing = NULL;
    size_t count = 0;

    rig_worker(q, "stays", 1);
    rig_job(q, "J1", 1);
    rig_claim(dies, &w, "w.0", "", 1, &claim);
    assert_int_equal(queue_find_missing(q, &missing, &count, &rig_why), DTQ_OK);
    assert_int_equal(count, 0);
    free(missing);
    queue_free(dies);
    WAIT_FOR(5000, queue_find_missing(q, &missing, &count, &rig_why) == DTQ_OK &&
                       (count == 1 || (free(missing), false)));
    assert_string_equal(missing[0].worker, "w");
    keys_mark();
    assert_int_equal(queue_dismiss(q, &missing[0], &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "clients events gone held:w.0 job:J1 job:J1:tries leases "
                                        "ready since slots worker:w workers");
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    keys_mark();
    assert_int_equal(queue_dismiss(q, &missing[0], &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
    free(missing);
}

static void a_worker_that_registered_anew_is_not_dismissed(void **state)
{
    struct queue *q = *state;
    struct queue_missing stale = {.worker = "w"};

    rig_worker(q, "w", 1);
    snprintf(stale.client, sizeof stale.client, "1");
    keys_mark();
    assert_int_equal(queue_dismiss(q, &stale, &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
}

static void a_queue_is_told_from_others_however_its_url_is_spelt(void **state)
{
    struct queue *q = *state, *same = NULL, *other = NULL, *else_where = NULL;
    char url[600], first[QUEUE_IDENTITY] = "", text[QUEUE_IDENTITY] = "";

    snprintf(url, sizeof url, "%s?db=0", server_url());
    assert_int_equal(queue_new(url, "t", &same, &rig_why), DTQ_OK);
    assert_int_equal(queue_new(url, "u", &other, &rig_why), DTQ_OK);
    snprintf(url, sizeof url, "%s?db=1", server_url());
    assert_int_equal(queue_new(url, "t", &else_where, &rig_why), DTQ_OK);
    assert_int_equal(queue_connect(same, &rig_why), DTQ_OK);
    assert_int_equal(queue_connect(other, &rig_why), DTQ_OK);
    assert_int_equal(queue_connect(else_where, &rig_why), DTQ_OK);

    assert_int_equal(queue_identity(q, first, &rig_why), DTQ_OK);
    assert_int_equal(strlen(first), QUEUE_IDENTITY - 1);
    assert_int_equal(queue_identity(same, text, &rig_why), DTQ_OK);
    assert_string_equal(text, first);
    text[0] = '\0';
    assert_int_equal(queue_identity(other, text, &rig_why), DTQ_OK);
    assert_string_not_equal(text, first);
    text[0] = '\0';
    assert_int_equal(queue_identity(else_where, text, &rig_why), DTQ_OK);
    assert_string_not_equal(text, first);
    /* Who knew it gives it back to a Redis that lost it; who knew another one learns. */
    server_do("FLUSHALL");
    assert_int_equal(queue_identity(same, first, &rig_why), DTQ_OK);
    assert_int_equal(queue_identity(q, text, &rig_why), DTQ_OK);
    assert_string_equal(text, first);
    queue_free(same);
    queue_free(other);
    queue_free(else_where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(a_paused_queue_hands_nothing_out_and_loses_nothing),
        gate_test(an_empty_queue_can_be_paused),
        gate_test(what_a_claim_gives_back_during_a_pause_waits_too),
        gate_test(a_drained_queue_takes_no_job_and_ends_what_it_has),
        gate_test(the_numbers_of_a_queue_are_counted),
        gate_test(tasks_that_wait_for_a_retry_are_listed),
        gate_test(a_worker_whose_connection_is_gone_is_found_and_dismissed),
        gate_test(a_worker_that_registered_anew_is_not_dismissed),
        rig_test(a_queue_is_told_from_others_however_its_url_is_spelt),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
