/* test_screen.c: what a terminal can show, and how wide texts are. */
#include "common/screen.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

/* A terminal of so many columns, and the end that keeps it open. */
static FILE *terminal(unsigned short columns, int *keep)
{
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    FILE *f;

    *keep = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(*keep >= 0 && grantpt(*keep) == 0 && unlockpt(*keep) == 0);
    assert_int_equal(ioctl(*keep, TIOCSWINSZ, &size), 0);
    f = fopen(ptsname(*keep), "r+");
    assert_non_null(f);
    return f;
}

static void close_terminal(FILE *f, int keep)
{
    fclose(f);
    close(keep);
}

static void a_file_or_pipe_has_neither_columns_nor_colours(void **state)
{
    FILE *f = tmpfile();
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    (void)state;
    setenv("COLUMNS", "60", 1);
    setenv("TERM", "xterm", 1);
    assert_int_equal(screen_of(f).columns, 0);
    assert_false(screen_of(f).colours);
    assert_int_equal(screen_of(memory).columns, 0);
    fclose(f);
    fclose(memory);
    free(text);
}

static void a_terminal_is_as_wide_as_it_says_unless_columns_is_set(void **state)
{
    static const char *const nonsense[] = {"", "0", "-5", "wide", "99999999"};
    int keep;
    FILE *f = terminal(133, &keep);

    (void)state;
    unsetenv("COLUMNS");
    assert_int_equal(screen_of(f).columns, 133);
    setenv("COLUMNS", "61", 1);
    assert_int_equal(screen_of(f).columns, 61);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        setenv("COLUMNS", nonsense[i], 1);
        assert_int_equal(screen_of(f).columns, 133);
    }
    close_terminal(f, keep);
    unsetenv("COLUMNS");
    f = terminal(0, &keep);
    assert_int_equal(screen_of(f).columns, 80);
    close_terminal(f, keep);
}

static void colours_need_a_terminal_that_has_them_and_nobody_against_them(void **state)
{
    int keep;
    FILE *f = terminal(80, &keep);

    (void)state;
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_true(screen_of(f).colours);
    setenv("NO_COLOR", "", 1); /* no-color.org: an empty one does not count */
    assert_true(screen_of(f).colours);
    setenv("NO_COLOR", "1", 1);
    assert_false(screen_of(f).colours);
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    assert_false(screen_of(f).colours);
    unsetenv("TERM");
    assert_false(screen_of(f).colours);
    close_terminal(f, keep);
}

static void paint_wraps_a_text_in_its_colour_where_there_are_colours(void **state)
{
    const struct screen plain = {80, false}, coloured = {80, true};
    struct buf out = {0};

    (void)state;
    screen_paint(&plain, TONE_BAD, "no", 2, &out);
    screen_paint(&coloured, TONE_PLAIN, "no", 2, &out);
    screen_paint(&coloured, TONE_BAD, "", 0, &out);
    assert_string_equal(out.data, "nono");
    buf_reset(&out);
    screen_paint(&coloured, TONE_BAD, "nobody", 2, &out);
    assert_string_equal(out.data, "\033[31mno\033[0m");
    buf_clear(&out);
}

static void widths_count_columns_and_not_bytes(void **state)
{
    static const struct {
        const char *text;
        int width;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {"größe", 5},
        {"naïve", 5},            /* one character */
        {"nai\xcc\x88ve", 5},    /* i and a combining diaeresis */
        {"数据", 4},             /* two columns each */
        {"\xf0\x9f\x9a\x80", 2}, /* a rocket */
        {"a\xff\xfe", 3},        /* no UTF-8 */
        {"\xe6\x95", 2},         /* cut off in the middle */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (screen_width(rows[i].text) != rows[i].width)
            fail_msg("\"%s\" takes %d, not %d", rows[i].text, screen_width(rows[i].text),
                     rows[i].width);
}

static void cuts_are_at_characters_and_never_too_wide(void **state)
{
    static const struct {
        const char *text;
        int columns;
        const char *cut;
    } rows[] = {
        {"0123456789", 10, "0123456789"},
        {"0123456789", 9, "012345..."},
        {"0123456789", 4, "0..."},
        {"0123456789", 3, "012"},
        {"0123456789", 0, ""},
        {"größenwahn", 6, "grö..."},
        {"数据数据", 8, "数据数据"},
        {"数据数据", 7, "数据..."},
        {"数据数据", 6, "数..."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};

        screen_cut(rows[i].text, rows[i].columns, &out);
        assert_string_equal(out.len ? out.data : "", rows[i].cut);
        buf_clear(&out);
    }
}

static void words_go_on_below_where_the_terminal_ends(void **state)
{
    static const struct {
        int columns, at;
        const char *text, *expected;
    } rows[] = {
        {0, 0, "a b c d e f g h", "a b c d e f g h"},
        {8, 0, "ab cd ef gh", "ab cd ef\n  gh"},
        {8, 5, "ab cd", "ab\n  cd"},
        {8, 7, "ab cd", "\n  ab cd"},
        {8, 0, "a-word-without-end b", "a-word-without-end\n  b"},
        {8, 0, "größe größe", "größe\n  größe"},
        {8, 0, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct screen screen = {rows[i].columns, false};
        struct buf out = {0};

        screen_wrap(&screen, rows[i].text, rows[i].at, 2, &out);
        assert_string_equal(out.len ? out.data : "", rows[i].expected);
        buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_or_pipe_has_neither_columns_nor_colours),
        cmocka_unit_test(a_terminal_is_as_wide_as_it_says_unless_columns_is_set),
        cmocka_unit_test(colours_need_a_terminal_that_has_them_and_nobody_against_them),
        cmocka_unit_test(paint_wraps_a_text_in_its_colour_where_there_are_colours),
        cmocka_unit_test(widths_count_columns_and_not_bytes),
        cmocka_unit_test(words_go_on_below_where_the_terminal_ends),
        cmocka_unit_test(cuts_are_at_characters_and_never_too_wide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
