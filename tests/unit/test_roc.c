/* test_roc.c: ROC curves of scores, against the curve as it is defined; and that a training keeps
 * the curve and the matrix of the weights that it ends with. */
#include "jobs/train/auc.h"
#include "jobs/train/roc.h"
#include "tests/support/ask.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 20000 };

static struct dtq_why why;
static double above[MANY], below[MANY], scratch[MANY], points[ROC_NUMBERS];
static uint64_t dice = 1;

static uint64_t roll(uint64_t sides)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (dice >> 33) % sides;
}

/* Twice the area under points 0 .. count - 1 and the origin, in pairs of rows. */
static double area(const double *p, size_t count)
{
    double sum = 0, x = 0, y = 0;

    for (size_t i = 0; i < count; i++) {
        sum += (p[2 * i] - x) * (p[2 * i + 1] + y);
        x = p[2 * i];
        y = p[2 * i + 1];
    }
    return sum;
}

/* The distance of (x, y) from the line through the points, straight up or down. */
static double off_line(const double *p, size_t count, double x, double y)
{
    double x0 = 0, y0 = 0, least = 1e300;

    for (size_t i = 0; i < count; i++) {
        double x1 = p[2 * i], y1 = p[2 * i + 1];

        if (x >= x0 && x <= x1) {
            double from = x1 > x0 ? y0 + (y1 - y0) * (x - x0) / (x1 - x0) : fmin(fmax(y, y0), y1);

            least = fmin(least, fabs(y - from));
        }
        x0 = x1;
        y0 = y1;
    }
    return least;
}

/* Rows that score at least so much: a point of the curve. */
static void rows_from(double score, size_t n, size_t m, double *x, double *y)
{
    *x = *y = 0;
    for (size_t i = 0; i < m; i++)
        *x += below[i] >= score;
    for (size_t i = 0; i < n; i++)
        *y += above[i] >= score;
}

static void few_corners_are_the_whole_curve(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        size_t n = 1 + roll(60), m = 1 + roll(60), count;
        uint64_t levels = 1 + roll(80), wins;
        double x, y;

        for (size_t i = 0; i < n; i++)
            above[i] = (double)roll(levels) + (double)roll(2) * 3;
        for (size_t i = 0; i < m; i++)
            below[i] = (double)roll(levels) - 4;
        wins = auc_wins(above, n, below, m, scratch);
        count = roc_points(above, n, below, m, points);
        assert_int_equal(count, roc_count(points));
        assert_true(points[2 * count - 2] == (double)m && points[2 * count - 1] == (double)n);
        assert_true(area(points, count) == (double)wins);
        for (size_t i = 0; i < n + m; i++) {
            rows_from(i < n ? above[i] : below[i - n], n, m, &x, &y);
            assert_true(off_line(points, count, x, y) < 1e-9);
        }
        for (size_t i = 1; i + 1 < count; i++) /* no point that the line would go through anyhow */
            assert_true(
                (points[2 * i] - points[2 * i - 2]) * (points[2 * i + 3] - points[2 * i + 1]) !=
                (points[2 * i + 2] - points[2 * i]) * (points[2 * i + 1] - points[2 * i - 1]));
    }
}

static void many_corners_are_near_the_curve(void **state)
{
    (void)state;
    for (int round = 0; round < 12; round++) {
        size_t n = 1 + roll(MANY), m = 1 + roll(MANY), count;
        double auc, x, y;

        for (size_t i = 0; i < n; i++)
            above[i] = (double)roll(1000000) + (double)roll(round % 4 * 200000 + 1);
        for (size_t i = 0; i < m; i++)
            below[i] = (double)roll(1000000);
        auc = (double)auc_wins(above, n, below, m, scratch) / 2 / (double)n / (double)m;
        count = roc_points(above, n, below, m, points);
        assert_true(count <= ROC_POINTS);
        assert_true(points[2 * count - 2] == (double)m && points[2 * count - 1] == (double)n);
        assert_true(fabs(area(points, count) / 2 / (double)n / (double)m - auc) < 1.0 / 127);
        for (size_t i = 0; i < count; i++) { /* each is a point of the exact curve */
            size_t told = (size_t)points[2 * i + 1];

            if (!told || i % 7) continue;
            rows_from(above[n - told], n, m, &x, &y);
            assert_true(y == points[2 * i + 1] && x <= points[2 * i]);
        }
        for (int i = 0; i < 200; i++) {
            rows_from(above[roll(n)], n, m, &x, &y);
            /* to the side, or up: whichever the line is nearer in */
            assert_true(off_line(points, count, x, y) / (double)n < 2.0 / 127);
        }
    }
}

