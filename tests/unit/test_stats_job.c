/* test_stats_job.c: the job type stats, driven as a master and its workers would. */
#include "jobs/job.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 5000, FEATURES = 3, FEW = 4 };

static struct dtq_why why;
static double x[ROWS * FEATURES], y[ROWS];

static int fill(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        x[r * FEATURES] = sin(r) * 1000 + 1e6;
        x[r * FEATURES + 1] = 7;
        x[r * FEATURES + 2] = r % 11 - 5.25;
        y[r] = r % 10;
    }
    return 0;
}

static struct dataset table(uint64_t rows)
{
    return (struct dataset){
        .rows = rows, .features = FEATURES, .type = DATASET_F64, .x = x, .y = y, .digest = 77};
}

/* The report, as text with all digits; free it. */
static char *drive(const char *text, const struct dataset *d, struct farm *farm)
{
    const struct farm_table tables[] = {{"file:a", d}, {NULL, NULL}};
    cJSON *params = ask_params("stats", text);
    char *report;

    farm->tables = tables;
    if (farm_run(farm, job_find("stats"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    report = cJSON_PrintUnformatted(farm->report);
    cJSON_Delete(params);
    return report;
}

/* A number of a column, both as the report's text has them. */
static double number(const char *report, int column, const char *name)
{
    cJSON *value = cJSON_Parse(report);
    double found = fields_real(
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(value, "columns"), column), name, NAN);

    cJSON_Delete(value);
    return found;
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-12 * fabs(wanted)))
        fail_msg("got %.17g, wanted %.17g", got, wanted);
}

static void statistics_of_a_column_are_those_of_its_definition(void **state)
{
    struct dataset d = table(ROWS);
    struct farm farm = {.seed = 1};
    char *report = drive("file:a", &d, &farm);
    long double sum = 0, squares = 0;

    (void)state;
    for (int r = 0; r < ROWS; r++)
        sum += x[r * FEATURES];
    for (int r = 0; r < ROWS; r++)
        squares += (x[r * FEATURES] - sum / ROWS) * (x[r * FEATURES] - sum / ROWS);
    /* the label stands first in the file, and so in the list */
    assert_near(number(report, 1, "mean"), (double)(sum / ROWS));
    assert_near(number(report, 1, "variance"), (double)(squares / ROWS));
    assert_near(number(report, 1, "std"), sqrt((double)(squares / ROWS)));
    assert_near(number(report, 0, "mean"), 4.5);
    assert_near(number(report, 0, "variance"), 8.25);
    assert_int_equal((int)number(report, 0, "min"), 0);
    assert_int_equal((int)number(report, 0, "max"), 9);
    assert_int_equal((int)number(report, 2, "variance"), 0);
    assert_near(number(report, 3, "min"), -5.25);
    assert_near(number(report, 3, "max"), 4.75);
    assert_int_equal((int)number(report, 3, "count"), ROWS);
    assert_int_equal((int)number(report, 3, "missing"), 0);
    assert_int_equal(farm.tasks, 1 + (ROWS + 1023) / 1024);
    free(report);
    farm_clear(&farm);
}

static void bits_do_not_depend_on_order_takeovers_or_repeats(void **state)
{
    struct dataset d = table(ROWS);
    struct farm first = {.seed = 1};
    char *wanted = drive("file:a|csvLabel=last", &d, &first);

    (void)state;
    for (unsigned i = 2; i < 12; i++) {
        struct farm farm = {
            .seed = i, .slots_most = i, .takeovers_percent = 5 * (i % 5), .twice_percent = 20};
        char *report = drive("file:a|csvLabel=last", &d, &farm);

        assert_string_equal(report, wanted);
        free(report);
        farm_clear(&farm);
    }
    free(wanted);
    farm_clear(&first);
}

static void sparse_rows_have_the_statistics_of_the_same_rows_written_out(void **state)
{
    static const double values[] = {2, -1, 4, 8};
    static const uint32_t columns[] = {0, 2, 1, 0};
    static const uint64_t starts[] = {0, 2, 2, 3, 4};
    static const double dense[] = {2, 0, -1, 0, 0, 0, 0, 4, 0, 8, 0, 0};
    struct dataset s = {.rows = FEW,
                        .features = FEATURES,
                        .type = DATASET_F64,
                        .x = values,
                        .y = y,
                        .starts = starts,
                        .columns = columns,
                        .values = 4};
    struct dataset d = table(FEW);
    struct farm one = {.seed = 1}, other = {.seed = 2};
    char *a, *b;

    (void)state;
    d.x = dense;
    a = drive("file:a", &s, &one);
    b = drive("file:a", &d, &other);
    assert_string_equal(a, b);
    free(a);
    free(b);
    farm_clear(&one);
    farm_clear(&other);
}

