/* test_optimum.c: lbfgs ends where the loss is least, on tables that gradient methods find hard:
 * columns of any scale and far from 0, columns that are alike or constant, labels that a plane
 * divides; what the loss is there is from tests/golden/optimum.py. And what a training tells holds
 * for the weights that it saves. */
#include "common/math/glm.h"
#include "tests/support/ask.h"
#include "tests/support/golden.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 300, COLUMNS_MAX = 16, EPOCHS = 200 };

static struct dtq_why why;

struct table {
    double x[ROWS * COLUMNS_MAX], y[ROWS];
    uint64_t starts[ROWS + 1];
    uint32_t columns[ROWS * COLUMNS_MAX];
    struct dataset dense, sparse;
};

/* The columns of a row before they are shifted and scaled. */
static void hard_row(const cJSON *spec, const double *draws, size_t columns, double *x)
{
    long long power = fields_int(spec, "power", 1);

    for (size_t j = 0; j < columns; j++) {
        x[j] = draws[j];
        for (long long i = 1; i < power; i++)
            x[j] *= draws[j];
        if (j >= 2 && cJSON_HasObjectItem(spec, "copies")) x[j] = x[0];
    }
}

/* As hard() of tests/golden/optimum.py, to the bit. */
static void hard_table(const cJSON *spec, const char *model, struct table *t)
{
    const cJSON *scales = cJSON_GetObjectItem(spec, "scales");
    const cJSON *shifts = cJSON_GetObjectItem(spec, "shifts");
    size_t columns = (size_t)cJSON_GetArraySize(scales), used = 0;
    uint64_t seed = 11;
    double *values = calloc(ROWS * columns, sizeof *values);

    assert_true(columns < COLUMNS_MAX);
    for (size_t i = 0; i < ROWS; i++) {
        double draws[COLUMNS_MAX], *x = t->x + i * columns, signal;

        for (size_t j = 0; j <= columns; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            draws[j] = (double)(seed >> 32) / 0x1p31 - 1;
        }
        hard_row(spec, draws, columns, x);
        t->starts[i] = used;
        for (size_t j = 0; j < columns; j++) {
            if (shifts) x[j] += cJSON_GetArrayItem(shifts, (int)j)->valuedouble;
            x[j] *= cJSON_GetArrayItem(scales, (int)j)->valuedouble;
            t->columns[used] = (uint32_t)j;
            values[used] = x[j];
            if (x[j] != 0) used++;
        }
        signal = draws[0] + draws[1];
        if (!cJSON_HasObjectItem(spec, "divided")) signal += draws[columns];
        t->y[i] = signal > 0;
        if (!strcmp(model, "softmax")) t->y[i] += signal > 1;
        if (!strcmp(model, "linreg")) t->y[i] = signal + signal;
    }
    t->starts[ROWS] = used;
    t->dense = (struct dataset){
        .rows = ROWS, .features = columns, .type = DATASET_F64, .x = t->x, .y = t->y, .digest = 1};
    t->sparse = t->dense;
    t->sparse.x = values;
    t->sparse.starts = t->starts;
    t->sparse.columns = t->columns;
    t->sparse.values = used;
}

/* test may be NULL. */
static struct farm train(const char *text, const struct dataset *d, const struct dataset *test)
{
    const struct farm_table tables[] = {
        {"file:t", d}, {test ? "file:test" : NULL, test}, {NULL, NULL}};
    struct farm farm = {.seed = 5, .slots_most = 2, .takeovers_percent = 2, .tables = tables};
    cJSON *params = ask_params("train", text);

    if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK)
        fail_msg("%s: %s", text, why.text);
    farm.tables = NULL;
    cJSON_Delete(params);
    return farm;
}

static void lbfgs_finds_the_least_loss_of_hard_tables(void **state)
{
    static struct table t;
    cJSON *cases = golden_read("tests/golden/optimum.json");
    const cJSON *c;
    int count = 0;

    (void)state;
    cJSON_ArrayForEach(c, cases)
    {
        const char *params = fields_text(c, "params", "");
        double least = fields_real(c, "objective", NAN);
        char text[300], model[16] = "";

        if (isnan(least)) continue; /* one of test_train_figures.c */
        count++;
        sscanf(params, "model=%15[a-z]", model);
        hard_table(cJSON_GetObjectItem(c, "table"), model, &t);
        snprintf(text, sizeof text, "dataRef=file:t|%s|optimizer=lbfgs|epochs=%d|tol=1e-8", params,
                 EPOCHS);
        for (int sparse = 0; sparse < 2; sparse++) {
            struct farm farm = train(text, sparse ? &t.sparse : &t.dense, NULL);
            int epochs = cJSON_GetArraySize(farm.epochs);
            const cJSON *last = cJSON_GetArrayItem(farm.epochs, epochs - 1);
            double got = fields_real(last, "objective", NAN);

            if (!(fabs(got - least) <= 1e-9 * least))
                fail_msg("%s, case %d: %.12g instead of %.12g after %d epochs", text, count, got,
                         least, epochs);
            assert_string_equal(fields_text(farm.report, "stopped", ""), "converged");
            assert_true(epochs < 60);
            farm_clear(&farm);
        }
        free((void *)t.sparse.x);
    }
    assert_int_equal(count, 13);
    cJSON_Delete(cases);
}

