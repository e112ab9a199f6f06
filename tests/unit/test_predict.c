/* test_predict.c: the job type predict, driven as a master and its workers would. */
#include "jobs/job.h"
#include "jobs/model.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"
#include "tests/support/table_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 3000 };

static struct dtq_why why;
static double x[ROWS * 3], y[ROWS];

/* logreg of two features, label 4 from all others. */
static const double vector[] = {1, -2, 0, 1};
#define MODEL "model=logreg|features=2|classes=2|positive=4|scale=2"

static int fill(void **state)
{
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        x[2 * r] = r % 7;
        x[2 * r + 1] = r % 5 - 0.5;
        y[r] = r % 3 == 0 ? 4 : 1;
    }
    return 0;
}

static struct dataset table(uint64_t rows)
{
    return (struct dataset){
        .rows = rows, .features = 2, .type = DATASET_F64, .x = x, .y = y, .digest = 9};
}

static double probability(int r)
{
    return 1 / (1 + exp(-(x[2 * r] - 2 * x[2 * r + 1]) / 2));
}

static enum dtq_err drive(const char *text, const struct dataset *d, struct farm *farm)
{
    const struct farm_table tables[] = {{"file:a", d}, {NULL, NULL}};
    cJSON *params = ask_params("predict", text);
    enum dtq_err err;

    farm->tables = tables;
    farm->first_weights = vector;
    farm->first_count = sizeof vector / sizeof *vector;
    err = farm_run(farm, job_find("predict"), params, &why);
    cJSON_Delete(params);
    return err;
}

/* Every page is there once, and all rows in them are right. */
static void assert_rows(const struct farm *farm, int from, int rows)
{
    int page_rows = (int)fields_int(farm->report, "pageRows", 0), seen = 0;
    const char *at = farm->history.data, *end = at + farm->history.len;

    while (at < end) {
        uint64_t head[2];
        int first;

        memcpy(head, at, sizeof head);
        at += sizeof head;
        first = from + (int)head[0] * page_rows;
        for (int i = 0; i < (int)head[1] / 2; i++, at += 2 * sizeof(double)) {
            double row[2];

            memcpy(row, at, sizeof row);
            assert_true(fabs(row[0] - probability(first + i)) < 1e-14);
            assert_true(row[1] == (row[0] >= 0.5));
            seen++;
        }
    }
    assert_int_equal(seen, rows);
}

static void rows_are_scored_and_kept_as_pages(void **state)
{
    struct dataset d = table(ROWS);
    double correct = 0;

    (void)state;
    for (int r = 0; r < ROWS; r++)
        correct += (probability(r) >= 0.5) == (y[r] == 4);
    for (unsigned i = 0; i < 6; i++) {
        struct farm farm = {
            .seed = i, .slots_most = i, .takeovers_percent = 10 * i, .twice_percent = 20};

        if (drive("file:a|csvLabel=first|" MODEL, &d, &farm) != DTQ_OK) fail_msg("%s", why.text);
        assert_rows(&farm, 0, ROWS);
        assert_int_equal(fields_int(farm.report, "pages", 0), 3);
        assert_int_equal(fields_int(farm.report, "fileRows", 0), ROWS);
        assert_true(cJSON_IsRaw(cJSON_GetObjectItemCaseSensitive(farm.report, "accuracy")));
        assert_true(strtod(cJSON_GetObjectItemCaseSensitive(farm.report, "accuracy")->valuestring,
                           NULL) == correct / ROWS);
        farm_clear(&farm);
    }
}

static void a_part_of_the_rows_is_scored_when_asked_for(void **state)
{
    struct dataset d = table(ROWS);
    struct farm farm = {.seed = 3};

    (void)state;
    assert_int_equal(drive("file:a|csvLabel=none|skip=1500|rows=7|" MODEL, &d, &farm), DTQ_OK);
    assert_int_equal(fields_int(farm.report, "skip", 0), 1500);
    assert_rows(&farm, 1500, 7);
    farm_clear(&farm);
    farm = (struct farm){.seed = 4};
    assert_int_equal(drive("file:a|skip=3000|" MODEL, &d, &farm), DTQ_INPUT);
    ask_sentence(&why, "skip=3000", "has 3000 rows");
    farm_clear(&farm);
}

