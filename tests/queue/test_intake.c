/* test_intake.c: how masters hear of new jobs, and of news of those that they have. */
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

static void a_job_submitted_before_any_master_is_delivered(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner;
    struct queue_member m;

    rig_submit(q, &s);
    m = rig_master(q, "m");
    owner = rig_own(q, &m);
    assert_string_equal(owner.job, "J1");
}

/* The story of jobs: the first field and value of each event behind those of masters. */
static const char *story(void)
{
    return server_text("EVAL %s 0", "local told = {}\n"
                                    "for _, row in ipairs(redis.call('XRANGE', '" RIG_KEY
                                    "events', '-', '+')) do\n"
                                    "    if string.match(row[2][2], '^job_') then\n"
                                    "        told[#told + 1] = row[2][2] .. ' ' .. row[2][4]\n"
                                    "    end\n"
                                    "end\n"
                                    "return table.concat(told, ', ')");
}

static void who_has_a_job_first_tells_that_it_was_submitted(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1"), gone = rig_submission("J2");
    struct queue_member m, b;
    struct queue_ownership owner;
    char ms[24];

    rig_submit(q, &s);
    snprintf(ms, sizeof ms, "%s", server_text("HGET " RIG_KEY "job:J1 submitted_ms"));
    m = rig_master(q, "m");
    assert_string_equal(story(), "");
    rig_own(q, &m);
    assert_string_equal(story(), "job_submitted J1, job_running J1");
    assert_string_equal(server_text("EVAL %s 0", "return redis.call('XRANGE', '" RIG_KEY
                                                 "events', '-', '+')[2][2]"),
                        server_text("EVAL %s 0 %s",
                                    "return {'event', 'job_submitted', 'job', 'J1', 'type', "
                                    "'sum', 'producer', 'p1', 'submittedMs', ARGV[1]}",
                                    ms));
    rig_expire("masters", "m");
    b = rig_master(q, "b");
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &owner), DTQ_OK);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_string_equal(story(), "job_submitted J1, job_running J1, job_taken_over J1, "
                                 "job_cancelled J1");
    server_do("DEL " RIG_KEY "events");
    rig_submit(q, &gone);
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    assert_string_equal(story(), "job_submitted J2, job_cancelled J2");
}

static void a_new_job_is_had_by_one_master_the_oldest_first(void **state)
{
    struct queue *q = *state;
    struct queue_member a = rig_master(q, "a"), b = rig_master(q, "b");
    struct queue_ownership owner = {0};
    const char *names[] = {"J1", "J2", "J3"};

    assert_int_equal(rig_adopt(q, &a, NULL, &owner), DTQ_NONE);
    for (size_t i = 0; i < 3; i++) {
        struct queue_submission s = rig_submission(names[i]);
        rig_submit(q, &s);
    }
    for (size_t i = 0; i < 3; i++) {
        struct queue_member *m = i % 2 ? &b : &a;
        assert_int_equal(rig_adopt(q, m, NULL, &owner), DTQ_OK);
        assert_string_equal(owner.job, names[i]);
        assert_string_equal(owner.master, m->id);
        assert_int_equal(owner.fence, 1);
    }
    keys_mark();
    assert_int_equal(rig_adopt(q, &b, NULL, &owner), DTQ_NONE);
    /* Redis 7.2 and later note in the stream when somebody last asked. */
    if (strcmp(keys_changed(), "jobs") != 0) keys_assert_same();
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(server_int("EVAL %s 1 " RIG_KEY "jobs %s",
                                    "return #redis.call('XPENDING', KEYS[1], 'masters', ARGV[1], "
                                    "ARGV[1], 9)",
                                    rig_entry(names[i])),
                         1);
    /* One that is not there any more is handed nothing, and one that has ended goes. */
    assert_int_equal(queue_cancel(q, "J3", "me", &rig_why), DTQ_OK);
    {
        struct queue_submission s = rig_submission("J4"), last = rig_submission("J5");
        rig_submit(q, &s);
        rig_submit(q, &last);
    }
    rig_expire("masters", "a");
    keys_mark();
    assert_int_equal(rig_adopt(q, &a, NULL, &owner), DTQ_FENCED);
    keys_assert_same();
    server_do("DEL " RIG_KEY "job:J4");
    assert_int_equal(rig_adopt(q, &b, NULL, &owner), DTQ_JOB_GONE);
    assert_int_equal(rig_adopt(q, &b, NULL, &owner), DTQ_OK);
    assert_string_equal(owner.job, "J5");
}

