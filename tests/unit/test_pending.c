/* test_pending.c: the set of open tasks against a plain array of flags. */
#include "master/pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SPAN = 20000, ROUNDS = 60000 };

static void numbers_come_and_go_as_in_a_plain_table(void **state)
{
    static bool flags[SPAN];
    struct pending p = {0};
    uint64_t seed = 42, count = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        /* A window that moves up, as that of a job does, with stragglers far behind. */
        uint64_t no = (uint64_t)i / 4 + (seed >> 33) % 500;
        if ((seed >> 20) % 50 == 0) no = (seed >> 33) % ((uint64_t)i / 4 + 1);
        assert_int_equal(pending_has(&p, no), flags[no]);
        if ((seed >> 60) % 2) {
            assert_true(pending_add(&p, no));
            count += !flags[no];
            flags[no] = true;
        } else {
            assert_int_equal(pending_remove(&p, no), flags[no]);
            count -= flags[no];
            flags[no] = false;
        }
        assert_int_equal(p.count, count);
    }
    for (uint64_t no = 0; no < SPAN; no++)
        assert_int_equal(pending_has(&p, no), flags[no]);
    pending_clear(&p);
}

static void what_was_removed_once_is_not_there_again(void **state)
{
    struct pending p = {0};

    (void)state;
    assert_false(pending_remove(&p, 0));
    assert_true(pending_add(&p, 1000000007));
    assert_true(pending_add(&p, 7));
    assert_true(pending_remove(&p, 1000000007));
    assert_false(pending_remove(&p, 1000000007));
    assert_true(pending_remove(&p, 7));
    assert_int_equal(p.count, 0);
    pending_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_and_go_as_in_a_plain_table),
        cmocka_unit_test(what_was_removed_once_is_not_there_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
