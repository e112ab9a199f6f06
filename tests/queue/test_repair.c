/* test_repair.c: what is wrong in a queue is found and mended, and what is right is left alone,
 * whatever happens meanwhile. */
#include "common/queue/findings.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct census census;
static struct findings findings;
static struct queue_claim claim;

static int repair_teardown(void **state)
{
    census_clear(&census);
    findings_clear(&findings);
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define repair_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, repair_teardown)

static void look(struct queue *q)
{
    census_clear(&census);
    findings_clear(&findings);
    if (census_read(q, &census, &rig_why) != DTQ_OK) fail_msg("%s", rig_why.text);
    assert_int_equal(findings_judge(&census, &findings, &rig_why), DTQ_OK);
}

/* Nothing is wrong, and looking changes nothing. */
static void assert_clean(struct queue *q)
{
    keys_mark();
    look(q);
    if (findings.count) fail_msg("%s", findings.rows[0].text);
    keys_assert_same();
}

/* This alone is wrong, with these words in its sentence. */
static void assert_found(struct queue *q, enum finding_kind kind, const char *words)
{
    keys_mark();
    look(q);
    keys_assert_same();
    assert_int_equal(findings.count, 1);
    assert_string_equal(finding_word(findings.rows[0].kind), finding_word(kind));
    if (!strstr(findings.rows[0].text, words))
        fail_msg("\"%s\" has not \"%s\"", findings.rows[0].text, words);
}

/* Mends what was found: these words tell of it, and then nothing is wrong any more; said again it
 * changes nothing. */
static void assert_mended(struct queue *q, const char *words)
{
    struct findings again = {0};

    assert_int_equal(findings_mend(q, &census, &findings, "me", &rig_why), DTQ_OK);
    for (size_t i = 0; i < findings.count; i++)
        if (!strstr(findings.rows[i].did, words))
            fail_msg("\"%s\" has not \"%s\"", findings.rows[i].did, words);
    again = findings;
    memset(&findings, 0, sizeof findings);
    keys_mark();
    assert_int_equal(findings_mend(q, &census, &again, "me", &rig_why), DTQ_OK);
    keys_assert_same();
    findings_clear(&again);
    assert_clean(q);
    keys_assert_one_place();
}

/* All that runs ends: nothing that was mended is in the way. */
static void assert_ends(struct queue *q, struct queue_ownership *owner)
{
    struct queue_member w = rig_worker(q, "last", 1);
    uint64_t total = (uint64_t)server_int("HGET " RIG_KEY "job:%s total", owner->job);

    while (queue_claim(q, &w, "last.0", owner->job, 8, &claim, &rig_why) == DTQ_OK)
        assert_int_equal(rig_complete(q, &w, "last.0", &claim), DTQ_OK);
    rig_fold(q, owner);
    assert_int_equal(server_int("HGET " RIG_KEY "job:%s done", owner->job), total);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:%s:tasks", owner->job), 0);
}

static void a_queue_at_work_is_clean(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 3);
    struct queue_ownership owner = rig_job(q, "J1", 12), other;
    struct queue_submission s = rig_submission("J2");

    assert_clean(q);
    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    assert_int_equal(rig_fail(q, &w, "w.0", &claim, QUEUE_RETRY), DTQ_OK);
    rig_claim(q, &w, "w.1", "J1", 2, &claim);
    assert_int_equal(rig_complete(q, &w, "w.1", &claim), DTQ_OK);
    assert_int_equal(queue_wait_ready(q, "w.2", 10, &rig_why), DTQ_OK); /* not claimed yet */
    assert_clean(q);
    rig_fold(q, &owner);
    rig_submit(q, &s); /* nobody has read of it yet */
    assert_clean(q);
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    assert_clean(q);
    other = rig_own(q, &(struct queue_member){.id = "m", .lease_ms = RIG_LEASE_MS});
    rig_push(q, &other, 0, 3);
    rig_expire("workers", "w"); /* it has vanished with what it held */
    rig_reap(q);
    assert_clean(q);
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    assert_clean(q);
}

