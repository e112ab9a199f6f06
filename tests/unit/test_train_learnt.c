/* test_train_learnt.c: what was learnt from the rows trained on belongs to the model: names of
 * columns, what empty cells count as, normalisation, labels. Held against numbers that numpy and
 * scikit-learn give for the same tables, and against trainings that had nothing to learn. */
#include "jobs/names.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"
#include "tests/support/table_file.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* Runs a training of the files of the test; the caller clears the farm. */
static enum dtq_err try(struct farm *farm, const char *text)
{
    cJSON *params = ask_params("train", text);
    enum dtq_err err = farm_run(farm, job_find("train"), params, &why);

    cJSON_Delete(params);
    return err;
}

static void run(struct farm *farm, const char *text)
{
    if (try(farm, text) != DTQ_OK) fail_msg("%s: %s", text, why.text);
}

static void refuse(const char *text, const struct farm *former, const char *part, const char *other)
{
    struct farm farm = {.seed = 1, .former = former};

    assert_int_equal(try(&farm, text), DTQ_INPUT);
    ask_sentence(&why, part, other);
    farm_clear(&farm);
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-12 * (1 + fabs(wanted))))
        fail_msg("got %.17g, wanted %.17g", got, wanted);
}

static void assert_vector(const struct job_vector *v, const double *wanted, size_t count)
{
    assert_int_equal(v->count, count);
    for (size_t i = 0; i < count; i++)
        assert_near(v->v[i], wanted[i]);
}

static void assert_same_weights(const struct farm *a, const struct farm *b)
{
    assert_int_equal(a->weight_count, b->weight_count);
    assert_memory_equal(a->weights, b->weights, a->weight_count * sizeof *a->weights);
}

/* Rows of a, b, c and the label y in the order that `columns` says, by one formula; y depends on a
 * and b. Rows from first on. */
static void write_table(const char *name, const char *columns, int first, int rows, bool header)
{
    char text[20000], *p = text;
    size_t count = strlen(columns);

    for (size_t i = 0; header && i < count; i++)
        p += sprintf(p, "%c%c", columns[i], i + 1 < count ? ',' : '\n');
    for (int r = first; r < first + rows; r++)
        for (size_t i = 0; i < count; i++) {
            double a = r * 7 % 11 - 5, b = r * 5 % 13 * 10, c = r * 3 % 17 / 4.0;
            double value = columns[i] == 'a'   ? a
                           : columns[i] == 'b' ? b
                           : columns[i] == 'c' ? c
                                               : (a * 10 + b > 60);

            p += sprintf(p, "%g%c", value, i + 1 < count ? ',' : '\n');
        }
    table_text(name, text);
}

#define LOGREG "model=logreg|dataRef=train.csv|hasHeader=true|batchSize=16|lr=0.5|epochs=3"

static void a_test_set_is_matched_by_the_names_of_its_columns(void **state)
{
    static const char *const orders[] = {"yabc", "abcy", "cyba", "bcay"};
    struct farm farms[4];

    (void)state;
    write_table("train.csv", "yabc", 0, 60, true);
    for (size_t i = 0; i < 4; i++) {
        farms[i] = (struct farm){.seed = i, .slots_most = 3};
        write_table("test.csv", orders[i], 60, 40, true);
        run(&farms[i], LOGREG "|normalize=standard|testRef=test.csv");
        assert_true(fields_real(farms[i].report, "testLoss", -1) ==
                    fields_real(farms[0].report, "testLoss", -2));
        assert_true(fields_real(farms[i].report, "testAuc", -1) ==
                    fields_real(farms[0].report, "testAuc", -2));
    }
    for (size_t i = 0; i < 4; i++)
        farm_clear(&farms[i]);
    table_text("test.csv", "y,a,b,d\n1,1,1,1\n");
    refuse(LOGREG "|testRef=test.csv", NULL, "missing \"c\"", "unknown \"d\"");
    table_text("test.csv", "1,1,1,1\n0,1,1,1\n");
    refuse(LOGREG "|testRef=test.csv", NULL, "missing \"y\", \"a\"", "unknown \"1\"");
}

