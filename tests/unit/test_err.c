/* test_err.c: outcomes and their sentences. */
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static void the_reply_codes_of_the_scripts_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(DTQ_OK, 0);
    assert_int_equal(DTQ_NONE, 1);
    assert_int_equal(DTQ_LEASE_LOST, 2);
    assert_int_equal(DTQ_JOB_GONE, 3);
    assert_int_equal(DTQ_FENCED, 4);
    assert_int_equal(DTQ_EXISTS, 5);
    assert_int_equal(DTQ_FULL, 6);
    assert_int_equal(DTQ_UNKNOWN_WORKER, 7);
}

static void each_outcome_has_a_word_of_its_own(void **state)
{
    static const enum dtq_err all[] = {
#define X(name, number, word) DTQ_##name,
        DTQ_ERRORS(X)
#undef X
    };
    enum { COUNT = sizeof all / sizeof *all };

    (void)state;
    assert_string_equal(err_word(DTQ_LEASE_LOST), "lease_lost");
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_not_equal(err_word(all[i]), "unknown");
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(err_word(all[i]), err_word(all[k]));
    }
    assert_string_equal(err_word((enum dtq_err)99), "unknown");
}

static void a_sentence_is_set_and_its_outcome_returned(void **state)
{
    (void)state;
    assert_int_equal(err_set(&why, DTQ_INPUT, "lr=%s: not above %d", "-1", 0), DTQ_INPUT);
    assert_string_equal(why.text, "lr=-1: not above 0");
    assert_int_equal(err_set(NULL, DTQ_IO, "nobody %s", "asks"), DTQ_IO);
}

static void prefixes_stand_before_what_is_there(void **state)
{
    (void)state;
    err_set(&why, DTQ_IO, "no such file");
    assert_int_equal(err_prefix(&why, DTQ_INPUT, "line %d", 3), DTQ_INPUT);
    assert_string_equal(why.text, "line 3: no such file");
    err_prefix(&why, DTQ_INPUT, "rows.csv");
    assert_string_equal(why.text, "rows.csv: line 3: no such file");
    assert_int_equal(err_prefix(NULL, DTQ_CONN, "x"), DTQ_CONN);
}

static void a_sentence_too_long_is_cut_and_still_ends(void **state)
{
    enum { SIZE = sizeof why.text };
    char text[2 * SIZE];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    err_set(&why, DTQ_INPUT, "%s", text);
    assert_int_equal(strlen(why.text), SIZE - 1);
    err_prefix(&why, DTQ_INPUT, "before");
    assert_int_equal(strlen(why.text), SIZE - 1);
    assert_memory_equal(why.text, "before: aaa", 11);
    err_set(&why, DTQ_INPUT, "end");
    err_prefix(&why, DTQ_INPUT, "%s", text);
    assert_int_equal(strlen(why.text), SIZE - 1);
    /* No room for all of what was there. */
    err_set(&why, DTQ_INPUT, "end");
    err_prefix(&why, DTQ_INPUT, "%.*s", SIZE - 4, text);
    assert_string_equal(why.text + SIZE - 4, "...");
}

static void what_comes_from_outside_cannot_harm_a_terminal_or_json(void **state)
{
    (void)state;
    err_set(&why, DTQ_INPUT, "%.4s is \x1b[31mno\xffname", "a\xe4\xb8\xad");
    assert_string_equal(why.text, "a\xe4\xb8\xad is ?[31mno\xef\xbf\xbdname");
    err_set(&why, DTQ_INPUT, "%.3s", "a\xe4\xb8\xad");
    assert_string_equal(why.text, "a\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reply_codes_of_the_scripts_have_their_numbers),
        cmocka_unit_test(each_outcome_has_a_word_of_its_own),
        cmocka_unit_test(a_sentence_is_set_and_its_outcome_returned),
        cmocka_unit_test(prefixes_stand_before_what_is_there),
        cmocka_unit_test(a_sentence_too_long_is_cut_and_still_ends),
        cmocka_unit_test(what_comes_from_outside_cannot_harm_a_terminal_or_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
