/* test_first.c: the first round of a job, made where it is submitted, is the one that a master
 * would have made. */
#include "jobs/first.h"
#include "tests/support/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* Reads the round on while a split puts its tasks. */
struct reading {
    const struct round *round;
    size_t at;
    uint64_t tasks;
};

static void same_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    struct reading *r = ctx;
    const char *mine;
    size_t size;

    assert_int_equal(no, r->tasks++);
    if (!round_next(r->round, &r->at, &mine, &size)) return; /* what the master makes besides */
    assert_int_equal(size, len);
    assert_memory_equal(mine, spec, len);
}

static void is_the_masters(const char *type_name, const char *text, size_t count, uint64_t total)
{
    const struct job_type *type = job_find(type_name);
    cJSON *params = ask_params(type_name, text);
    struct round round = {0};
    struct reading reading = {.round = &round}, rest = {.round = &round};
    const struct job_sink sink = {&reading, same_task, NULL, NULL, NULL};
    struct job_sink on = sink;
    const struct job_vectors none = {0};
    const struct job_view view = {.slots = 7};
    struct job_state *state;

    first_round(type, params, &round);
    assert_int_equal(round.count, count);
    assert_int_equal(type->open(params, NULL, 0, &none, &state, &why), DTQ_OK);
    assert_int_equal(type->split(state, &view, &sink, &why), DTQ_OK);
    type->close(state);
    assert_int_equal(reading.at, round.specs.len);
    assert_int_equal(reading.tasks, total);
    /* The master goes on where the checkpoint says. */
    on.ctx = &rest;
    rest.at = round.specs.len;
    rest.tasks = count;
    assert_int_equal(
        type->open(params, round.checkpoint.data, round.checkpoint.len, &none, &state, &why),
        DTQ_OK);
    assert_int_equal(
        type->split(state, &(struct job_view){.slots = 7, .outstanding = count}, &on, &why),
        DTQ_OK);
    type->close(state);
    assert_int_equal(rest.tasks, total);
    round_clear(&round);
    cJSON_Delete(params);
}

static void a_small_round_is_whole(void **state)
{
    (void)state;
    is_the_masters("noop", "1|bytes=100", 1, 1);
    is_the_masters("noop", "64", 64, 64);
    is_the_masters("sum", "1|10", 1, 1);
    is_the_masters("sum", "1|1000000000000", 64, 64);
    is_the_masters("sumsq", "-5|3000000", 4, 4);
    is_the_masters("stats", "dataRef=file:a.csv", 1, 1);
}

static void a_long_round_is_begun(void **state)
{
    (void)state;
    is_the_masters("noop", "10000000|bytes=100", 64, 2048);
    is_the_masters("noop", "100", 64, 100);
}

static void is_left(const char *type, const char *text)
{
    cJSON *params = ask_params(type, text);
    struct round round = {0};

    first_round(job_find(type), params, &round);
    assert_int_equal(round.count, 0);
    assert_int_equal(round.specs.len + round.checkpoint.len, 0);
    cJSON_Delete(params);
}

static void what_is_large_or_needs_more_than_parameters_is_left_to_the_master(void **state)
{
    (void)state;
    is_left("noop", "64|bytes=2000");
    is_left("noop", "1|bytes=1000000");
    is_left("train", "model=linreg|dataRef=file:a.csv|epochs=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_round_is_whole),
        cmocka_unit_test(a_long_round_is_begun),
        cmocka_unit_test(what_is_large_or_needs_more_than_parameters_is_left_to_the_master),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
