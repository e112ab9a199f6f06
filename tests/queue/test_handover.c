/* test_handover.c: slots hand in together, and each gets the answer that is its own. */
#include "common/clock.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"
#include "worker/handover.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 40, TASKS = 2000, LARGE = (1 << 20) + 1 };

static char large[LARGE];

static struct queue_claim claims[4], nexts[4];

static int handover_teardown(void **state)
{
    for (size_t i = 0; i < 4; i++) {
        queue_claim_clear(&claims[i]);
        queue_claim_clear(&nexts[i]);
    }
    return rig_teardown(state);
}

#define handover_test(f) cmocka_unit_test_setup_teardown(f, rig_setup, handover_teardown)

static const struct queue_result results[] = {{.no = 0, .data = "r0", .len = 2},
                                              {.no = 1, .data = "r1", .len = 2},
                                              {.no = 2, .data = "r2", .len = 2},
                                              {.no = 3, .data = "r3", .len = 2}};

static void slots_complete_in_one_call_each_under_its_own_token(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 4);
    struct queue_hand_in rows[] = {
        {"w.0", &claims[0], &results[0], 1, 1, &nexts[0], DTQ_NONE},
        {"w.1", &claims[1], &results[1], 1, 1, &nexts[1], DTQ_NONE},
        {"w.2", &claims[2], &results[2], 1, 0, &nexts[2], DTQ_NONE},
        {"w.3", &claims[3], &results[0], 1, 1, &nexts[3], DTQ_NONE},
    };

    rig_job(q, "J1", 5);
    for (int i = 0; i < 3; i++)
        rig_claim(q, &w, rows[i].slot, "", 1, &claims[i]);
    rig_job(q, "J2", 1);
    rig_claim(q, &w, "w.3", "", 1, &claims[3]);
    assert_string_equal(claims[3].job, "J1");
    rows[3].results = &results[3];
    claims[1].token += 100; /* as after a lost lease */
    assert_int_equal(queue_hand_in(q, &w, rows, 4, &rig_why), DTQ_OK);
    assert_int_equal(rows[0].answer, DTQ_OK);
    assert_int_equal(rows[1].answer, DTQ_LEASE_LOST);
    assert_int_equal(rows[2].answer, DTQ_OK);
    assert_int_equal(rows[3].answer, DTQ_OK);
    assert_string_equal(rig_numbers(&nexts[0]), "4");
    assert_int_equal(nexts[1].count, 0);
    assert_int_equal(nexts[2].count, 0);
    assert_string_equal(nexts[3].job, "J2");
    assert_true(nexts[0].token > claims[0].token && nexts[3].token > claims[3].token);
    assert_int_equal(server_int("ZSCORE " RIG_KEY "since w.0"), nexts[0].token);
    assert_int_equal(server_int("ZSCORE " RIG_KEY "since w.3"), nexts[3].token);
    assert_string_equal(server_text("ZSCORE " RIG_KEY "since w.2"), "");
    assert_int_equal(server_int("ZCARD " RIG_KEY "leases"), 3);
    assert_int_equal(server_int("ZSCORE " RIG_KEY "leases w.2"), -1);
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1:workers w"), 3);
    assert_string_equal(server_text("LRANGE " RIG_KEY "wake:m 0 -1"), "J1");
    assert_int_equal(server_int("HGET " RIG_KEY "job:J1 late"), 1);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 3);
    keys_assert_one_place();
}

static void the_second_turn_of_a_slot_in_one_call_is_refused(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_hand_in rows[] = {{"w.0", &claims[0], &results[0], 1, 1, &nexts[0], DTQ_NONE},
                                   {"w.0", &claims[0], &results[0], 1, 1, &nexts[1], DTQ_NONE}};

    rig_job(q, "J1", 3);
    rig_claim(q, &w, "w.0", "", 1, &claims[0]);
    assert_int_equal(queue_hand_in(q, &w, rows, 2, &rig_why), DTQ_OK);
    assert_int_equal(rows[0].answer, DTQ_OK);
    assert_int_equal(rows[1].answer, DTQ_LEASE_LOST);
    assert_string_equal(rig_numbers(&nexts[0]), "1");
    keys_assert_one_place();
}

