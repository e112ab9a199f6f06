/* test_member.c: workers come, beat and go. */
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

static struct queue_claim claim;
static struct queue_counts counts;
static struct queue_rival rival;

static int member_teardown(void **state)
{
    queue_claim_clear(&claim);
    return rig_teardown(state);
}

#define member_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, member_teardown)

static enum dtq_err join(struct queue *q, const struct queue_member *m, bool replace)
{
    return queue_join(q, m, replace, &counts, &rival, &rig_why);
}

/* --- join ------------------------------------------------------------------------------------- */

static void a_worker_that_joins_is_listed_with_its_slots_and_wakes_the_masters(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_member("w", 2);

    rig_master(q, "m");
    rig_master(q, "gone");
    rig_expire("masters", "gone");
    keys_mark();
    assert_int_equal(join(q, &w, false), DTQ_OK);
    assert_string_equal(keys_changed(), "clients events slots wake:m worker:w workers");
    assert_string_equal(server_text("SORT " RIG_KEY "slots ALPHA"), "w.0 w.1");
    assert_string_equal(server_text("HMGET " RIG_KEY "worker:w slots host pid"), "2 here 4711");
    assert_string_equal(server_text("HGET " RIG_KEY "worker:w nonce"), w.nonce);
    assert_int_equal(server_int("PTTL " RIG_KEY "worker:w"), -1);
    assert_in_range(server_int("ZSCORE " RIG_KEY "workers w") - server_now_ms(),
                    RIG_LEASE_MS - 10000, RIG_LEASE_MS);
    assert_int_equal(counts.completed + counts.failed + counts.assigned, 0);
}

static void joining_again_renews_and_keeps_what_is_held(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    server_do("ZADD " RIG_KEY "workers 5 w"); /* even one that is overdue, if nobody has noticed */
    assert_int_equal(join(q, &w, false), DTQ_OK);
    assert_true(server_int("ZSCORE " RIG_KEY "workers w") > 5);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    assert_null(strstr(server_text("XRANGE " RIG_KEY "events - +"), "worker_gone"));
}

static void a_living_rival_keeps_its_id(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), second = rig_member("w", 4);

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    keys_mark();
    assert_int_equal(join(q, &second, false), DTQ_EXISTS);
    keys_assert_same();
    rig_assert_why("process 4711 on here");
    assert_string_equal(rival.host, "here");
    assert_int_equal(rival.pid, 4711);
    assert_in_range(rival.left_ms, RIG_LEASE_MS - 10000, RIG_LEASE_MS);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
}

/* The new instance holds nothing, the old one may do nothing more. */
static void assert_replaced(struct queue *q, const struct queue_member *old)
{
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/1 J1/0");
    assert_int_equal(server_int("EXISTS " RIG_KEY "held:w.0 " RIG_KEY "leases " RIG_KEY "since"),
                     0);
    assert_string_equal(server_text("SMEMBERS " RIG_KEY "slots"), "w.0");
    assert_int_equal(rig_complete(q, old, "w.0", &claim), DTQ_UNKNOWN_WORKER);
    keys_assert_one_place();
}

static void a_rival_known_to_be_dead_is_replaced_and_loses_its_tasks(void **state)
{
    struct queue *q = *state;
    struct queue_member old = rig_worker(q, "w", 3), w = rig_member("w", 1);

    rig_job(q, "J1", 2);
    rig_claim(q, &old, "w.0", "", 1, &claim);
    assert_int_equal(join(q, &w, true), DTQ_OK);
    assert_replaced(q, &old);
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1:tries 0"), "0 1");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 reclaimed"), 1);
}

static void a_rival_whose_presence_is_over_is_replaced(void **state)
{
    struct queue *q = *state;
    struct queue_member old = rig_worker(q, "w", 3), w = rig_member("w", 1);

    rig_job(q, "J1", 2);
    rig_claim(q, &old, "w.2", "", 1, &claim);
    rig_expire("workers", "w");
    assert_int_equal(join(q, &w, false), DTQ_OK);
    assert_replaced(q, &old);
}

/* Redis may move a task to a slot whose worker it has given up in the meantime. */
static void what_was_moved_to_an_earlier_instance_too_late_goes_back(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_member("w", 1);

    rig_worker(q, "w", 3);
    rig_job(q, "J1", 2);
    rig_expire("workers", "w");
    rig_reap(q);
    assert_int_equal(queue_wait_ready(q, "w.2", 1000, &rig_why), DTQ_OK);
    assert_int_equal(join(q, &w, false), DTQ_OK);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/1 J1/0");
    assert_int_equal(server_int("EXISTS " RIG_KEY "held:w.2 " RIG_KEY "job:J1:tries"), 0);
    keys_assert_one_place();
}

static void counts_of_an_id_go_on_after_a_restart(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), next = rig_member("w", 1);
    cJSON *stats = cJSON_Parse("{\"completed\":12,\"failed\":3,\"assigned\":15}");

    assert_int_equal(queue_beat(q, &w, stats, NULL, 0, &rig_why), DTQ_OK);
    cJSON_Delete(stats);
    assert_int_equal(join(q, &next, true), DTQ_OK);
    assert_int_equal(counts.completed, 12);
    assert_int_equal(counts.failed, 3);
    assert_int_equal(counts.assigned, 15);
}

/* --- leave ------------------------------------------------------------------------------------ */

