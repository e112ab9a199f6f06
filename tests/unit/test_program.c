/* test_program.c: which Redis a program means, and the options that all programs share. */
#include "common/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int no_variables(void **state)
{
    (void)state;
    unsetenv("DTQ_REDIS_URL");
    unsetenv("REDIS_URL");
    return 0;
}

static void nobody_names_a_server(void **state)
{
    struct program p = PROGRAM_INIT;

    (void)state;
    assert_string_equal(program_url(&p), "redis://127.0.0.1:6379/0");
    assert_false(program_url_given(&p));
}

static void the_option_wins_over_both_variables(void **state)
{
    struct program p = PROGRAM_INIT;

    (void)state;
    setenv("REDIS_URL", "redis://general", 1);
    assert_string_equal(program_url(&p), "redis://general");
    setenv("DTQ_REDIS_URL", "redis://ours", 1);
    assert_string_equal(program_url(&p), "redis://ours");
    p.redis = "unix:///typed";
    assert_string_equal(program_url(&p), "unix:///typed");
    assert_true(program_url_given(&p));
}

static void an_empty_variable_counts_as_not_set(void **state)
{
    struct program p = PROGRAM_INIT;

    (void)state;
    setenv("DTQ_REDIS_URL", "", 1);
    assert_false(program_url_given(&p));
    setenv("REDIS_URL", "redis://general", 1);
    assert_string_equal(program_url(&p), "redis://general");
}

static void the_shared_options_fill_the_struct(void **state)
{
    struct program p = PROGRAM_INIT;
    const struct opt opts[] = {PROGRAM_OPTS(&p)};
    char *argv[] = {"dtq", "--redis=unix:///s", "word", "--json", "--queue", "night", NULL};
    struct dtq_why why;
    int left = 0;

    (void)state;
    assert_string_equal(p.queue, "default");
    assert_int_equal(opt_parse(opts, sizeof opts / sizeof *opts, 6, argv, &left, &why), DTQ_OK);
    assert_int_equal(left, 1);
    assert_string_equal(argv[1], "word");
    assert_string_equal(p.redis, "unix:///s");
    assert_string_equal(p.queue, "night");
    assert_true(p.json);
    assert_false(p.help || p.version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nobody_names_a_server, no_variables),
        cmocka_unit_test_setup(the_option_wins_over_both_variables, no_variables),
        cmocka_unit_test_setup(an_empty_variable_counts_as_not_set, no_variables),
        cmocka_unit_test_setup(the_shared_options_fill_the_struct, no_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
