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

#define OLD_HEADER "timestamp,jobId,workers,mode,wallMs\n"
#define HEADER     "timestamp,jobId,workers,mode,wallMs,params,training,cores\n"

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
    struct speedup s = read_log(HEADER "t,J1,1,sync,100,p,,\nt,J2,1,sync,90,p,,\n"
                                       "t,J3,1,sync,400,p,,\nt,J4,2,sync,50,p,,\n"
                                       "t,J5,2,sync,40,p,,\n",
                                NULL, &warnings);

    (void)state;
    assert_int_equal(warnings.len, 0);
    assert_int_equal(s.series_count, 1);
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
    struct speedup s = read_log(HEADER "t,J1,8,average,10,p,,\nt,J2,4,async,20,p,,\n"
                                       "t,J3,2,sync,40,p,,\nt,J4,1,async,80,p,,\n"
                                       "t,J5,1,sync,60,p,,\n",
                                NULL, &warnings);

    (void)state;
    assert_string_equal(s.series[0].mode, "sync");
    assert_string_equal(s.series[1].mode, "async");
    assert_string_equal(s.series[2].mode, "average");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(s.counts[i], 1u << i);
    assert_span(speedup_wall(&s, 0, 0), 1, 60, 60, 60);
    assert_span(speedup_wall(&s, 0, 1), 1, 40, 40, 40);
    assert_span(speedup_wall(&s, 1, 2), 1, 20, 20, 20);
    assert_span(speedup_wall(&s, 2, 3), 1, 10, 10, 10);
    assert_int_equal(speedup_wall(&s, 2, 0).runs, 0);
    assert_int_equal(speedup_factor(&s, 2, 0).runs, 0);
    /* Never run on one worker: how much faster it is on 8, nobody has measured. */
    assert_int_equal(speedup_factor(&s, 2, 3).runs, 0);
    assert_span(speedup_factor(&s, 1, 2), 1, 4, 4, 4);
    speedup_clear(&s);
}