#define LINREG "model=linreg|dataRef=train.csv|hasHeader=true|batchSize=2|lr=1e-5|epochs=4"

/* The means are those of the rows trained on alone, whoever fills in and however often masters
 * change: the bits of a table in which they stand already. */
static void means_are_those_of_the_rows_trained_on(void **state)
{
    /* Rows 3 and 6 are held back; with samples=3, rows 1, 2 and 4 are trained on. */
    static const char holes[] = "y,a,b\n1,1,\n2,,4\n9,100,100\n3,4,8\n5,2,\n9,-70,30\n4,,6\n";
    static const struct {
        const char *options, *filled;
        double fill[2];
    } cases[] = {
        {"",
         "y,a,b\n1,1,29.6\n2,7.4,4\n9,100,100\n3,4,8\n5,2,29.6\n9,-70,30\n4,7.4,6\n",
         {7.4, 29.6}},
        {"|holdout=3",
         "y,a,b\n1,1,6\n2,%.17g,4\n9,100,100\n3,4,8\n5,2,6\n9,-70,30\n4,%.17g,6\n",
         {7.0 / 3, 6}},
        {"|holdout=3|samples=3",
         "y,a,b\n1,1,6\n2,2.5,4\n9,100,100\n3,4,8\n5,2,6\n9,-70,30\n"
         "4,2.5,6\n",
         {2.5, 6}},
        {"|samples=2", "y,a,b\n1,1,4\n2,1,4\n9,100,100\n3,4,8\n5,2,4\n9,-70,30\n4,1,6\n", {1, 4}},
        {"|normalize=standard|holdout=3|mode=average|shards=2",
         "y,a,b\n1,1,6\n2,%.17g,4\n9,100,100\n3,4,8\n5,2,6\n9,-70,30\n4,%.17g,6\n",
         {7.0 / 3, 6}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned takeovers = 0; takeovers <= 30; takeovers += 15) {
            struct farm learnt = {.seed = i + takeovers, .slots_most = 3, .help_percent = 50};
            struct farm plain = {.seed = 1};
            char text[300], table[400];

            learnt.takeovers_percent = takeovers;
            table_text("train.csv", holes);
            snprintf(text, sizeof text, LINREG "|missing=mean%s", cases[i].options);
            run(&learnt, text);
            assert_vector(&learnt.vectors.fill, cases[i].fill, 2);
            snprintf(table, sizeof table, cases[i].filled, cases[i].fill[0], cases[i].fill[0]);
            table_text("train.csv", table);
            snprintf(text, sizeof text, LINREG "%s", cases[i].options);
            run(&plain, text);
            assert_same_weights(&learnt, &plain);
            assert_true(fields_real(learnt.report, "loss", -1) ==
                        fields_real(plain.report, "loss", -2));
            assert_null(plain.vectors.fill.v);
            farm_clear(&learnt);
            farm_clear(&plain);
        }
}

static void a_test_set_is_filled_in_with_the_means_of_the_training_set(void **state)
{
    struct farm learnt = {.seed = 1}, plain = {.seed = 2};

    (void)state;
    table_text("train.csv", "y,a,b\n0,1,10\n0,2,\n1,3,30\n1,,20\n");
    table_text("test.csv", "b,y,a\n,1,3\n1000,0,3\n5,1,\n");
    run(&learnt, LINREG "|missing=mean|normalize=minmax|testRef=test.csv");
    assert_vector(&learnt.vectors.fill, (double[]){2, 20}, 2);
    table_text("train.csv", "y,a,b\n0,1,10\n0,2,20\n1,3,30\n1,2,20\n");
    table_text("test.csv", "b,y,a\n20,1,3\n1000,0,3\n5,1,2\n");
    run(&plain, LINREG "|normalize=minmax|testRef=test.csv");
    assert_same_weights(&learnt, &plain);
    assert_true(fields_real(learnt.report, "testLoss", -1) ==
                fields_real(plain.report, "testLoss", -2));
    farm_clear(&learnt);
    farm_clear(&plain);

    /* Its own cells have no say: a column that is empty there throughout. */
    table_text("test.csv", "b,y,a\n,1,\n,0,\n");
    learnt = (struct farm){.seed = 1};
    run(&learnt, LINREG "|missing=mean|testRef=test.csv");
    farm_clear(&learnt);
    table_text("train.csv", "y,a,b\n0,1,\n0,2,\n1,3,7\n");
    refuse(LINREG "|missing=mean|samples=2", NULL, "column 2 of the features (b) is empty in all",
           "the 2 rows trained on");
    refuse(LINREG "|missing=mean|holdout=3", NULL, "column 2 of the features (b)", "missing=zero");
    refuse(LINREG "|testRef=test.csv", NULL, "is empty", "missing=mean");
}

/* As the pipeline of scikit-learn's SimpleImputer and StandardScaler: means, 1 / scale_. */
static void normalisation_comes_after_the_means_and_knows_no_other_rows(void **state)
{
    static const double wanted[] = {7.0 / 3, 6, 1.0350983390135313, 0.7905694150420948};
    struct farm farm = {.seed = 1};

    (void)state;
    table_text("train.csv", "y,a,b\n1,1,\n2,,4\n9,100,100\n3,4,8\n5,2,\n9,-70,30\n4,,6\n");
    run(&farm, LINREG "|missing=mean|normalize=standard|holdout=3");
    assert_vector(&farm.vectors.scaling, wanted, 4);
    farm_clear(&farm);
}

/* --- from one job to the next ----------------------------------------------------------------- */

/* A learning rate of nothing: the weights stay, and so must all that they mean. */
#define STAY "|lr=1e-300|epochs=1"

static void what_goes_on_with_weights_keeps_their_normalisation(void **state)
{
    struct farm first = {.seed = 1, .slots_most = 2}, next = {.seed = 2, .former = &first};
    struct farm third = {.seed = 3, .former = &next, .takeovers_percent = 20};

    (void)state;
    write_table("train.csv", "yabc", 0, 60, true);
    write_table("test.csv", "yabc", 60, 40, true);
    run(&first, LOGREG "|normalize=standard|testRef=test.csv|patience=9");
    /* Other rows, ten times as large, with their columns in another order. */
    table_text("more.csv", "c,y,b,a\n10,0,100,50\n20,1,-300,70\n-4,1,20,-30\n");
    run(&next, "model=logreg|dataRef=more.csv|hasHeader=true|init=weights|normalize=standard"
               "|testRef=test.csv" STAY);
    assert_same_weights(&first, &next);
    assert_vector(&next.vectors.scaling, first.vectors.scaling.v, 6);
    assert_true(fields_real(next.report, "testLoss", -1) ==
                fields_real(first.report, "testLoss", -2));
    assert_string_equal(
        cJSON_GetArrayItem(cJSON_GetObjectItem(next.report, "columns"), 0)->valuestring, "a");
    assert_null(next.vectors.best.v); /* what belonged to the first alone is gone */
    run(&third, "model=logreg|dataRef=more.csv|hasHeader=true|init=weights|normalize=standard"
                "|testRef=test.csv" STAY);
    assert_same_weights(&first, &third);
    assert_true(fields_real(third.report, "testLoss", -1) ==
                fields_real(first.report, "testLoss", -2));
    farm_clear(&third);
    refuse("model=logreg|dataRef=test2.csv|hasHeader=true|init=weights|normalize=standard", &first,
           "test2.csv", "");
    table_text("more.csv", "y,b,z\n0,1,2\n1,2,3\n");
    refuse("model=logreg|dataRef=more.csv|hasHeader=true|init=weights|normalize=standard", &first,
           "missing \"a\", \"c\"", "unknown \"z\"");
    farm_clear(&next);

    /* Without a line of names the count alone decides, and the job says so. */
    write_table("plain.csv", "yabc", 0, 60, false);
    next = (struct farm){.seed = 4, .former = &first};
    run(&next, "model=logreg|dataRef=plain.csv|init=weights|normalize=standard" STAY);
    assert_same_weights(&first, &next);
    assert_non_null(
        strstr(cJSON_GetArrayItem(cJSON_GetObjectItem(next.report, "warnings"), 0)->valuestring,
               "plain.csv are matched by position"));
    farm_clear(&next);
    write_table("plain.csv", "yab", 0, 60, false);
    refuse("model=logreg|dataRef=plain.csv|init=weights|normalize=standard", &first, "3 weights",
           "has 2 features");
    farm_clear(&first);
}

static void what_goes_on_fills_in_the_means_that_were_learnt(void **state)
{
    struct farm first = {.seed = 1}, next = {.seed = 2, .former = &first};
    struct farm last = {.seed = 3, .former = &next};

    (void)state;
    table_text("train.csv", "y,a,b\n0,1,10\n0,2,\n1,3,30\n1,,20\n");
    run(&first, LINREG "|missing=mean|bias=true");
    table_text("more.csv", "b,a,y\n,500,1\n700,,2\n,,3\n");
    run(&next, "model=linreg|dataRef=more.csv|hasHeader=true|csvLabel=last|init=weights"
               "|missing=mean|bias=true" STAY);
    assert_same_weights(&first, &next);
    assert_vector(&next.vectors.fill, (double[]){2, 20}, 2);
    /* Exactly on from there: a job that was continued keeps them, too. */
    run(&last, "model=linreg|dataRef=more.csv|hasHeader=true|csvLabel=last|init=weights"
               "|missing=mean|bias=true|continue=true" STAY);
    assert_same_weights(&first, &last);
    assert_vector(&last.vectors.fill, (double[]){2, 20}, 2);
    farm_clear(&first);
    farm_clear(&next);
    farm_clear(&last);
}

/* continue=true: the bits of a training that was never cut, with holes in its table. */
static void a_continued_training_has_the_bits_of_one_with_all_epochs(void **state)
{
    static const char *const options[] = {"", "|mode=average|shards=3", "|optimizer=lbfgs|l2=0.1",
                                          "|normalize=standard|optimizer=adam|holdout=4"};
    char table[4000], *p = table;

    (void)state;
    p += sprintf(p, "y,a,b\n");
    for (int r = 0; r < 90; r++) {
        p += sprintf(p, "%d,", r % 7);
        if (r % 5) p += sprintf(p, "%g", r * 3 % 8 / 8.0);
        p += sprintf(p, ",");
        if (r % 4) p += sprintf(p, "%g", r * 5 % 9 / 9.0);
        p += sprintf(p, "\n");
    }
    table_text("train.csv", table);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm five = {.seed = 1}, three = {.seed = 2, .slots_most = 3};
        struct farm two = {.seed = 3, .former = &three, .takeovers_percent = 20};
        static const char base[] = "model=linreg|dataRef=train.csv|hasHeader=true|missing=mean";
        const char *steps = training_steps(options[i], "|batchSize=8");
        char text[300];

        snprintf(text, sizeof text, "%s%s%s|epochs=5", base, steps, options[i]);
        run(&five, text);
        snprintf(text, sizeof text, "%s%s%s|epochs=3", base, steps, options[i]);
        run(&three, text);
        snprintf(text, sizeof text, "%s%s%s|epochs=2|continue=true", base, steps, options[i]);
        run(&two, text);
        assert_same_weights(&five, &two);
        assert_true(five.vectors.fill.count == 2 && two.vectors.fill.count == 2 &&
                    five.vectors.fill.v[0] == two.vectors.fill.v[0]);
        farm_clear(&five);
        farm_clear(&three);
        farm_clear(&two);
    }
}

