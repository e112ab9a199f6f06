/* test_supervisor.c: children that are kept running, and what the demo knows beforehand. */
#include "producer/demo_check.h"
#include "producer/supervisor.h"

#include "common/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_MS = 20000 };

static const struct app app = {.name = "test"};
static struct dtq_why why;

static char **shell(const char *script)
{
    const char *const texts[] = {"/bin/sh", "-c", script};
    char **words = calloc(4, sizeof *words);

    for (size_t i = 0; i < 3; i++)
        words[i] = strdup(texts[i]);
    return words;
}

static void add(struct supervisor *s, const char *name, const char *script)
{
    assert_int_equal(supervisor_add(s, name, shell(script), "/dev/null", &why), DTQ_OK);
}

static bool is_alive(pid_t pid)
{
    return pid > 0 && kill(pid, 0) == 0;
}

static void the_first_restart_is_at_once_and_later_ones_wait_longer(void **state)
{
    static const int64_t pauses[] = {0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct child c = {.started_ms = 1000};

    (void)state;
    for (int deaths = 0; deaths < 10; deaths++)
        assert_int_equal(child_pause_ms(deaths), pauses[deaths]);
    assert_int_equal(child_pause_ms(1000000), 5000);
    assert_int_equal(child_died(&c, 1100), 0);
    assert_int_equal(child_died(&c, 1200), 100);
    assert_int_equal(c.due_ms, 1300);
    c.started_ms = 1300;
    assert_int_equal(child_died(&c, 60000), 0); /* it had settled */
}

static void swallow(int number)
{
    (void)number;
}

/* Whoever starts a process may have handlers; between fork and exec they would be the child's. */
static void a_signal_right_after_the_start_ends_it(void **state)
{
    void (*before)(int) = signal(SIGTERM, swallow);

    (void)state;
    for (int i = 0; i < 100; i++) {
        int64_t until = clock_ms() + DEADLINE_MS;
        struct child c;
        int status = 0;
        pid_t pid;

        assert_int_equal(child_init(&c, "sleeper", shell("exec sleep 600"), "/dev/null", &why),
                         DTQ_OK);
        assert_int_equal(child_start(&c, &why), DTQ_OK);
        kill(c.pid, SIGTERM);
        while ((pid = waitpid(c.pid, &status, WNOHANG)) == 0 && clock_ms() < until)
            usleep(100);
        if (pid == 0) kill(c.pid, SIGKILL);
        assert_int_equal(pid, c.pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        child_clear(&c);
    }
    signal(SIGTERM, before);
}

static void an_ending_is_told_in_words(void **state)
{
    struct supervisor s;
    char text[80];
    int status;
    pid_t pid;

    (void)state;
    assert_int_equal(supervisor_init(&s, &app, &why), DTQ_OK);
    add(&s, "seven", "exit 7");
    add(&s, "killed", "kill -9 $$");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(child_start(&s.children[i], &why), DTQ_OK);
        pid = s.children[i].pid;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        child_ending(status, text, sizeof text);
        assert_string_equal(text, i ? "was killed by signal 9 (Killed)" : "exited with status 7");
    }
    supervisor_clear(&s);
}

static void one_that_is_killed_is_started_again(void **state)
{
    int64_t until = clock_ms() + DEADLINE_MS;
    struct supervisor s;
    pid_t first, other;

    (void)state;
    assert_int_equal(supervisor_init(&s, &app, &why), DTQ_OK);
    add(&s, "steady", "exec sleep 1000");
    add(&s, "killed", "exec sleep 1000");
    supervisor_step(&s, 0);
    other = s.children[0].pid;
    first = s.children[1].pid;
    assert_true(is_alive(first));
    kill(first, SIGKILL);
    while ((s.children[1].pid == first || !s.children[1].pid) && clock_ms() < until)
        supervisor_step(&s, 100);
    assert_true(is_alive(s.children[1].pid));
    assert_int_not_equal(s.children[1].pid, first);
    assert_int_equal(s.children[0].pid, other);
    supervisor_stop(&s, 0, s.count, DEADLINE_MS);
    assert_false(is_alive(other));
    supervisor_clear(&s);
}

static void one_that_keeps_dying_is_not_started_all_the_time(void **state)
{
    int64_t until = clock_ms() + 450;
    struct supervisor s;

    (void)state;
    assert_int_equal(supervisor_init(&s, &app, &why), DTQ_OK);
    add(&s, "dying", "exit 1");
    while (clock_ms() < until)
        supervisor_step(&s, until - clock_ms());
    /* At 0, at once again, after 100 and after 200 more: no more fit into this time. */
    assert_in_range(s.children[0].deaths, 1, 4);
    supervisor_stop(&s, 0, s.count, DEADLINE_MS);
    supervisor_clear(&s);
}

static void one_that_ignores_sigterm_is_killed(void **state)
{
    struct supervisor s;
    int ready[2];
    char byte = 0;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(supervisor_init(&s, &app, &why), DTQ_OK);
    assert_int_equal(supervisor_add(&s, "deaf",
                                    shell("trap '' TERM; echo >&9; while :; do sleep 1; done"),
                                    "/dev/null", &why),
                     DTQ_OK);
    assert_int_equal(dup2(ready[1], 9), 9);
    fcntl(9, F_SETFD, FD_CLOEXEC);
    s.children[0].inherited_fd = 9;
    supervisor_step(&s, 0);
    pid = s.children[0].pid;
    assert_int_equal(read(ready[0], &byte, 1), 1); /* its trap is set */
    supervisor_stop(&s, 0, s.count, 100);
    assert_int_equal(s.children[0].pid, 0);
    assert_false(is_alive(pid));
    close(9);
    close(ready[0]);
    close(ready[1]);
    supervisor_clear(&s);
}

static void known_sums_agree_with_adding_up(void **state)
{
    unsigned long long sum = 0, squares = 0;
    char text[DEMO_DIGITS], expected[DEMO_DIGITS];

    (void)state;
    for (unsigned long long n = 1; n <= 1000; n++) {
        sum += n;
        squares += n * n;
        snprintf(expected, sizeof expected, "%llu", sum);
        assert_string_equal(demo_sum(n, text), expected);
        snprintf(expected, sizeof expected, "%llu", squares);
        assert_string_equal(demo_sumsq(n, text), expected);
    }
    assert_string_equal(demo_sum(1000000000000000000, text),
                        "500000000000000000500000000000000000");
    assert_string_equal(demo_sumsq(1000000000000, text), "333333333333833333333333500000000000");
}

static void same_bits_are_more_than_same_numbers(void **state)
{
    static const double a[] = {0.0, 1.0}, b[] = {-0.0, 1.0};

    (void)state;
    assert_true(demo_same_bits(a, 2, a, 2));
    assert_false(demo_same_bits(a, 2, b, 2));
    assert_false(demo_same_bits(a, 2, a, 1));
    assert_false(demo_same_bits(a, 0, a, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_restart_is_at_once_and_later_ones_wait_longer),
        cmocka_unit_test(a_signal_right_after_the_start_ends_it),
        cmocka_unit_test(an_ending_is_told_in_words),
        cmocka_unit_test(one_that_is_killed_is_started_again),
        cmocka_unit_test(one_that_keeps_dying_is_not_started_all_the_time),
        cmocka_unit_test(one_that_ignores_sigterm_is_killed),
        cmocka_unit_test(known_sums_agree_with_adding_up),
        cmocka_unit_test(same_bits_are_more_than_same_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
