/* test_submit.c: a job enters the queue, and is cancelled in each of its states. */
#include "common/queue/queue.h"
#include "lua/scripts.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* submit.lua as it is, with a number that is thought to be the next of the producer "p1", "" for
 * none. Returns its code. */
static int64_t submit_guess(const char *job, const char *nonce, int most_jobs, const char *number)
{
    redisReply *reply = server_run(
        "EVAL %b 1 " RIG_KEY " %s %s sum {} p1 %s 0 %s most_jobs %d retention_ms 60000",
        script_submit.text, script_submit.len, job, nonce, number, "", most_jobs);
    int64_t code = reply->element[0]->integer;

    freeReplyObject(reply);
    return code;
}

/* The same, with a nonce and a limit of the test's own. Returns its code. */
static int64_t submit_code(const char *job, const char *nonce, int most_jobs)
{
    return submit_guess(job, nonce, most_jobs, "");
}

static void a_job_enters_whole(void **state)
{
    struct queue *q = *state;
    const double weights[] = {1.5, -2};
    struct queue_submission s = rig_submission("J1");

    s.weights = weights;
    s.weight_count = 2;
    s.claim_max = 3;
    s.max_attempts = 7;
    s.max_lost = 2;
    s.backoff_ms = 10;
    keys_mark();
    rig_submit(q, &s);
    assert_string_equal(keys_changed(), "intake job:J1 job:J1:weights jobs");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state type params producer claim_max "
                                    "max_attempts max_lost backoff_ms retention_ms"),
                        "submitted sum {\"end\":10} p1 3 7 2 10 86400000");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 commits total"), "0 0");
    assert_string_equal(server_text("XRANGE " RIG_KEY "jobs - +"),
                        server_text("EVAL %s 0", "return {redis.call('HGET','" RIG_KEY
                                                 "job:J1','entry'),{'job','J1'}}"));
    assert_int_equal(server_int("STRLEN " RIG_KEY "job:J1:weights"), 16);
    assert_in_range(server_now_ms() - server_int("HGET " RIG_KEY "job:J1 submitted_ms"), 0, 60000);
}

static void a_job_that_goes_on_takes_checkpoint_and_vectors_along(void **state)
{
    struct queue *q = *state;
    struct queue_submission first = rig_submission("J1"), next = rig_submission("J2");
    char id[ID_MAX + 1];

    next.former = "J1";
    assert_int_equal(queue_submit(q, &next, id, &rig_why), DTQ_JOB_GONE);
    rig_submit(q, &first);
    keys_mark();
    assert_int_equal(queue_submit(q, &next, id, &rig_why), DTQ_JOB_GONE); /* it never began */
    keys_assert_same();
    server_do("HSET " RIG_KEY "job:J1 checkpoint half");
    server_do("SET " RIG_KEY "job:J1:weights 12345678");
    server_do("SET " RIG_KEY "job:J1:state abcdefgh");
    keys_mark();
    rig_submit(q, &next);
    assert_string_equal(keys_changed(), "job:J2 job:J2:state job:J2:weights jobs");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J2 former state"), "half submitted");
    assert_string_equal(server_text("MGET " RIG_KEY "job:J2:weights " RIG_KEY "job:J2:state"),
                        "12345678 abcdefgh");
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J2 checkpoint"), 0);
}

static void what_is_not_chosen_has_a_fallback(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = {.job_id = "J1", .producer = "", .type = "sum", .params = "{}"};
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_claim claim = {0};

    rig_job_of(q, &s, 1);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 claim_max max_attempts max_lost "
                                    "backoff_ms retention_ms task_timeout_ms timeout_ms"),
                        "      ");
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:weights"), 0);
    for (int i = 1; i <= 5; i++) { /* 2 s and twice as long each time, and five attempts */
        int64_t before = server_now_ms(), delay;
        rig_claim(q, &w, "w.0", "J1", 1, &claim);
        assert_int_equal(claim.task_timeout_ms, 0);
        assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
        if (i == 5) break;
        delay = server_int("ZSCORE " RIG_KEY "delayed J1/0") - before;
        assert_in_range(delay, (2000 << (i - 1)) * 4 / 5, (2000 << (i - 1)) * 6 / 5 + 1000);
        rig_expire_all("delayed");
        rig_reap(q);
    }
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J1:dead 0"), 1);
    queue_claim_clear(&claim);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_in_range(server_int("PTTL " RIG_KEY "job:J1"), 604790000, 604800000);
}

