/* test_findings.c: what evaluations saw, out of what Redis holds; and its pictures. */
#include "producer/charts.h"
#include "producer/findings.h"
#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* A job of these texts; job_clear it. */
static struct findings_job job_of(const char *params, const char *report)
{
    return (struct findings_job){.id = "J1",
                                 .type = "train",
                                 .state = "completed",
                                 .ended = true,
                                 .params = cJSON_Parse(params),
                                 .report = cJSON_Parse(report)};
}

static void job_clear(struct findings_job *job)
{
    cJSON_Delete((cJSON *)job->params);
    cJSON_Delete((cJSON *)job->report);
}

static void a_curve_becomes_rates(void **state)
{
    static const double points[] = {0, 3, 2, 3, 4, 4};
    struct findings_job job = job_of("{\"model\":\"logreg\",\"testRef\":\"file:t\"}",
                                     "{\"testAuc\":0.8125,\"auc\":0.5,\"epochsDone\":1}");
    struct findings_roc roc;

    (void)state;
    job.roc = points;
    job.roc_count = 6;
    assert_int_equal(findings_roc(&job, &roc, &why), DTQ_OK);
    assert_int_equal(roc.n, 3);
    assert_true(roc.fpr[0] == 0 && roc.fpr[1] == 0.5 && roc.fpr[2] == 1);
    assert_true(roc.tpr[0] == 0.75 && roc.tpr[1] == 0.75 && roc.tpr[2] == 1);
    assert_true(roc.tested && roc.auc == 0.8125 && roc.rows == 8);
    findings_roc_clear(&roc);
    job.ended = false;
    assert_int_equal(findings_roc(&job, &roc, &why), DTQ_OK);
    assert_true(roc.auc == -1); /* the report is of a later epoch, maybe */
    findings_roc_clear(&roc);
    job_clear(&job);
}

static void the_point_of_predictions_comes_from_whole_rows(void **state)
{
    static const double points[] = {0, 3, 2, 3, 4, 4};
    static const struct {
        const char *report;
        bool has;
    } rows[] = {
        {"{\"testPrecision\":0.6,\"testRecall\":0.75}", true},
        {"{\"testPrecision\":0.61,\"testRecall\":0.75}", false},
        {"{\"testPrecision\":0.6,\"testRecall\":0.7}", false},
        {"{\"testPrecision\":0.2,\"testRecall\":1}", false}, /* more wrong than there are */
        {"{\"testPrecision\":0,\"testRecall\":0}", false},
        {"{\"testRecall\":0.75}", false},
        {"{\"precision\":0.6,\"recall\":0.75}", false}, /* of the training set */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings_job job = job_of("{\"model\":\"logreg\",\"holdout\":5}", rows[i].report);
        struct findings_roc roc;

        job.roc = points;
        job.roc_count = 6;
        assert_int_equal(findings_roc(&job, &roc, &why), DTQ_OK);
        assert_int_equal(roc.has_point, rows[i].has);
        if (rows[i].has) assert_true(roc.point_fpr == 0.5 && roc.point_tpr == 0.75);
        findings_roc_clear(&roc);
        job_clear(&job);
    }
}

static void a_damaged_curve_is_a_sentence(void **state)
{
    static const double bad[][4] = {{0, 3, -1, 4},  {2, 3, 1, 4},   {0, 3, 4, 2},
                                    {0, NAN, 4, 4}, {0, 0.5, 4, 4}, {0, 3, INFINITY, 4}};
    struct findings_job job = job_of("{\"model\":\"logreg\",\"holdout\":5}", "{}");
    struct findings_roc roc;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        job.roc = bad[i];
        job.roc_count = 4;
        assert_int_equal(findings_roc(&job, &roc, &why), DTQ_INPUT);
        assert_non_null(strstr(why.text, "the ROC curve of job J1 is damaged"));
    }
    job.roc = bad[0];
    job.roc_count = 1;
    assert_int_equal(findings_roc(&job, &roc, &why), DTQ_INPUT);
    job_clear(&job);
}

