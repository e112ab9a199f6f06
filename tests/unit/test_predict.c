/* test_predict.c: the job type predict, driven as a master and its workers would. */
#include "jobs/evaluated.h"
#include "jobs/job.h"
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

static double z(int r)
{
    return (x[2 * r] - 2 * x[2 * r + 1]) / 2;
}

static double probability(int r)
{
    return 1 / (1 + exp(-z(r)));
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
    int width = (int)fields_int(farm->report, "width", 0);
    const char *at = farm->history.data, *end = at + farm->history.len;

    while (at < end) {
        uint64_t head[2];
        int first;

        memcpy(head, at, sizeof head);
        at += sizeof head;
        first = from + (int)head[0] * page_rows;
        for (int i = 0; i < (int)head[1] / width; i++, at += (size_t)width * sizeof(double)) {
            double row[4];

            memcpy(row, at, (size_t)width * sizeof *row);
            if (width == 4) assert_true(row[2] == (y[first + i] == 4) && row[3] == z(first + i));
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
        assert_true(fields_real(farm.report, "accuracy", -1) == correct / ROWS);
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

/* --- a model that knows its columns ----------------------------------------------------------- */

/* linreg of a, b, c with the label y: 1 + 2 a - b + 0.5 c, whose empty cells are 10, 20 and 30. */
static enum dtq_err drive_named(const char *text, struct farm *farm)
{
    static const uint64_t at[] = {0, 2, 4, 6};
    static const double weights[] = {2, -1, 0.5}, bias[] = {1}, means[] = {10, 20, 30};
    struct model m = {.kind = MODEL_LINREG,
                      .features = 3,
                      .outputs = 1,
                      .scale = 1,
                      .weights = (double *)weights,
                      .bias = (double *)bias,
                      .fill = (double *)means,
                      .names = {.all = {3, at, "a\0b\0c\0y"}}};
    cJSON *params = cJSON_CreateObject(), *all;
    size_t count;
    double *numbers;
    enum dtq_err err;

    assert_int_equal(model_pack(&m, params, &numbers, &count, &why), DTQ_OK);
    cJSON_AddStringToObject(params, "missing", "mean");
    assert_int_equal(job_params(job_find("predict"), &text, 1, params, &all, &why), DTQ_OK);
    farm->first_weights = numbers;
    farm->first_count = count;
    err = farm_run(farm, job_find("predict"), all, &why);
    cJSON_Delete(params);
    cJSON_Delete(all);
    free(numbers);
    return err;
}

/* The scores of the first rows of the only page. */
static void assert_scores(const char *text, const double *wanted, int rows, const char *warning)
{
    struct farm farm = {.seed = 1};
    const cJSON *list;

    if (drive_named(text, &farm) != DTQ_OK) fail_msg("%s: %s", text, why.text);
    assert_int_equal(fields_int(farm.report, "rows", 0), rows);
    for (int i = 0; i < rows; i++) {
        double score;

        memcpy(&score, farm.history.data + 2 * sizeof(uint64_t) + (size_t)i * 2 * sizeof score,
               sizeof score);
        assert_true(score == wanted[i]);
    }
    list = cJSON_GetObjectItemCaseSensitive(farm.report, "warnings");
    if (warning)
        assert_non_null(strstr(cJSON_GetArrayItem(list, 0)->valuestring, warning));
    else
        assert_null(list);
    farm_clear(&farm);
}

static void columns_are_found_by_name_with_the_label_or_without(void **state)
{
    static const double wanted[] = {1 + 2 - 2 + 1.5, 1 + 8 - 5 + 3};
    static const char *const texts[] = {"a,b,c\n1,2,3\n4,5,6\n", "c,b,y,a\n3,2,9,1\n6,5,9,4\n",
                                        "y,a,b,c\n9,1,2,3\n9,4,5,6\n"};
    struct farm farm = {.seed = 1};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        table_text("new.csv", texts[i]);
        assert_scores("new.csv", wanted, 2, NULL);
        assert_scores("new.csv|hasHeader=true", wanted, 2, NULL);
    }
    table_text("new.csv", "c,truth,b,a\n3,9,2,1\n6,9,5,4\n");
    assert_scores("new.csv|csvLabel=truth", wanted, 2, NULL);
    table_text("new.csv", "1,2,3\n4,5,6\n");
    assert_scores("new.csv", wanted, 2, "new.csv are matched by position");
    assert_scores("new.csv|hasHeader=false", wanted, 2, "it has no line of names");
    assert_int_equal(drive_named("new.csv|hasHeader=true", &farm), DTQ_INPUT);
    ask_sentence(&why, "missing \"a\", \"b\", \"c\"", "unknown \"1\", \"2\", \"3\"");
    farm_clear(&farm);
    /* What is wrong further down is told, not that there might be no line of names. */
    table_text("new.csv", "c,b,a\n3,2,1\n6,x,4\n");
    assert_int_equal(drive_named("new.csv", &farm), DTQ_INPUT);
    ask_sentence(&why, "line 3", "\"x\"");
    farm_clear(&farm);
}

static void a_row_has_the_same_score_whatever_stands_beside_it(void **state)
{
    static const double wanted[] = {1 + 20 - 2 + 15, 1 + 2 - 20 + 1.5, 1 + 2000 - 20 + 15};

    (void)state;
    table_text("new.csv", "a,b,c\n,2,\n");
    assert_scores("new.csv", wanted, 1, NULL);
    table_text("new.csv", "a,b,c\n,2,\n1,,3\n1000,,\n");
    assert_scores("new.csv", wanted, 3, NULL);
    table_text("new.csv", "c,b,a\n,2,\n3,,1\n,,1000\n");
    assert_scores("new.csv", wanted, 3, NULL);
    ask_refused("predict", "a.csv|missing=mean|model=linreg|features=2", "missing=mean",
                "the model has no means");
}

/* Sums over parts, put together in whatever pieces, are those of the whole. */
static void figures_of_parts_add_up(void **state)
{
    static const double weights[] = {0.5, -1};
    struct model m = {.kind = MODEL_LINREG,
                      .features = 2,
                      .outputs = 1,
                      .scale = 1,
                      .weights = (double *)weights};
    struct dataset d = table(ROWS);
    double loss = 0, absolute = 0, mean = 0, spread = 0;

    (void)state;
    for (int r = 0; r < ROWS; r++) {
        double far = 0.5 * x[2 * r] - x[2 * r + 1] - y[r];

        loss += far * far / ROWS;
        absolute += fabs(far) / ROWS;
        mean += y[r] / ROWS;
    }
    for (int r = 0; r < ROWS; r++)
        spread += (y[r] - mean) * (y[r] - mean);
    for (uint64_t parts = 1; parts < 9; parts++) {
        struct evaluated all = {0}, part, back;
        cJSON *figures = cJSON_CreateObject(), *array;

        for (uint64_t i = 0; i < parts; i++) {
            struct evaluator *e = evaluator_new(&m);
            uint64_t row = i * ROWS / parts, end = (i + 1) * ROWS / parts;

            for (; row < end; row += 500)
                evaluator_take(e, &d, row, end - row < 500 ? end - row : 500, NULL, NULL);
            evaluator_result(e, &part, NULL);
            evaluator_free(e);
            array = evaluated_json(&part);
            char *text = cJSON_PrintUnformatted(array);
            cJSON *parsed = cJSON_Parse(text);
            assert_true(evaluated_read(parsed, &back));
            part.sums.objective = 0; /* a figure of trainings alone */
            assert_memory_equal(&back, &part, sizeof part);
            cJSON_Delete(parsed);
            free(text);
            cJSON_Delete(array);
            evaluated_add(&all, &back);
        }
        assert_int_equal(all.rows, ROWS);
        evaluated_tell(&all, &m, NULL, false, figures);
        assert_true(fabs(fields_real(figures, "loss", 0) / loss - 1) < 1e-13);
        assert_true(fabs(fields_real(figures, "mae", 0) / absolute - 1) < 1e-13);
        assert_true(fabs(fields_real(figures, "rmse", 0) / sqrt(loss) - 1) < 1e-13);
        assert_true(fabs(fields_real(figures, "r2", 0) / (1 - loss * ROWS / spread) - 1) < 1e-13);
        cJSON_Delete(figures);
    }
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
        cmocka_unit_test(columns_are_found_by_name_with_the_label_or_without),
        cmocka_unit_test(a_row_has_the_same_score_whatever_stands_beside_it),
        cmocka_unit_test(figures_of_parts_add_up),
    };

    return cmocka_run_group_tests(tests, fill, table_remove);
}
