/* test_hands.c: as many help as slots have nothing to do. */
#include "worker/hands.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static atomic_bool stop;
static atomic_int taken;

static void *take(void *arg)
{
    if (hands_take(arg, &stop)) atomic_fetch_add(&taken, 1);
    return NULL;
}

static void a_hand_is_free_when_a_slot_is(void **state)
{
    struct hands *h = hands_new(2);
    pthread_t thread;

    (void)state;
    atomic_store(&stop, false);
    atomic_store(&taken, 0);
    hands_busy(h, true);
    assert_true(hands_take(h, &stop));
    /* Whoever comes now waits until something is given back. */
    assert_int_equal(pthread_create(&thread, NULL, take, h), 0);
    hands_give(h);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&taken), 1);
    hands_busy(h, false);
    assert_true(hands_take(h, &stop));
    hands_give(h);
    hands_give(h);
    hands_free(h);
}

static void a_slot_that_gets_busy_wants_its_hand_back(void **state)
{
    struct hands *h = hands_new(1);

    (void)state;
    atomic_store(&stop, false);
    assert_true(hands_take(h, &stop));
    assert_false(hands_short(h));
    hands_busy(h, true);
    assert_true(hands_short(h));
    hands_give(h);
    assert_false(hands_short(h));
    hands_busy(h, false);
    hands_free(h);
}

static void who_waits_is_woken_to_stop(void **state)
{
    struct hands *h = hands_new(1);
    pthread_t thread;

    (void)state;
    atomic_store(&stop, false);
    atomic_store(&taken, 0);
    hands_busy(h, true);
    assert_int_equal(pthread_create(&thread, NULL, take, h), 0);
    atomic_store(&stop, true);
    hands_wake(h);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&taken), 0);
    hands_busy(h, false);
    hands_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hand_is_free_when_a_slot_is),
        cmocka_unit_test(a_slot_that_gets_busy_wants_its_hand_back),
        cmocka_unit_test(who_waits_is_woken_to_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