static void leaving_hands_back_what_is_held_and_counts_nothing_as_lost(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);

    rig_job(q, "J1", 6);
    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    rig_claim(q, &w, "w.1", "J1", 1, &claim);
    assert_string_equal(server_text("LRANGE " RIG_KEY "ready 0 -1"), "J1/5 J1/4 J1/3");
    keys_mark();
    assert_int_equal(queue_leave(q, &w, "asked to stop", &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(),
                        "clients events gone held:w.0 held:w.1 leases ready since slots "
                        "worker:w workers");
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 6);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:tries"), 0);
    assert_int_equal(server_int("HEXISTS " RIG_KEY "job:J1 reclaimed"), 0);
    assert_true(server_int("PTTL " RIG_KEY "worker:w") > 0);
    assert_non_null(strstr(server_text("XREVRANGE " RIG_KEY "events + - COUNT 1"),
                           "worker_gone worker w reason asked to stop tasks 3"));
    keys_assert_one_place();
}

static void only_a_registered_worker_leaves_and_only_once(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), other = w;

    id_nonce(other.nonce);
    keys_mark();
    assert_int_equal(queue_leave(q, &other, "x", &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
    assert_int_equal(queue_leave(q, &w, "x", &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_leave(q, &w, "x", &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
}

/* --- beat ------------------------------------------------------------------------------------- */

static struct queue_busy busy_of(const char *slot)
{
    struct queue_busy b = {.token = claim.token, .renew = true, .answer = DTQ_FULL};

    snprintf(b.slot, sizeof b.slot, "%s", slot);
    snprintf(b.job, sizeof b.job, "%s", claim.job);
    snprintf(b.nonce, sizeof b.nonce, "%s", claim.nonce);
    return b;
}

static void a_beat_renews_presence_leases_and_what_the_worker_tells(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_busy busy;
    cJSON *stats = cJSON_Parse("{\"completed\":12,\"last_error\":\"none yet\"}");

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    server_do("ZADD " RIG_KEY "workers 5 w");
    server_do("ZADD " RIG_KEY "leases 5 w.0");
    busy = busy_of("w.0");
    keys_mark();
    assert_int_equal(queue_beat(q, &w, stats, &busy, 1, &rig_why), DTQ_OK);
    assert_string_equal(keys_changed(), "leases worker:w workers");
    assert_int_equal(busy.answer, DTQ_OK);
    assert_true(server_int("ZSCORE " RIG_KEY "workers w") > server_now_ms());
    assert_true(server_int("ZSCORE " RIG_KEY "leases w.0") > server_now_ms());
    assert_string_equal(server_text("HMGET " RIG_KEY "worker:w completed last_error"),
                        "12 none yet");
    cJSON_Delete(stats);
}

static void a_slot_that_does_not_get_on_is_not_renewed(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_busy busy;

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    busy = busy_of("w.0");
    busy.renew = false;
    server_do("ZADD " RIG_KEY "leases 5 w.0");
    assert_int_equal(queue_beat(q, &w, NULL, &busy, 1, &rig_why), DTQ_OK);
    assert_int_equal(busy.answer, DTQ_OK);
    assert_int_equal(server_int("ZSCORE " RIG_KEY "leases w.0"), 5);
}

static void lost_leases_and_ended_jobs_are_told_slot_by_slot(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 3);
    struct queue_busy busy[3];

    rig_job(q, "J1", 1);
    rig_job(q, "J2", 2);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    busy[0] = busy_of("w.0");
    rig_claim(q, &w, "w.1", "", 1, &claim);
    busy[1] = busy_of("w.1");
    rig_claim(q, &w, "w.2", "", 1, &claim);
    busy[2] = busy_of("w.2");
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    rig_expire("leases", "w.1");
    rig_reap(q);
    assert_int_equal(queue_beat(q, &w, NULL, busy, 3, &rig_why), DTQ_OK);
    assert_int_equal(busy[0].answer, DTQ_JOB_GONE);
    assert_int_equal(busy[1].answer, DTQ_LEASE_LOST);
    assert_int_equal(busy[2].answer, DTQ_OK);
    assert_int_equal(server_int("ZCARD " RIG_KEY "leases"), 2); /* a lost one does not come back */
}

static void a_beat_of_a_worker_that_is_not_registered_is_refused(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), other = w;
    struct queue_busy busy;

    rig_job(q, "J1", 1);
    rig_claim(q, &w, "w.0", "", 1, &claim);
    busy = busy_of("w.0");
    id_nonce(other.nonce);
    keys_mark();
    assert_int_equal(queue_beat(q, &other, NULL, &busy, 1, &rig_why), DTQ_UNKNOWN_WORKER);
    assert_int_equal(busy.answer, DTQ_FULL);
    keys_assert_same();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        member_test(a_worker_that_joins_is_listed_with_its_slots_and_wakes_the_masters),
        member_test(joining_again_renews_and_keeps_what_is_held),
        member_test(a_living_rival_keeps_its_id),
        member_test(a_rival_known_to_be_dead_is_replaced_and_loses_its_tasks),
        member_test(a_rival_whose_presence_is_over_is_replaced),
        member_test(what_was_moved_to_an_earlier_instance_too_late_goes_back),
        member_test(counts_of_an_id_go_on_after_a_restart),
        member_test(leaving_hands_back_what_is_held_and_counts_nothing_as_lost),
        member_test(only_a_registered_worker_leaves_and_only_once),
        member_test(a_beat_renews_presence_leases_and_what_the_worker_tells),
        member_test(a_slot_that_does_not_get_on_is_not_renewed),
        member_test(lost_leases_and_ended_jobs_are_told_slot_by_slot),
        member_test(a_beat_of_a_worker_that_is_not_registered_is_refused),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
