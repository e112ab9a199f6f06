/* test_first.c: a job enters with its first round of tasks, which workers may compute before a
 * master has seen it. */
#include "common/queue/findings.h"
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

static struct queue_claim claim;

static int first_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define first_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, first_teardown)

/* Submits a job with tasks 0 to count - 1 of the specs "s<no>". */
static void submit_with(struct queue *q, struct queue_submission *s, unsigned count)
{
    struct round first = {0};
    char spec[16];

    buf_text(&first.checkpoint, "emitted");
    for (unsigned i = 0; i < count; i++)
        round_add(&first, spec, (size_t)snprintf(spec, sizeof spec, "s%u", i));
    s->first = &first;
    rig_submit(q, s);
    round_clear(&first);
}

static void submit_first(struct queue *q, const char *job, unsigned count)
{
    struct queue_submission s = rig_submission(job);

    submit_with(q, &s, count);
}

static void assert_clean(struct queue *q)
{
    struct census census = {0};
    struct findings findings = {0};

    assert_int_equal(census_read(q, &census, &rig_why), DTQ_OK);
    assert_int_equal(findings_judge(&census, &findings, &rig_why), DTQ_OK);
    if (findings.count) fail_msg("%s", findings.rows[0].text);
    findings_clear(&findings);
    census_clear(&census);
}

static void the_round_is_the_first_commit_of_the_job(void **state)
{
    struct queue *q = *state;

    keys_mark();
    submit_first(q, "J1", 3);
    assert_string_equal(keys_changed(), "intake job:J1 job:J1:tasks jobs ready");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state commits total checkpoint "
                                    "begun done version fence"),
                        "submitted 1 3 emitted    ");
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/2 J1/1 J1/0");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1:tasks 0 1 2"), "s0 s1 s2");
    keys_assert_one_place();
    assert_clean(q);
}

/* Jobs of one task have a way of their own through the script, but for every 16th of a producer. */
static void a_single_task_enters_as_any_other(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission(NULL);
    struct round first = {0};
    char id[ID_MAX + 1], fields[200] = "", entry[40];

    s.retention_ms = 0;
    s.first = &first;
    buf_text(&first.checkpoint, "emitted");
    round_add(&first, "s0", 2);
    for (int i = 1; i <= 17; i++) {
        keys_mark();
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
        assert_string_equal(server_text("HMGET " RIG_KEY "job:%s type params producer state "
                                        "commits total checkpoint",
                                        id),
                            "sum {\"end\":10} p1 submitted 1 1 emitted");
        assert_string_equal(server_text("HGETALL " RIG_KEY "job:%s:tasks", id), "0 s0");
        snprintf(entry, sizeof entry, "%s", server_text("HGET " RIG_KEY "job:%s entry", id));
        assert_int_equal(strtoll(entry, NULL, 10),
                         server_int("HGET " RIG_KEY "job:%s submitted_ms", id));
        assert_string_equal(
            server_text("XRANGE " RIG_KEY "jobs %s %s", entry, entry),
            server_text("EVAL %s 0 %s %s", "return {{ARGV[1],{'job',ARGV[2]}}}", entry, id));
        assert_int_equal(server_int("LLEN " RIG_KEY "ready"), i);
        assert_int_equal(server_int("HGET " RIG_KEY "producers p1"), i);
        if (i == 1)
            snprintf(fields, sizeof fields, "%s", server_text("HKEYS " RIG_KEY "job:%s", id));
        else
            assert_string_equal(server_text("HKEYS " RIG_KEY "job:%s", id), fields);
    }
    keys_assert_one_place();
    assert_clean(q);
    round_clear(&first);
}