static void what_is_not_there_is_explained(void **state)
{
    static const struct {
        const char *params, *report, *curve, *matrix;
    } rows[] = {
        {"{\"model\":\"logreg\"}", "{\"epochsDone\":2}", "there are too many rows for one",
         "that is for model=softmax, but it is a logreg"},
        {"{\"model\":\"linreg\",\"holdout\":5}", "{\"epochsDone\":2}",
         "that is for model=logreg, but it is a linreg", "but it is a linreg"},
        {"{\"model\":\"softmax\"}", "{\"epochsDone\":2}", "but it is a softmax",
         "there are too many classes for one"},
        {"{\"model\":\"logreg\",\"holdout\":5}", "{}",
         "is completed and has come to the end of no epoch", "softmax"},
        {"{\"model\":\"logreg\",\"metrics\":\"full\"}", "{\"epochsDone\":2}",
         "there are too many rows for one", "softmax"},
        {"{\"model\":\"softmax\",\"testRef\":\"file:t\"}", "{\"epochsDone\":2,\"confusion\":[]}",
         "logreg", "there are too many classes for one"},
    };
    struct findings_matrix m;
    struct findings_roc roc;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct findings_job job = job_of(rows[i].params, rows[i].report);

        assert_int_equal(findings_roc(&job, &roc, &why), DTQ_NONE);
        if (!strstr(why.text, rows[i].curve)) fail_msg("%zu: %s", i, why.text);
        assert_int_equal(findings_matrix(&job, &m, &why), DTQ_NONE);
        if (!strstr(why.text, rows[i].matrix)) fail_msg("%zu: %s", i, why.text);
        job_clear(&job);
    }
    static const double one_class[] = {0, 7};
    struct findings_job job = job_of("{\"model\":\"logreg\",\"holdout\":5}", "{}");
    job.roc = one_class;
    job.roc_count = 2;
    assert_int_equal(findings_roc(&job, &roc, &why), DTQ_NONE);
    assert_non_null(strstr(why.text, "all 7 rows of its test set are of one class"));
    job.roc_count = 0;
    job.type = "sum";
    assert_int_equal(findings_roc(&job, &roc, &why), DTQ_NONE);
    assert_non_null(strstr(why.text, "it is a sum, no training"));
    job_clear(&job);
}

static void a_matrix_has_names_and_counts(void **state)
{
    struct findings_job job = job_of("{\"model\":\"softmax\",\"holdout\":5}",
                                     "{\"classes\":[-1,2.5],\"confusion\":[[3,1],[0,4]]}");
    struct findings_matrix m;

    (void)state;
    assert_int_equal(findings_matrix(&job, &m, &why), DTQ_OK);
    assert_int_equal(m.classes, 2);
    assert_string_equal(m.names[0], "-1");
    assert_string_equal(m.names[1], "2.5");
    assert_int_equal(m.counts[0], 3);
    assert_int_equal(m.counts[1], 1);
    assert_int_equal(m.counts[3], 4);
    assert_int_equal(m.rows, 8);
    assert_int_equal(m.right, 7);
    assert_true(m.tested);
    job_clear(&job);
}

static void a_damaged_matrix_is_a_sentence(void **state)
{
    static const char *const bad[] = {"[[1,2]]",         "[[1,2],[3]]",       "[[1,2],[3,-1]]",
                                      "[[1,2],[3,0.5]]", "[[1,2],[3,\"x\"]]", "[[1,2],7]"};
    struct findings_matrix m;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char report[80];
        struct findings_job job;

        snprintf(report, sizeof report, "{\"confusion\":%s}", bad[i]);
        job = job_of("{\"model\":\"softmax\"}", report);
        assert_int_equal(findings_matrix(&job, &m, &why), DTQ_INPUT);
        assert_non_null(strstr(why.text, "the confusion matrix of job J1 is damaged"));
        job_clear(&job);
    }
}

