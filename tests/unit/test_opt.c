/* test_opt.c: command lines. */
#include "common/opt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool verbose, quiet;
static const char *redis;
static long long slots;
static double wait_s;
static uint64_t room;
static int64_t pause_ms;
static const char *elsewhere;

static const struct opt table[] = {
    {.name = "verbose", .letter = 'v', .kind = OPT_FLAG, .to = &verbose, .help = "say more"},
    {.name = "quiet", .letter = 'q', .kind = OPT_FLAG, .to = &quiet, .help = "say less"},
    {.name = "redis", .kind = OPT_TEXT, .to = &redis, .arg = "URL", .help = "where Redis is"},
    {.name = "slots",
     .letter = 's',
     .kind = OPT_INT,
     .to = &slots,
     .min = 1,
     .max = 64,
     .arg = "N",
     .help = "tasks at a time"},
    {.name = "wait",
     .kind = OPT_REAL,
     .to = &wait_s,
     .min = 0,
     .max = 10,
     .arg = "SECONDS",
     .help = "how long"},
    {.name = "room", .kind = OPT_BYTES, .to = &room, .arg = "SIZE", .help = "how much"},
    {.name = "pause",
     .kind = OPT_TIME,
     .to = &pause_ms,
     .min = 1,
     .max = 864e5,
     .arg = "TIME",
     .help = "how long between two"},
};
enum { COUNT = sizeof table / sizeof *table, ARGS = 12 };

static struct dtq_why why;
static char *args[ARGS];

/* Parses a line of words divided by blanks; args[1..] holds what is left. */
static enum dtq_err parse(const char *line, int *left)
{
    static char copy[200];
    char *rest = copy, *word;
    int argc = 1;

    snprintf(copy, sizeof copy, "%s", line);
    args[0] = "program";
    while (argc < ARGS && (word = strsep(&rest, " ")))
        if (*word) args[argc++] = word;
    verbose = quiet = false;
    redis = NULL;
    slots = -1;
    wait_s = -1;
    why.text[0] = '\0';
    return opt_parse(table, COUNT, argc, args, left, &why);
}

static void refuse(const char *line, const char *part, const char *other)
{
    int left = 77;

    assert_int_equal(parse(line, &left), DTQ_INPUT);
    assert_int_equal(left, 77);
    if (!strstr(why.text, part) || !strstr(why.text, other))
        fail_msg("\"%s\" has not \"%s\" and \"%s\"", why.text, part, other);
}

static void options_stand_anywhere_and_the_rest_keeps_its_order(void **state)
{
    int left;

    (void)state;
    assert_int_equal(parse("sum -v 1 --slots 4 100 --redis=tcp://h:1 x", &left), DTQ_OK);
    assert_int_equal(left, 4);
    assert_string_equal(args[1], "sum");
    assert_string_equal(args[2], "1");
    assert_string_equal(args[3], "100");
    assert_string_equal(args[4], "x");
    assert_true(verbose);
    assert_int_equal(slots, 4);
    assert_string_equal(redis, "tcp://h:1");
}

static void what_is_not_given_is_left_alone(void **state)
{
    int left;

    (void)state;
    assert_int_equal(parse("", &left), DTQ_OK);
    assert_int_equal(left, 0);
    assert_null(redis);
    assert_int_equal(slots, -1);
    assert_true(wait_s == -1);
}

static void letters_take_values_and_flags_join(void **state)
{
    int left;

    (void)state;
    assert_int_equal(parse("-vqs8", &left), DTQ_OK);
    assert_true(verbose && quiet);
    assert_int_equal(slots, 8);
    assert_int_equal(parse("-s 9 --wait 0.5", &left), DTQ_OK);
    assert_int_equal(slots, 9);
    assert_true(wait_s == 0.5);
}

static void a_negative_number_and_a_lone_dash_are_no_options(void **state)
{
    int left;

    (void)state;
    assert_int_equal(parse("sum -5 -", &left), DTQ_OK);
    assert_int_equal(left, 3);
    assert_string_equal(args[2], "-5");
    assert_string_equal(args[3], "-");
}

static void two_dashes_end_the_options(void **state)
{
    int left;

    (void)state;
    assert_int_equal(parse("a -- --verbose -q", &left), DTQ_OK);
    assert_int_equal(left, 3);
    assert_string_equal(args[2], "--verbose");
    assert_false(verbose || quiet);
}

