/* test_curve.c: epochs as numbers, from Redis and from their log. */
#include "producer/curve.h"
#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static const char EPOCHS[] =
    "[{\"epoch\":1,\"loss\":0.5,\"accuracy\":0.25,\"testLoss\":0.75,\"durationMs\":12.5,"
    "\"throughput\":11179723.2,\"workers\":2,\"atMs\":1769860800123,\"testAccuracy\":0.5,"
    "\"lr\":0.125,\"gradient\":null},"
    "{\"epoch\":2,\"loss\":0.1,\"accuracy\":0.875,\"testLoss\":0.8,\"durationMs\":10,"
    "\"throughput\":100,\"workers\":1,\"atMs\":1769860801000,\"testAccuracy\":1,"
    "\"gradient\":0.25,\"note\":\"more\"}]";

static void epochs_become_lines_of_a_log(void **state)
{
    cJSON *epochs = cJSON_Parse(EPOCHS), *row;
    struct buf text = {0};

    (void)state;
    curve_to_csv("J7", "async", epochs, &text);
    assert_string_equal(
        text.data,
        "timestamp,jobId,epoch,loss,accuracy,durationMs,throughput,workers,mode,testLoss,"
        "testAccuracy,gradient,lr\n"
        "2026-01-31T12:00:00.123Z,J7,1,0.5,0.25,12.5,11179723.2,2,async,0.75,0.5,,0.125\n"
        "2026-01-31T12:00:01.000Z,J7,2,0.10000000000000001,0.875,10,100,1,async,"
        "0.80000000000000004,1,0.25,\n");
    buf_clear(&text);
    cJSON_ArrayForEach(row, epochs)
    {
        cJSON_DeleteItemFromObject(row, "testLoss");
        cJSON_DeleteItemFromObject(row, "accuracy");
        cJSON_DeleteItemFromObject(row, "testAccuracy");
        cJSON_DeleteItemFromObject(row, "gradient");
        cJSON_DeleteItemFromObject(row, "lr");
    }
    curve_to_csv("J7", "sync", epochs, &text);
    assert_string_equal(text.data,
                        "timestamp,jobId,epoch,loss,accuracy,durationMs,throughput,workers,mode\n"
                        "2026-01-31T12:00:00.123Z,J7,1,0.5,,12.5,11179723.2,2,sync\n"
                        "2026-01-31T12:00:01.000Z,J7,2,0.10000000000000001,,10,100,1,sync\n");
    buf_clear(&text);
    cJSON_Delete(epochs);
}

static void a_log_reads_back_as_the_same_numbers(void **state)
{
    cJSON *epochs = cJSON_Parse(EPOCHS);
    struct buf text = {0}, warnings = {0};
    struct curve a, b;

    (void)state;
    curve_to_csv("J7", "async", epochs, &text);
    scratch_write("same.csv", text.data);
    assert_int_equal(curve_from_json(epochs, NULL, NULL, &a, &why), DTQ_OK);
    assert_int_equal(curve_from_csv(scratch_path("same.csv"), &b, &warnings, &why), DTQ_OK);
    assert_int_equal(warnings.len, 0);
    assert_int_equal(b.n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(a.epoch[i] == b.epoch[i] && a.loss[i] == b.loss[i]);
        assert_true(a.accuracy[i] == b.accuracy[i] && a.test_loss[i] == b.test_loss[i]);
        assert_true(a.test_accuracy[i] == b.test_accuracy[i]);
    }
    curve_clear(&a);
    curve_clear(&b);
    buf_clear(&text);
    cJSON_Delete(epochs);
}

static void running_figures_are_named_as_such(void **state)
{
    cJSON *epochs = cJSON_Parse("[{\"epoch\":1,\"runningLoss\":0.5,\"runningAccuracy\":0.25,"
                                "\"durationMs\":2,\"throughput\":1,\"workers\":1,\"atMs\":0}]");
    struct buf text = {0}, warnings = {0};
    struct curve c;

    (void)state;
    curve_to_csv("J7", "sync", epochs, &text);
    assert_string_equal(text.data, "timestamp,jobId,epoch,runningLoss,runningAccuracy,durationMs,"
                                   "throughput,workers,mode\n"
                                   "1970-01-01T00:00:00.000Z,J7,1,0.5,0.25,2,1,1,sync\n");
    scratch_write("running.csv", text.data);
    assert_int_equal(curve_from_csv(scratch_path("running.csv"), &c, &warnings, &why), DTQ_OK);
    assert_true(c.running && c.n == 1 && c.loss[0] == 0.5 && c.accuracy[0] == 0.25);
    assert_true(isnan(c.test_loss[0]) && isnan(c.test_accuracy[0]));
    curve_clear(&c);
    buf_clear(&text);
    cJSON_Delete(epochs);
}

