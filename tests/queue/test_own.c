/* test_own.c: masters: their presence, who owns a job, how it changes hands. */
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

/* Presides and says which entries are to be adopted, with a blank between. */
static const char *preside(struct queue *q, const struct queue_member *m, int64_t *next_ms)
{
    static char text[200];
    struct queue_entries entries = {0};

    assert_int_equal(queue_preside(q, m, &entries, next_ms, &rig_why), DTQ_OK);
    text[0] = '\0';
    for (size_t i = 0; i < entries.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), i ? " %s" : "%s", entries.ids[i]);
    queue_entries_clear(&entries);
    return text;
}

/* So long dead that it may be forgotten. */
static void long_dead(const char *master)
{
    rig_expire("masters", master);
}

/* Dead since a moment. */
static void just_dead(const char *master)
{
    server_do("ZADD " RIG_KEY "masters XX %lld %s", (long long)server_now_ms(), master);
}

/* --- presence --------------------------------------------------------------------------------- */

static void a_first_master_makes_the_group_and_is_listed(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_member("m", 0);
    int64_t next_ms = 0;

    keys_mark();
    assert_string_equal(preside(q, &m, &next_ms), "");
    assert_string_equal(keys_changed(), "events jobs master:m masters");
    assert_int_equal(next_ms, RIG_LEASE_MS);
    assert_string_equal(server_text("HMGET " RIG_KEY "master:m host pid"), "here 4711");
    assert_in_range(server_int("ZSCORE " RIG_KEY "masters m") - server_now_ms(),
                    RIG_LEASE_MS - 10000, RIG_LEASE_MS);
    assert_in_range(server_int("PTTL " RIG_KEY "master:m"), 86300000, 86400000);
    /* Again: presence alone is renewed. */
    server_do("ZADD " RIG_KEY "masters 5 m");
    keys_mark();
    assert_string_equal(preside(q, &m, &next_ms), "");
    assert_string_equal(keys_changed(), "masters");
    assert_int_equal(server_int("XLEN " RIG_KEY "events"), 1);
}

static void the_next_look_is_when_another_masters_presence_ends(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m");
    int64_t next_ms = 0;

    rig_master(q, "other");
    server_do("ZADD " RIG_KEY "masters %lld other", (long long)server_now_ms() + 20000);
    preside(q, &m, &next_ms);
    assert_in_range(next_ms, 10000, 20000);
}

static void what_a_dead_master_left_is_named_until_it_is_adopted(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner;
    struct queue_member b;
    int64_t next_ms = 0;

    rig_job(q, "J1", 1);
    b = rig_master(q, "b");
    assert_string_equal(preside(q, &b, &next_ms), "");
    long_dead("m");
    assert_string_equal(preside(q, &b, &next_ms), rig_entry("J1"));
    assert_string_equal(preside(q, &b, &next_ms), rig_entry("J1"));
    assert_int_equal(server_int("EXISTS " RIG_KEY "master:m"), 1);
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &owner), DTQ_OK);
    assert_string_equal(preside(q, &b, &next_ms), "");
}

static void a_master_that_was_away_is_told_of_what_it_could_not_adopt(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m");
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner;
    int64_t next_ms = 0;

    rig_submit(q, &s);
    server_do("XREADGROUP GROUP masters m STREAMS " RIG_KEY "jobs >"); /* as another client would */
    just_dead("m");
    assert_int_equal(rig_adopt(q, &m, rig_entry("J1"), &owner), DTQ_FENCED);
    assert_string_equal(preside(q, &m, &next_ms), rig_entry("J1"));
    assert_int_equal(rig_adopt(q, &m, rig_entry("J1"), &owner), DTQ_OK);
    assert_string_equal(preside(q, &m, &next_ms), "");
}