/* Both copies of a task in one call: the first counts, and has the slot's own next task. */
static void of_twins_in_one_call_the_first_wins(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 2);
    struct queue_hand_in rows[] = {{"w.0", &claims[0], &results[0], 1, 1, &nexts[0], DTQ_NONE},
                                   {"w.1", &claims[1], &results[0], 1, 1, &nexts[1], DTQ_NONE}};
    struct queue_ownership owner = rig_job(q, "J1", 1);
    int64_t next_ms;

    rig_claim(q, &w, "w.0", "", 1, &claims[0]);
    rig_age("w.0", &claims[0]);
    assert_int_equal(queue_speculate(q, &owner, 1000, 8, &next_ms, &rig_why), DTQ_OK);
    rig_claim(q, &w, "w.1", "", 1, &claims[1]);
    assert_string_equal(rig_numbers(&claims[1]), "0");
    assert_int_equal(queue_hand_in(q, &w, rows, 2, &rig_why), DTQ_OK);
    assert_int_equal(rows[0].answer, DTQ_OK);
    assert_int_equal(rows[1].answer, DTQ_LEASE_LOST);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 1);
    assert_int_equal(server_int("EXISTS " RIG_KEY "leases " RIG_KEY "held:w.0 " RIG_KEY "held:w.1"),
                     0);
    keys_assert_one_place();
}

static void nothing_is_handed_in_by_a_stranger(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1), other = rig_member("w", 1);
    struct queue_hand_in row = {"w.0", &claims[0], &results[0], 1, 1, &nexts[0], DTQ_NONE};

    rig_job(q, "J1", 2);
    rig_claim(q, &w, "w.0", "", 1, &claims[0]);
    keys_mark();
    assert_int_equal(queue_hand_in(q, &other, &row, 1, &rig_why), DTQ_UNKNOWN_WORKER);
    keys_assert_same();
}

/* --- threads ---------------------------------------------------------------------------------- */

struct hand {
    pthread_t thread;
    char slot[16];
    unsigned claimed, done;
};

static struct handover *handover;
static struct queue_member member;

/* Runs tasks as a slot does, until nothing is left. */
static void *hand_run(void *arg)
{
    struct hand *hand = arg;
    struct queue *q = rig_connect();
    struct queue_claim held = {0}, next = {0};
    struct dtq_why why;
    enum dtq_err err = queue_claim(q, &member, hand->slot, "", 1, &held, &why);

    while (err == DTQ_OK && held.count) {
        hand->claimed += (unsigned)held.count;
        /* Now and then one that goes by itself, and some of which not all fit. */
        struct queue_result one = {.no = held.tasks[0].no,
                                   .data = large,
                                   .len = held.tasks[0].no % 400 == 7  ? LARGE
                                          : held.tasks[0].no % 50 == 3 ? LARGE / 5
                                                                       : 1};
        struct queue_hand_in row = {hand->slot, &held, &one, 1, 1, &next, DTQ_NONE};
        err = handover_complete(handover, q, &member, &row, &why);
        if (err != DTQ_OK) break;
        hand->done++;
        queue_claim_clear(&held);
        held = next;
        memset(&next, 0, sizeof next);
    }
    queue_claim_clear(&held);
    queue_free(q);
    return NULL;
}

static void many_threads_hand_in_each_task_once(void **state)
{
    struct queue *q = *state;
    struct hand hands[SLOTS] = {0};
    unsigned claimed = 0, done = 0;

    member = rig_worker(q, "w", SLOTS);
    handover = handover_new(q);
    assert_non_null(handover);
    rig_job(q, "J1", TASKS);
    for (unsigned i = 0; i < SLOTS; i++) {
        snprintf(hands[i].slot, sizeof hands[i].slot, "w.%u", i);
        assert_int_equal(pthread_create(&hands[i].thread, NULL, hand_run, &hands[i]), 0);
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        pthread_join(hands[i].thread, NULL);
        claimed += hands[i].claimed;
        done += hands[i].done;
    }
    assert_int_equal(claimed, TASKS);
    assert_int_equal(done, TASKS);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), TASKS);
    assert_int_equal(server_int("EXISTS " RIG_KEY "leases " RIG_KEY "since"), 0);
    keys_assert_one_place();
    handover_free(handover);
}

static void a_cut_connection_is_told_to_who_was_on_it_and_made_anew(void **state)
{
    struct queue *q = *state;
    struct queue_hand_in row = {"w.0", &claims[0], &results[0], 1, 1, &nexts[0], DTQ_NONE};

    member = rig_worker(q, "w", 1);
    handover = handover_new(q);
    rig_job(q, "J1", 3);
    rig_claim(q, &member, "w.0", "", 1, &claims[0]);
    assert_int_equal(handover_complete(handover, NULL, &member, &row, &rig_why), DTQ_OK);
    server_do("CLIENT KILL TYPE normal SKIPME yes");
    row = (struct queue_hand_in){"w.0", &nexts[0], &results[1], 1, 1, &nexts[1], DTQ_NONE};
    assert_int_equal(handover_complete(handover, NULL, &member, &row, &rig_why), DTQ_CONN);
    assert_int_equal(handover_complete(handover, NULL, &member, &row, &rig_why), DTQ_OK);
    assert_string_equal(rig_numbers(&nexts[1]), "2");
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    handover_free(handover);
}