/* There, accuracy was that of the test set where there was one. */
static void logs_of_former_versions_are_read_as_they_were_meant(void **state)
{
    static const struct {
        const char *text;
        double accuracy, test_loss, test_accuracy;
    } logs[] = {
        {"epoch,loss,accuracy,durationMs\n1,3,0.5,7\n", 0.5, NAN, NAN},
        {"epoch,loss,accuracy,durationMs,testLoss\n1,3,0.5,7,2\n", NAN, 2, 0.5},
        {"epoch,loss,accuracy,durationMs,testLoss,trainAccuracy,testAccuracy\n"
         "1,3,0.5,7,2,0.75,0.5\n",
         0.75, 2, 0.5},
    };
    struct buf warnings = {0};
    struct curve c;

    (void)state;
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        const double wanted[] = {logs[i].accuracy, logs[i].test_loss, logs[i].test_accuracy};

        scratch_write("former.csv", logs[i].text);
        assert_int_equal(curve_from_csv(scratch_path("former.csv"), &c, &warnings, &why), DTQ_OK);
        assert_true(c.n == 1 && c.epoch[0] == 1 && c.loss[0] == 3 && !c.running);
        const double got[] = {c.accuracy[0], c.test_loss[0], c.test_accuracy[0]};
        for (size_t k = 0; k < 3; k++)
            assert_true(got[k] == wanted[k] || (isnan(got[k]) && isnan(wanted[k])));
        curve_clear(&c);
    }
}

static void lines_edited_by_hand_are_left_out_with_a_sentence(void **state)
{
    struct buf warnings = {0};
    struct curve c;

    (void)state;
    scratch_write("hand.csv", "timestamp,jobId,epoch,loss,accuracy,durationMs,throughput,workers,"
                              "mode\nt,J,1,0.5,,1,1,1,sync\nt,J,2,about half,,1,1,1,sync\nt,J\n"
                              "t,J,,0.5,,1,1,1,sync\nt,J,4,,0.5,1,1,1,sync\n");
    assert_int_equal(curve_from_csv(scratch_path("hand.csv"), &c, &warnings, &why), DTQ_OK);
    assert_int_equal(c.n, 2);
    assert_true(c.epoch[1] == 4 && isnan(c.loss[1]) && c.accuracy[1] == 0.5);
    assert_true(isnan(c.test_loss[1]) && isnan(c.test_accuracy[1]));
    assert_non_null(strstr(warnings.data, "line 3: \"about half\" is no number; left out\n"));
    assert_non_null(strstr(warnings.data, "line 4: 2 cells, expected 9; left out\n"));
    assert_non_null(strstr(warnings.data, "line 5: \"\" is no number of an epoch; left out\n"));
    buf_clear(&warnings);
    curve_clear(&c);
    assert_int_equal(curve_from_csv(scratch_path("absent.csv"), &c, &warnings, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "absent.csv"));
}

static void only_an_epoch_that_the_job_chose_is_marked(void **state)
{
    cJSON *epochs = cJSON_Parse(EPOCHS), *report = cJSON_Parse("{\"bestEpoch\":2}");
    cJSON *params = cJSON_Parse("{\"model\":\"logreg\",\"holdout\":5}");
    struct curve c;

    (void)state;
    /* Without patience the last weights are saved, whichever epoch had the lowest loss. */
    assert_int_equal(curve_from_json(epochs, params, NULL, &c, &why), DTQ_OK);
    assert_int_equal(curve_saved(&c), c.n);
    curve_clear(&c);
    assert_int_equal(curve_from_json(epochs, params, report, &c, &why), DTQ_OK);
    assert_int_equal(curve_saved(&c), 1);
    assert_string_equal(c.watched, "test loss");
    assert_false(c.regression);
    c.best_epoch = 7; /* not among them */
    assert_int_equal(curve_saved(&c), c.n);
    curve_clear(&c);
    cJSON_AddStringToObject(params, "watch", "test_auc");
    cJSON_ReplaceItemInObject(params, "model", cJSON_CreateString("linreg"));
    assert_int_equal(curve_from_json(epochs, params, report, &c, &why), DTQ_OK);
    assert_string_equal(c.watched, "test auc");
    assert_true(c.regression);
    curve_clear(&c);
    cJSON_Delete(params);
    assert_int_equal(curve_from_json(epochs, NULL, report, &c, &why), DTQ_OK);
    assert_string_equal(c.watched, "loss");
    curve_clear(&c);
    cJSON_Delete(report);
    cJSON_Delete(epochs);
}

static void r2_is_read_from_a_log_that_has_it(void **state)
{
    struct buf warnings = {0};
    struct curve c;

    (void)state;
    scratch_write("r2.csv", "epoch,runningLoss,runningAccuracy,testLoss,testR2\n1,9,,8,0.5\n"
                            "2,7,,x,0.6\n3,6,,5,\n");
    assert_int_equal(curve_from_csv(scratch_path("r2.csv"), &c, &warnings, &why), DTQ_OK);
    assert_int_equal(c.n, 2);
    assert_true(c.regression && c.test_r2[0] == 0.5 && isnan(c.test_r2[1]) && isnan(c.r2[0]));
    curve_clear(&c);
    buf_clear(&warnings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_become_lines_of_a_log),
        cmocka_unit_test(a_log_reads_back_as_the_same_numbers),
        cmocka_unit_test(running_figures_are_named_as_such),
        cmocka_unit_test(logs_of_former_versions_are_read_as_they_were_meant),
        cmocka_unit_test(lines_edited_by_hand_are_left_out_with_a_sentence),
        cmocka_unit_test(only_an_epoch_that_the_job_chose_is_marked),
        cmocka_unit_test(r2_is_read_from_a_log_that_has_it),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
