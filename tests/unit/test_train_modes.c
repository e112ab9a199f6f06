/* test_train_modes.c: all that a training can be asked for ends in the same bits however it was
 * spread; and what may differ stays within its bounds. */
#include "jobs/train/shuffle.h"
#include "tests/support/ask.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;
static struct farm_table tables[4];

/* data is spread over workers when batches are large; test is large enough for several chunks. */
static void open_noise(uint64_t rows, uint64_t test_rows, uint64_t features)
{
    tables[0] = (struct farm_table){"file:noise", training_noise(rows, features, 3)};
    tables[1] = (struct farm_table){"file:test", training_noise(test_rows, features, 4)};
    tables[2].ref = NULL;
}

static void close_noise(void)
{
    training_free(tables[0].table);
    training_free(tables[1].table);
}

/* Labels 0 to 3 instead of 0 and 1. */
static void four_classes(const struct dataset *d)
{
    const unsigned char *x = d->x;

    for (uint64_t i = 0; i < d->rows; i++)
        ((double *)d->y)[i] = (x[i * d->features] > 127) + 2 * (x[i * d->features + 1] > 127);
}

static const char SMALL[] = "dataRef=file:noise|testRef=file:test|epochs=4|";
static const char STEPS[] = "batchSize=50|lr=0.2|";

static void every_option_ends_in_the_same_bits(void **state)
{
    static const char *const options[] = {
        "model=logreg|normalize=255|mode=average",
        "model=logreg|normalize=255|mode=average|shards=3|momentum=0.9|shuffle=true|bias=true",
        "model=logreg|normalize=standard|bias=true|optimizer=adam|lrSchedule=cosine",
        "model=logreg|normalize=minmax|optimizer=adagrad|l1=0.01|shuffle=true|metrics=full",
        "model=linreg|normalize=minmax|bias=true|momentum=0.5|l2=0.01|lrSchedule=step|lrEvery=2",
        "model=linreg|normalize=standard|mode=average|optimizer=adam|patience=2|minDelta=0.01",
        "model=logreg|normalize=255|optimizer=lbfgs|l2=0.01|bias=true|metrics=full",
        "model=logreg|normalize=255|classWeight=balanced|watch=test_auc|patience=1|shuffle=true",
        "model=linreg|normalize=standard|bias=true|optimizer=lbfgs|patience=3",
    };

    (void)state;
    open_noise(1203, 400, 12);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char text[400];

        snprintf(text, sizeof text, "%s%s%s", SMALL, training_steps(options[i], STEPS), options[i]);
        training_bits(text, tables, 6, 2);
    }
    close_noise();
}

static void softmax_ends_in_the_same_bits(void **state)
{
    static const char *const options[] = {
        "model=softmax|task=multiclass|normalize=255|bias=true|metrics=full",
        "model=softmax|normalize=standard|optimizer=adam|classWeight=balanced|shuffle=true",
        "model=softmax|normalize=255|mode=average|shards=5|bias=true|momentum=0.3",
        "model=softmax|normalize=255|optimizer=lbfgs|l2=0.001|bias=true",
    };

    (void)state;
    open_noise(1203, 400, 12);
    four_classes(tables[0].table);
    four_classes(tables[1].table);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char text[400];

        snprintf(text, sizeof text, "%s%s%s", SMALL, training_steps(options[i], STEPS), options[i]);
        training_bits(text, tables, 6, 2);
    }
    close_noise();
}

static void work_that_is_spread_ends_in_the_same_bits(void **state)
{
    static const char *const options[] = {
        "model=logreg|normalize=standard|bias=true|optimizer=adam|shuffle=true|metrics=full",
        "model=logreg|normalize=255|optimizer=lbfgs|l2=0.001",
        "model=linreg|normalize=minmax|holdout=3|momentum=0.9|bias=true|lr=0.001",
    };

    (void)state;
    open_noise(100000, 80000, 120);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char text[400];

        snprintf(text, sizeof text, "dataRef=file:noise|epochs=2|%s%s%s",
                 training_steps(options[i], "batchSize=50000|"), options[i],
                 strstr(options[i], "holdout") ? "" : "|testRef=file:test");
        training_bits(text, tables, 3, 6);
    }
    close_noise();
}

