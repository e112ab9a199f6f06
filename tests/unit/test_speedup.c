/* test_speedup.c: runs by mode and number of workers, and the log they stand in. */
#include "producer/speedup.h"
#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "timestamp,jobId,workers,mode,wallMs\n"

static struct dtq_why why;

static struct speedup read_log(const char *text, const char *only, struct buf *warnings)
{
    struct speedup s = {0};

    scratch_write("speedup.csv", text);
    if (speedup_read(scratch_path("speedup.csv"), only, &s, warnings, &why) != DTQ_OK)
        fail_msg("%s", why.text);
    return s;
}

static void assert_span(struct speedup_span span, size_t runs, double median, double least,
                        double most)
{
    assert_int_equal(span.runs, runs);
    assert_true(fabs(span.median - median) < 1e-12 && fabs(span.least - least) < 1e-12 &&
                fabs(span.most - most) < 1e-12);
}

static void runs_with_one_number_of_workers_have_a_median_and_a_range(void **state)
{
    struct buf warnings = {0};
    struct speedup s = read_log(HEADER "t,J1,1,sync,100\nt,J2,1,sync,90\nt,J3,1,sync,400\n"
                                       "t,J4,2,sync,50\nt,J5,2,sync,40\n",
                                NULL, &warnings);

    (void)state;
    assert_int_equal(warnings.len, 0);
    assert_int_equal(s.mode_count, 1);
    assert_int_equal(s.count_count, 2);
    assert_span(speedup_wall(&s, 0, 0), 3, 100, 90, 400);
    assert_span(speedup_wall(&s, 0, 1), 2, 45, 40, 50);
    assert_span(speedup_factor(&s, 0, 0), 3, 1, 0.25, 100.0 / 90);
    assert_span(speedup_factor(&s, 0, 1), 2, 100.0 / 45, 2, 2.5);
    speedup_clear(&s);
}

static void sync_and_async_have_their_places_whatever_the_order(void **state)
{
    struct buf warnings = {0};
    struct speedup s = read_log(HEADER "t,J1,8,average,10\nt,J2,4,async,20\nt,J3,2,sync,40\n"
                                       "t,J4,1,async,80\nt,J5,1,sync,60\n",
                                NULL, &warnings);

    (void)state;
    assert_string_equal(s.modes[0], "sync");
    assert_string_equal(s.modes[1], "async");
    assert_string_equal(s.modes[2], "average");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(s.counts[i], 1u << i);
    assert_span(speedup_wall(&s, 0, 0), 1, 60, 60, 60);
    assert_span(speedup_wall(&s, 0, 1), 1, 40, 40, 40);
    assert_span(speedup_wall(&s, 1, 2), 1, 20, 20, 20);
    assert_span(speedup_wall(&s, 2, 3), 1, 10, 10, 10);
    assert_int_equal(speedup_wall(&s, 2, 0).runs, 0);
    assert_int_equal(speedup_factor(&s, 2, 0).runs, 0);
    /* Never run with fewer than 8: it begins on the ideal line. */
    assert_span(speedup_factor(&s, 2, 3), 1, 8, 8, 8);
    speedup_clear(&s);
}

static void lines_that_make_no_sense_are_left_out_with_a_sentence(void **state)
{
    static const char *const sentences[] = {
        "line 3: workers \"two\" is no number", "line 4: wallMs \"failed\" is no number",
        "line 5: a wall time of 0 ms is none",  "line 6: 0 is no number of workers",
        "line 7: 1.5 is no number of workers",  "line 8: \"\" is no mode",
        "line 9: 3 cells, expected 5",          "line 10: wallMs \"nan\" is no number",
        "line 11: a wall time of -3 ms is none"};
    struct buf warnings = {0};
    struct speedup s = read_log(HEADER "t,J1,1,sync,100\nt,J2,two,sync,90\nt,J3,2,sync,failed\n"
                                       "t,J4,2,sync,0\nt,J5,0,sync,9\nt,J6,1.5,sync,9\nt,J7,1,,9\n"
                                       "t,J8,2\nt,J9,2,sync,nan\nt,J10,2,sync,-3\n",
                                NULL, &warnings);

    (void)state;
    assert_int_equal(s.run_count, 1);
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (!strstr(warnings.data, sentences[i]))
            fail_msg("\"%s\" is not in:\n%s", sentences[i], warnings.data);
    buf_clear(&warnings);
    speedup_clear(&s);
}