/* One ring for any number of jobs; with a single task it comes later. */
static void masters_are_rung_for_when_a_job_has_none(void **state)
{
    struct queue *q = *state;
    struct queue_member m, w = rig_worker(q, "w", 1);
    struct queue_submission s = rig_submission("J1"), next = rig_submission("J2"), numbered = s;
    struct queue_ownership owner;
    struct queue_claim claim = {0};
    struct queue_entries entries = {0};
    struct round first = {0};
    char id[ID_MAX + 1];
    int64_t next_ms;

    rig_submit(q, &s);
    rig_submit(q, &next);
    assert_int_equal(server_int("LLEN " RIG_KEY "intake"), 1);
    server_do("DEL " RIG_KEY "intake");
    m = rig_master(q, "m");
    assert_int_equal(rig_adopt(q, &m, NULL, &owner), DTQ_OK);
    assert_int_equal(rig_adopt(q, &m, NULL, &owner), DTQ_OK);
    buf_text(&first.checkpoint, "c");
    round_add(&first, "s", 1);
    numbered.first = &first;
    numbered.job_id = NULL;
    numbered.retention_ms = 0;
    /* Rung for once the task is on its way; that no reply is awaited disturbs no later one. */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(queue_submit(q, &numbered, id, &rig_why), DTQ_OK);
        assert_int_equal(queue_preside(q, &m, &entries, &next_ms, &rig_why), DTQ_OK);
        assert_int_equal(entries.count, 0);
        queue_entries_clear(&entries);
        assert_int_equal(server_int("LLEN " RIG_KEY "intake"), 1);
        assert_int_equal(queue_cancel(q, id, "me", &rig_why), DTQ_OK);
    }
    assert_int_equal(queue_submit(q, &numbered, id, &rig_why), DTQ_OK);
    assert_int_equal(queue_preside(q, &m, &entries, &next_ms, &rig_why), DTQ_OK);
    queue_entries_clear(&entries);
    server_do("DEL " RIG_KEY "intake"); /* as if who submitted had died */
    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_string_equal(claim.job, id);
    assert_int_equal(server_int("EXISTS " RIG_KEY "intake"), 0);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "intake " RIG_KEY "wake:m"), 0);
    assert_int_equal(rig_adopt(q, &m, NULL, &owner), DTQ_OK); /* found when it presides */
    assert_string_equal(owner.job, id);
    queue_claim_clear(&claim);
    round_clear(&first);
}

static void a_wait_ends_with_a_wake_or_a_ring(void **state)
{
    struct queue *q = *state, *other = rig_connect();
    struct queue_member m = rig_master(q, "m"), odd = rig_master(q, "intake");
    struct queue_submission s = rig_submission("J1");
    char job[ID_MAX + 1];
    bool intake = false;

    assert_int_equal(queue_wake_ask(q, &m, QUEUE_WAKE_FIRST, 5000, &rig_why), DTQ_OK);
    rig_submit(other, &s);
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_OK);
    assert_true(intake);
    intake = false;
    assert_int_equal(queue_wake_ask(q, &m, QUEUE_WAKE_FIRST, 5000, &rig_why), DTQ_OK);
    server_do("RPUSH " RIG_KEY "wake:m J1");
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_OK);
    assert_string_equal(job, "J1");
    assert_false(intake);
    server_do("RPUSH " RIG_KEY "intake 1"); /* for who has room */
    assert_int_equal(queue_wake_ask(q, &m, QUEUE_WAKE_ONLY, 0, &rig_why), DTQ_OK);
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_NONE);
    server_do("RPUSH " RIG_KEY "wake:m J3");
    assert_int_equal(queue_wake_ask(q, &m, QUEUE_INTAKE_FIRST, 0, &rig_why), DTQ_OK);
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_OK);
    assert_true(intake);
    server_do("RPUSH " RIG_KEY "wake:intake J2"); /* a master may have any name */
    assert_int_equal(queue_wake_ask(q, &odd, QUEUE_INTAKE_FIRST, 0, &rig_why), DTQ_OK);
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_OK);
    assert_string_equal(job, "J2");
    assert_false(intake);
    queue_free(other);
}

static void wakes_are_read_to_the_last(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m");
    char job[ID_MAX + 1], (*more)[ID_MAX + 1] = NULL;
    size_t count = 0;
    bool intake = false;

    server_do("RPUSH " RIG_KEY "wake:m J1 %s J2", "");
    assert_int_equal(queue_wake_ask(q, &m, QUEUE_WAKE_FIRST, 1000, &rig_why), DTQ_OK);
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_OK);
    assert_string_equal(job, "J1");
    assert_int_equal(queue_wake_more(q, &m, &more, &count, &rig_why), DTQ_OK);
    assert_int_equal(count, 2);
    assert_string_equal(more[0], "");
    assert_string_equal(more[1], "J2");
    free(more);
    more = NULL;
    assert_int_equal(queue_wake_more(q, &m, &more, &count, &rig_why), DTQ_NONE);
    assert_null(more);
    assert_int_equal(queue_wake_ask(q, &m, QUEUE_WAKE_FIRST, 0, &rig_why),
                     DTQ_OK); /* not for ever */
    assert_int_equal(queue_wake_take(q, job, &intake, &rig_why), DTQ_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_job_submitted_before_any_master_is_delivered),
        rig_test(who_has_a_job_first_tells_that_it_was_submitted),
        rig_test(a_new_job_is_had_by_one_master_the_oldest_first),
        rig_test(masters_are_rung_for_when_a_job_has_none),
        rig_test(a_wait_ends_with_a_wake_or_a_ring),
        rig_test(wakes_are_read_to_the_last),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