static void a_repeated_submission_is_answered_as_the_first(void **state)
{
    (void)state;
    assert_int_equal(submit_code("J1", "n1", 100), 0);
    keys_mark();
    assert_int_equal(submit_code("J1", "n1", 100), 0);
    keys_assert_same();
    /* Also when the queue is full by then. */
    assert_int_equal(submit_code("J1", "n1", 1), 0);
    keys_assert_same();
}

static void a_taken_id_is_refused(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    char id[ID_MAX + 1] = "untouched";

    rig_submit(q, &s);
    keys_mark();
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_EXISTS);
    rig_assert_why("\"J1\" is taken");
    assert_string_equal(id, "untouched");
    keys_assert_same();
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    assert_int_equal(submit_code("J1", "n1", 2), 0);
    assert_int_equal(submit_code("J2", "n2", 2), 0);
    keys_mark();
    assert_int_equal(submit_code("J3", "n3", 2), 6);
    keys_assert_same();
}

/* Most jobs do not count the others: that begins in time, and stays as long as there are many. */
static void a_queue_that_fills_up_is_counted_exactly(void **state)
{
    char job[16], number[16];
    int64_t code = 0;
    int sent = 0;

    (void)state;
    while (code == 0 && sent < 100) {
        snprintf(number, sizeof number, "%d", ++sent);
        snprintf(job, sizeof job, "Jp1-%d", sent);
        keys_mark();
        code = submit_guess(job, "n", 40, number);
    }
    assert_int_equal(code, 6);
    keys_assert_same();
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 40);
    assert_in_range(server_int("PTTL " RIG_KEY "crowded"), 1, 10000);
    server_do("XTRIM " RIG_KEY "jobs MAXLEN 5");
    assert_int_equal(submit_guess("Jp1-41", "n", 40, "41"), 0);
    server_do("DEL " RIG_KEY "crowded");
    assert_int_equal(submit_guess("Jp1-42", "n", 40, "42"), 0);
    assert_int_equal(server_int("EXISTS " RIG_KEY "crowded"), 0);
}

static void jobs_without_an_id_are_numbered_past_names_in_use(void **state)
{
    struct queue *q = *state;
    struct queue_submission taken = rig_submission("Jp1-2"), s = rig_submission(NULL);
    char id[ID_MAX + 1];

    rig_submit(q, &taken);
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "Jp1-1");
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "Jp1-3");
    s.producer = "";
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "J1");
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 4);
}

/* Another connection knows an older number; ids are given once, and none is left out. */
static void several_connections_number_their_jobs_without_gaps(void **state)
{
    struct queue *q = *state, *other = rig_connect();
    struct queue_submission s = rig_submission(NULL);
    char id[ID_MAX + 1], wanted[16];

    for (int i = 1; i <= 6; i++) {
        assert_int_equal(queue_submit(i % 3 ? q : other, &s, id, &rig_why), DTQ_OK);
        snprintf(wanted, sizeof wanted, "Jp1-%d", i);
        assert_string_equal(id, wanted);
    }
    /* Also when the job of the number that it would be is gone by now. */
    server_do("DEL " RIG_KEY "job:Jp1-4 " RIG_KEY "job:Jp1-5");
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "Jp1-7");
    assert_int_equal(server_int("HGET " RIG_KEY "producers p1"), 7);
    queue_free(other);
}