static void one_side_or_none_is_a_point(void **state)
{
    const double some[] = {1, 2, 2};

    (void)state;
    assert_int_equal(roc_points(some, 3, NULL, 0, points), 1);
    assert_true(points[0] == 0 && points[1] == 3);
    assert_int_equal(roc_points(NULL, 0, some, 3, points), 1);
    assert_true(points[0] == 3 && points[1] == 0);
    assert_int_equal(roc_points(NULL, 0, NULL, 0, points), 0);
}

static void scores_that_are_no_numbers_end(void **state)
{
    const double none[] = {NAN, 1, NAN}, more[] = {-INFINITY, NAN};

    (void)state;
    assert_true(roc_points(none, 3, more, 2, points) >= 1);
    assert_true(points[2 * roc_count(points) - 1] == 3);
}

/* Of a training on noise with a test set of noise. */
static struct farm train(const char *text, const struct farm_table *tables)
{
    struct farm farm = {.seed = 5, .tables = tables, .slots_most = 3, .takeovers_percent = 6};
    cJSON *params = ask_params("train", text);

    if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    cJSON_Delete(params);
    return farm;
}

static double auc_of(const struct farm *farm)
{
    size_t count = farm->roc.count / 2;

    assert_true(count > 0);
    return area(farm->roc.v, count) / 2 / farm->roc.v[2 * count - 2] / farm->roc.v[2 * count - 1];
}

static void a_training_keeps_the_curve_of_its_weights(void **state)
{
    static const char *const options[] = {"mode=sync", "mode=average", "mode=async",
                                          "optimizer=lbfgs", "batchSize=7"};
    const struct farm_table tables[] = {{"file:noise", training_noise(903, 5, 3)},
                                        {"file:test", training_noise(120, 5, 4)},
                                        {NULL, NULL}};
    static const char base[] = "model=logreg|dataRef=file:noise|normalize=255|epochs=4";
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm farm;

        snprintf(text, sizeof text, "%s|testRef=file:test%s|%s", base,
                 training_steps(options[i], "|lr=0.3"), options[i]);
        farm = train(text, tables);
        assert_true(fabs(auc_of(&farm) - fields_real(farm.report, "testAuc", 0)) < 1e-12);
        farm_clear(&farm);
    }
    /* Watching what gets worse, it ends with the first epoch's weights. */
    snprintf(text, sizeof text, "%s|testRef=file:test|lr=0.3|patience=2|minDelta=1", base);
    struct farm patient = train(text, tables);
    assert_int_equal(fields_int(patient.report, "bestEpoch", 0), 1);
    assert_true(fields_real(cJSON_GetArrayItem(patient.epochs, 2), "testAuc", 0) !=
                fields_real(patient.report, "testAuc", 0));
    assert_true(fabs(auc_of(&patient) - fields_real(patient.report, "testAuc", 0)) < 1e-12);
    farm_clear(&patient);
    snprintf(text, sizeof text, "%s|lr=0.3|holdout=9", base);
    struct farm held = train(text, tables);
    assert_true(fabs(auc_of(&held) - fields_real(held.report, "testAuc", 0)) < 1e-12);
    farm_clear(&held);
    snprintf(text, sizeof text, "%s|lr=0.3|metrics=full", base);
    struct farm full = train(text, tables); /* more corners than are kept */
    assert_true(fabs(auc_of(&full) - fields_real(full.report, "auc", 0)) < 1.0 / 127);
    farm_clear(&full);
    struct farm plain = train(base, tables); /* likewise; of the weights that it ends with */
    assert_true(fabs(auc_of(&plain) - fields_real(plain.report, "auc", 0)) < 1.0 / 127);
    farm_clear(&plain);
    training_free(tables[0].table);
    training_free(tables[1].table);
}