#define SOFTMAX "model=softmax|dataRef=train.csv|hasHeader=true|batchSize=4|epochs=2"

static void labels_are_those_of_the_rows_trained_on(void **state)
{
    struct farm first = {.seed = 1}, next = {.seed = 2, .former = &first};

    (void)state;
    /* Row 4 is beyond the samples: its label is not learnt. */
    table_text("train.csv", "y,a\n1,1\n2,4\n5,9\n7,3\n");
    run(&first, SOFTMAX "|samples=3");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first.report, "classes")), 3);
    refuse(SOFTMAX "|holdout=4", NULL, "row 4: label 7", "no row of train.csv that is trained on");
    /* The former's count: a table with two of the three, and one with another. */
    table_text("more.csv", "y,a\n5,3\n1,2\n");
    run(&next,
        "model=softmax|dataRef=more.csv|hasHeader=true|init=weights|classWeight=balanced" STAY);
    assert_same_weights(&first, &next);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(next.report, "classes")), 3);
    assert_vector(&next.vectors.classes, (double[]){1, 2, 5, 2 / 3.0, 1, 2 / 3.0}, 6);
    farm_clear(&next);
    table_text("more.csv", "y,a\n5,3\n7,2\n");
    refuse("model=softmax|dataRef=more.csv|hasHeader=true|init=weights", &first, "row 2: label 7",
           "the former job did not learn");
    farm_clear(&first);
}

