/* test_line.c: lines of a console as words. */
#include "common/console/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* The words of a line, each in angle brackets, "!" before them when it is negated. */
static const char *words_of(const char *text)
{
    static char shown[500];
    struct line l = {0};
    size_t used = 0;

    shown[0] = '\0';
    assert_int_equal(line_read(text, &l, &why), DTQ_OK);
    if (l.negated) used += (size_t)snprintf(shown, sizeof shown, "!");
    for (size_t i = 0; i < l.count; i++)
        used += (size_t)snprintf(shown + used, sizeof shown - used, "<%s>", l.words[i]);
    assert_true(!l.words || !l.words[l.count]);
    line_clear(&l);
    return shown;
}

static void assert_refused(const char *text, const char *piece)
{
    struct line l = {0};

    assert_int_equal(line_read(text, &l, &why), DTQ_INPUT);
    if (!strstr(why.text, piece)) fail_msg("\"%s\" is not in: %s", piece, why.text);
    assert_null(l.words);
}

static void blanks_divide_words(void **state)
{
    (void)state;
    assert_string_equal(words_of("sum 1 10"), "<sum><1><10>");
    assert_string_equal(words_of("  \tsum\t 1|10 \r\n"), "<sum><1|10>");
    assert_string_equal(words_of("a b c d e f g h i"), "<a><b><c><d><e><f><g><h><i>");
}

static void blank_lines_and_comments_have_no_words(void **state)
{
    (void)state;
    assert_string_equal(words_of(""), "");
    assert_string_equal(words_of(" \t "), "");
    assert_string_equal(words_of("# sum 1 10"), "");
    assert_string_equal(words_of("sum 1 10 # ! 'and so on"), "<sum><1><10>");
    assert_string_equal(words_of("chat no#comment"), "<chat><no#comment>");
}

static void quotes_hold_a_word_together(void **state)
{
    (void)state;
    assert_string_equal(words_of("chat 'it is  late'"), "<chat><it is  late>");
    assert_string_equal(words_of("a\"b c\"d"), "<ab cd>");
    assert_string_equal(words_of("'' x"), "<><x>");
    assert_string_equal(words_of("\"a \\\"b\\\" \\\\ \\n\""), "<a \"b\" \\ \\n>");
    assert_string_equal(words_of("'a\\b' # c"), "<a\\b>");
}

static void a_backslash_takes_the_next_character(void **state)
{
    (void)state;
    assert_string_equal(words_of("file:my\\ data.csv \\# \\\\"), "<file:my data.csv><#><\\>");
}

static void a_mark_at_the_start_expects_a_failure(void **state)
{
    (void)state;
    assert_string_equal(words_of("! sum x"), "!<sum><x>");
    assert_string_equal(words_of("!sum x"), "!<sum><x>");
    assert_string_equal(words_of("chat hello !"), "<chat><hello><!>");
    assert_refused("!", "nothing behind it");
    assert_refused("  ! # x", "nothing behind it");
}

static void an_open_quote_names_its_column(void **state)
{
    (void)state;
    assert_refused("chat 'it is late", "the ' in column 6 is not closed");
    assert_refused("chat a\"b", "the \" in column 7 is not closed");
    assert_refused("chat x\\", "the \\ in column 7 has nothing behind it");
}

static void the_word_at_the_cursor_begins_after_a_blank_or_bar(void **state)
{
    (void)state;
    assert_int_equal(line_word("train mo", 8), 6);
    assert_int_equal(line_word("train model=logreg|ep", 21), 19);
    assert_int_equal(line_word("train ", 6), 6);
    assert_int_equal(line_word("tra", 2), 0);
    assert_int_equal(line_word("", 0), 0);
}

static void a_sentence_points_at_the_piece_it_names(void **state)
{
    static const struct {
        const char *text, *sentence;
        size_t start, len;
    } rows[] = {
        {"smu 1 10", "unknown command \"smu\"; did you mean \"sum\"?", 0, 3},
        {"train model=x|epohcs=3", "unknown field \"epohcs\"; did you mean \"epochs\"?", 14, 6},
        {"train lr=abc|epochs=3", "lr=abc: a finite number was expected", 6, 6},
        {"jobs all", "\"all\" is one word too many: dtq jobs", 5, 3},
        {"job xjob", "there is no job \"xjob\" in queue \"default\"", 4, 4},
    };
    size_t start, len;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(line_blame(rows[i].text, rows[i].sentence, &start, &len));
        assert_int_equal(start, rows[i].start);
        assert_int_equal(len, rows[i].len);
    }
    assert_false(line_blame("sum 1", "sum needs more words: dtq sum START END", &start, &len));
    assert_false(line_blame("sum 1", "", &start, &len));
    assert_false(line_blame("sum 1", "an empty \"\" piece", &start, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_divide_words),
        cmocka_unit_test(blank_lines_and_comments_have_no_words),
        cmocka_unit_test(quotes_hold_a_word_together),
        cmocka_unit_test(a_backslash_takes_the_next_character),
        cmocka_unit_test(a_mark_at_the_start_expects_a_failure),
        cmocka_unit_test(an_open_quote_names_its_column),
        cmocka_unit_test(the_word_at_the_cursor_begins_after_a_blank_or_bar),
        cmocka_unit_test(a_sentence_points_at_the_piece_it_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
