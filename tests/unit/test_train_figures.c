/* test_train_figures.c: how well models come out on real data, and whether lbfgs finds the optimum.
 */
#include "common/math/elementary.h"
#include "jobs/train/auc.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"
#include "tests/support/golden.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* The job on a file of data/; farm_clear it. */
static struct farm run(const char *text)
{
    static const char *const roots[] = {"data"};
    const struct dataset_place place = {.roots = roots, .root_count = 1};
    cJSON *params = ask_params("train", text);
    const struct dataset_options options = {.ref = fields_text(params, "dataRef", ""),
                                            .label = fields_text(params, "csvLabel", ""),
                                            .has_header = true};
    struct farm farm = {.seed = 7, .slots_most = 3, .takeovers_percent = 1};
    struct farm_table tables[2] = {{options.ref, NULL}, {NULL, NULL}};
    struct dataset *d = NULL;

    if (dataset_open(&place, &options, NULL, NULL, &d, &why) != DTQ_OK) fail_msg("%s", why.text);
    tables[0].table = d;
    farm.tables = tables;
    if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    farm.tables = NULL;
    dataset_close(d);
    cJSON_Delete(params);
    return farm;
}

static void at_least(const char *text, const char *name, double bound)
{
    struct farm farm = run(text);
    double got = fields_real(farm.report, name, -1);

    if (!(got >= bound)) fail_msg("%s: %s is %g, less than %g", text, name, got, bound);
    farm_clear(&farm);
}

static void digits_are_told_apart(void **state)
{
    (void)state;
    at_least("model=softmax|task=multiclass|dataRef=file:digits.csv|hasHeader=true|"
             "normalize=standard|bias=true|holdout=5|epochs=60|batchSize=32|lr=0.02",
             "testAccuracy", 0.955);
}

static void tumours_are_told_apart(void **state)
{
    (void)state;
    at_least("model=logreg|dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign|"
             "normalize=standard|bias=true|holdout=5|epochs=40|batchSize=16|lr=0.05",
             "testAccuracy", 0.98);
    at_least("model=logreg|dataRef=file:breast_cancer.csv|hasHeader=true|csvLabel=benign|"
             "normalize=standard|bias=true|holdout=5|epochs=100|optimizer=lbfgs|l2=0.01",
             "testAuc", 0.99);
}

static void diabetes_is_foretold(void **state)
{
    (void)state;
    at_least("model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=progression|"
             "normalize=standard|bias=true|holdout=5|epochs=200|batchSize=32|lr=0.01|"
             "lrSchedule=invscaling",
             "testR2", 0.44);
    at_least("model=linreg|dataRef=file:diabetes.csv|hasHeader=true|csvLabel=progression|"
             "normalize=standard|bias=true|holdout=5|epochs=200|optimizer=lbfgs",
             "testR2", 0.44);
}

static void lbfgs_finds_the_optimum(void **state)
{
    cJSON *golden = golden_read("tests/golden/optimum.json");
    const cJSON *c;
    size_t cases = 0;

    (void)state;
    cJSON_ArrayForEach(c, golden)
    {
        const cJSON *w = cJSON_GetObjectItemCaseSensitive(c, "weights"), *item;
        char asked[300];
        struct farm farm;
        size_t i = 0;

        if (!w) continue; /* one of test_optimum.c */
        cases++;
        snprintf(asked, sizeof asked, "%s|optimizer=lbfgs|epochs=500|tol=1e-9",
                 fields_text(c, "params", ""));
        farm = run(asked);
        assert_string_equal(fields_text(farm.report, "stopped", ""), "converged");
        assert_int_equal(farm.weight_count, cJSON_GetArraySize(w));
        cJSON_ArrayForEach(item, w)
        {
            double off = fabs(farm.weights[i++] - item->valuedouble);

            if (!(off <= 1e-6 * fmax(1, fabs(item->valuedouble))))
                fail_msg("%s: weight %zu is off by %g", asked, i, off);
        }
        farm_clear(&farm);
    }
    assert_int_equal(cases, 3);
    cJSON_Delete(golden);
}

static void an_auc_counts_pairs_and_halves_ties(void **state)
{
    double above[] = {0.5, -0.0, 3, 3, -INFINITY}, below[] = {0, 3, -7, 0.5}, scratch[8];

    (void)state;
    /* 0.5: over 0 and -7, ties 0.5. 0: over -7, ties 0. 3 twice: over three, ties one. */
    assert_int_equal(auc_wins(above, 5, below, 4, scratch), 5 + 3 + 7 + 7 + 0);
    assert_int_equal(auc_wins(above, 0, below, 4, scratch), 0);
    assert_int_equal(auc_wins(above, 5, below, 0, scratch), 0);
}

static void waves_and_powers_are_those_of_libm(void **state)
{
    (void)state;
    for (int i = 0; i <= 1000; i++) {
        double f = i / 1000.0, wave = (1 + cos(M_PI * f)) / 2;

        assert_true(fabs(elementary_half_wave(f) - wave) < 4e-16);
    }
    assert_true(elementary_half_wave(0) == 1 && elementary_half_wave(1) == 0);
    for (uint64_t n = 0; n < 5000; n += 7)
        assert_true(fabs(elementary_power(0.999, n) / pow(0.999, (double)n) - 1) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_told_apart),
        cmocka_unit_test(tumours_are_told_apart),
        cmocka_unit_test(diabetes_is_foretold),
        cmocka_unit_test(lbfgs_finds_the_optimum),
        cmocka_unit_test(an_auc_counts_pairs_and_halves_ties),
        cmocka_unit_test(waves_and_powers_are_those_of_libm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
