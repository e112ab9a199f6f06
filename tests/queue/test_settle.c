/* test_settle.c: commits of a careful owner count once replicas have them. */
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

/* A job of a careful master, with tasks 0 to count - 1 kept back. */
static struct queue_ownership careful_job(struct queue *q, unsigned count)
{
    struct queue_member master = rig_master(q, "m");
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner;

    master.replicas = 1;
    rig_submit(q, &s);
    owner = rig_own(q, &master);
    rig_push(q, &owner, 0, count);
    return owner;
}

static enum dtq_err end(struct queue *q, struct queue_ownership *owner, const char *state,
                        const char *code, const char *message)
{
    struct queue_commit commit = {.total = 3};
    struct buf none = {0};

    return queue_finish(q, owner, &commit, &none, "{}", state, code, message, &rig_why);
}

static void tasks_of_a_careful_owner_are_ready_when_settled_in_their_order(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 3);
    bool ended = true;

    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 0);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:tasks"), 3);
    rig_push(q, &owner, 3, 2);
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_OK);
    assert_false(ended);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/4 J1/3 J1/2 J1/1 J1/0");
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:staged"), 0);
    keys_assert_one_place();
    keys_mark();
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_OK);
    keys_assert_same();
}

static void tasks_wait_parked_while_the_queue_is_paused(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 2);
    bool ended;

    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_OK);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 0);
    assert_string_equal(server_text("LRANGE " RIG_KEY "parked 0 -1"), "J1/1 J1/0");
}

static void an_end_is_told_when_settled(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 3);
    bool ended = false;

    assert_int_equal(end(q, &owner, "failed", "bad_input", "row 3 is short"), DTQ_OK);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "running");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 ending"), "failed");
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_OK);
    assert_true(ended);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state error_code error"),
                        "failed bad_input row 3 is short");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 ending ending_code ending_message"),
                        "  ");
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:staged " RIG_KEY "job:J1:tasks"), 0);
    keys_mark();
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_JOB_GONE);
    keys_assert_same();
}

static void only_the_present_owner_settles_its_last_commit(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 2), other = owner;
    bool ended;

    keys_mark();
    other.fence++;
    assert_int_equal(queue_settle(q, &other, &ended, &rig_why), DTQ_FENCED);
    other = owner;
    other.commits--;
    assert_int_equal(queue_settle(q, &other, &ended, &rig_why), DTQ_FENCED);
    other = owner;
    strcpy(other.master, "x");
    assert_int_equal(queue_settle(q, &other, &ended, &rig_why), DTQ_FENCED);
    strcpy(other.job, "J2");
    assert_int_equal(queue_settle(q, &other, &ended, &rig_why), DTQ_JOB_GONE);
    keys_assert_same();
}

static void a_new_owner_is_told_of_what_is_not_settled(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 2);
    struct queue_member next = rig_master(q, "n");
    struct queue_adopted adopted = {0};
    bool ended;

    rig_expire("masters", "m");
    assert_int_equal(queue_adopt(q, &next, rig_entry("J1"), &adopted, &rig_why), DTQ_OK);
    assert_true(adopted.unsettled);
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_FENCED);
    assert_int_equal(queue_settle(q, &adopted.owner, &ended, &rig_why), DTQ_OK);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 2);
    rig_push(q, &adopted.owner, 2, 1); /* this one is not careful */
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 3);
    queue_adopted_clear(&adopted);
    rig_expire("masters", "n");
    next = rig_master(q, "o");
    assert_int_equal(queue_adopt(q, &next, rig_entry("J1"), &adopted, &rig_why), DTQ_OK);
    assert_false(adopted.unsettled);
    queue_adopted_clear(&adopted);
}

static void a_cancelled_job_keeps_nothing_back(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = careful_job(q, 2);
    bool ended;

    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:staged " RIG_KEY "job:J1:tasks"), 0);
    assert_int_equal(queue_settle(q, &owner, &ended, &rig_why), DTQ_JOB_GONE);
}

static void replicas_that_are_not_there_do_not_have_it(void **state)
{
    struct queue *q = *state;

    assert_int_equal(queue_replicated(q, 1, 10, &rig_why), DTQ_NONE);
    rig_assert_why("0 of 1 replicas");
    assert_int_equal(queue_replicated(q, 0, 10, &rig_why), DTQ_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(tasks_of_a_careful_owner_are_ready_when_settled_in_their_order),
        rig_test(tasks_wait_parked_while_the_queue_is_paused),
        rig_test(an_end_is_told_when_settled),
        rig_test(only_the_present_owner_settles_its_last_commit),
        rig_test(a_new_owner_is_told_of_what_is_not_settled),
        rig_test(a_cancelled_job_keeps_nothing_back),
        rig_test(replicas_that_are_not_there_do_not_have_it),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