static void names_and_empty_cells_are_told(void **state)
{
    static const char names[] = "age\0weight\0height\0ill";
    static const uint64_t at[] = {0, 4, 11, 18}, missing[] = {0, 2, 0};
    static const double cells[] = {1, 5, 1, 2, 6, 1, 3, 5.5, 1, 4, 5.5, 1}; /* 5.5: the mean */
    struct dataset d = table(FEW);
    struct farm farm = {.seed = 3, .takeovers_percent = 40};
    char *report;

    (void)state;
    d.x = cells;
    d.names = names;
    d.names_at = at;
    d.missing = missing;
    report = drive("file:a|csvLabel=ill|hasHeader=true", &d, &farm);
    assert_non_null(strstr(report, "{\"name\":\"weight\",\"count\":2,\"missing\":2,\"mean\":5.5,"
                                   "\"variance\":0.25,\"std\":0.5,\"min\":5,\"max\":6}"));
    assert_non_null(strstr(report, "{\"name\":\"ill\",\"label\":true,\"count\":4"));
    free(report);
    farm_clear(&farm);
}

static void parameters_that_make_no_sense_are_sentences(void **state)
{
    (void)state;
    ask_refused("stats", "s3:digits.csv", "dataRef=s3:digits.csv", "only files");
    ask_refused("stats", "file:a|csvLabel=none", "csvLabel=none", "leave csvLabel away");
    ask_refused("stats", "file:a|hasHeader=false|csvLabel=age", "csvLabel=age", "header");
    ask_refused("stats", "file:a|missing=some", "missing=some", "refuse zero mean");
    ask_refused("stats", "file:a|delimiter=0", "delimiter=0", "one character");
    ask_refused("stats", "file:a|format=xls", "format=xls", "libsvm");
}

static void too_many_columns_fail_the_job(void **state)
{
    struct dataset d = table(1);
    const struct farm_table tables[] = {{"file:a", &d}, {NULL, NULL}};
    struct farm farm = {.seed = 1, .tables = tables};
    cJSON *params = ask_params("stats", "file:a");

    (void)state;
    d.features = 50001; /* the look reads no values */
    assert_int_equal(farm_run(&farm, job_find("stats"), params, &why), DTQ_INPUT);
    ask_sentence(&why, "50001 columns", "at most 50000");
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void wrong_bytes_end_in_a_sentence_or_do_no_harm(void **state)
{
    static const enum farm_bend bends[] = {FARM_BEND_SPEC, FARM_BEND_RESULT, FARM_BEND_CHECKPOINT};
    struct dataset d = table(ROWS);
    const struct farm_table tables[] = {{"file:a", &d}, {NULL, NULL}};
    cJSON *params = ask_params("stats", "file:a");

    (void)state;
    for (unsigned i = 0; i < 150; i++) {
        struct farm farm = {
            .seed = i, .tables = tables, .bend = bends[i % 3], .takeovers_percent = 20};
        enum dtq_err err;

        why.text[0] = '\0';
        err = farm_run(&farm, job_find("stats"), params, &why);
        assert_true(err == DTQ_OK || why.text[0]);
        farm_clear(&farm);
    }
    cJSON_Delete(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_of_a_column_are_those_of_its_definition),
        cmocka_unit_test(bits_do_not_depend_on_order_takeovers_or_repeats),
        cmocka_unit_test(sparse_rows_have_the_statistics_of_the_same_rows_written_out),
        cmocka_unit_test(names_and_empty_cells_are_told),
        cmocka_unit_test(parameters_that_make_no_sense_are_sentences),
        cmocka_unit_test(too_many_columns_fail_the_job),
        cmocka_unit_test(wrong_bytes_end_in_a_sentence_or_do_no_harm),
    };

    return cmocka_run_group_tests(tests, fill, NULL);
}
