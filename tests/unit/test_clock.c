/* test_clock.c: time on this machine. */
#include "common/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int signal_number)
{
    (void)signal_number;
    alarms++;
}

static void stamp(int64_t unix_ms, const char *expected)
{
    char text[25];

    clock_stamp(text, unix_ms);
    assert_string_equal(text, expected);
}

static void stamps_are_utc_with_milliseconds(void **state)
{
    (void)state;
    stamp(0, "1970-01-01T00:00:00.000Z");
    stamp(1769860800123, "2026-01-31T12:00:00.123Z");
    stamp(1709164799999, "2024-02-28T23:59:59.999Z");
    stamp(1709164800000, "2024-02-29T00:00:00.000Z"); /* a leap day */
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    stamp(1769860800123, "2026-01-31T12:00:00.123Z");
    unsetenv("TZ");
    tzset();
}

static void the_clock_never_runs_backwards(void **state)
{
    int64_t last = clock_ns(), ms = clock_ms();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t now = clock_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_ms() >= ms);
    assert_true(clock_ms() - last / 1000000 < 10000);
}

static void the_wall_clock_is_that_of_the_system(void **state)
{
    int64_t before = (int64_t)time(NULL) * 1000, now = clock_unix_ms();

    (void)state;
    assert_true(now >= before);
    assert_true(now <= ((int64_t)time(NULL) + 1) * 1000);
}

static void a_sleep_goes_on_through_signals(void **state)
{
    struct sigaction act = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 2000}, {0, 2000}}, never = {0};
    int64_t start;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
    start = clock_ns();
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    clock_sleep_ms(20);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_true(clock_ns() - start >= 20000000);
    assert_true(alarms > 0);
    start = clock_ns();
    clock_sleep_ms(0);
    clock_sleep_ms(-5);
    assert_true(clock_ns() - start < 5000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_are_utc_with_milliseconds),
        cmocka_unit_test(the_clock_never_runs_backwards),
        cmocka_unit_test(the_wall_clock_is_that_of_the_system),
        cmocka_unit_test(a_sleep_goes_on_through_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
