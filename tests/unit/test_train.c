/* test_train.c: trainings against numbers of numpy, and against themselves: the same bits however
 * the work was spread. */
#include "jobs/job.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"
#include "tests/support/golden.h"
#include "tests/support/rounds.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;
static struct farm_table tables[8];

static const struct farm_table *open_table(const char *ref, const char *label)
{
    static const char *const roots[] = {"data"};
    const struct dataset_place place = {.roots = roots, .root_count = 1};
    const struct dataset_options options = {.ref = ref, .label = label, .has_header = true};
    struct dataset *d = NULL;

    if (dataset_open(&place, &options, NULL, NULL, &d, &why) != DTQ_OK) fail_msg("%s", why.text);
    tables[0] = (struct farm_table){ref, d};
    tables[1].ref = NULL;
    return tables;
}

static void close_table(void)
{
    dataset_close((struct dataset *)tables[0].table);
}

/* The parameters as the producer sends them, with the weights that travel beside. */
static cJSON *submit(const char *text, struct farm *farm)
{
    cJSON *params = ask_params("train", text);
    double *w;

    assert_int_equal(job_find("train")->take_weights(params, &w, &farm->first_count, &why), DTQ_OK);
    farm->first_weights = w;
    assert_null(cJSON_GetObjectItemCaseSensitive(params, "w"));
    return params;
}

static void assert_near(double got, double expected, const char *what)
{
    if (!(fabs(got - expected) <= 1e-9 * fmax(fabs(expected), 1e-3)))
        fail_msg("%s: %.17g instead of %.17g", what, got, expected);
}

static void assert_series(const cJSON *epochs, const char *name, const cJSON *expected)
{
    int i = 0;
    const cJSON *item;

    cJSON_ArrayForEach(item, expected)
    {
        const cJSON *epoch = cJSON_GetArrayItem(epochs, i++);

        assert_near(fields_real(epoch, name, NAN), item->valuedouble, name);
    }
}

static void trainings_come_to_the_numbers_of_numpy(void **state)
{
    cJSON *golden = golden_read("tests/golden/train.json");
    const cJSON *c;

    (void)state;
    assert_int_equal(cJSON_GetArraySize(golden), 19);
    cJSON_ArrayForEach(c, golden)
    {
        struct farm farm = {
            .seed = 5, .takeovers_percent = 10, .twice_percent = 20, .slots_most = 3};
        cJSON *params = submit(fields_text(c, "params", ""), &farm);
        const cJSON *w = cJSON_GetObjectItemCaseSensitive(c, "weights"), *item;
        size_t i = 0;

        farm.tables = open_table(fields_text(params, "dataRef", ""),
                                 fields_text(params, "csvLabel", ""));
        if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        assert_int_equal(cJSON_GetArraySize(farm.epochs), fields_int(params, "epochs", 0));
        cJSON_ArrayForEach(item, c) if (item != w && cJSON_IsArray(item))
            assert_series(farm.epochs, item->string, item);
        assert_int_equal(cJSON_GetArraySize(w), farm.weight_count);
        cJSON_ArrayForEach(item, w) assert_near(farm.weights[i++], item->valuedouble, "weight");
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(c, "end")) assert_near(
            fields_real(farm.report, item->string, NAN), item->valuedouble, item->string);
        assert_false(cJSON_HasObjectItem(farm.report, "runningLoss"));
        close_table();
        cJSON_Delete(params);
        free((void *)farm.first_weights);
        farm_clear(&farm);
    }
    cJSON_Delete(golden);
}

static const char BIG[] = "model=logreg|dataRef=file:noise|testRef=file:test|normalize=255|lr=0.5|"
                          "epochs=2|batchSize=40000";

static void spread_steps_have_the_bits_of_one_worker(void **state)
{
    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(100000, 120, 3)};
    tables[1] = (struct farm_table){"file:test", training_noise(80000, 120, 4)};
    tables[2].ref = NULL;
    training_bits(BIG, tables, 9, 6);
    training_free(tables[0].table);
    training_free(tables[1].table);
}

static void runs_over_many_epochs_have_the_bits_of_any_cut(void **state)
{
    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(3001, 40, 5)};
    tables[1] = (struct farm_table){"file:test", training_noise(700, 40, 6)};
    tables[2].ref = NULL;
    training_bits("model=logreg|dataRef=file:noise|testRef=file:test|normalize=255|epochs=300|"
                  "batchSize=37|lr=0.2",
                  tables, 4, 2);
    training_bits("model=linreg|dataRef=file:noise|normalize=255|epochs=50|batchSize=7|lr=0.01",
                  tables, 4, 2);
    training_bits("model=logreg|dataRef=file:noise|normalize=255|epochs=40|batchSize=37|lr=0.2|"
                  "patience=3|minDelta=0.01",
                  tables, 4, 2);
    training_free(tables[0].table);
    training_free(tables[1].table);
}