static void a_dead_master_that_owns_nothing_is_forgotten_after_a_while(void **state)
{
    struct queue *q = *state;
    struct queue_member b = rig_master(q, "b");
    int64_t next_ms = 0;

    rig_job(q, "J1", 1);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK); /* leaves it a wake, too */
    just_dead("m");
    preside(q, &b, &next_ms);
    assert_int_equal(server_int("EXISTS " RIG_KEY "master:m"),
                     1); /* it may still be handed a job */
    long_dead("m");
    keys_mark();
    preside(q, &b, &next_ms);
    assert_string_equal(keys_changed(), "events jobs master:m masters wake:m");
    assert_string_equal(server_text("ZRANGE " RIG_KEY "masters 0 -1"), "b");
    assert_string_equal(server_text("KEYS " RIG_KEY "*:m"), "");
    assert_string_equal(server_text("XINFO CONSUMERS " RIG_KEY "jobs masters"), "");
}

static void a_master_that_leaves_frees_its_jobs_at_once(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner;
    struct queue_member b;
    int64_t next_ms;

    rig_job(q, "J1", 1);
    b = rig_master(q, "b");
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &owner), DTQ_FENCED);
    keys_mark();
    assert_int_equal(queue_abdicate(q, "m", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "events masters");
    assert_string_equal(preside(q, &b, &next_ms), rig_entry("J1"));
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &owner), DTQ_OK);
    assert_int_equal(queue_abdicate(q, "m", &rig_why), DTQ_OK); /* again */
    keys_mark();
    assert_int_equal(queue_abdicate(q, "nobody", &rig_why), DTQ_NONE);
    keys_assert_same();
}

/* --- adopt ------------------------------------------------------------------------------------ */

static void an_adopted_job_tells_all_its_owner_needs(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m");
    struct queue_submission s = rig_submission("J1");
    struct queue_adopted a = {0};

    rig_submit(q, &s);
    keys_mark();
    assert_int_equal(queue_adopt(q, &m, NULL, &a, &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "events job:J1 jobs");
    assert_string_equal(a.owner.job, "J1");
    assert_string_equal(a.owner.master, "m");
    assert_int_equal(a.owner.fence, 1);
    assert_int_equal(a.owner.commits, 0);
    assert_string_equal(a.type, "sum");
    assert_string_equal(a.params, s.params);
    assert_null(a.checkpoint);
    assert_int_equal(a.total + a.done, 0);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state owner fence"), "running m 1");
    queue_adopted_clear(&a);
}

static void a_living_owner_keeps_its_job(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1), stolen = {0};
    struct queue_member b = rig_master(q, "b");

    keys_mark();
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &stolen), DTQ_FENCED);
    keys_assert_same();
    rig_push(q, &owner, 1, 1);
}

static void a_job_with_half_of_a_commit_is_not_taken_over_but_fails(void **state)
{
    struct queue *q = *state;
    struct queue_member b = rig_master(q, "b");
    struct queue_ownership owner;

    rig_job(q, "J1", 2);
    server_do("HINCRBY " RIG_KEY "job:J1 begun 1");
    just_dead("m");
    assert_int_equal(rig_adopt(q, &b, rig_entry("J1"), &owner), DTQ_JOB_GONE);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state error_code"),
                        "failed lost_data");
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tasks"), 0);
}