static void sparse_rows_have_the_bits_of_dense_ones(void **state)
{
    static const char *const options[] = {
        "model=logreg|normalize=255|batchSize=64",
        "model=logreg|normalize=255|shuffle=true|mode=average|optimizer=adam|holdout=5",
        "model=logreg|normalize=255|optimizer=lbfgs|l2=0.01|bias=true",
        "model=linreg|normalize=255|holdout=4|l1=0.001|momentum=0.5",
    };
    struct dataset *dense = training_noise(900, 30, 11), *sparse = training_sparse(dense, 200);
    const struct farm_table as_dense[] = {{"file:noise", dense}, {NULL, NULL}};
    const struct farm_table as_sparse[] = {{"file:noise", sparse}, {NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm a = {.seed = 1, .tables = as_dense, .slots_most = 2};
        struct farm b = {.seed = 2, .tables = as_sparse, .slots_most = 3, .takeovers_percent = 5};
        char text[300];
        cJSON *params;

        snprintf(text, sizeof text, "dataRef=file:noise|epochs=3|%s", options[i]);
        params = ask_params("train", text);
        if (farm_run(&a, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        if (farm_run(&b, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        training_same(&a, &b);
        farm_clear(&a);
        farm_clear(&b);
        cJSON_Delete(params);
    }
    /* Statistics of what is not there: the zeros count. */
    training_bits("dataRef=file:noise|model=logreg|normalize=standard|bias=true|epochs=2",
                  as_sparse, 3, 2);
    training_free(dense);
    training_free(sparse);
}

static void an_order_holds_each_row_once_and_differs_by_epoch(void **state)
{
    static const uint64_t counts[] = {1, 2, 3, 4, 5, 16, 17, 1000, 4097};
    static char seen[4097];
    unsigned moved = 0;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct shuffle a, b;

        memset(seen, 0, sizeof seen);
        shuffle_init(&a, counts[i], 5, 0);
        shuffle_init(&b, counts[i], 5, 1);
        for (uint64_t place = 0; place < counts[i]; place++) {
            uint64_t row = shuffle_row(&a, place);

            assert_true(row < counts[i] && !seen[row]);
            seen[row] = 1;
            moved += row != shuffle_row(&b, place);
        }
    }
    assert_true(moved > 5000);
}

static void async_learns_with_every_optimiser(void **state)
{
    static const char *const options[] = {"lr=0.3", "lr=0.05|momentum=0.8|bias=true",
                                          "lr=0.05|optimizer=adam|shuffle=true",
                                          "lr=0.2|optimizer=adagrad|lrSchedule=invscaling"};

    (void)state;
    open_noise(2030, 500, 20);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm farm = {.seed = i + 1,
                            .tables = tables,
                            .slots_most = 4,
                            .takeovers_percent = 4,
                            .twice_percent = 5};
        char text[300];
        cJSON *params;

        snprintf(text, sizeof text,
                 "model=logreg|dataRef=file:noise|testRef=file:test|normalize=standard|epochs=6|"
                 "batchSize=50|mode=async|%s",
                 options[i]);
        params = ask_params("train", text);
        if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        assert_int_equal(fields_int(farm.report, "count", 0), 6 * 2030);
        assert_true(fields_real(farm.report, "testAccuracy", 0) > 0.85);
        assert_true(fields_real(farm.report, "testAuc", 0) > 0.9);
        farm_clear(&farm);
        cJSON_Delete(params);
    }
    close_noise();
}

static void staleness_never_exceeds_its_bound(void **state)
{
    (void)state;
    open_noise(1500, 100, 8);
    for (unsigned bound = 1; bound <= 6; bound++) {
        unsigned most = 0;

        for (uint64_t seed = 1; seed < 8; seed++) {
            struct farm farm = {
                .seed = seed, .tables = tables, .slots_most = 6, .takeovers_percent = seed % 2 * 5};
            char text[200];
            cJSON *params;

            snprintf(text, sizeof text,
                     "model=logreg|dataRef=file:noise|normalize=255|epochs=3|batchSize=20|lr=0.1|"
                     "mode=async|staleness=%u",
                     bound);
            params = ask_params("train", text);
            if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK)
                fail_msg("%s", why.text);
            assert_true(fields_int(farm.report, "stalenessMax", 99) <= bound);
            if (fields_int(farm.report, "stalenessMax", 0) > most)
                most = (unsigned)fields_int(farm.report, "stalenessMax", 0);
            assert_int_equal(fields_int(farm.report, "count", 0), 4500);
            farm_clear(&farm);
            cJSON_Delete(params);
        }
        assert_int_equal(most, bound); /* it is made use of */
    }
    close_noise();
}

static void staleness_of_none_is_sync(void **state)
{
    static const char text[] = "model=logreg|dataRef=file:noise|normalize=255|epochs=3|lr=0.1";
    struct farm sync = {.seed = 1, .tables = tables}, async = {.seed = 2, .tables = tables};
    cJSON *params;

    (void)state;
    open_noise(900, 100, 8);
    params = ask_params("train", text);
    assert_int_equal(farm_run(&sync, job_find("train"), params, &why), DTQ_OK);
    cJSON_ReplaceItemInObject(params, "mode", cJSON_CreateString("async"));
    cJSON_AddStringToObject(params, "staleness", "0");
    assert_int_equal(farm_run(&async, job_find("train"), params, &why), DTQ_OK);
    training_same(&sync, &async);
    farm_clear(&sync);
    farm_clear(&async);
    cJSON_Delete(params);
    close_noise();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_ends_in_the_same_bits),
        cmocka_unit_test(softmax_ends_in_the_same_bits),
        cmocka_unit_test(work_that_is_spread_ends_in_the_same_bits),
        cmocka_unit_test(sparse_rows_have_the_bits_of_dense_ones),
        cmocka_unit_test(an_order_holds_each_row_once_and_differs_by_epoch),
        cmocka_unit_test(async_learns_with_every_optimiser),
        cmocka_unit_test(staleness_never_exceeds_its_bound),
        cmocka_unit_test(staleness_of_none_is_sync),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