static void a_task_in_no_place_is_ready_again(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 3);

    server_do("LREM " RIG_KEY "ready 0 J1/1");
    assert_found(q, FINDING_TASK_NOWHERE, "J1/1 is in no place");
    assert_mended(q, "ready again");
    assert_ends(q, &owner);
}

static void a_lost_task_of_a_paused_queue_waits_with_the_others(void **state)
{
    struct queue *q = *state;

    rig_job(q, "J1", 3);
    assert_int_equal(queue_pause(q, "me", &rig_why), DTQ_OK);
    server_do("LREM " RIG_KEY "parked 0 J1/1");
    assert_found(q, FINDING_TASK_NOWHERE, "J1/1");
    assert_mended(q, "ready again");
    assert_int_equal(server_int("EXISTS " RIG_KEY "ready"), 0);
}

static void a_task_in_two_places_stays_in_one(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 3);

    server_do("LPUSH " RIG_KEY "ready J1/1");
    assert_found(q, FINDING_TASK_TWICE, "J1/1 is in 2 places: ready, ready");
    assert_mended(q, "one place of 2");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 3);
    assert_ends(q, &owner);
}

static void a_task_that_is_held_and_ready_stays_held(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_ownership owner = rig_job(q, "J1", 3);

    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    server_do("RPUSH " RIG_KEY "ready J1/%s", rig_numbers(&claim));
    assert_found(q, FINDING_TASK_TWICE, "ready, held by w.0");
    assert_mended(q, "one place of 2");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 2);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_ends(q, &owner);
}

static void a_task_that_two_slots_hold_counts_once(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_claim twice = {0};
    struct queue_ownership owner = rig_job(q, "J1", 1);

    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    server_do("RPUSH " RIG_KEY "ready J1/0");
    rig_claim(q, &w, "w.1", "J1", 1, &twice);
    assert_found(q, FINDING_TASK_TWICE, "another slot");
    assert_mended(q, "counts once");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    rig_fold(q, &owner);
    assert_int_equal(rig_complete(q, &w, "w.1", &twice), DTQ_OK);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 0);
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 late"), 1);
    queue_claim_clear(&twice);
}

static void second_runs_are_no_mistake(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_ownership owner = rig_job(q, "J1", 1);
    int64_t next_ms;

    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    rig_age("w.0", &claim);
    assert_int_equal(queue_speculate(q, &owner, 1000, 2, &next_ms, &rig_why), DTQ_OK);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 1);
    assert_clean(q);
}

static void tasks_kept_back_by_a_careful_owner_are_in_a_place(void **state)
{
    struct queue *q = *state;
    struct queue_member careful = rig_master(q, "m");
    struct queue_submission s = rig_submission("J1");
    struct queue_ownership owner;

    careful.replicas = 1;
    rig_submit(q, &s);
    owner = rig_own(q, &careful);
    rig_push(q, &owner, 0, 3);
    assert_int_equal(server_int("LLEN " RIG_KEY "job:J1:staged"), 3);
    assert_clean(q);
    server_do("LPUSH " RIG_KEY "ready J1/1");
    assert_found(q, FINDING_TASK_TWICE, "ready, kept back");
    assert_int_equal(findings_mend(q, &census, &findings, "me", &rig_why), DTQ_OK);
    assert_clean(q);
}

static void what_is_no_task_is_taken_out(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 2);

    server_do("RPUSH " RIG_KEY "ready J1/99");
    assert_found(q, FINDING_TASK_UNKNOWN, "J1/99 is ready, but J1 has no such task");
    assert_mended(q, "taken out");
    server_do("ZADD " RIG_KEY "delayed 99999999999999 J77/1");
    assert_found(q, FINDING_TASK_UNKNOWN, "J77/1 is delayed, but there is no job J77");
    assert_mended(q, "taken out");
    server_do("HSET " RIG_KEY "job:J1:results 55 r");
    assert_found(q, FINDING_TASK_UNKNOWN, "J1/55 is handed in");
    assert_mended(q, "taken out");
    assert_ends(q, &owner);
}