static void curves_of_jobs_share_a_picture(void **state)
{
    static double fpr[] = {0, 0.25, 1}, tpr[] = {0.5, 0.75, 1}, other[] = {0, 0.5, 1};
    struct chart_training trainings[CHART_SERIES_MAX] = {{.id = "J1"}, {.id = "J2"}};
    struct findings_roc rocs[] = {
        {.n = 3,
         .fpr = fpr,
         .tpr = tpr,
         .rows = 40,
         .auc = 0.9,
         .tested = true,
         .has_point = true,
         .point_fpr = 0.25,
         .point_tpr = 0.75},
        {.n = 3, .fpr = other, .tpr = tpr, .rows = 9, .auc = -1},
    };
    cJSON *params[2] = {cJSON_Parse("{\"model\":\"logreg\",\"dataRef\":\"file:a/b.csv\",\"lr\":1}"),
                        cJSON_Parse("{\"model\":\"logreg\",\"dataRef\":\"b.csv\",\"lr\":0.1}")};
    const struct chart_file two = {scratch_path("two.svg"), CHART_SVG, 1};
    const struct chart_file one = {scratch_path("one.svg"), CHART_SVG, 1};
    char *text;

    (void)state;
    assert_int_equal(charts_roc(trainings, rocs, 2, &two, &why), DTQ_OK);
    text = scratch_read("two.svg");
    assert_non_null(strstr(text, ">AUC 0.9000  J1, test set<"));
    assert_non_null(strstr(text, ">AUC 0.7500  J2, training set<"));
    free(text);
    rocs[1].tested = true;
    for (size_t i = 0; i < 2; i++)
        describe_training(params[i], &trainings[i].words);
    assert_int_equal(charts_roc(trainings, rocs, 2, &two, &why), DTQ_OK);
    text = scratch_read("two.svg");
    assert_non_null(strstr(text, ">ROC curves of 2 trainings: logreg on b.csv<"));
    assert_non_null(strstr(text, ">of the test sets<"));
    assert_non_null(strstr(text, ">AUC 0.9000  J1: lr 1<"));
    free(text);
    assert_int_equal(charts_roc(trainings, rocs, 1, &one, &why), DTQ_OK);
    text = scratch_read("one.svg");
    assert_non_null(strstr(text, ">ROC curve of J1: logreg on b.csv<"));
    assert_non_null(strstr(text, ">40 rows of the test set<"));
    assert_non_null(strstr(text, ">AUC 0.9000<"));
    assert_non_null(strstr(text, ">threshold 0.5<"));
    free(text);
    assert_int_equal(charts_roc(trainings, rocs, CHART_SERIES_MAX, &one, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "40 ROC curves are more than the 39"));
    cJSON_Delete(params[0]);
    cJSON_Delete(params[1]);
}

static void a_matrix_is_a_picture_with_its_counts(void **state)
{
    struct findings_matrix m = {.classes = 2,
                                .counts = {30, 10, 0, 60},
                                .names = {"no", "yes"},
                                .rows = 100,
                                .right = 90,
                                .tested = true};
    const struct chart_training training = {.id = "J9"};
    const struct chart_file svg = {scratch_path("matrix.svg"), CHART_SVG, 1};
    char *text;

    (void)state;
    assert_int_equal(charts_confusion(&training, &m, &svg, &why), DTQ_OK);
    text = scratch_read("matrix.svg");
    assert_non_null(strstr(text, ">Confusion matrix of J9<"));
    assert_non_null(strstr(text, ">100 rows of the test set, 90.00 % classified correctly<"));
    assert_non_null(strstr(text, ">30<"));
    assert_non_null(strstr(text, ">75.0 %<"));
    assert_non_null(strstr(text, ">yes<"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_becomes_rates),
        cmocka_unit_test(the_point_of_predictions_comes_from_whole_rows),
        cmocka_unit_test(a_damaged_curve_is_a_sentence),
        cmocka_unit_test(what_is_not_there_is_explained),
        cmocka_unit_test(a_matrix_has_names_and_counts),
        cmocka_unit_test(a_damaged_matrix_is_a_sentence),
        cmocka_unit_test(curves_of_jobs_share_a_picture),
        cmocka_unit_test(a_matrix_is_a_picture_with_its_counts),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
