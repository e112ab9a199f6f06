/* test_turnstile.c: who may run a task when a process serves several queues. */
#include "worker/turnstile.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { PLACES = 3, GUESTS = 12, ROUNDS = 2000 };

static struct turnstile *turnstile;
static atomic_int stop, inside, most;

static void *guest_run(void *arg)
{
    unsigned *entered = arg;

    for (unsigned i = 0; i < ROUNDS && turnstile_enter(turnstile, &stop); i++) {
        int now = atomic_fetch_add(&inside, 1) + 1, seen = atomic_load(&most);
        while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
            ;
        ++*entered;
        atomic_fetch_sub(&inside, 1);
        turnstile_leave(turnstile);
    }
    return NULL;
}

static void never_more_are_inside_than_there_are_places(void **state)
{
    pthread_t threads[GUESTS];
    unsigned entered[GUESTS] = {0};

    (void)state;
    turnstile = turnstile_new(PLACES);
    assert_non_null(turnstile);
    for (int i = 0; i < GUESTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, guest_run, &entered[i]), 0);
    for (int i = 0; i < GUESTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(entered[i], ROUNDS);
    }
    assert_in_range(atomic_load(&most), 1, PLACES);
    assert_false(turnstile_awaited(turnstile));
    turnstile_free(turnstile);
}

static void *one_run(void *arg)
{
    *(bool *)arg = turnstile_enter(turnstile, &stop);
    return NULL;
}

static void who_waits_is_known_and_let_in_by_who_leaves(void **state)
{
    pthread_t thread;
    bool entered = false;

    (void)state;
    turnstile = turnstile_new(1);
    assert_true(turnstile_enter(turnstile, &stop));
    assert_false(turnstile_awaited(turnstile));
    assert_int_equal(pthread_create(&thread, NULL, one_run, &entered), 0);
    while (!turnstile_awaited(turnstile))
        sched_yield();
    turnstile_leave(turnstile);
    pthread_join(thread, NULL);
    assert_true(entered);
    assert_false(turnstile_awaited(turnstile));
    turnstile_free(turnstile);
}

static void a_stop_lets_nobody_in_and_nobody_wait(void **state)
{
    pthread_t thread;
    bool entered = true;

    (void)state;
    turnstile = turnstile_new(1);
    assert_true(turnstile_enter(turnstile, &stop));
    assert_int_equal(pthread_create(&thread, NULL, one_run, &entered), 0);
    while (!turnstile_awaited(turnstile))
        sched_yield();
    atomic_store(&stop, 1);
    turnstile_wake(turnstile);
    pthread_join(thread, NULL);
    assert_false(entered);
    assert_false(turnstile_enter(turnstile, &stop));
    atomic_store(&stop, 0);
    turnstile_free(turnstile);
    turnstile_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_more_are_inside_than_there_are_places),
        cmocka_unit_test(who_waits_is_known_and_let_in_by_who_leaves),
        cmocka_unit_test(a_stop_lets_nobody_in_and_nobody_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