static void weights_are_not_given_another_meaning(void **state)
{
    static const char base[] = "model=logreg|dataRef=a.csv|task=binary_is_one|missing=mean";
    static const struct {
        const char *change, *part;
    } cases[] = {
        {"model=linreg|dataRef=a.csv|missing=mean", "model=linreg, but the weights"},
        {"model=logreg|dataRef=a.csv|task=binary_is_2|missing=mean", "tell label 1 from all"},
        {"model=logreg|dataRef=a.csv|normalize=standard|missing=mean", "normalize=standard, but"},
        {"model=logreg|dataRef=a.csv|normalize=255|missing=mean", "normalize=255, but"},
        {"model=logreg|dataRef=a.csv|missing=zero", "learnt with missing=mean"},
        {"model=logreg|dataRef=a.csv|missing=mean|bias=true", "a model without a bias"},
        {"model=logreg|dataRef=b.csv|task=binary_is_1|missing=mean|epochs=9|lr=2", NULL},
        {"model=logreg|dataRef=b.csv|missing=refuse|mode=async|optimizer=adam", NULL},
    };
    const struct job_type *type = job_find("train");
    cJSON *former = ask_params("train", base);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *params = ask_params("train", cases[i].change);

        assert_int_equal(type->follows(former, params, &why), cases[i].part ? DTQ_INPUT : DTQ_OK);
        if (cases[i].part) ask_sentence(&why, cases[i].part, "");
        cJSON_Delete(params);
    }
    cJSON_Delete(former);
}

