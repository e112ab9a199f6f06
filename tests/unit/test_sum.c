/* test_sum.c: sum and sumsq, driven as a master and its workers would. */
#include "jobs/job.h"
#include "tests/support/ask.h"
#include "tests/support/farm.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* Runs the job to its end; the caller clears farm. */
static void drive(const char *type, const cJSON *params, struct farm *farm)
{
    if (farm_run(farm, job_find(type), params, &why) != DTQ_OK) fail_msg("%s", why.text);
}

static void assert_result(const char *type, const char *text, const char *expected)
{
    cJSON *params = ask_params(type, text);

    for (unsigned i = 0; i < 3; i++) {
        struct farm farm = {.seed = i, .takeovers_percent = i * 20, .twice_percent = 20};

        drive(type, params, &farm);
        assert_string_equal(fields_text(farm.report, "result", ""), expected);
        farm_clear(&farm);
    }
    cJSON_Delete(params);
}

static void small_ranges_sum_exactly(void **state)
{
    (void)state;
    assert_result("sum", "start=1|end=1000000", "500000500000");
    assert_result("sum", "1|100", "5050");
    assert_result("sum", "7|7", "7");
    assert_result("sum", "-5|+5", "0");
    assert_result("sum", "-10|-8", "-27");
    assert_result("sumsq", "1|10", "385");
    assert_result("sumsq", "-3|2", "19");
    assert_result("sumsq", "-3|-2", "13");
    assert_result("sumsq", "0|0", "0");
    assert_result("sum", "end=3|type=sum|start=1", "6");
}

static void huge_ranges_answer_exactly(void **state)
{
    (void)state;
    assert_result("sum", "1|100000000000000000000", "5000000000000000000050000000000000000000");
    assert_result("sumsq", "1|100000000000000000000",
                  "333333333333333333338333333333333333333350000000000000000000");
    assert_result("sum", "-99999999999999999999|100000000000000000000", "100000000000000000000");
}

/* Each total against a loop, over ranges that lie around zero and have odd lengths. */
static void totals_equal_those_of_a_loop(void **state)
{
    (void)state;
    for (long start = -4; start <= 3; start++)
        for (long end = start; end <= 6; end++) {
            char text[64], sum[32], squares[32];
            long total = 0, square = 0;

            for (long n = start; n <= end; n++) {
                total += n;
                square += n * n;
            }
            snprintf(text, sizeof text, "%ld|%ld", start, end);
            snprintf(sum, sizeof sum, "%ld", total);
            snprintf(squares, sizeof squares, "%ld", square);
            assert_result("sum", text, sum);
            assert_result("sumsq", text, squares);
        }
}

static void ends_of_many_digits_are_taken_up_to_the_limit(void **state)
{
    char *text = malloc(200003);
    struct farm farm = {.seed = 1};
    cJSON *params;
    mpz_t n, expected;
    char *digits;

    (void)state;
    memcpy(text, "1|", 2);
    memset(text + 2, '9', 10000);
    text[10002] = '\0';
    params = ask_params("sum", text);
    drive("sum", params, &farm);
    mpz_init_set_str(n, text + 2, 10);
    mpz_init(expected);
    mpz_add_ui(expected, n, 1);
    mpz_mul(expected, expected, n);
    mpz_divexact_ui(expected, expected, 2);
    digits = mpz_get_str(NULL, 10, expected);
    assert_string_equal(fields_text(farm.report, "result", ""), digits);
    free(digits);
    mpz_clears(n, expected, NULL);
    farm_clear(&farm);
    cJSON_Delete(params);

    /* One number of the longest kind: the sum is itself. */
    memset(text, '9', 200001);
    text[100000] = '|';
    text[200001] = '\0';
    assert_result("sum", text, text + 100001);
    memcpy(text + 200001, "9", 2);
    ask_refused("sum", text, "100001 digits", "at most 100000");
    free(text);
}