static void what_a_worker_that_nobody_knows_holds_goes_back(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 3);

    server_do("RPOPLPUSH " RIG_KEY "ready " RIG_KEY "held:ghost.0");
    server_do("SADD " RIG_KEY "slots ghost.0");
    assert_found(q, FINDING_HOLD_ORPHANED, "ghost.0 holds 1 tasks, J1/0 first");
    assert_mended(q, "1 tasks made ready again");
    assert_int_equal(server_int("EXISTS " RIG_KEY "slots"), 0);
    server_do("SADD " RIG_KEY "slots ghost.1");
    assert_found(q, FINDING_HOLD_ORPHANED, "ghost.1 counts as a slot");
    assert_mended(q, "counts no longer");
    assert_ends(q, &owner);
}

static void a_hold_without_its_lease_or_tasks_is_released(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_ownership owner = rig_job(q, "J1", 3);

    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    server_do("ZREM " RIG_KEY "leases w.0");
    assert_found(q, FINDING_HOLD_DISAGREES, "w.0 has no lease and a token");
    assert_mended(q, "1 tasks made ready again");
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_LEASE_LOST);
    server_do("ZADD " RIG_KEY "since 5 w.1");
    server_do("ZADD " RIG_KEY "leases 99999999999999 w.1");
    assert_found(q, FINDING_HOLD_DISAGREES, "holds 0 tasks");
    assert_mended(q, "0 tasks made ready again");
    assert_ends(q, &owner);
}

/* However a job came to be one that no master would ever hear of: one hears of it. */
static void assert_heard_again(struct queue *q, struct queue_ownership *former, const char *words)
{
    struct queue_member heir = rig_master(q, "heir");
    struct queue_ownership owner;
    struct queue_commit nothing = {.total = former->commits ? 2 : 0};
    struct buf none = {0};
    uint64_t waiting;

    assert_found(q, FINDING_JOB_UNHEARD, words);
    assert_mended(q, "told to the masters again");
    owner = rig_own(q, &heir);
    assert_string_equal(owner.job, former->job);
    assert_int_equal(queue_commit(q, former, &nothing, &none, "{}", &waiting, &rig_why),
                     DTQ_FENCED);
    assert_clean(q);
    assert_ends(q, &owner);
}

static void a_job_without_its_entry_is_told_of_again(void **state)
{
    struct queue_ownership owner = rig_job(*state, "J1", 2);

    server_do("XACK " RIG_KEY "jobs masters %s", rig_entry("J1"));
    server_do("XDEL " RIG_KEY "jobs %s", rig_entry("J1"));
    assert_heard_again(*state, &owner, "does not name it");
}

static void a_job_that_nobody_answers_for_is_told_of_again(void **state)
{
    struct queue_ownership owner = rig_job(*state, "J1", 2);

    server_do("XACK " RIG_KEY "jobs masters %s", rig_entry("J1"));
    assert_heard_again(*state, &owner, "nobody has it");
}

static void a_job_of_a_forgotten_master_is_told_of_again(void **state)
{
    struct queue_ownership owner = rig_job(*state, "J1", 2);

    server_do("ZREM " RIG_KEY "masters m");
    assert_heard_again(*state, &owner, "is forgotten");
}

static void a_job_that_lost_tasks_fails_and_says_so(void **state)
{
    struct queue *q = *state;
    struct queue_job job = {0};

    rig_job(q, "J1", 5);
    server_do("HDEL " RIG_KEY "job:J1:tasks 1 3");
    assert_found(q, FINDING_JOB_LOST_DATA,
                 "J1 has 5 tasks, of which 0 are folded, but 3 are there instead of 5");
    assert_mended(q, "failed");
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    assert_string_equal(job.state, "failed");
    assert_string_equal(job.error_code, "lost_data");
    assert_non_null(strstr(job.error, "3 tasks are there where 5 are open"));
    assert_int_equal(server_int("LLEN " RIG_KEY "wake:m"), 1);
    queue_job_clear(&job);
}

static void a_job_with_half_of_a_commit_fails_and_says_so(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 5);

    rig_push(q, &owner, 5, 1);
    assert_clean(q);
    server_do("HINCRBY " RIG_KEY "job:J1 begun 1"); /* all that was carried out of the next one */
    assert_found(q, FINDING_JOB_LOST_DATA, "J1 has half of a commit");
    assert_mended(q, "failed");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 error_code"), "lost_data");
}

