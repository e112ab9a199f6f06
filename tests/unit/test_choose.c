/* test_choose.c: completion as a decision on words. */
#include "common/console/choose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What is inserted for words divided by blanks, or, when nothing is, the list of choices. */
static const char *chosen(const char *words, const char *typed, int columns)
{
    static char shown[500];
    struct console_words all = {0};
    struct choice choice = {0};
    char copy[200], *rest = copy, *word;

    snprintf(copy, sizeof copy, "%s", words);
    while ((word = strsep(&rest, " ")))
        if (*word) console_word(&all, word);
    choose(&all, typed, columns, &choice);
    assert_false(choice.insert.len && choice.list.len);
    snprintf(shown, sizeof shown, "%s%s", choice.insert.len ? "+" : "",
             choice.insert.len ? choice.insert.data
             : choice.list.len ? choice.list.data
                               : "");
    choice_clear(&choice);
    buf_clear(&all.text);
    return shown;
}

static void the_only_word_is_inserted_with_a_blank(void **state)
{
    (void)state;
    assert_string_equal(chosen("sum train jobs", "tr", 80), "+ain ");
    assert_string_equal(chosen("train", "train", 80), "+ ");
    assert_string_equal(chosen("train", "", 80), "+train ");
}

static void a_key_waits_for_its_value(void **state)
{
    (void)state;
    assert_string_equal(chosen("epochs= batchSize=", "ep", 80), "+ochs=");
    assert_string_equal(chosen("epochs=", "epochs=", 80), "epochs=\n");
}

static void several_words_give_what_they_have_in_common(void **state)
{
    (void)state;
    assert_string_equal(chosen("sum sumsq", "s", 80), "+um");
    assert_string_equal(chosen("sum sumsq", "sum", 80), "sum    sumsq\n");
    assert_string_equal(chosen("job jobs job", "jo", 80), "+b");
}

static void the_choices_stand_in_columns_that_fit(void **state)
{
    (void)state;
    assert_string_equal(chosen("aa bb cc dd ee", "", 12), "aa  cc  ee\nbb  dd\n");
    assert_string_equal(chosen("aa bb", "", 3), "aa\nbb\n");
    assert_string_equal(chosen("aa bb", "", 0), "aa  bb\n");
}

static void a_word_that_nothing_fits_stays_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(chosen("sum jobs", "x", 80), "");
    assert_string_equal(chosen("", "x", 80), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_only_word_is_inserted_with_a_blank),
        cmocka_unit_test(a_key_waits_for_its_value),
        cmocka_unit_test(several_words_give_what_they_have_in_common),
        cmocka_unit_test(the_choices_stand_in_columns_that_fit),
        cmocka_unit_test(a_word_that_nothing_fits_stays_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
