/* test_order.c: jobs from the words of a command line. */
#include "producer/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRAIN "model=logreg|dataRef=file:digits.csv"

static struct dtq_why why;

static enum dtq_err read_one(const char *type, const char *text, struct order *out)
{
    return order_read(job_find(type), &text, 1, out, &why);
}

static void assert_why(const char *piece)
{
    if (!strstr(why.text, piece)) fail_msg("\"%s\" is not in: %s", piece, why.text);
}

static void a_job_id_is_no_parameter(void **state)
{
    static const char *const texts[] = {"1|10", "JOBID=mine"};
    struct order order = {0};

    (void)state;
    assert_int_equal(order_read(job_find("sum"), texts, 2, &order, &why), DTQ_OK);
    assert_string_equal(order.job_id, "mine");
    assert_null(cJSON_GetObjectItem(order.params, "jobId"));
    assert_string_equal(fields_text(order.params, "end", ""), "10");
    assert_null(order.weights);
    order_clear(&order);
}

static void an_id_with_strange_characters_is_refused(void **state)
{
    struct order order = {0};

    (void)state;
    assert_int_equal(read_one("sum", "1|10|jobId=a b", &order), DTQ_INPUT);
    assert_why("\"a b\"");
    assert_int_equal(read_one("sum", "1|10|jobId=a|jobId=b", &order), DTQ_INPUT);
    assert_why("jobId is given twice");
    assert_null(order.params);
}

static void the_nearest_field_may_be_one_of_the_producer(void **state)
{
    struct order order = {0};

    (void)state;
    assert_int_equal(read_one("train", TRAIN "|jobld=x", &order), DTQ_INPUT);
    assert_why("\"jobId\"");
    assert_int_equal(read_one("train", TRAIN "|wFil=x", &order), DTQ_INPUT);
    assert_why("\"wFile\"");
}

static void weights_leave_the_parameters(void **state)
{
    struct order order = {0};

    (void)state;
    assert_int_equal(read_one("train", TRAIN "|features=3|w=1,-2.5,3e-1", &order), DTQ_OK);
    assert_int_equal(order.weight_count, 3);
    assert_true(order.weights[0] == 1 && order.weights[1] == -2.5 && order.weights[2] == 0.3);
    assert_null(cJSON_GetObjectItem(order.params, "w"));
    assert_string_equal(fields_text(order.params, "init", ""), "weights");
    order_clear(&order);
}

static void weights_that_cannot_fit_are_refused(void **state)
{
    struct order order = {0};

    (void)state;
    assert_int_equal(read_one("train", TRAIN "|features=4|w=1,2,3", &order), DTQ_INPUT);
    assert_why("3 weights for features=4");
    assert_int_equal(read_one("train", TRAIN "|init=weights", &order), DTQ_INPUT);
    assert_why("init=weights needs");
    assert_int_equal(read_one("train", TRAIN "|wFile=/does/not/exist", &order), DTQ_INPUT);
    assert_why("/does/not/exist");
    assert_null(order.params);
}

static void resume_keeps_what_is_not_changed(void **state)
{
    static const char *const texts[] = {"epochs=7|lr=0.01", "jobId=later"};
    static const double w[] = {0.5, -0.25};
    struct order order = {0};

    (void)state;
    assert_int_equal(order_resume(job_find("train"),
                                  "{\"model\":\"logreg\",\"dataRef\":\"file:d.csv\",\"epochs\":3,"
                                  "\"lr\":0.5,\"batchSize\":64,\"init\":\"zeros\"}",
                                  w, 2, texts, 2, &order, &why),
                     DTQ_OK);
    assert_string_equal(order.job_id, "later");
    assert_int_equal(fields_int(order.params, "epochs", 0), 7);
    assert_true(fields_real(order.params, "lr", 0) == 0.01);
    assert_int_equal(fields_int(order.params, "batchSize", 0), 64);
    assert_string_equal(fields_text(order.params, "init", ""), "weights");
    assert_int_equal(order.weight_count, 2);
    assert_memory_equal(order.weights, w, sizeof w);
    order_clear(&order);
}

static void resume_may_start_from_other_weights_or_none(void **state)
{
    static const char params[] = "{\"model\":\"linreg\",\"dataRef\":\"file:d.csv\"}";
    static const char *const given = "w=9", *const zeros = "init=zeros";
    static const double w[] = {0.5, -0.25};
    struct order order = {0};

    (void)state;
    assert_int_equal(order_resume(job_find("train"), params, w, 2, &given, 1, &order, &why),
                     DTQ_OK);
    assert_int_equal(order.weight_count, 1);
    assert_true(order.weights[0] == 9);
    order_clear(&order);
    assert_int_equal(order_resume(job_find("train"), params, w, 2, &zeros, 1, &order, &why),
                     DTQ_OK);
    assert_null(order.weights);
    assert_string_equal(fields_text(order.params, "init", ""), "zeros");
    order_clear(&order);
}

static void only_a_training_with_weights_can_be_resumed(void **state)
{
    static const double w[] = {0.5};
    struct order order = {0};

    (void)state;
    assert_int_equal(order_resume(job_find("sum"), "{}", w, 1, NULL, 0, &order, &why), DTQ_INPUT);
    assert_why("a sum job has no weights");
    assert_int_equal(order_resume(job_find("train"),
                                  "{\"model\":\"linreg\",\"dataRef\":\"file:d.csv\"}", NULL, 0,
                                  NULL, 0, &order, &why),
                     DTQ_NONE);
    assert_int_equal(order_resume(job_find("train"), "[", w, 1, NULL, 0, &order, &why), DTQ_INPUT);
    assert_why("cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_id_is_no_parameter),
        cmocka_unit_test(an_id_with_strange_characters_is_refused),
        cmocka_unit_test(the_nearest_field_may_be_one_of_the_producer),
        cmocka_unit_test(weights_leave_the_parameters),
        cmocka_unit_test(weights_that_cannot_fit_are_refused),
        cmocka_unit_test(resume_keeps_what_is_not_changed),
        cmocka_unit_test(resume_may_start_from_other_weights_or_none),
        cmocka_unit_test(only_a_training_with_weights_can_be_resumed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
