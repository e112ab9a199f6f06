/* test_buf.c: a byte buffer that grows. */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf b;

static int clear(void **state)
{
    (void)state;
    buf_clear(&b);
    return 0;
}

static void an_empty_buffer_takes_no_memory(void **state)
{
    (void)state;
    buf_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.len + b.cap, 0);
    buf_add(&b, NULL, 0);
    assert_int_equal(b.len, 0);
    assert_false(b.failed);
    assert_string_equal(b.data, "");
}

static void bytes_texts_and_formats_stand_one_after_the_other(void **state)
{
    (void)state;
    buf_add(&b, "a\0b", 3);
    buf_text(&b, "cd");
    buf_printf(&b, "%d-%s", 7, "x");
    assert_int_equal(b.len, 8);
    assert_memory_equal(b.data, "a\0bcd7-x", 9); /* the NUL behind it, too */
}

static void it_grows_past_any_size_and_keeps_what_it_has(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "%05d", i);
    assert_int_equal(b.len, 500000);
    assert_memory_equal(b.data, "000000000100002", 15);
    assert_string_equal(b.data + 499995, "99999");
    assert_false(b.failed);
}

static void a_format_longer_than_the_buffer_is_whole(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'z', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buf_printf(&b, "<%s>", text);
    assert_int_equal(b.len, sizeof text + 1);
    assert_int_equal(b.data[0], '<');
    assert_string_equal(b.data + sizeof text, ">");
}

static void room_that_is_grown_is_written_by_the_caller(void **state)
{
    char *to;

    (void)state;
    buf_text(&b, "ab");
    to = buf_grow(&b, 3);
    assert_non_null(to);
    memcpy(to, "cde", 3);
    assert_string_equal(b.data, "abcde");
}

static void a_reset_keeps_the_memory(void **state)
{
    size_t cap;

    (void)state;
    buf_text(&b, "some text");
    cap = b.cap;
    buf_reset(&b);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, cap);
    assert_string_equal(b.data, "");
    buf_text(&b, "x");
    assert_string_equal(b.data, "x");
}

static void memory_that_ran_out_is_remembered_until_the_reset(void **state)
{
    (void)state;
    buf_text(&b, "kept");
    assert_null(buf_grow(&b, SIZE_MAX / 2 + 1));
    assert_true(b.failed);
    assert_null(buf_grow(&b, 1));
    buf_text(&b, "more");
    assert_int_equal(b.len, 4);
    buf_reset(&b);
    assert_false(b.failed);
    buf_text(&b, "again");
    assert_string_equal(b.data, "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_empty_buffer_takes_no_memory, clear),
        cmocka_unit_test_teardown(bytes_texts_and_formats_stand_one_after_the_other, clear),
        cmocka_unit_test_teardown(it_grows_past_any_size_and_keeps_what_it_has, clear),
        cmocka_unit_test_teardown(a_format_longer_than_the_buffer_is_whole, clear),
        cmocka_unit_test_teardown(room_that_is_grown_is_written_by_the_caller, clear),
        cmocka_unit_test_teardown(a_reset_keeps_the_memory, clear),
        cmocka_unit_test_teardown(memory_that_ran_out_is_remembered_until_the_reset, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