static void its_tasks_are_computed_with_no_master_and_folded_once_there_is_one(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m;
    struct queue_adopted adopted = {0};

    submit_first(q, "J1", 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_memory_equal(claim.tasks[0].spec, "s0", 2);
    keys_assert_one_place();
    assert_clean(q);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_LEASE_LOST);
    assert_string_equal(server_text("HKEYS " RIG_KEY "job:J1:results"), "0");
    keys_assert_one_place();
    assert_clean(q);
    m = rig_master(q, "m");
    assert_int_equal(queue_adopt(q, &m, rig_entry("J1"), &adopted, &rig_why), DTQ_OK);
    assert_int_equal(adopted.owner.commits, 1);
    assert_false(adopted.quiet);
    assert_int_equal(adopted.total, 2);
    assert_int_equal(adopted.checkpoint_len, strlen("emitted"));
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "running");
    assert_int_equal(rig_fold(q, &adopted.owner), 1);
    assert_int_equal(rig_fold(q, &adopted.owner), 0);
    /* From here on as any other job. */
    rig_claim(q, &w, "w.0", "J1", 5, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1");
    assert_int_equal(rig_fold(q, &adopted.owner), 1);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 done total commits"), "2 2 4");
    queue_adopted_clear(&adopted);
}

static void a_result_from_before_the_adoption_may_come_after_it(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m;
    struct queue_ownership owner;

    submit_first(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    m = rig_master(q, "m");
    owner = rig_own(q, &m);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1");
    assert_int_equal(rig_fold(q, &owner), 1);
}

static bool is_quiet(struct queue *q, const struct queue_member *m)
{
    struct queue_adopted adopted = {0};
    bool quiet;

    assert_int_equal(queue_adopt(q, m, rig_entry("J1"), &adopted, &rig_why), DTQ_OK);
    quiet = adopted.quiet;
    queue_adopted_clear(&adopted);
    return quiet;
}

static void a_job_of_which_nothing_was_heard_is_quiet(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m = rig_master(q, "m");

    submit_first(q, "J1", 3);
    assert_true(is_quiet(q, &m));
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_true(is_quiet(q, &m));
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    assert_false(is_quiet(q, &m));
    server_do("HSET " RIG_KEY "job:J1 retried 0");
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_false(is_quiet(q, &m));
    server_do("DEL " RIG_KEY "job:J1:results");
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_FATAL), DTQ_OK);
    assert_false(is_quiet(q, &m));
}

static void failures_before_a_master_came_are_told_to_it(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m;
    struct queue_ownership owner;
    struct queue_arrivals arrivals = {0};

    submit_first(q, "J1", 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    keys_assert_one_place();
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_FATAL), DTQ_OK);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "submitted");
    assert_clean(q);
    m = rig_master(q, "m");
    owner = rig_own(q, &m);
    assert_int_equal(queue_collect(q, &owner, &arrivals, &rig_why), DTQ_OK);
    assert_true(arrivals.running);
    assert_int_equal(arrivals.retried, 1);
    assert_string_equal(arrivals.fatal_code, "bad_input");
    queue_arrivals_clear(&arrivals);
}

