/* test_wrap.c: help texts broken between words. */
#include "common/wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char *text;
static size_t len;

static FILE *begin(void)
{
    return open_memstream(&text, &len);
}

static void assert_written(FILE *to, const char *wanted)
{
    fclose(to);
    assert_string_equal(text, wanted);
    free(text);
}

static void lines_break_between_words(void **state)
{
    FILE *to = begin();

    (void)state;
    wrap_text(to, 10, 0, 2, "one two three four");
    assert_written(to, "one two\n  three\n  four\n");
}

static void a_line_may_be_full_to_the_last_column(void **state)
{
    FILE *to = begin();

    (void)state;
    wrap_text(to, 7, 0, 0, "one two t");
    assert_written(to, "one two\nt\n");
}

static void a_long_word_has_a_line_of_its_own(void **state)
{
    FILE *to = begin();

    (void)state;
    wrap_text(to, 8, 0, 2, "a redis://host/0 b");
    assert_written(to, "a\n  redis://host/0\n  b\n");
}

static void a_row_is_a_head_and_an_indented_text(void **state)
{
    FILE *to = begin();

    (void)state;
    wrap_row(to, 20, 6, "head", "words of the text");
    wrap_row(to, 20, 6, "a longer head", "its text");
    wrap_row(to, 20, 6, "bare", "");
    assert_written(to, "  head    words of\n"
                       "          the text\n"
                       "  a longer head\n"
                       "          its text\n"
                       "  bare    \n");
}

static void what_is_no_terminal_has_eighty_columns(void **state)
{
    FILE *to = begin();

    (void)state;
    assert_int_equal(wrap_columns(to), 80);
    assert_written(to, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_between_words),
        cmocka_unit_test(a_line_may_be_full_to_the_last_column),
        cmocka_unit_test(a_long_word_has_a_line_of_its_own),
        cmocka_unit_test(a_row_is_a_head_and_an_indented_text),
        cmocka_unit_test(what_is_no_terminal_has_eighty_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