static void sizes_have_units(void **state)
{
    static const struct {
        const char *line;
        uint64_t bytes;
    } rows[] = {
        {"--room 1", 1},
        {"--room=512K", UINT64_C(512) << 10},
        {"--room 3m", UINT64_C(3) << 20},
        {"--room 10G", UINT64_C(10) << 30},
        {"--room 2T", UINT64_C(2) << 40},
        {"--room 16777215T", UINT64_C(16777215) << 40},
        {"--room 18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"",     "0",    "0G",        "G",   "10X",
                                      "10GB", "1.5G", "16777216T", "-1G", "18446744073709551616"};
    int left;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(rows[i].line, &left), DTQ_OK);
        assert_true(room == rows[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[60], said[80];

        snprintf(line, sizeof line, "--room=%s", bad[i]);
        snprintf(said, sizeof said, "--room %s: a whole number of bytes", bad[i]);
        refuse(line, said, "as in 10G (how much)");
    }
}

static void times_have_units(void **state)
{
    static const struct {
        const char *line;
        int64_t ms;
    } rows[] = {{"--pause 500ms", 500},  {"--pause=30s", 30000},   {"--pause 10m", 600000},
                {"--pause 2h", 7200000}, {"--pause 1d", 86400000}, {"--pause 3", 3000},
                {"--pause 0.001", 1},    {"--pause 1.5m", 90000}};
    static const char *const bad[] = {"",
                                      "0",
                                      "0ms",
                                      "ms",
                                      "2d",
                                      "1e3",
                                      "-1s",
                                      "nan",
                                      "inf",
                                      "1w",
                                      "1 s",
                                      "1S",
                                      "1.2.3",
                                      ".",
                                      "86401",
                                      "0x10s",
                                      "99999999999999999999999999999999999999d"};
    int left;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(rows[i].line, &left), DTQ_OK);
        assert_int_equal(pause_ms, rows[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[90], said[90];

        if (strchr(bad[i], ' ')) continue; /* two words */
        snprintf(line, sizeof line, "--pause=%s", bad[i]);
        snprintf(said, sizeof said, "--pause %s: expected a time from 1 ms to 1 days", bad[i]);
        refuse(line, said, "as in 500ms, 30s, 10m, 2h, 7d");
    }
}

/* Where the first word of a line is, from 1; 0: there is none. */
static int first_of(const char *line)
{
    static char copy[200];
    static const struct opt twice[] = {
        {.name = "verbose", .letter = 'v', .kind = OPT_FLAG, .to = &verbose},
        {.name = "slots", .letter = 's', .kind = OPT_INT, .to = &slots},
        {.name = "keep", .kind = OPT_TIME, .to = &pause_ms},
        {.name = "keep", .kind = OPT_FLAG, .to = &verbose},
    };
    char *rest = copy, *word;
    int argc = 1, at;

    snprintf(copy, sizeof copy, "%s", line);
    while (argc < ARGS && (word = strsep(&rest, " ")))
        args[argc++] = word;
    at = opt_first(twice, sizeof twice / sizeof *twice, argc, args, 1);
    return at < argc ? at : 0;
}

static void the_first_word_is_found_behind_any_options(void **state)
{
    (void)state;
    assert_int_equal(first_of("sum 1 2"), 1);
    assert_int_equal(first_of("-v --slots 3 -s 4 -vs5 -vs 6 --unknown sum"), 10);
    assert_int_equal(first_of("--slots=3 sum"), 2);
    assert_int_equal(first_of("--keep 2h sum"), 3);
    assert_int_equal(first_of("--keep demo"), 2);
    assert_int_equal(first_of("-- --keep"), 2);
    assert_int_equal(first_of("-5 sum"), 1);
    assert_int_equal(first_of("-v --slots"), 0);
    assert_int_equal(first_of("--slots 3"), 0);
    assert_int_equal(first_of("--"), 0);
}

static void an_option_of_another_command_is_named(void **state)
{
    const struct opt rows[] = {
        {.name = "verbose", .letter = 'v', .kind = OPT_FLAG, .to = &verbose},
        {.name = "dir", .letter = 'd', .kind = OPT_ELSEWHERE, .to = &elsewhere},
        {.name = "verbose", .letter = 'v', .kind = OPT_ELSEWHERE, .to = &elsewhere}};
    static const char *const lines[] = {"--dir", "--dir=x", "-d", "-vd"};
    int left;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[20];

        snprintf(text, sizeof text, "%s", lines[i]);
        args[1] = text;
        elsewhere = NULL;
        assert_int_equal(opt_parse(rows, 3, 2, args, &left, &why), DTQ_INPUT);
        assert_string_equal(elsewhere, "dir");
    }
    args[1] = (char[]){"-v"};
    elsewhere = NULL;
    assert_int_equal(opt_parse(rows, 3, 2, args, &left, &why), DTQ_OK);
    assert_null(elsewhere);
}

static void bad_lines_are_sentences(void **state)
{
    (void)state;
    refuse("--verbos", "--verbos", "did you mean --verbose");
    refuse("--zzz=3", "--zzz;", "--help");
    refuse("-z", "-z", "--help");
    refuse("--slots 0", "--slots 0", "from 1 to 64");
    refuse("--slots=65", "--slots 65", "from 1 to 64");
    refuse("--slots x", "--slots x", "whole number");
    refuse("--wait 1h", "--wait 1h", "from 0 to 10");
    refuse("--wait nan", "--wait nan", "from 0 to 10");
    refuse("--redis", "--redis needs a value", "--redis URL");
    refuse("--redis --verbose", "--redis needs a value", "where Redis is");
    refuse("--quiet=1", "--quiet takes no value", "alone");
}

static void help_has_a_line_an_option(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    (void)state;
    opt_help(table, COUNT, to);
    fclose(to);
    assert_string_equal(text, "  -v, --verbose       say more\n"
                              "  -q, --quiet         say less\n"
                              "      --redis URL     where Redis is\n"
                              "  -s, --slots N       tasks at a time\n"
                              "      --wait SECONDS  how long\n"
                              "      --room SIZE     how much\n"
                              "      --pause TIME    how long between two\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere_and_the_rest_keeps_its_order),
        cmocka_unit_test(what_is_not_given_is_left_alone),
        cmocka_unit_test(letters_take_values_and_flags_join),
        cmocka_unit_test(a_negative_number_and_a_lone_dash_are_no_options),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(the_first_word_is_found_behind_any_options),
        cmocka_unit_test(an_option_of_another_command_is_named),
        cmocka_unit_test(bad_lines_are_sentences),
        cmocka_unit_test(help_has_a_line_an_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