static void each_epoch_leaves_the_weights_of_a_job_that_ends_there(void **state)
{
    static const char text[] = "model=logreg|dataRef=file:noise|testRef=file:test|normalize=255|"
                               "epochs=9|batchSize=37|lr=0.2";
    cJSON *params = ask_params("train", text);
    struct farm whole = {.seed = 3, .tables = tables, .slots_most = 2, .takeovers_percent = 10};

    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(3001, 40, 5)};
    tables[1] = (struct farm_table){"file:test", training_noise(700, 40, 6)};
    tables[2].ref = NULL;
    assert_int_equal(farm_run(&whole, job_find("train"), params, &why), DTQ_OK);
    for (int epochs = 1; epochs <= 9; epochs++) {
        struct farm part = {.seed = 4, .tables = tables};
        size_t bytes = 40 * sizeof(double);

        cJSON_ReplaceItemInObject(params, "epochs", cJSON_CreateNumber(epochs));
        assert_int_equal(farm_run(&part, job_find("train"), params, &why), DTQ_OK);
        assert_int_equal(part.history.len, (size_t)epochs * bytes);
        assert_memory_equal(part.history.data + part.history.len - bytes, part.weights, bytes);
        assert_memory_equal(part.history.data, whole.history.data, part.history.len);
        farm_clear(&part);
    }
    training_free(tables[0].table);
    training_free(tables[1].table);
    farm_clear(&whole);
    cJSON_Delete(params);
}

static void patience_stops_and_keeps_the_best_weights(void **state)
{
    /* A rate this big makes the loss rise again. */
    const char *text = "model=logreg|dataRef=file:noise|testRef=file:test|normalize=20|epochs=50|"
                       "batchSize=16|lr=3|patience=2";
    cJSON *params = ask_params("train", text), *shorter;
    struct farm farm = {.seed = 3, .tables = tables, .slots_most = 2, .takeovers_percent = 20};
    struct farm best = {.seed = 4, .tables = tables};
    int epochs, least = 0;

    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(800, 12, 7)};
    tables[1] = (struct farm_table){"file:test", training_noise(200, 12, 8)};
    tables[2].ref = NULL;
    assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_OK);
    assert_string_equal(fields_text(farm.report, "stopped", ""), "patience");
    epochs = cJSON_GetArraySize(farm.epochs);
    assert_in_range(epochs, 3, 49);
    for (int i = 1; i < epochs; i++)
        if (fields_real(cJSON_GetArrayItem(farm.epochs, i), "testLoss", 9e9) <
            fields_real(cJSON_GetArrayItem(farm.epochs, least), "testLoss", 9e9))
            least = i;
    assert_int_equal(epochs, least + 1 + 2);
    assert_int_equal(fields_int(farm.report, "bestEpoch", 0), least + 1);
    assert_int_equal(fields_int(farm.report, "epochsDone", 0), epochs);

    /* The weights are those of a job that ends with the best epoch. */
    shorter = cJSON_Duplicate(params, true);
    cJSON_ReplaceItemInObject(shorter, "epochs", cJSON_CreateNumber(least + 1));
    cJSON_ReplaceItemInObject(shorter, "patience", cJSON_CreateNumber(0));
    assert_int_equal(farm_run(&best, job_find("train"), shorter, &why), DTQ_OK);
    assert_memory_equal(farm.weights, best.weights, best.weight_count * sizeof *best.weights);
    assert_true(fields_real(farm.report, "testLoss", 1) == fields_real(best.report, "testLoss", 2));
    training_free(tables[0].table);
    training_free(tables[1].table);
    farm_clear(&farm);
    farm_clear(&best);
    cJSON_Delete(shorter);
    cJSON_Delete(params);
}

/* Where early stopping ends a series of losses, said again in the plainest way. */
static int stop_of(const cJSON *epochs, const char *name, int patience, double min_delta,
                   bool *reset)
{
    double best = INFINITY;
    int waited = 0, count = cJSON_GetArraySize(epochs);

    for (int i = 0; i < count; i++) {
        double loss = fields_real(cJSON_GetArrayItem(epochs, i), name, NAN);

        if (loss < best - min_delta) {
            if (waited) *reset = true;
            best = loss;
            waited = 0;
        } else if (++waited == patience) {
            return i + 1;
        }
    }
    return count;
}

static void patience_begins_anew_after_a_better_epoch(void **state)
{
    bool reset = false, stopped = false;

    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(600, 8, 17)};
    tables[1] = (struct farm_table){"file:test", training_noise(100, 8, 18)};
    tables[2].ref = NULL;
    for (int lr = 1; lr < 12; lr++) {
        struct farm farm = {.seed = 3, .tables = tables, .takeovers_percent = 15};
        char text[200];
        cJSON *params;

        snprintf(text, sizeof text,
                 "model=logreg|dataRef=file:noise|testRef=file:test|normalize=50|epochs=60|"
                 "batchSize=16|lr=%d|patience=3|minDelta=0.001",
                 lr);
        params = ask_params("train", text);
        assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_OK);
        assert_int_equal(stop_of(farm.epochs, "testLoss", 3, 0.001, &reset),
                         cJSON_GetArraySize(farm.epochs));
        if (fields_text(farm.report, "stopped", NULL)) stopped = true;
        farm_clear(&farm);
        cJSON_Delete(params);
    }
    assert_true(reset && stopped);
    training_free(tables[0].table);
    training_free(tables[1].table);
}