static void a_second_master_takes_over_with_a_higher_fence(void **state)
{
    struct queue *q = *state;
    struct queue_ownership old = rig_job(q, "J1", 3), now = {0};
    struct queue_member b = rig_master(q, "b");
    struct queue_adopted a = {0};
    struct queue_commit commit = {.total = 3};
    struct buf checkpoint = {0};
    uint64_t waiting = 77;

    buf_text(&checkpoint, "emitted 3");
    assert_int_equal(queue_commit(q, &old, &commit, &checkpoint, "{}", &waiting, &rig_why), DTQ_OK);
    just_dead("m");
    assert_int_equal(queue_adopt(q, &b, rig_entry("J1"), &a, &rig_why), DTQ_OK);
    now = a.owner;
    assert_true(now.fence > old.fence);
    assert_int_equal(now.commits, 2);
    assert_int_equal(a.total, 3);
    assert_int_equal(a.checkpoint_len, 9);
    assert_memory_equal(a.checkpoint, "emitted 3", 9);
    keys_mark();
    assert_int_equal(queue_commit(q, &old, &commit, &checkpoint, "{}", &waiting, &rig_why),
                     DTQ_FENCED);
    keys_assert_same();
    rig_push(q, &now, 3, 1);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 1);
    assert_string_equal(server_text("XPENDING " RIG_KEY "jobs masters"),
                        server_text("EVAL %s 0", "local e = redis.call('HGET', '" RIG_KEY
                                                 "job:J1', 'entry') return {1, e, e, {'b', 1}}"));
    queue_adopted_clear(&a);
    buf_clear(&checkpoint);
}

static void adopting_ones_own_job_again_raises_the_fence(void **state)
{
    struct queue *q = *state;
    struct queue_ownership first = rig_job(q, "J1", 1), again = {0};
    struct queue_member m = rig_master(q, "m");
    struct queue_commit commit = {.total = 1};
    struct buf none = {0};
    uint64_t waiting;

    assert_int_equal(rig_adopt(q, &m, rig_entry("J1"), &again), DTQ_OK);
    assert_int_equal(again.fence, first.fence + 1);
    assert_int_equal(queue_commit(q, &first, &commit, &none, "{}", &waiting, &rig_why), DTQ_FENCED);
    rig_push(q, &again, 1, 1);
}

static void a_master_that_is_not_present_adopts_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m"), stranger = rig_member("x", 0);
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner = {0};

    rig_submit(q, &s);
    just_dead("m");
    keys_mark();
    assert_int_equal(rig_adopt(q, &m, rig_entry("J1"), &owner), DTQ_FENCED);
    assert_int_equal(rig_adopt(q, &stranger, rig_entry("J1"), &owner), DTQ_FENCED);
    keys_assert_same();
}

static void the_entry_of_an_ended_job_is_removed(void **state)
{
    struct queue *q = *state;
    struct queue_member m = rig_master(q, "m");
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner = {0};
    char entry[48];

    /* One whose job has expired while its entry was handed out. */
    rig_submit(q, &s);
    snprintf(entry, sizeof entry, "%s", rig_entry("J1"));
    server_do("XREADGROUP GROUP masters m STREAMS " RIG_KEY "jobs >");
    server_do("DEL " RIG_KEY "job:J1");
    keys_mark();
    assert_int_equal(rig_adopt(q, &m, entry, &owner), DTQ_JOB_GONE);
    assert_string_equal(keys_changed(), "jobs");
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
    assert_string_equal(server_text("XPENDING " RIG_KEY "jobs masters"), "0   ");
    assert_int_equal(rig_adopt(q, &m, entry, &owner), DTQ_JOB_GONE);
    assert_int_equal(rig_adopt(q, &m, "1-1", &owner), DTQ_JOB_GONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_first_master_makes_the_group_and_is_listed),
        rig_test(the_next_look_is_when_another_masters_presence_ends),
        rig_test(what_a_dead_master_left_is_named_until_it_is_adopted),
        rig_test(a_master_that_was_away_is_told_of_what_it_could_not_adopt),
        rig_test(a_dead_master_that_owns_nothing_is_forgotten_after_a_while),
        rig_test(a_master_that_leaves_frees_its_jobs_at_once),
        rig_test(an_adopted_job_tells_all_its_owner_needs),
        rig_test(a_living_owner_keeps_its_job),
        rig_test(a_second_master_takes_over_with_a_higher_fence),
        rig_test(a_job_with_half_of_a_commit_is_not_taken_over_but_fails),
        rig_test(adopting_ones_own_job_again_raises_the_fence),
        rig_test(a_master_that_is_not_present_adopts_nothing),
        rig_test(the_entry_of_an_ended_job_is_removed),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
