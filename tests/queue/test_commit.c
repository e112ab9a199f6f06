/* test_commit.c: results enter a job's state once, by its owner, all or nothing; and its end. */
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

static struct queue_commit commit;
static struct buf checkpoint;

static int commit_setup(void **state)
{
    checkpoint = (struct buf){0};
    buf_text(&checkpoint, "state 1");
    commit = (struct queue_commit){.total = 4, .version = 9};
    return rig_setup(state);
}

static int commit_teardown(void **state)
{
    queue_commit_clear(&commit);
    buf_clear(&checkpoint);
    return rig_teardown(state);
}

#define commit_test(f) cmocka_unit_test_setup_teardown(f, commit_setup, commit_teardown)

/* The commit of this test as `owner`, on a copy of what the owner holds. */
static enum dtq_err try_commit(struct queue *q, struct queue_ownership owner)
{
    uint64_t waiting;

    return queue_commit(q, &owner, &commit, &checkpoint, "{}", &waiting, &rig_why);
}

static enum dtq_err try_finish(struct queue *q, struct queue_ownership owner)
{
    return queue_finish(q, &owner, &commit, &checkpoint, "{\"sum\":45}", "failed", "bad_input",
                        "row 3 is short", &rig_why);
}

/* A job with four tasks, 0 and 1 done, and these two as results. */
static struct queue_ownership two_done(struct queue *q)
{
    struct queue_ownership owner = rig_job(q, "J1", 4);
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_claim claim = {0};

    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    assert_string_equal(rig_numbers(&claim), "0 1");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    queue_claim_clear(&claim);
    return owner;
}

static void a_commit_changes_state_results_tasks_weights_and_metrics_together(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = two_done(q);
    cJSON *metrics = cJSON_CreateObject();
    const double w[] = {0.5, 2}, best[] = {3};
    uint64_t waiting = 77;

    cJSON_AddNumberToObject(metrics, "epoch", 1);
    cJSON_AddNumberToObject(metrics, "loss", 0.1);
    queue_commit_fold(&commit, 0);
    queue_commit_task(&commit, 4, "spec four", 9);
    queue_commit_task(&commit, 5, "", 0);
    queue_commit_epoch(&commit, metrics);
    queue_commit_vector(&commit, "weights", w, 2);
    queue_commit_vector(&commit, "best", best, 1);
    commit.total = 6;
    keys_mark();
    assert_int_equal(queue_commit(q, &owner, &commit, &checkpoint, "{\"a\":1}", &waiting, &rig_why),
                     DTQ_OK);
    assert_string_equal(keys_changed(), "events job:J1 job:J1:best job:J1:epochs job:J1:results "
                                        "job:J1:tasks job:J1:weights ready");
    assert_int_equal(waiting, 1);
    assert_int_equal(owner.commits, 2);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 checkpoint report version total done "
                                    "commits state"),
                        "state 1 {\"a\":1} 9 6 1 2 running");
    assert_string_equal(server_text("HKEYS " RIG_KEY "job:J1:results"), "1");
    assert_string_equal(server_text("HGETALL " RIG_KEY "job:J1:tasks"),
                        "1 s1 2 s2 3 s3 4 spec four 5 ");
    /* The oldest is the next to be claimed, on the right. */
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/5 J1/4 J1/3 J1/2");
    assert_memory_equal(server_text("GET " RIG_KEY "job:J1:weights"), w, sizeof w);
    assert_memory_equal(server_text("GET " RIG_KEY "job:J1:best"), best, sizeof best);
    assert_non_null(strstr(server_text("XRANGE " RIG_KEY "job:J1:epochs - +"),
                           "epoch 1 loss 0.10000000000000001"));
    keys_assert_one_place();
    cJSON_Delete(metrics);
}

static void an_empty_checkpoint_and_empty_weights_keep_what_is_there(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 4);
    const double w[] = {0.5};
    uint64_t waiting;

    queue_commit_vector(&commit, "weights", w, 1);
    assert_int_equal(queue_commit(q, &owner, &commit, &checkpoint, "{}", &waiting, &rig_why),
                     DTQ_OK);
    buf_reset(&checkpoint);
    queue_commit_clear(&commit);
    keys_mark();
    assert_int_equal(queue_commit(q, &owner, &commit, &checkpoint, "{}", &waiting, &rig_why),
                     DTQ_OK);
    assert_string_equal(keys_changed(), "job:J1");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 checkpoint"), "state 1");
}