/* Else a process that was forked, which counts on from the same number, could say what another has
 * said, and be told that it is in. */
static void a_new_connection_has_nonces_of_its_own(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission(NULL);
    char id[ID_MAX + 1], nonces[3][40];

    for (int i = 0; i < 3; i++) {
        if (i == 2) assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
        snprintf(nonces[i], sizeof nonces[i], "%s",
                 server_text("HGET " RIG_KEY "job:%s nonce", id));
        assert_in_range(strlen(nonces[i]), 18, 39);
    }
    assert_string_not_equal(nonces[0], nonces[1]);
    assert_memory_equal(nonces[0], nonces[1], 16);
    assert_memory_not_equal(nonces[0], nonces[2], 16);
}

static void a_number_that_is_not_the_next_writes_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission(NULL);
    char id[ID_MAX + 1];

    keys_mark();
    assert_int_equal(submit_guess("Jp1-2", "n", 100, "2"), 5); /* the first is still to come */
    assert_int_equal(submit_guess("Jp1-0", "n", 100, "0"), 5);
    keys_assert_same();
    for (int i = 0; i < 3; i++)
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    server_do("DEL " RIG_KEY "job:Jp1-2"); /* its name is free, its number is not */
    keys_mark();
    assert_int_equal(submit_guess("Jp1-2", "n", 100, "2"), 5);
    assert_int_equal(submit_guess("Jp1-3", "n", 100, "3"), 5);
    assert_int_equal(submit_guess("Jp1-5", "n", 100, "5"), 5);
    keys_assert_same();
    assert_int_equal(submit_guess("Jp1-4", "n", 100, "4"), 0);
    assert_int_equal(server_int("HGET " RIG_KEY "producers p1"), 4);
    keys_mark();
    assert_int_equal(submit_guess("Jp1-4", "n", 100, "4"), 0); /* said again */
    assert_int_equal(submit_guess("Jp1-4", "other", 100, "4"), 5);
    keys_assert_same();
}

static void ids_tell_whose_job_it_is(void **state)
{
    struct queue *q = *state;
    static const char *const producers[] = {"", "1", "2", "1-1"};
    static const char *const firsts[] = {"J12", "J1-1", "J2-1", "J1-1-1"};
    struct queue_submission taken = rig_submission("J1-2"), s = rig_submission(NULL);
    char id[ID_MAX + 1];

    s.producer = "";
    for (int i = 0; i < 11; i++)
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "J11");
    for (size_t i = 0; i < 4; i++) {
        s.producer = producers[i];
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
        assert_string_equal(id, firsts[i]);
        assert_string_equal(server_text("HGET " RIG_KEY "job:%s producer", id), producers[i]);
    }
    taken.producer = ""; /* a chosen id that looks like one of producer 1 is passed over */
    rig_submit(q, &taken);
    s.producer = "1";
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "J1-3");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1-2 producer"), "");
    assert_int_equal(queue_submit(q, &taken, id, &rig_why), DTQ_EXISTS);
}

static void a_refused_job_takes_no_number(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission(NULL);
    char id[ID_MAX + 1];

    assert_int_equal(queue_drain(q, "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_FULL);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_string_equal(id, "Jp1-1");
}

static void bad_names_and_sizes_are_refused_before_anything_is_written(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("a b");
    char id[ID_MAX + 1], *params, producer[ID_MAX + 1];

    keys_mark();
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_INPUT);
    rig_assert_why("\"a b\"");
    s = rig_submission("J1");
    s.producer = "../x";
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_INPUT);
    rig_assert_why("producer id");
    s = rig_submission("J1");
    params = calloc(1, QUEUE_PARAMS_MAX + 2);
    assert_non_null(params);
    memset(params, ' ', QUEUE_PARAMS_MAX + 1);
    s.params = params;
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_INPUT);
    rig_assert_why("1048577 bytes");
    free(params);
    keys_assert_same();
    memset(producer, 'p', ID_MAX);
    producer[ID_MAX] = '\0';
    s = rig_submission(NULL);
    s.producer = producer;
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_INPUT);
    rig_assert_why("67 characters");
    assert_int_equal(server_int("EXISTS " RIG_KEY "jobs"), 0);
}

