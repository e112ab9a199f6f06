/* test_noop.c: the load generator does what it is asked, and nothing beyond its bounds. */
#include "common/clock.h"
#include "jobs/job.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;

static void carries_its_payload_both_ways(void **state)
{
    cJSON *params = ask_params("noop", "300|bytes=1000|resultBytes=77");

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct farm farm = {.seed = i, .takeovers_percent = i, .twice_percent = 20};

        assert_int_equal(farm_run(&farm, job_find("noop"), params, &why), DTQ_OK);
        assert_int_equal(fields_int(farm.report, "count", 0), 300);
        assert_true(farm.takeovers > 0 || !i);
        farm_clear(&farm);
    }
    cJSON_Delete(params);
}

static void tells_when_its_first_task_started(void **state)
{
    cJSON *params = ask_params("noop", "3|resultBytes=5|stamp=true");
    struct farm farm = {.seed = 1};
    int64_t before = clock_ns();
    const char *told;

    (void)state;
    assert_int_equal(farm_run(&farm, job_find("noop"), params, &why), DTQ_OK);
    told = fields_text(farm.report, "startNs", NULL);
    assert_non_null(told);
    assert_in_range(strtoll(told, NULL, 10), before, clock_ns());
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void keeps_its_window_and_its_bytes_bounded(void **state)
{
    static const struct {
        const char *text;
        uint64_t most;
    } cases[] = {{"1000000000", 2048}, {"1000000000|bytes=1048576", 64}};
    const struct job_type *type = job_find("noop");
    const struct job_vectors none = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t emitted = 0;
        const struct job_sink sink = ask_counter(&emitted);
        struct job_view view = {.slots = 1};
        cJSON *params = ask_params("noop", cases[i].text);
        struct job_state *s = NULL;

        assert_int_equal(type->open(params, NULL, 0, &none, &s, &why), DTQ_OK);
        assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
        assert_in_range(emitted, cases[i].most - 1, cases[i].most);
        view.outstanding = emitted;
        assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
        assert_in_range(emitted, cases[i].most - 1, cases[i].most);
        type->close(s);
        cJSON_Delete(params);
    }
}

static void emits_no_more_at_a_time_than_it_may(void **state)
{
    const struct job_type *type = job_find("noop");
    const struct job_vectors none = {0};
    struct job_view view = {.slots = 1, .most = 1000};
    uint64_t emitted = 0;
    const struct job_sink sink = ask_counter(&emitted);
    cJSON *params = ask_params("noop", "1000000000");
    struct job_state *s = NULL;

    (void)state;
    assert_int_equal(type->open(params, NULL, 0, &none, &s, &why), DTQ_OK);
    for (uint64_t expected = 1000; expected <= 2000; expected += 1000) {
        assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
        assert_int_equal(emitted, expected);
        view.outstanding = emitted;
    }
    assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
    assert_int_equal(emitted, 2048);
    type->close(s);
    cJSON_Delete(params);
}

static void notices_a_payload_that_was_bent(void **state)
{
    const struct job_type *type = job_find("noop");
    struct ask_worker worker = {0};
    const struct job_env env = ask_env(&worker);
    cJSON *params = ask_params("noop", "5|bytes=4");
    struct buf bytes = {0};

    (void)state;
    assert_int_equal(type->run(params, "1 bbbb", 6, &bytes, &env, &why), DTQ_OK);
    assert_int_equal(type->run(params, "1 bbb", 5, &bytes, &env, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "1 bbab", 6, &bytes, &env, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "2 bbbb", 6, &bytes, &env, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "x", 1, &bytes, &env, &why), DTQ_INPUT);
    buf_clear(&bytes);
    cJSON_Delete(params);
}

static void fails_sleeps_and_is_cancelled_as_asked(void **state)
{
    const struct job_type *type = job_find("noop");
    struct ask_worker worker = {0};
    const struct job_env env = ask_env(&worker);
    cJSON *params = ask_params("noop", "5|ms=35");
    struct buf bytes = {0};
    unsigned failed = 0;

    (void)state;
    assert_int_equal(type->run(params, "0", 1, &bytes, &env, &why), DTQ_OK);
    assert_in_range(worker.progress, 1, 40);
    worker.cancelled = true;
    assert_int_equal(type->run(params, "0", 1, &bytes, &env, &why), DTQ_CANCELLED);
    cJSON_Delete(params);
    params = ask_params("noop", "5|fail=0.5");
    for (int i = 0; i < 1000; i++) {
        enum dtq_err err = type->run(params, "3", 1, &bytes, &env, &why);

        assert_true(err == DTQ_OK || err == DTQ_IO);
        failed += err == DTQ_IO;
    }
    assert_in_range(failed, 400, 600);
    buf_clear(&bytes);
    cJSON_Delete(params);
}

static void crashes_its_own_process(void **state)
{
    const struct job_type *type = job_find("noop");
    struct ask_worker worker = {0};
    const struct job_env env = ask_env(&worker);
    cJSON *params = ask_params("noop", "5|crash=1");
    struct buf bytes = {0};
    int status;
    pid_t pid = fork();

    (void)state;
    if (!pid) {
        type->run(params, "0", 1, &bytes, &env, &why);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    cJSON_Delete(params);
}

static void bad_counts_are_sentences(void **state)
{
    (void)state;
    ask_refused("noop", "10|ms=-1", "ms=-1", "from 0 to 3600000");
    ask_refused("noop", "0", "tasks=0", "from 1 to 1000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_its_payload_both_ways),
        cmocka_unit_test(tells_when_its_first_task_started),
        cmocka_unit_test(keeps_its_window_and_its_bytes_bounded),
        cmocka_unit_test(emits_no_more_at_a_time_than_it_may),
        cmocka_unit_test(notices_a_payload_that_was_bent),
        cmocka_unit_test(fails_sleeps_and_is_cancelled_as_asked),
        cmocka_unit_test(crashes_its_own_process),
        cmocka_unit_test(bad_counts_are_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