static void metrics_without_a_number_are_left_out(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = two_done(q);
    cJSON *nothing = cJSON_CreateObject();

    queue_commit_fold(&commit, 0);
    queue_commit_epoch(&commit, nothing);
    cJSON_Delete(nothing);
    assert_int_equal(try_commit(q, owner), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:epochs"), 0);
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 done"), 1);
}

static void thousands_of_tasks_go_in_one_commit(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 0);

    rig_push(q, &owner, 0, 10000);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:tasks"), 10000);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 10000);
    keys_assert_one_place();
    for (uint64_t no = 0; no < 10000; no++)
        queue_commit_fold(&commit, no);
    assert_int_equal(try_commit(q, owner), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tasks"), 0);
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 done"), 10000);
}

/* Each refusal of commit, which finish shares; nothing may be written. */
static void assert_refused(struct queue *q, struct queue_ownership owner, enum dtq_err expected)
{
    keys_mark();
    assert_int_equal(try_commit(q, owner), expected);
    assert_int_equal(try_finish(q, owner), expected);
    keys_assert_same();
}

static void a_commit_of_anybody_but_the_present_owner_on_top_of_the_last_is_refused(void **state)
{
    struct queue *q = *state;
    struct queue_ownership good = two_done(q), bad;

    queue_commit_fold(&commit, 0);
    queue_commit_task(&commit, 4, "s4", 2);
    bad = good;
    bad.fence++;
    assert_refused(q, bad, DTQ_FENCED);
    bad = good;
    bad.commits--;
    assert_refused(q, bad, DTQ_FENCED);
    bad = good;
    bad.commits++;
    assert_refused(q, bad, DTQ_FENCED);
    bad = good;
    snprintf(bad.master, sizeof bad.master, "x");
    assert_refused(q, bad, DTQ_FENCED);
    bad = good;
    snprintf(bad.job, sizeof bad.job, "J2");
    assert_refused(q, bad, DTQ_JOB_GONE);
    assert_int_equal(try_commit(q, good), DTQ_OK);
    assert_refused(q, good, DTQ_FENCED); /* a repeat */
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    good.commits++;
    assert_refused(q, good, DTQ_JOB_GONE);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void a_finished_job_keeps_its_result_for_the_retention_time(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = two_done(q);
    const double w[] = {1};
    cJSON *metrics = cJSON_CreateObject();

    cJSON_AddNumberToObject(metrics, "epoch", 1);
    queue_commit_fold(&commit, 0);
    queue_commit_fold(&commit, 1);
    queue_commit_vector(&commit, "weights", w, 1);
    queue_commit_vector(&commit, "best", w, 1);
    queue_commit_epoch(&commit, metrics);
    keys_mark();
    assert_int_equal(queue_finish(q, &owner, &commit, &checkpoint, "{\"sum\":45}", "completed", "",
                                  "", &rig_why),
                     DTQ_OK);
    assert_string_equal(keys_changed(), "events finished job:J1 job:J1:best job:J1:epochs "
                                        "job:J1:results job:J1:tasks job:J1:weights "
                                        "job:J1:workers jobs ready");
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state report done error"),
                        "completed {\"sum\":45} 2 ");
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J1 error"), 0);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tasks " RIG_KEY "job:J1:results"), 0);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
    for (const char *const *name =
             (const char *const[]){"", ":weights", ":best", ":epochs", ":workers", NULL};
         *name; name++)
        assert_in_range(server_int("PTTL " RIG_KEY "job:J1%s", *name), 86300000, 86400000);
    assert_in_range(server_int("ZSCORE " RIG_KEY "finished J1") - server_now_ms(), 86300000,
                    86400000);
    cJSON_Delete(metrics);
}

static void a_failed_job_keeps_its_reason_and_dead_letters(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 2);
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_claim claim = {0};

    rig_claim(q, &w, "w.0", "", 1, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_FATAL), DTQ_OK);
    assert_int_equal(try_finish(q, owner), DTQ_OK);
    assert_string_equal(server_text("HMGET " RIG_KEY "job:J1 state error_code error"),
                        "failed bad_input row 3 is short");
    assert_in_range(server_int("PTTL " RIG_KEY "job:J1:dead"), 86300000, 86400000);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tries"), 0);
    owner.commits++;
    assert_refused(q, owner, DTQ_JOB_GONE); /* a repeat */
    queue_claim_clear(&claim);
}

static const char *const parts[] = {":weights", ":best",    ":state", ":trial",   ":last",
                                    ":scaling", ":classes", ":roc",   ":epochs",  ":history",
                                    ":workers", ":dead",    ":tasks", ":results", ""};

/* Whichever parts it has; with a task that was given up, and may be replayed, its tasks as well. */
static void all_that_an_ended_job_leaves_expires(void **state)
{
    struct queue *q = *state;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct queue_ownership owner;
        char job[8];
        snprintf(job, sizeof job, "J%zu", i + 1);
        owner = rig_job(q, job, 0);
        if (parts[i][0]) server_do("HSET " RIG_KEY "job:%s%s 0 x", job, parts[i]);
        server_do("HSET " RIG_KEY "job:%s replayable 1", job);
        assert_int_equal(try_finish(q, owner), DTQ_OK);
        assert_in_range(server_int("PTTL " RIG_KEY "job:%s", job), 86300000, 86400000);
        assert_in_range(server_int("PTTL " RIG_KEY "job:%s%s", job, parts[i]), 86300000, 86400000);
    }
}

static void of_a_job_that_no_replay_needs_no_task_is_left(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = two_done(q);

    server_do("HSET " RIG_KEY "job:J1:tries 2 x");
    server_do("HSET " RIG_KEY "job:J1:twins 2 x");
    assert_int_equal(try_finish(q, owner), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tasks " RIG_KEY "job:J1:results " RIG_KEY
                                "job:J1:tries " RIG_KEY "job:J1:twins " RIG_KEY "ready"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        commit_test(a_commit_changes_state_results_tasks_weights_and_metrics_together),
        commit_test(an_empty_checkpoint_and_empty_weights_keep_what_is_there),
        commit_test(metrics_without_a_number_are_left_out),
        commit_test(thousands_of_tasks_go_in_one_commit),
        commit_test(a_commit_of_anybody_but_the_present_owner_on_top_of_the_last_is_refused),
        commit_test(a_finished_job_keeps_its_result_for_the_retention_time),
        commit_test(a_failed_job_keeps_its_reason_and_dead_letters),
        commit_test(all_that_an_ended_job_leaves_expires),
        commit_test(of_a_job_that_no_replay_needs_no_task_is_left),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