static void what_is_left_of_a_job_that_is_gone_goes(void **state)
{
    struct queue *q = *state;

    rig_job(q, "J1", 2);
    server_do("DEL " RIG_KEY "job:J1");
    look(q);
    assert_int_equal(findings.count, 3); /* the rest of it, and two tasks in ready */
    assert_int_equal(findings_mend(q, &census, &findings, "me", &rig_why), DTQ_OK);
    assert_clean(q);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tasks " RIG_KEY "ready"), 0);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 0);
}

static void news_and_connections_of_nobody_go(void **state)
{
    struct queue *q = *state;

    rig_worker(q, "w", 1);
    server_do("RPUSH " RIG_KEY "wake:ghost J1");
    assert_found(q, FINDING_MASTER_LEFTOVERS, "news for master ghost");
    assert_mended(q, "removed");
    server_do("HSET " RIG_KEY "clients ghost 7");
    assert_found(q, FINDING_WORKER_LEFTOVERS, "connection of worker ghost");
    assert_mended(q, "removed");
}

/* A repair that comes too late, or was never needed, writes nothing. */
static void a_repair_of_what_is_right_changes_nothing(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    char did[REPAIR_TEXT];

    rig_job(q, "J1", 4);
    rig_claim(q, &w, "w.0", "J1", 1, &claim);
    assert_int_equal(queue_wait_ready(q, "w.1", 10, &rig_why), DTQ_OK); /* not claimed yet */
    look(q);
    keys_mark();
    for (uint64_t no = 0; no < 5; no++)
        assert_int_equal(repair_task(q, &census, "J1", no, "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_task(q, &census, "J9", 0, "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_slot(q, "w.0", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_slot(q, "w.1", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_slot(q, "nobody.0", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_slot(q, "nonsense", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_job(q, "J1", rig_entry("J1"), "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_job(q, "J9", "", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_job(q, "J9", rig_entry("J1"), "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_member(q, CENSUS_WORKER, "w", "me", did, &rig_why), DTQ_NONE);
    assert_int_equal(repair_member(q, CENSUS_MASTER, "m", "me", did, &rig_why), DTQ_NONE);
    keys_assert_same();
}

static void only_what_two_looks_show_is_kept(void **state)
{
    struct queue *q = *state;
    struct findings first;

    rig_job(q, "J1", 4);
    server_do("LREM " RIG_KEY "ready 0 J1/1");
    server_do("LREM " RIG_KEY "ready 0 J1/2");
    look(q);
    assert_int_equal(findings.count, 2);
    first = findings;
    memset(&findings, 0, sizeof findings);
    server_do("LPUSH " RIG_KEY "ready J1/1"); /* it was on its way */
    look(q);
    findings_keep(&findings, &first);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.rows[0].no, 2);
    findings_clear(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        repair_test(a_queue_at_work_is_clean),
        repair_test(a_task_in_no_place_is_ready_again),
        repair_test(a_lost_task_of_a_paused_queue_waits_with_the_others),
        repair_test(a_task_in_two_places_stays_in_one),
        repair_test(a_task_that_is_held_and_ready_stays_held),
        repair_test(a_task_that_two_slots_hold_counts_once),
        repair_test(second_runs_are_no_mistake),
        repair_test(tasks_kept_back_by_a_careful_owner_are_in_a_place),
        repair_test(what_is_no_task_is_taken_out),
        repair_test(what_a_worker_that_nobody_knows_holds_goes_back),
        repair_test(a_hold_without_its_lease_or_tasks_is_released),
        repair_test(a_job_without_its_entry_is_told_of_again),
        repair_test(a_job_that_nobody_answers_for_is_told_of_again),
        repair_test(a_job_of_a_forgotten_master_is_told_of_again),
        repair_test(a_job_that_lost_tasks_fails_and_says_so),
        repair_test(a_job_with_half_of_a_commit_fails_and_says_so),
        repair_test(what_is_left_of_a_job_that_is_gone_goes),
        repair_test(news_and_connections_of_nobody_go),
        repair_test(a_repair_of_what_is_right_changes_nothing),
        repair_test(only_what_two_looks_show_is_kept),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
