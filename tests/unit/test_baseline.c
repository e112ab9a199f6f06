/* test_baseline.c: a training that can learn nothing is refused, one that diverged fails, and one
 * that is merely bad completes and says so. */
#include "tests/support/ask.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 60, FEATURES = 2 };

static struct dtq_why why;
static double x[ROWS * FEATURES], x_test[ROWS * FEATURES], y[ROWS], y_test[ROWS];

/* Columns of noise times size, and a label of 1 where the first one is above 0. */
static void make(double size)
{
    uint64_t seed = 5;

    for (size_t i = 0; i < 2 * ROWS * FEATURES; i++) {
        double *to = i < ROWS * FEATURES ? &x[i] : &x_test[i - ROWS * FEATURES];

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        *to = ((double)(seed >> 32) / 0x1p31 - 1) * size;
    }
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = x[i * FEATURES] > 0;
        y_test[i] = x_test[i * FEATURES] > 0;
    }
}

static enum dtq_err train(const char *text, const double *w, struct farm *farm)
{
    const struct dataset data = {
        .rows = ROWS, .features = FEATURES, .type = DATASET_F64, .x = x, .y = y, .digest = 1};
    const struct dataset test = {
        .rows = ROWS, .features = FEATURES, .type = DATASET_F64, .x = x_test, .y = y_test};
    const struct farm_table tables[] = {{"file:a", &data}, {"file:t", &test}, {NULL, NULL}};
    cJSON *params = ask_params("train", text);
    enum dtq_err err;

    *farm = (struct farm){
        .seed = 1, .tables = tables, .first_weights = w, .first_count = w ? FEATURES : 0};
    why.text[0] = '\0';
    err = farm_run(farm, job_find("train"), params, &why);
    farm->tables = NULL;
    cJSON_Delete(params);
    return err;
}

static void fails(const char *text, const double *w, const char *part, const char *other)
{
    struct farm farm;

    assert_int_equal(train(text, w, &farm), DTQ_INPUT);
    ask_sentence(&why, part, other);
    farm_clear(&farm);
}

/* The training completes; its warnings have this part, NULL: there are none. */
static void completes(const char *text, const double *w, const char *part)
{
    struct farm farm;
    char *warnings;

    if (train(text, w, &farm) != DTQ_OK) fail_msg("%s: %s", text, why.text);
    warnings = cJSON_PrintUnformatted(cJSON_GetObjectItem(farm.report, "warnings"));
    if (part ? !warnings || !strstr(warnings, part) : warnings != NULL)
        fail_msg("%s: warnings %s", text, warnings ? warnings : "none");
    cJSON_free(warnings);
    farm_clear(&farm);
}

static void one_class_teaches_nothing(void **state)
{
    static const double w[FEATURES] = {1, 2};

    (void)state;
    make(1);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = 1;
    fails("model=logreg|dataRef=file:a", NULL, "all 60 rows of file:a", "have the label 1");
    fails("model=logreg|dataRef=file:a|task=binary_is_one|samples=7", NULL, "all 7 rows",
          "have the label 1:");
    completes("model=logreg|dataRef=file:a|init=weights", w, NULL);
    completes("model=linreg|dataRef=file:a|bias=true", NULL, NULL);
    y[ROWS - 1] = 0;
    completes("model=logreg|dataRef=file:a|bias=true", NULL, "");
    fails("model=logreg|dataRef=file:a|samples=59", NULL, "all 59 rows", "the label 1");
    fails("model=softmax|dataRef=file:a|samples=59", NULL, "only one label, 1", "two or more");
}

static void an_auc_that_cannot_be_is_not_watched(void **state)
{
    static const double w[FEATURES] = {1, 2};

    (void)state;
    make(1);
    for (size_t i = 0; i < ROWS; i++)
        y_test[i] = 0;
    fails("model=logreg|dataRef=file:a|testRef=file:t|watch=test_auc|patience=2|epochs=9", NULL,
          "watch=test_auc: all 60 rows of the test set are of one class", "watch=test_loss");
    completes("model=logreg|dataRef=file:a|testRef=file:t|patience=2|epochs=9|lr=1", NULL, NULL);
    make(1);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = 0;
    fails("model=logreg|dataRef=file:a|watch=auc|metrics=full|patience=2|init=weights", w,
          "watch=auc: all 60 rows of the training set", "watch=loss");
}

static void a_training_that_diverged_fails(void **state)
{
    (void)state;
    make(1000);
    fails("model=linreg|dataRef=file:a|batchSize=10", NULL, "the training diverged: its loss is",
          "with lr=0.1 the steps are too long: give normalize=standard, or a smaller lr");
    fails("model=linreg|dataRef=file:a|batchSize=10|metrics=full", NULL, "diverged", "lr=0.1");
    fails("model=linreg|dataRef=file:a|batchSize=10|mode=average|shards=2", NULL, "diverged",
          "lr=0.1");
    fails("model=linreg|dataRef=file:a|batchSize=10|mode=async", NULL, "diverged", "lr=0.1");
    fails("model=linreg|dataRef=file:a|batchSize=10|patience=1|epochs=9", NULL, "diverged",
          "lr=0.1");
    make(1);
    /* Each step multiplies the weights by 1 - lr * l2. */
    fails("model=logreg|dataRef=file:a|batchSize=1|lr=0.1|l2=40|epochs=3", NULL, "diverged",
          "always telling the shares of the classes 0.68");
    fails("model=logreg|dataRef=file:a|normalize=standard|batchSize=1|l2=40|epochs=3", NULL,
          "diverged", "too long: give a smaller lr");
}

static void a_training_that_is_merely_bad_completes_and_says_so(void **state)
{
    static const double far[FEATURES] = {1e7, -1e7};

    (void)state;
    make(1);
    completes("model=logreg|dataRef=file:a|lr=1|epochs=9", NULL, NULL);
    completes("model=linreg|dataRef=file:a|lr=0.001", NULL,
              "is worse than the 0.2456 of always telling the mean of the targets");
    /* Weights that were bad from the start. */
    completes("model=linreg|dataRef=file:a|init=weights", far, "is worse than");
    completes("model=logreg|dataRef=file:a|init=weights", far, "shares of the classes");
    /* Columns that are not scaled make large scores, which tell the classes apart all the same. */
    make(1e9);
    completes("model=logreg|dataRef=file:a|batchSize=4|epochs=2", NULL, "normalize=standard");
    completes("model=softmax|dataRef=file:a|batchSize=4|epochs=2", NULL, "normalize=standard");
    /* Classes that weigh more make another loss. */
    make(1);
    for (size_t i = 6; i < ROWS; i++)
        y[i] = 0;
    completes("model=logreg|dataRef=file:a|classWeight=balanced|bias=true", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_class_teaches_nothing),
        cmocka_unit_test(an_auc_that_cannot_be_is_not_watched),
        cmocka_unit_test(a_training_that_diverged_fails),
        cmocka_unit_test(a_training_that_is_merely_bad_completes_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