static void async_trains_each_row_once_an_epoch_and_learns(void **state)
{
    cJSON *params = ask_params("train",
                               "model=logreg|dataRef=file:noise|testRef=file:test|normalize=255|"
                               "epochs=6|batchSize=50|lr=0.3|mode=async");

    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(2030, 20, 9)};
    tables[1] = (struct farm_table){"file:test", training_noise(500, 20, 10)};
    tables[2].ref = NULL;
    for (uint64_t seed = 1, last = (uint64_t)rounds(8); seed <= last; seed++) {
        struct farm farm = {.seed = seed,
                            .tables = tables,
                            .slots_most = 4,
                            .takeovers_percent = seed % 2 * 5,
                            .twice_percent = 5};

        if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        assert_int_equal(cJSON_GetArraySize(farm.epochs), 6);
        assert_int_equal(fields_int(farm.report, "count", 0), 6 * 2030);
        assert_in_range(farm.spread, 2, 8);
        assert_true(fields_real(farm.report, "stalenessMean", 0) > 0);
        assert_in_range(fields_int(farm.report, "stalenessMax", 0), 1, 100);
        assert_true(fields_real(farm.report, "accuracy", 0) > 0.85);
        farm_clear(&farm);
    }
    training_free(tables[0].table);
    training_free(tables[1].table);
    cJSON_Delete(params);
}

/* The AUC of rows that all have one label is undefined, also after the evaluation at the end. */
static void training_ends_without_an_auc(void **state)
{
    const double start[] = {0.1, -0.2};
    cJSON *params = ask_params("train", "model=logreg|dataRef=file:one|init=weights|epochs=2");
    struct dataset *d = training_noise(300, 2, 5);
    struct farm farm = {
        .seed = 3, .tables = tables, .slots_most = 2, .first_weights = start, .first_count = 2};

    (void)state;
    for (uint64_t i = 0; i < d->rows; i++)
        ((double *)d->y)[i] = 1;
    tables[0] = (struct farm_table){"file:one", d};
    tables[1].ref = NULL;
    if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    assert_true(cJSON_HasObjectItem(farm.report, "recall"));
    assert_false(cJSON_HasObjectItem(farm.report, "auc"));
    assert_in_range(farm.tasks, 1, 20);
    training_free(d);
    farm_clear(&farm);
    cJSON_Delete(params);
}

static void epochs_tell_throughput_and_workers(void **state)
{
    cJSON *params = ask_params("train", BIG);
    struct farm farm = {.seed = 9, .tables = tables, .slots_most = 8};
    const cJSON *epoch;
    int number = 0;

    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(80000, 120, 3)};
    tables[1] = (struct farm_table){"file:test", training_noise(80000, 120, 4)};
    tables[2].ref = NULL;
    assert_int_equal(farm_run(&farm, job_find("train"), params, &why), DTQ_OK);
    cJSON_ArrayForEach(epoch, farm.epochs)
    {
        double ms = fields_real(epoch, "durationMs", 0);

        assert_int_equal(fields_int(epoch, "epoch", 0), ++number);
        assert_true(ms > 0);
        assert_true(fabs(fields_real(epoch, "throughput", 0) * ms / 1000 - 80000) < 1);
        assert_in_range(fields_int(epoch, "workers", 0), 1, 3);
    }
    assert_int_equal(number, 2);
    assert_int_equal(fields_int(farm.report, "count", 0), 160000);
    assert_string_equal(fields_text(farm.report, "model", ""), "logreg");
    assert_string_equal(fields_text(farm.report, "mode", ""), "sync");
    training_free(tables[0].table);
    training_free(tables[1].table);
    farm_clear(&farm);
    cJSON_Delete(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trainings_come_to_the_numbers_of_numpy),
        cmocka_unit_test(spread_steps_have_the_bits_of_one_worker),
        cmocka_unit_test(runs_over_many_epochs_have_the_bits_of_any_cut),
        cmocka_unit_test(each_epoch_leaves_the_weights_of_a_job_that_ends_there),
        cmocka_unit_test(patience_stops_and_keeps_the_best_weights),
        cmocka_unit_test(patience_begins_anew_after_a_better_epoch),
        cmocka_unit_test(async_trains_each_row_once_an_epoch_and_learns),
        cmocka_unit_test(training_ends_without_an_auc),
        cmocka_unit_test(epochs_tell_throughput_and_workers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