static void lines_that_make_no_sense_are_left_out_with_a_sentence(void **state)
{
    static const char *const sentences[] = {"line 3: workers \"two\" is not a number",
                                            "line 4: wallMs \"failed\" is not a number",
                                            "line 5: 0 ms is not a wall time",
                                            "line 6: 0 is not a number of workers",
                                            "line 7: 1.5 is not a number of workers",
                                            "line 8: \"\" is not a mode",
                                            "line 9: 3 cells, expected 5",
                                            "line 10: wallMs \"nan\" is not a number",
                                            "line 11: -3 ms is not a wall time"};
    struct buf warnings = {0};
    struct speedup s = read_log(OLD_HEADER
                                "t,J1,1,sync,100\nt,J2,two,sync,90\nt,J3,2,sync,failed\n"
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

static enum dtq_err add(struct speedup *s, const char *mode, double workers)
{
    const struct speedup_row row = {.stamp = "t",
                                    .job_id = "J1",
                                    .mode = mode,
                                    .workers = workers,
                                    .wall_ms = 5,
                                    .params = "p",
                                    .words = ""};

    return speedup_add(s, &row, &why);
}

static void a_chart_has_room_for_so_many_numbers_of_workers(void **state)
{
    struct speedup s = {0};

    (void)state;
    for (unsigned n = 1; n <= SPEEDUP_COUNTS; n++)
        assert_int_equal(add(&s, "sync", SPEEDUP_COUNTS + 1 - n), DTQ_OK);
    assert_int_equal(add(&s, "sync", 1000), DTQ_INPUT);
    assert_int_equal(add(&s, "sync", 7), DTQ_OK);
    for (int i = 1; i < SPEEDUP_SERIES; i++)
        assert_int_equal(add(&s, (char[]){(char)('a' + i), '\0'}, 1), DTQ_OK);
    assert_int_equal(add(&s, "another", 1), DTQ_INPUT);
    assert_int_equal(s.counts[0], 1);
    assert_int_equal(s.counts[SPEEDUP_COUNTS - 1], SPEEDUP_COUNTS);
    speedup_clear(&s);
}

static void runs_of_different_trainings_are_not_pooled(void **state)
{
    struct buf notes = {0};
    struct speedup s = read_log(HEADER "t,J1,2,sync,100,p1,logreg on a.csv,\n"
                                       "t,J2,2,sync,10,p2,\"linreg on b.csv, lr 1\",\n"
                                       "t,J3,1,sync,150,p1,logreg on a.csv,\n",
                                NULL, &notes);

    (void)state;
    assert_int_equal(s.training_count, 1); /* the other compares with nothing */
    assert_string_equal(s.trainings[0].words, "logreg on a.csv");
    assert_int_equal(s.run_count, 2);
    assert_span(speedup_factor(&s, 0, 1), 1, 1.5, 1.5, 1.5);
    assert_non_null(
        strstr(notes.data, "1 training is not drawn, since a run in one mode with one"));
    speedup_clear(&s);
    buf_clear(&notes);
    s = read_log(HEADER "t,J1,2,sync,100,p1,,\nt,J2,2,sync,10,p2,,\nt,J3,2,sync,90,p1,,\n", NULL,
                 &notes);
    assert_int_equal(s.training_count, 2);
    assert_string_equal(s.trainings[1].name, "J2");
    assert_span(speedup_wall(&s, 0, 0), 2, 95, 90, 100);
    assert_span(speedup_wall(&s, 1, 0), 1, 10, 10, 10);
    assert_int_equal(speedup_factor(&s, 0, 0).runs, 0);
    assert_int_equal(notes.len, 0);
    speedup_clear(&s);
}

static void runs_of_an_earlier_version_are_pooled_by_measurement_alone(void **state)
{
    struct buf notes = {0};
    struct speedup s = read_log(OLD_HEADER "t,J1,1,sync,100\nt2,J1,2,sync,50\n"
                                           "t,speedup-20260131T120000Z-sync-1-1,1,sync,80\n"
                                           "t,speedup-20260131T120000Z-sync-1-2,1,sync,90\n"
                                           "t,speedup-20260131T120000Z-sync-2-1,2,sync,40\n"
                                           "t,speedup-20260131T120001Z-sync-1-1,1,sync,7\n"
                                           "t,speedup-2026,1,sync,3\n",
                                NULL, &notes);

    (void)state;
    assert_int_equal(s.training_count, 1);
    assert_string_equal(s.trainings[0].name, "speedup-20260131T120000Z");
    assert_span(speedup_wall(&s, 0, 0), 2, 85, 80, 90);
    assert_span(speedup_wall(&s, 0, 1), 1, 40, 40, 40);
    assert_non_null(strstr(notes.data, "4 trainings are not drawn"));
    speedup_clear(&s);
    buf_clear(&notes);
}

static void measured_runs_are_not_pooled_with_others(void **state)
{
    struct buf notes = {0};
    struct speedup s = read_log(HEADER "t,speedup-20260131T120000Z-sync-1-1,1,sync,80,p,,2\n"
                                       "t,J1,1,sync,500,p,,\n",
                                NULL, &notes);

    (void)state;
    assert_int_equal(s.training_count, 2);
    assert_int_equal(s.trainings[0].cores, 2);
    assert_int_equal(s.trainings[1].cores, 0);
    speedup_clear(&s);
}

static void the_newest_trainings_are_drawn_where_there_is_no_room_for_all(void **state)
{
    struct buf notes = {0}, log = {0};
    struct speedup s;

    (void)state;
    buf_text(&log, HEADER);
    for (int i = 0; i < 20; i++)
        buf_printf(&log, "t,J%d,1,sync,10,p%d,,\nt,K%d,2,sync,6,p%d,,\n", i, i, i, i);
    s = read_log(log.data, NULL, &notes);
    assert_int_equal(s.training_count, SPEEDUP_SERIES);
    assert_string_equal(s.trainings[0].name, "J12");
    assert_non_null(strstr(notes.data, "12 trainings are not drawn, since there is no room"));
    speedup_clear(&s);
    buf_clear(&notes);
    buf_clear(&log);
}

static void only_the_runs_of_some_jobs_are_read(void **state)
{
    struct buf warnings = {0};
    struct speedup s = read_log(HEADER "t,J1,1,sync,100,p,,\nt,run-1,1,sync,50,p,,\n"
                                       "t,run-2,2,sync,25,p,,\n",
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
    struct speedup_row row = {.stamp = "2026-01-31T12:00:00.123Z",
                              .job_id = "J1",
                              .mode = "sync",
                              .workers = 2,
                              .wall_ms = 1234.5,
                              .params = "p7",
                              .words = "logreg on a.csv, lr 1",
                              .cores = 8};
    char *text;

    (void)state;
    scratch_write("written.csv", OLD_HEADER "t,J0,1,sync,5\n");
    assert_int_equal(speedup_log(path, &row, &why), DTQ_OK);
    assert_int_equal(speedup_log(path, &row, &why), DTQ_NONE);
    /* The same id at another time is another job, of another Redis. */
    row.stamp = "2026-01-31T13:00:00.123Z";
    row.mode = "async";
    row.cores = 0;
    row.words = "";
    assert_int_equal(speedup_log(path, &row, &why), DTQ_OK);
    text = scratch_read("written.csv");
    assert_string_equal(text, HEADER
                        "t,J0,1,sync,5,,,\n"
                        "2026-01-31T12:00:00.123Z,J1,2,sync,1234.5,p7,\"logreg on a.csv, lr 1\",8\n"
                        "2026-01-31T13:00:00.123Z,J1,2,async,1234.5,p7,,\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_one_number_of_workers_have_a_median_and_a_range),
        cmocka_unit_test(sync_and_async_have_their_places_whatever_the_order),
        cmocka_unit_test(lines_that_make_no_sense_are_left_out_with_a_sentence),
        cmocka_unit_test(a_chart_has_room_for_so_many_numbers_of_workers),
        cmocka_unit_test(runs_of_different_trainings_are_not_pooled),
        cmocka_unit_test(runs_of_an_earlier_version_are_pooled_by_measurement_alone),
        cmocka_unit_test(measured_runs_are_not_pooled_with_others),
        cmocka_unit_test(the_newest_trainings_are_drawn_where_there_is_no_room_for_all),
        cmocka_unit_test(only_the_runs_of_some_jobs_are_read),
        cmocka_unit_test(a_log_without_runs_is_a_sentence),
        cmocka_unit_test(a_run_stands_once_in_its_log),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