/* The share of the diagonal. */
static double told_right(const cJSON *report)
{
    const cJSON *rows = cJSON_GetObjectItem(report, "confusion"), *row, *item;
    double right = 0, all = 0;
    int at = 0;

    cJSON_ArrayForEach(row, rows)
    {
        right += cJSON_GetArrayItem(row, at++)->valuedouble;
        cJSON_ArrayForEach(item, row) all += item->valuedouble;
    }
    assert_true(all > 0);
    return right / all;
}

static void a_patient_training_keeps_the_matrix_of_its_best_epoch(void **state)
{
    const struct farm_table tables[] = {{"file:noise", training_noise(903, 5, 3)},
                                        {"file:test", training_noise(120, 5, 4)},
                                        {NULL, NULL}};
    struct farm farm = train("model=softmax|dataRef=file:noise|testRef=file:test|normalize=255|"
                             "epochs=5|lr=0.3|patience=2|minDelta=1",
                             tables);

    (void)state;
    assert_int_equal(fields_int(farm.report, "bestEpoch", 0), 1);
    assert_true(fields_real(cJSON_GetArrayItem(farm.epochs, 2), "testAccuracy", 0) !=
                fields_real(farm.report, "testAccuracy", 0));
    assert_true(fabs(told_right(farm.report) - fields_real(farm.report, "testAccuracy", 0)) <
                1e-12);
    farm_clear(&farm);
    training_free(tables[0].table);
    training_free(tables[1].table);
}

static void an_epoch_tells_where_its_optimiser_stands(void **state)
{
    const struct farm_table tables[] = {{"file:noise", training_noise(900, 5, 3)}, {NULL, NULL}};
    struct farm step = train("model=logreg|dataRef=file:noise|normalize=255|epochs=4|lr=0.5|"
                             "lrSchedule=step|lrDrop=0.5|lrEvery=2",
                             tables);
    struct farm cosine = train("model=logreg|dataRef=file:noise|normalize=255|epochs=2|lr=0.5|"
                               "lrSchedule=cosine|batchSize=225",
                               tables);
    struct farm whole = train("model=logreg|dataRef=file:noise|normalize=255|epochs=200|l2=0.01|"
                              "optimizer=lbfgs|tol=1e-5",
                              tables);
    const cJSON *last;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_true(fields_real(cJSON_GetArrayItem(step.epochs, i), "lr", 0) ==
                    (i < 2 ? 0.5 : 0.25));
    for (int i = 0; i < 2; i++) /* steps 3 and 7 of 8 */
        assert_true(fabs(fields_real(cJSON_GetArrayItem(cosine.epochs, i), "lr", 0) -
                         0.25 * (1 + cos(M_PI * (4 * i + 3) / 8))) < 1e-12);
    assert_string_equal(fields_text(whole.report, "stopped", ""), "converged");
    last = cJSON_GetArrayItem(whole.epochs, cJSON_GetArraySize(whole.epochs) - 1);
    assert_true(fields_real(last, "gradient", 1) <= 1e-5 && fields_real(last, "gradient", 0) > 0);
    assert_true(fields_real(cJSON_GetArrayItem(whole.epochs, 0), "gradient", 0) > 1e-5);
    assert_false(cJSON_HasObjectItem(last, "lr"));
    farm_clear(&step);
    farm_clear(&cosine);
    farm_clear(&whole);
    training_free(tables[0].table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_corners_are_the_whole_curve),
        cmocka_unit_test(many_corners_are_near_the_curve),
        cmocka_unit_test(one_side_or_none_is_a_point),
        cmocka_unit_test(scores_that_are_no_numbers_end),
        cmocka_unit_test(a_training_keeps_the_curve_of_its_weights),
        cmocka_unit_test(a_patient_training_keeps_the_matrix_of_its_best_epoch),
        cmocka_unit_test(an_epoch_tells_where_its_optimiser_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