static void workers_that_are_lost_meanwhile_lose_their_tasks(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_busy busy = {.slot = "w.0", .job = "J1", .renew = true};

    submit_first(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    busy.token = claim.token;
    memcpy(busy.nonce, claim.nonce, sizeof busy.nonce);
    assert_int_equal(queue_beat(q, &w, NULL, &busy, 1, &rig_why), DTQ_OK);
    assert_int_equal(busy.answer, DTQ_OK);
    rig_expire_all("leases");
    rig_reap(q);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 reclaimed"), "1");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_LEASE_LOST);
    rig_claim(q, &w, "w.1", "", 1, &claim);
    assert_int_equal(queue_leave(q, &w, "bye", &rig_why), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/0");
    keys_assert_one_place();
}

static void a_job_is_cancelled_with_its_tasks_at_work_and_no_master_there(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_busy busy = {.slot = "w.0", .job = "J1", .renew = true};

    submit_first(q, "J1", 3);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    busy.token = claim.token;
    memcpy(busy.nonce, claim.nonce, sizeof busy.nonce);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready " RIG_KEY "job:J1:tasks"), 0);
    assert_int_equal(queue_beat(q, &w, NULL, &busy, 1, &rig_why), DTQ_OK);
    assert_int_equal(busy.answer, DTQ_JOB_GONE);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_JOB_GONE);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:results"), 0);
    assert_clean(q);
}

static void a_paused_queue_keeps_it_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    submit_first(q, "J1", 2);
    assert_int_equal(queue_claim(q, &w, "w.0", "", 1, &claim, &rig_why), DTQ_NONE);
    assert_string_equal(server_text("LRANGE " RIG_KEY "parked 0 -1"), "J1/1 J1/0");
    assert_clean(q);
    assert_int_equal(queue_resume(q, "me", &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.0", "", 1, &claim);
}

static void a_long_queue_leaves_it_to_the_master(void **state)
{
    struct queue *q = *state;

    server_do("EVAL %s 0",
              "for i = 1, 10000 do redis.call('XADD', '" RIG_KEY "jobs', '*', 'job', 'X') end");
    submit_first(q, "J1", 2);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 commits total checkpoint begun"),
                        "0 0  ");
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready " RIG_KEY "job:J1:tasks"), 0);
}

/* submit.lua with these words behind the 6 that each submission begins with. Returns its code, or
 * -1 for an error. */
static int64_t submit_code(const char *job, const char *more)
{
    char call[400], *rest = call, *word;
    const char *argv[40] = {"EVAL", script_submit.text, "1", RIG_KEY, job, "n", "sum", "{}", "p1",
                            ""};
    size_t argc = 10;
    redisReply *reply;
    int64_t code;

    snprintf(call, sizeof call, "%s", more);
    while ((word = strsep(&rest, " ")) && argc < 40)
        argv[argc++] = word;
    reply = server_argv((int)argc, argv);
    code = reply->type == REDIS_REPLY_ERROR ? -1 : reply->element[0]->integer;
    freeReplyObject(reply);
    return code;
}

static void a_malformed_round_is_refused(void **state)
{
    static const char *const rounds[] = {
        "1",
        "0",
        "1 c",
        "x c",
        "-1 c",
        "2 c s0",
        "1 c",
        "0 c s",
        "1.5 c s",
        "1 c s s",
        "1e9 c s",
        "nan c",
        "1 c s claim_max",
        "1 c s claim_max x",
        "1 c s color 1",
        "1 c s claim_max 1 state 1",
        "1 c s claim_max 1 weights x",
        "1 c s most_jobs 1 weights x",
        "1 c s most_jobs x",
        "1 c s most_jobs nan",
        "1 c s most_jobs -1",
        "1 c s former J0", /* whose state would it be? */
    };

    (void)state;
    server_do("HSET " RIG_KEY "job:J0 checkpoint x nonce m");
    keys_mark();
    for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++)
        assert_int_equal(submit_code("J1", rounds[i]), -1);
    assert_int_equal(submit_code("J0", "1 c s"), 5);
    keys_assert_same();
    assert_int_equal(submit_code("J1", "1 c s"), 0);
    keys_mark();
    assert_int_equal(submit_code("J1", "1 c s"), 0);
    keys_assert_same();
    assert_int_equal(submit_code("J2", "0 c former J0 most_jobs 2 claim_max 1"), 0);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J2 former claim_max total"), "x 1 0");
}

/* What is there without the job's hash is no job, and is found. */
static void half_a_submission_is_no_job(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), m = rig_master(q, "m");
    struct queue_adopted adopted = {0};
    char entry[48];

    submit_first(q, "J1", 2);
    snprintf(entry, sizeof entry, "%s", rig_entry("J1"));
    server_do("DEL " RIG_KEY "job:J1");
    assert_int_equal(queue_claim(q, &w, "w.0", "", 1, &claim, &rig_why), DTQ_NONE);
    assert_int_equal(queue_adopt(q, &m, entry, &adopted, &rig_why), DTQ_JOB_GONE);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        first_test(the_round_is_the_first_commit_of_the_job),
        first_test(a_single_task_enters_as_any_other),
        first_test(its_tasks_are_computed_with_no_master_and_folded_once_there_is_one),
        first_test(a_result_from_before_the_adoption_may_come_after_it),
        first_test(a_job_of_which_nothing_was_heard_is_quiet),
        first_test(failures_before_a_master_came_are_told_to_it),
        first_test(workers_that_are_lost_meanwhile_lose_their_tasks),
        first_test(a_job_is_cancelled_with_its_tasks_at_work_and_no_master_there),
        first_test(a_paused_queue_keeps_it_back),
        first_test(a_long_queue_leaves_it_to_the_master),
        first_test(a_malformed_round_is_refused),
        first_test(half_a_submission_is_no_job),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