static void a_chart_has_room_for_so_many_numbers_of_workers(void **state)
{
    struct speedup s = {0};

    (void)state;
    for (unsigned n = 1; n <= SPEEDUP_COUNTS; n++)
        assert_int_equal(speedup_add(&s, "sync", SPEEDUP_COUNTS + 1 - n, 5, &why), DTQ_OK);
    assert_int_equal(speedup_add(&s, "sync", 1000, 5, &why), DTQ_INPUT);
    assert_int_equal(speedup_add(&s, "sync", 7, 5, &why), DTQ_OK);
    for (int i = 1; i < SPEEDUP_MODES; i++)
        assert_int_equal(speedup_add(&s, (char[]){(char)('a' + i), '\0'}, 1, 5, &why), DTQ_OK);
    assert_int_equal(speedup_add(&s, "another", 1, 5, &why), DTQ_INPUT);
    assert_int_equal(s.counts[0], 1);
    assert_int_equal(s.counts[SPEEDUP_COUNTS - 1], SPEEDUP_COUNTS);
    speedup_clear(&s);
}

static void only_the_runs_of_some_jobs_are_read(void **state)
{
    struct buf warnings = {0};
    struct speedup s = read_log(HEADER "t,J1,1,sync,100\nt,run-1,1,sync,50\nt,run-2,2,sync,25\n",
                                "run-", &warnings);

    (void)state;
    assert_int_equal(s.run_count, 2);
    assert_span(speedup_factor(&s, 0, 1), 1, 2, 2, 2);
    speedup_clear(&s);
    assert_int_equal(speedup_read(scratch_path("speedup.csv"), "zz", &s, &warnings, &why),
                     DTQ_INPUT);
    assert_non_null(strstr(why.text, "begins with \"zz\""));
}

static void a_log_without_runs_is_a_sentence(void **state)
{
    struct buf warnings = {0};
    struct speedup s = {0};

    (void)state;
    scratch_write("none.csv", HEADER);
    assert_int_equal(speedup_read(scratch_path("none.csv"), NULL, &s, &warnings, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "holds no run"));
    assert_int_equal(speedup_read(scratch_path("absent.csv"), NULL, &s, &warnings, &why),
                     DTQ_INPUT);
    assert_non_null(strstr(why.text, "absent.csv"));
}

static void a_run_stands_once_in_its_log(void **state)
{
    const char *path = scratch_path("written.csv");
    char *text;

    (void)state;
    assert_int_equal(speedup_log(path, "2026-01-31T12:00:00.123Z", "J1", 2, "sync", 1234.5, &why),
                     DTQ_OK);
    assert_int_equal(speedup_log(path, "2026-01-31T12:00:00.123Z", "J1", 2, "sync", 1234.5, &why),
                     DTQ_NONE);
    /* The same id at another time is another job, of another Redis. */
    assert_int_equal(speedup_log(path, "2026-01-31T13:00:00.123Z", "J1", 2, "async", 7, &why),
                     DTQ_OK);
    text = scratch_read("written.csv");
    assert_string_equal(text, HEADER "2026-01-31T12:00:00.123Z,J1,2,sync,1234.5\n"
                                     "2026-01-31T13:00:00.123Z,J1,2,async,7\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_one_number_of_workers_have_a_median_and_a_range),
        cmocka_unit_test(sync_and_async_have_their_places_whatever_the_order),
        cmocka_unit_test(lines_that_make_no_sense_are_left_out_with_a_sentence),
        cmocka_unit_test(a_chart_has_room_for_so_many_numbers_of_workers),
        cmocka_unit_test(only_the_runs_of_some_jobs_are_read),
        cmocka_unit_test(a_log_without_runs_is_a_sentence),
        cmocka_unit_test(a_run_stands_once_in_its_log),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
