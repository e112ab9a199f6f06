/* test_train_resume.c: a job that goes on from another ends as one that was never cut. */
#include "tests/support/ask.h"
#include "tests/support/training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;
static struct farm_table tables[3];

static int open_noise(void **state)
{
    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(1203, 12, 3)};
    tables[1] = (struct farm_table){"file:test", training_noise(300, 12, 4)};
    return 0;
}

static int close_noise(void **state)
{
    (void)state;
    training_free(tables[0].table);
    training_free(tables[1].table);
    return 0;
}

/* Runs text with so many epochs; former: goes on from it. */
static void run(struct farm *farm, const char *text, int epochs, const struct farm *former)
{
    cJSON *params = ask_params("train", text);

    farm->tables = tables;
    farm->former = former;
    cJSON_ReplaceItemInObject(params, "epochs", cJSON_CreateNumber(epochs));
    if (former) cJSON_ReplaceItemInObject(params, "continue", cJSON_CreateTrue());
    if (farm_run(farm, job_find("train"), params, &why) != DTQ_OK)
        fail_msg("%s: %s", text, why.text);
    cJSON_Delete(params);
}

static void three_epochs_and_two_more_have_the_bits_of_five(void **state)
{
    static const char *const options[] = {
        "model=logreg|normalize=255",
        "model=logreg|normalize=standard|momentum=0.9|shuffle=true|bias=true",
        "model=logreg|normalize=minmax|optimizer=adam|lrSchedule=invscaling|holdout=5",
        "model=linreg|normalize=standard|optimizer=adagrad|lrSchedule=cosine|lrEpochs=5|bias=true",
        ("model=logreg|normalize=255|mode=average|momentum=0.5|shuffle=true|lrSchedule=step|"
         "lrEvery=2"),
        "model=softmax|normalize=255|optimizer=adam|classWeight=balanced|testRef=file:test",
        "model=logreg|normalize=255|optimizer=lbfgs|l2=0.01|bias=true|tol=1e-12",
        "model=logreg|normalize=255|testRef=file:test|patience=9|momentum=0.5",
    };

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm five = {.seed = 1}, three = {.seed = 2, .slots_most = 3};
        struct farm two = {.seed = 3, .slots_most = 2, .takeovers_percent = 10};
        char text[300];
        size_t bytes;

        snprintf(text, sizeof text, "dataRef=file:noise|%s%s",
                 training_steps(options[i], "batchSize=50|lr=0.1|"), options[i]);
        run(&five, text, 5, NULL);
        run(&three, text, 3, NULL);
        run(&two, text, 2, &three);
        bytes = five.weight_count * sizeof *five.weights;
        assert_int_equal(five.weight_count, two.weight_count);
        assert_memory_equal(five.weights, two.weights, bytes);
        assert_memory_equal(five.history.data + 3 * bytes, two.history.data, 2 * bytes);
        assert_int_equal(cJSON_GetArraySize(two.epochs), 2);
        assert_int_equal(fields_int(cJSON_GetArrayItem(two.epochs, 0), "epoch", 0), 4);
        assert_true(fields_real(five.report, "loss", 1) == fields_real(two.report, "loss", 2));
        assert_int_equal(fields_int(two.report, "bestEpoch", 0),
                         fields_int(five.report, "bestEpoch", 0));
        assert_int_equal(fields_int(two.report, "count", 0) * 5,
                         fields_int(five.report, "count", 0) * 2);
        farm_clear(&five);
        farm_clear(&three);
        farm_clear(&two);
    }
}

/* Its steps are done, and its training set is being evaluated once more. */
static void a_job_cut_in_its_last_evaluation_goes_on_as_well(void **state)
{
    static const char *const options[] = {"lr=0.1|momentum=0.5", "optimizer=lbfgs|l2=0.01",
                                          "lr=3|patience=2"};

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm whole = {.seed = 1}, cut = {.seed = 2}, more = {.seed = 3};
        char text[300];

        snprintf(text, sizeof text,
                 "dataRef=file:noise|testRef=file:test|model=logreg|normalize=20|bias=true|%s",
                 options[i]);
        run(&cut, text, 12, NULL);
        assert_non_null(strstr(cut.before.data, "\"phase\":\"final\""));
        buf_reset(&cut.checkpoint);
        buf_add(&cut.checkpoint, cut.before.data, cut.before.len);
        run(&more, text, 2, &cut);
        run(&whole, text, cJSON_GetArraySize(cut.epochs) + 2, NULL);
        if (!strstr(text, "patience")) {
            assert_memory_equal(more.weights, whole.weights, whole.weight_count * sizeof(double));
            assert_true(fields_real(more.report, "loss", 1) ==
                        fields_real(whole.report, "loss", 2));
        }
        /* By its own steps: a stopped job has steps to come that the whole one never does. */
        assert_int_equal(fields_int(cJSON_GetArrayItem(more.epochs, 0), "epoch", 0),
                         cJSON_GetArraySize(cut.epochs) + 1);
        farm_clear(&whole);
        farm_clear(&cut);
        farm_clear(&more);
    }
}

static void one_after_the_other_is_as_good(void **state)
{
    static const char text[] = "dataRef=file:noise|model=logreg|normalize=255|optimizer=adam|"
                               "shuffle=true|lr=0.01";
    struct farm whole = {.seed = 1},
                parts[4] = {{.seed = 2}, {.seed = 3}, {.seed = 4}, {.seed = 5}};

    (void)state;
    run(&whole, text, 4, NULL);
    for (int i = 0; i < 4; i++)
        run(&parts[i], text, 1, i ? &parts[i - 1] : NULL);
    assert_memory_equal(whole.weights, parts[3].weights, whole.weight_count * sizeof(double));
    farm_clear(&whole);
    for (int i = 0; i < 4; i++)
        farm_clear(&parts[i]);
}