static void a_large_result_goes_beside_the_others(void **state)
{
    struct queue *q = *state;
    struct queue_result two[] = {{.no = 0, .data = large, .len = LARGE},
                                 {.no = 1, .data = large, .len = LARGE - 1}};
    struct queue_hand_in rows[] = {{"w.0", &claims[0], &two[0], 1, 0, &nexts[0], DTQ_NONE},
                                   {"w.1", &claims[1], &two[1], 1, 0, &nexts[1], DTQ_NONE}};
    struct queue *own = rig_connect();

    member = rig_worker(q, "w", 2);
    handover = handover_new(q);
    rig_job(q, "J1", 2);
    for (int i = 0; i < 2; i++)
        rig_claim(q, &member, rows[i].slot, "", 1, &claims[i]);
    rig_cut(own);
    assert_int_equal(handover_complete(handover, own, &member, &rows[0], &rig_why), DTQ_CONN);
    assert_int_equal(handover_complete(handover, own, &member, &rows[1], &rig_why), DTQ_OK);
    assert_int_equal(queue_connect(own, &rig_why), DTQ_OK);
    assert_int_equal(handover_complete(handover, own, &member, &rows[0], &rig_why), DTQ_OK);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 2);
    keys_assert_one_place();
    queue_free(own);
    handover_free(handover);
}

/* Hands in what is more than half of the bytes that may wait, with its own connection cut. */
struct half {
    pthread_t thread;
    struct queue *own;
    struct queue_hand_in row;
    enum dtq_err err;
};

static atomic_int halves_ended;

static void *half_run(void *arg)
{
    struct half *half = arg;
    struct dtq_why why;

    half->err = handover_complete(handover, half->own, &member, &half->row, &why);
    atomic_fetch_add(&halves_ended, 1);
    return NULL;
}

static void who_would_wait_for_too_many_bytes_goes_beside_the_others(void **state)
{
    struct queue *q = *state;
    struct queue_result two[] = {{.no = 0, .data = large, .len = LARGE / 2 + 1},
                                 {.no = 1, .data = large, .len = LARGE / 2 + 1}};
    struct half halves[2] = {0};
    pid_t server = (pid_t)atoi(strstr(server_text("INFO server"), "process_id:") + 11);

    member = rig_worker(q, "w", 2);
    handover = handover_new(q);
    rig_job(q, "J1", 2);
    atomic_store(&halves_ended, 0);
    for (int i = 0; i < 2; i++) {
        const char *slot = i ? "w.1" : "w.0";

        rig_claim(q, &member, slot, "", 1, &claims[i]);
        halves[i].row = (struct queue_hand_in){slot, &claims[i], &two[i], 1,
                                               0,    &nexts[i],  DTQ_NONE};
        halves[i].own = rig_connect();
    }
    rig_cut(q); /* and all others */
    /* While the server does nothing one of them is on the way, whichever came first. */
    kill(server, SIGSTOP);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&halves[i].thread, NULL, half_run, &halves[i]), 0);
    while (!atomic_load(&halves_ended))
        clock_sleep_ms(1);
    kill(server, SIGCONT);
    for (int i = 0; i < 2; i++) {
        pthread_join(halves[i].thread, NULL);
        queue_free(halves[i].own);
    }
    assert_int_equal(halves[0].err + halves[1].err, DTQ_OK + DTQ_CONN);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:results"), 1);
    handover_free(handover);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        handover_test(slots_complete_in_one_call_each_under_its_own_token),
        handover_test(the_second_turn_of_a_slot_in_one_call_is_refused),
        handover_test(of_twins_in_one_call_the_first_wins),
        handover_test(nothing_is_handed_in_by_a_stranger),
        handover_test(many_threads_hand_in_each_task_once),
        handover_test(a_cut_connection_is_told_to_who_was_on_it_and_made_anew),
        handover_test(a_large_result_goes_beside_the_others),
        handover_test(who_would_wait_for_too_many_bytes_goes_beside_the_others),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
