/* test_utf8.c: texts made fit for drawing. */
#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_clean(const char *text, size_t size, const char *expected)
{
    char out[64];

    utf8_clean(text, out, size);
    assert_string_equal(out, expected);
}

static void good_text_stays_as_it_is(void **state)
{
    (void)state;
    assert_clean("plain", 64, "plain");
    assert_clean("gr\xc3\xb6\xc3\x9f"
                 "e \xe4\xb8\xad \xf0\x9f\x98\x80",
                 64,
                 "gr\xc3\xb6\xc3\x9f"
                 "e \xe4\xb8\xad \xf0\x9f\x98\x80");
    assert_clean(NULL, 64, "");
}

static void bad_bytes_and_controls_are_replaced(void **state)
{
    (void)state;
    assert_clean("a\xff"
                 "b\xc3",
                 64, "a?b?");
    assert_clean("\xc0\xaf\xed\xa0\x80", 64, "?????"); /* overlong, surrogate */
    assert_clean("\xf4\x90\x80\x80", 64, "????");      /* beyond U+10FFFF */
    assert_clean("a\tb\x7f\x1b", 64, "a b  ");
    assert_clean("\xef\xbf\xbf", 64, "???"); /* not allowed in XML */
}

static void a_long_text_is_cut_between_characters(void **state)
{
    (void)state;
    assert_clean("ab\xe4\xb8\xad"
                 "c",
                 5, "ab");
    assert_clean("ab\xe4\xb8\xad"
                 "c",
                 6, "ab\xe4\xb8\xad");
    assert_int_equal(utf8_shorter("ab\xe4\xb8\xad", 5), 2);
    assert_int_equal(utf8_shorter("ab", 2), 1);
    assert_int_equal(utf8_shorter("", 0), 0);
}

static void assert_shown(const char *text, size_t len, char control, size_t size,
                         const char *expected)
{
    char out[64];

    memset(out, 'x', sizeof out);
    assert_int_equal(utf8_show(text, len, control, out, size), strlen(expected));
    assert_string_equal(out, expected);
}

static void cells_are_shown_whole_or_cut_with_dots(void **state)
{
    (void)state;
    assert_shown("plain text", 5, '?', 64, "plain");
    assert_shown("a\0b\x1b[31m\x7f", 9, '?', 64, "a?b?[31m?");
    assert_shown("a\0b\x1b[31m\x7f", 9, 0, 64, "ab[31m");
    assert_shown("a\tb\nc\r\nd\re", 10, 0, 64, "a b c d e");
    assert_shown("gr\xf6\xdf"
                 "e",
                 5, 0, 64,
                 "gr\xef\xbf\xbd\xef\xbf\xbd"
                 "e");
    assert_shown("\xc2\x9b", 2, '?', 64, "\xef\xbf\xbd\xef\xbf\xbd");     /* a C1 control */
    assert_shown("\xe4\xb8\xad", 2, '?', 64, "\xef\xbf\xbd\xef\xbf\xbd"); /* cut by len */
    assert_shown("1234567", 7, '?', 8, "1234567");
    assert_shown("12345678", 8, '?', 8, "1234...");
    assert_shown("123\xe4\xb8\xad"
                 "8",
                 7, '?', 8,
                 "123\xe4\xb8\xad"
                 "8");
    assert_shown("123\xe4\xb8\xad"
                 "89",
                 8, '?', 8, "123...");
    assert_shown("", 0, '?', 4, "");
}

static void markup_is_escaped(void **state)
{
    struct buf b = {0};

    (void)state;
    utf8_xml(&b, "a<b> & \"c\"");
    assert_string_equal(b.data, "a&lt;b&gt; &amp; &quot;c&quot;");
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_stays_as_it_is),
        cmocka_unit_test(bad_bytes_and_controls_are_replaced),
        cmocka_unit_test(a_long_text_is_cut_between_characters),
        cmocka_unit_test(cells_are_shown_whole_or_cut_with_dots),
        cmocka_unit_test(markup_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