static void a_long_table_is_cut_to_what_redis_may_hold(void **state)
{
    struct dataset d = table(ROWS);
    const struct farm_table tables[] = {{"file:a", &d}, {NULL, NULL}};
    static double wide[3 * 10922];
    char text[200];
    struct farm farm = {.seed = 1, .tables = tables, .first_weights = wide};
    cJSON *params;

    /* 10,922 classes of 2 features: a row is 87,384 bytes, of which 32 MiB hold 383. */
    (void)state;
    farm.first_count = sizeof wide / sizeof *wide;
    snprintf(text, sizeof text, "file:a|csvLabel=none|model=softmax|features=2|classes=10922");
    params = ask_params("predict", text);
    if (farm_run(&farm, job_find("predict"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    assert_int_equal(fields_int(farm.report, "rows", 0), 383);
    assert_int_equal(fields_int(farm.report, "fileRows", 0), ROWS);
    assert_true(farm.history.len <= (1 << 25) + 100 * 16);
    cJSON_Delete(params);
    farm_clear(&farm);
}

static void a_table_of_other_columns_is_refused(void **state)
{
    struct dataset d = table(ROWS);
    struct farm farm = {.seed = 1};

    (void)state;
    d.features = 3;
    assert_int_equal(drive("file:a|csvLabel=last|" MODEL, &d, &farm), DTQ_INPUT);
    ask_sentence(&why, "3 columns beside the label", "the model has 2 features");
    farm_clear(&farm);
}

static void parameters_that_make_no_sense_are_sentences(void **state)
{
    struct dataset d = table(ROWS);
    struct farm farm = {.seed = 1};

    (void)state;
    ask_refused("predict", "file:a|model=logreg|features=2|classes=3", "classes=3", "2 for logreg");
    ask_refused("predict", "file:a|model=linreg|features=2|scale=0", "scale=0", "other than 0");
    ask_refused("predict", "file:a|model=linreg|features=2|positive=x", "positive=x", "label");
    ask_refused("predict", "s3:a.csv|model=linreg|features=2", "dataRef=s3:a.csv", "\"s3:\"");
    assert_int_equal(drive("file:a|model=logreg|features=3|classes=2", &d, &farm), DTQ_INPUT);
    ask_sentence(&why, "4 numbers came with the job", "its model has 5");
    farm_clear(&farm);
}

static void wrong_bytes_end_in_a_sentence_or_do_no_harm(void **state)
{
    static const enum farm_bend bends[] = {FARM_BEND_SPEC, FARM_BEND_RESULT, FARM_BEND_CHECKPOINT};
    struct dataset d = table(ROWS);

    (void)state;
    for (unsigned i = 0; i < 150; i++) {
        struct farm farm = {.seed = i, .bend = bends[i % 3], .takeovers_percent = 20};
        enum dtq_err err;

        why.text[0] = '\0';
        err = drive("file:a|csvLabel=first|" MODEL, &d, &farm);
        assert_true(err == DTQ_OK || why.text[0]);
        farm_clear(&farm);
    }
}

/* Files without a label's column. */
static void assert_unlabelled(const char *text, bool has_header, uint64_t features)
{
    struct dataset *d;

    table_text("plain.csv", text);
    if (table_open("plain.csv", DATASET_NO_LABEL, has_header, false, &d, &why) != DTQ_OK)
        fail_msg("%s", why.text);
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, features);
    for (uint64_t i = 0; i < 2 * features; i++)
        assert_true(table_x(d, i / features, i % features) == (double)(i + 1));
    assert_true(d->y[0] == 0 && d->y[1] == 0);
    if (has_header) {
        assert_string_equal(dataset_name(d, 0), "a");
        assert_string_equal(dataset_name(d, features), "");
    }
    dataset_close(d);
}

static void a_file_without_labels_is_read_whole(void **state)
{
    (void)state;
    assert_unlabelled("1,2,3\n4,5,6\n", false, 3);
    assert_unlabelled("a;b\r\n1;2\r\n3;4", true, 2);
    assert_unlabelled("a\n1\n2\n", true, 1);
    assert_unlabelled("1\n2", false, 1);
    assert_unlabelled("1 2 \n3 4\n", false, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_scored_and_kept_as_pages),
        cmocka_unit_test(a_part_of_the_rows_is_scored_when_asked_for),
        cmocka_unit_test(a_long_table_is_cut_to_what_redis_may_hold),
        cmocka_unit_test(a_table_of_other_columns_is_refused),
        cmocka_unit_test(parameters_that_make_no_sense_are_sentences),
        cmocka_unit_test(wrong_bytes_end_in_a_sentence_or_do_no_harm),
        cmocka_unit_test(a_file_without_labels_is_read_whole),
    };

    return cmocka_run_group_tests(tests, fill, table_remove);
}