static void names_survive_the_trip_as_numbers(void **state)
{
    static const uint64_t at[] = {0, 2, 3, 14};
    const struct dataset_names all = {3, at, "a\0\0price (\xe2\x82\xac)\0y"};
    struct names back;
    size_t count;
    double *v = names_pack(&all, &count);

    (void)state;
    assert_int_equal(count, 1 + 3);
    assert_int_equal(names_unpack(v, count, &back, &why), DTQ_OK);
    assert_int_equal(back.all.features, 3);
    for (uint64_t i = 0; i <= 3; i++)
        assert_string_equal(dataset_names_get(&back.all, i), dataset_names_get(&all, i));
    names_clear(&back);
    for (size_t i = 0; i < count; i++) {
        double good = v[i];

        v[i] = i ? 0.5 : 1e6;
        assert_int_equal(names_unpack(v, count, &back, &why), DTQ_INPUT);
        v[i] = -1;
        assert_int_equal(names_unpack(v, count, &back, &why), DTQ_INPUT);
        v[i] = good;
    }
    assert_int_equal(names_unpack(v, count - 1, &back, &why), DTQ_INPUT);
    assert_int_equal(names_unpack(v, 0, &back, &why), DTQ_INPUT);
    free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_set_is_matched_by_the_names_of_its_columns),
        cmocka_unit_test(means_are_those_of_the_rows_trained_on),
        cmocka_unit_test(a_test_set_is_filled_in_with_the_means_of_the_training_set),
        cmocka_unit_test(normalisation_comes_after_the_means_and_knows_no_other_rows),
        cmocka_unit_test(what_goes_on_with_weights_keeps_their_normalisation),
        cmocka_unit_test(what_goes_on_fills_in_the_means_that_were_learnt),
        cmocka_unit_test(a_continued_training_has_the_bits_of_one_with_all_epochs),
        cmocka_unit_test(labels_are_those_of_the_rows_trained_on),
        cmocka_unit_test(weights_are_not_given_another_meaning),
        cmocka_unit_test(names_survive_the_trip_as_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, table_remove);
}