/* --- cancel ----------------------------------------------------------------------------------- */

static void assert_cancelled(const char *job)
{
    assert_string_equal(server_text("HMGET " RIG_KEY "job:%s state error_code error", job),
                        "cancelled cancelled cancelled by me");
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
    assert_in_range(server_int("PTTL " RIG_KEY "job:%s", job), 86390000, 86400000);
    assert_string_equal(server_text("ZRANGE " RIG_KEY "finished 0 -1"), job);
}

static void a_submitted_job_is_cancelled_with_no_master_there(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    rig_submit(q, &s);
    keys_mark();
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "control events finished job:J1 jobs");
    assert_cancelled("J1");
}

static void a_running_job_is_cancelled_and_all_are_told(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_claim done = {0}, failed = {0};

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "J1", 1, &done);
    assert_int_equal(rig_complete(q, &w, "w.0", &done), DTQ_OK);
    rig_claim(q, &w, "w.0", "J1", 1, &failed);
    assert_int_equal(rig_fail(q, &w, "w.0", &failed, QUEUE_RETRY), DTQ_OK);
    server_do("DEL " RIG_KEY "wake:m");
    keys_mark();
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(),
                        "control events finished job:J1 job:J1:results job:J1:tasks job:J1:tries "
                        "job:J1:workers jobs ready wake:m");
    assert_cancelled("J1");
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:results " RIG_KEY "job:J1:tasks " RIG_KEY
                                "job:J1:tries"),
                     0);
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1");
    assert_int_equal(server_int("XLEN " RIG_KEY "control"), 1);
    assert_string_equal(server_text("XPENDING " RIG_KEY "jobs masters"), "0   ");
    queue_claim_clear(&done);
    queue_claim_clear(&failed);
}

static void an_ended_or_unknown_job_cannot_be_cancelled(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    rig_submit(q, &s);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    rig_assert_why("it is cancelled");
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_JOB_GONE);
    rig_assert_why("there is no job \"J2\" in queue \"t\"");
    assert_int_equal(queue_cancel(q, "a b", "me", &rig_why), DTQ_INPUT);
    keys_assert_same();
}

static void the_list_of_ended_jobs_forgets_those_that_expired(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J2");

    server_do("ZADD " RIG_KEY "finished 1 J1");
    rig_submit(q, &s);
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    assert_string_equal(server_text("ZRANGE " RIG_KEY "finished 0 -1"), "J2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_job_enters_whole),
        rig_test(a_job_that_goes_on_takes_checkpoint_and_vectors_along),
        rig_test(what_is_not_chosen_has_a_fallback),
        rig_test(a_repeated_submission_is_answered_as_the_first),
        rig_test(a_taken_id_is_refused),
        rig_test(a_full_queue_refuses),
        rig_test(a_queue_that_fills_up_is_counted_exactly),
        rig_test(jobs_without_an_id_are_numbered_past_names_in_use),
        rig_test(several_connections_number_their_jobs_without_gaps),
        rig_test(ids_tell_whose_job_it_is),
        rig_test(a_refused_job_takes_no_number),
        rig_test(a_number_that_is_not_the_next_writes_nothing),
        rig_test(a_new_connection_has_nonces_of_its_own),
        rig_test(bad_names_and_sizes_are_refused_before_anything_is_written),
        rig_test(a_submitted_job_is_cancelled_with_no_master_there),
        rig_test(a_running_job_is_cancelled_and_all_are_told),
        rig_test(an_ended_or_unknown_job_cannot_be_cancelled),
        rig_test(the_list_of_ended_jobs_forgets_those_that_expired),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