/* Early stopping gives the best weights to the user, and the last ones to who goes on. */
static void a_job_goes_on_from_its_last_weights_not_its_best(void **state)
{
    static const char wild[] = "dataRef=file:noise|testRef=file:test|model=logreg|normalize=20|"
                               "batchSize=16|lr=3|patience=2";
    static const char plain[] = "dataRef=file:noise|testRef=file:test|model=logreg|normalize=20|"
                                "batchSize=16|lr=3";
    struct farm stopped = {.seed = 1}, more = {.seed = 2}, whole = {.seed = 3};
    struct farm third = {.seed = 4}, all = {.seed = 5};
    int epochs;

    (void)state;
    run(&stopped, wild, 50, NULL);
    epochs = cJSON_GetArraySize(stopped.epochs);
    assert_string_equal(fields_text(stopped.report, "stopped", ""), "patience");
    assert_true(epochs < 50);
    run(&more, plain, 2, &stopped);
    run(&whole, plain, epochs + 2, NULL);
    assert_memory_equal(more.weights, whole.weights, whole.weight_count * sizeof(double));
    /* What a third job goes on from is the second one's own, whatever the first one left. */
    run(&third, plain, 2, &more);
    run(&all, plain, epochs + 4, NULL);
    assert_memory_equal(third.weights, all.weights, all.weight_count * sizeof(double));
    farm_clear(&stopped);
    farm_clear(&more);
    farm_clear(&whole);
    farm_clear(&third);
    farm_clear(&all);
}

/* Zeros in their place would end in other weights, without a word. */
static void a_job_whose_vectors_are_gone_is_refused(void **state)
{
    static const char *const texts[] = {"optimizer=adam|lr=0.1", "optimizer=lbfgs|l2=0.01",
                                        "momentum=0.5|lr=0.1"};
    const struct job_type *type = job_find("train");

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct farm farm = {.seed = 1};
        struct job_vectors whole;
        struct job_state *s = NULL;
        char text[200];
        cJSON *params;

        snprintf(text, sizeof text, "dataRef=file:noise|model=logreg|normalize=255|%s", texts[i]);
        run(&farm, text, 2, NULL);
        params = ask_params("train", text);
        cJSON_ReplaceItemInObject(params, "epochs", cJSON_CreateNumber(2));
        whole = farm.vectors;
        assert_int_equal(type->open(params, farm.before.data, farm.before.len, &whole, &s, &why),
                         DTQ_OK);
        type->close(s);
        whole.state = (struct job_vector){0};
        assert_int_equal(type->open(params, farm.before.data, farm.before.len, &whole, &s, &why),
                         DTQ_INPUT);
        assert_non_null(strstr(why.text, "the optimiser state of this job is gone"));
        whole = farm.vectors;
        whole.trial = (struct job_vector){0};
        if (strstr(text, "lbfgs")) {
            assert_int_equal(
                type->open(params, farm.before.data, farm.before.len, &whole, &s, &why), DTQ_INPUT);
            assert_non_null(strstr(why.text, "the weights on trial of this job are gone"));
        }
        farm_clear(&farm);
        cJSON_Delete(params);
    }
}

static void refuse(const char *first, const char *second, const char *part, const char *other)
{
    struct farm former = {.seed = 1}, farm = {.seed = 2, .tables = tables, .former = &former};
    cJSON *params = ask_params("train", second);

    run(&former, first, 1, NULL);
    cJSON_ReplaceItemInObject(params, "continue", cJSON_CreateTrue());
    assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_INPUT);
    ask_sentence(&why, part, other);
    farm_clear(&former);
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void what_cannot_go_on_exactly_is_refused(void **state)
{
    struct farm none = {.seed = 1, .tables = tables};
    cJSON *params = ask_params("train", "dataRef=file:noise|model=logreg|continue=true");

    (void)state;
    assert_int_equal(farm_run(&none, job_find("train"), params, &why), DTQ_INPUT);
    ask_sentence(&why, "continue=true", "dtq resume");
    farm_clear(&none);
    cJSON_Delete(params);
    refuse("dataRef=file:noise|model=logreg", "dataRef=file:test|model=logreg", "file:test",
           "not the file");
    refuse("dataRef=file:noise|model=logreg", "dataRef=file:noise|model=logreg|bias=true",
           "12 weights", "13");
    refuse("dataRef=file:noise|model=logreg|momentum=0.5",
           "dataRef=file:noise|model=logreg|optimizer=adam", "optimiser state", "leave continue");
    ask_refused("train", "dataRef=file:noise|model=logreg|lrSchedule=cosine|continue=true",
                "lrSchedule=cosine", "lrEpochs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_epochs_and_two_more_have_the_bits_of_five),
        cmocka_unit_test(a_job_cut_in_its_last_evaluation_goes_on_as_well),
        cmocka_unit_test(one_after_the_other_is_as_good),
        cmocka_unit_test(a_job_goes_on_from_its_last_weights_not_its_best),
        cmocka_unit_test(what_cannot_go_on_exactly_is_refused),
        cmocka_unit_test(a_job_whose_vectors_are_gone_is_refused),
    };

    return cmocka_run_group_tests(tests, open_noise, close_noise);
}