static void the_range_is_cut_into_one_to_64_parts(void **state)
{
    static const struct {
        const char *text;
        uint64_t tasks;
    } cases[] = {{"1|1", 1},        {"1|1000000", 1},   {"1|1000001", 2},
                 {"0|9999999", 10}, {"1|64000000", 64}, {"1|999999999999", 64}};
    const struct job_type *type = job_find("sum");
    const struct job_vectors none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t emitted = 0;
        const struct job_sink sink = ask_counter(&emitted);
        const struct job_view view = {.slots = 3};
        cJSON *params = ask_params("sum", cases[i].text);
        struct job_state *s = NULL;

        assert_int_equal(type->open(params, NULL, 0, &none, &s, &why), DTQ_OK);
        assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
        assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
        assert_int_equal(emitted, cases[i].tasks);
        type->close(s);
        cJSON_Delete(params);
    }
}

static void bad_ranges_are_sentences(void **state)
{
    (void)state;
    ask_refused("sum", "5|1", "end=1 is before start=5", "smaller number");
    ask_refused("sum", "1.5|3", "start=1.5", "whole number");
    ask_refused("sum", "1|x", "end=x", "whole number");
    ask_refused("sum", "1|-", "end=-:", "whole number");
    ask_refused("sum", "1|0x10", "end=0x10", "whole number");
    ask_refused("sum", "1", "end is missing", "end=<");
    ask_refused("sum", "1|2|3", "\"3\": one value too many", "key=value");
    ask_refused("sum", "1|2|start=3", "start is given twice", "once");
    ask_refused("sum", "type=train|1|2", "type=train", "this is a sum job");
}

static void results_and_checkpoints_that_are_no_numbers_are_refused(void **state)
{
    static const char *const checkpoints[] = {"",
                                              "emitted=1 folded=2 sum=0",
                                              "emitted=65 folded=0 sum=0",
                                              "emitted=1 folded=0 sum=",
                                              "emitted=1 folded=0 sum=1x",
                                              "folded=0"};
    const struct job_type *type = job_find("sum");
    const struct job_vectors none = {0};
    uint64_t emitted = 0;
    struct ask_worker worker = {0};
    const struct job_sink sink = ask_counter(&emitted);
    const struct job_env env = ask_env(&worker);
    const struct job_view view = {.slots = 1};
    cJSON *params = ask_params("sum", "1|10");
    struct job_result result = {.data = "12a", .len = 3, .worker = "w9"};
    struct job_state *s = NULL;
    struct buf bytes = {0};
    enum job_step step;

    (void)state;
    for (size_t i = 0; i < sizeof checkpoints / sizeof *checkpoints; i++)
        assert_int_equal(
            type->open(params, checkpoints[i], strlen(checkpoints[i]), &none, &s, &why), DTQ_INPUT);
    assert_int_equal(type->open(params, NULL, 0, &none, &s, &why), DTQ_OK);
    assert_int_equal(type->split(s, &view, &sink, &why), DTQ_OK);
    assert_int_equal(type->reduce(s, &result, &sink, &step, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "w9"));
    result.data = "1\0002";
    assert_int_equal(type->reduce(s, &result, &sink, &step, &why), DTQ_INPUT);
    result.len = 0;
    assert_int_equal(type->reduce(s, &result, &sink, &step, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "part 2 of 1", 11, &bytes, &env, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "part 0 of 1", 11, &bytes, &env, &why), DTQ_INPUT);
    assert_int_equal(type->run(params, "rubbish", 7, &bytes, &env, &why), DTQ_INPUT);
    type->close(s);
    buf_clear(&bytes);
    cJSON_Delete(params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ranges_sum_exactly),
        cmocka_unit_test(huge_ranges_answer_exactly),
        cmocka_unit_test(totals_equal_those_of_a_loop),
        cmocka_unit_test(ends_of_many_digits_are_taken_up_to_the_limit),
        cmocka_unit_test(the_range_is_cut_into_one_to_64_parts),
        cmocka_unit_test(bad_ranges_are_sentences),
        cmocka_unit_test(results_and_checkpoints_that_are_no_numbers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