static void lbfgs_says_that_its_epochs_were_too_few(void **state)
{
    static const char text[] = "model=logreg|dataRef=file:t|normalize=20|optimizer=lbfgs|";
    struct dataset *d = training_noise(300, 5, 3);
    char asked[200];

    (void)state;
    for (int enough = 0; enough < 2; enough++) {
        struct farm farm;
        const cJSON *warnings;

        snprintf(asked, sizeof asked, "%sepochs=%d", text, enough ? 100 : 3);
        farm = train(asked, d, NULL);
        warnings = cJSON_GetObjectItem(farm.report, "warnings");
        assert_true(cJSON_IsBool(cJSON_GetObjectItem(farm.report, "converged")));
        assert_int_equal(fields_bool(farm.report, "converged", !enough), enough);
        assert_int_equal(fields_real(farm.report, "gradient", NAN) <= 1e-6, enough);
        assert_int_equal(cJSON_GetArraySize(warnings), !enough);
        if (!enough)
            assert_non_null(strstr(cJSON_GetArrayItem(warnings, 0)->valuestring,
                                   "lbfgs did not converge in 3 epochs: the largest element"));
        assert_int_equal(cJSON_HasObjectItem(farm.report, "stopped"), enough);
        farm_clear(&farm);
    }
    training_free(d);
}

/* Mean loss of weights without a bias. */
static double loss_of(const double *w, const struct dataset *d, double scale)
{
    const struct glm model = {
        .model = GLM_LOGREG, .features = d->features, .outputs = 1, .scale = scale};
    const struct glm_rows rows = {.type = d->type, .x = d->x, .y = d->y, .rows = d->rows};
    double raw[COLUMNS_MAX], scratch[8];
    struct glm_sums sums = {0};

    glm_raw(&model, w, raw);
    glm_pass(&model, &rows, raw, NULL, NULL, NULL, scratch, &sums);
    return sums.loss / (double)d->rows;
}

static void near(double got, double wanted, const char *what, const char *text)
{
    if (!(fabs(got - wanted) <= 1e-12 * wanted))
        fail_msg("%s: %s is %.17g, but %.17g with the weights there are", text, what, got, wanted);
}

/* However it ends: each epoch's figures are of the weights it left, the job's of those it saves. */
static void what_is_told_is_what_is_saved(void **state)
{
    static const char *const ends[] = {
        "optimizer=lbfgs|epochs=100",
        "optimizer=lbfgs|epochs=100|tol=0",
        "optimizer=lbfgs|epochs=4",
        "optimizer=lbfgs|epochs=100|patience=1|minDelta=0.01",
        "epochs=3|metrics=full",
        "epochs=3|lr=0.01",
        "epochs=40|lr=3|batchSize=4|patience=2",
        "epochs=3|mode=average",
        "epochs=3|mode=async",
    };
    struct dataset *d = training_noise(300, 5, 3), *test = training_noise(90, 5, 4);

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char text[200];
        struct farm farm;
        const cJSON *row;
        const double *left;

        snprintf(text, sizeof text, "model=logreg|dataRef=file:t|testRef=file:test|normalize=20|%s",
                 ends[i]);
        farm = train(text, d, test);
        left = (const double *)(const void *)farm.history.data;
        cJSON_ArrayForEach(row, farm.epochs)
        {
            double loss = fields_real(row, "loss", NAN);

            near(fields_real(row, "testLoss", NAN), loss_of(left, test, 20), "test loss", text);
            if (!isnan(loss)) near(loss, loss_of(left, d, 20), "loss", text);
            left += d->features;
        }
        near(fields_real(farm.report, "loss", NAN), loss_of(farm.weights, d, 20), "loss", text);
        near(fields_real(farm.report, "testLoss", NAN), loss_of(farm.weights, test, 20),
             "test loss", text);
        farm_clear(&farm);
    }
    training_free(d);
    training_free(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lbfgs_finds_the_least_loss_of_hard_tables),
        cmocka_unit_test(lbfgs_says_that_its_epochs_were_too_few),
        cmocka_unit_test(what_is_told_is_what_is_saved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
