/* test_axis.c: ticks and their texts. */
#include "common/plot/axis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_label(const struct axis *a, size_t i, const char *expected)
{
    char text[48];

    axis_label(a, i, text, sizeof text);
    assert_string_equal(text, expected);
}

static void ticks_stand_at_round_numbers_and_hold_the_data(void **state)
{
    static const double ranges[][2] = {{0, 1},       {0.13, 0.97},    {-3, 17},        {1, 1e6},
                                       {1e-9, 3e-9}, {-1e12, 4e12},   {99.5, 100.5},   {0, 7},
                                       {1e-290, 1},  {-1e300, 1e300}, {0.0301, 0.0302}};
    (void)state;
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (int want = 2; want < 12; want++) {
            struct axis a;
            axis_fit(&a, ranges[r][0], ranges[r][1], want, false, AXIS_LOOSE);
            assert_true(a.digit == 1 || a.digit == 2 || a.digit == 5);
            assert_true(a.min <= ranges[r][0] && a.max >= ranges[r][1]);
            assert_true(axis_tick(&a, 0) == a.min && axis_tick(&a, a.count - 1) == a.max);
            assert_in_range(a.count, 2, (size_t)want + 2);
            axis_fit(&a, ranges[r][0], ranges[r][1], want + 1, false, AXIS_TIGHT);
            assert_true(a.min == ranges[r][0] && a.max == ranges[r][1]);
            assert_true(a.count >= 1);
            assert_true(axis_tick(&a, 0) >= a.min - (a.max * 1e-9 - a.min * 1e-9));
            assert_true(axis_tick(&a, a.count - 1) <= a.max + (a.max * 1e-9 - a.min * 1e-9));
        }
}

static void labels_of_one_axis_all_differ(void **state)
{
    static const double ranges[][2] = {{1e12, 1e12 + 5}, {0.6931471801, 0.6931471814},
                                       {-1e300, 1e300},  {1e-12, 2e-12},
                                       {123456, 123457}, {-5.00001, -5},
                                       {0, 1e7}};
    (void)state;
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        char one[48], other[48];
        struct axis a;
        axis_fit(&a, ranges[r][0], ranges[r][1], 6, false, AXIS_LOOSE);
        for (size_t i = 0; i + 1 < a.count; i++) {
            axis_label(&a, i, one, sizeof one);
            axis_label(&a, i + 1, other, sizeof other);
            assert_string_not_equal(one, other);
            assert_true(strlen(one) <= 11);
        }
    }
}

static void a_whole_axis_has_no_ticks_between_whole_numbers(void **state)
{
    (void)state;
    for (int last = 1; last < 300; last++)
        for (int want = 2; want < 25; want += 5) {
            struct axis a;
            axis_fit(&a, 1, last, want, true, AXIS_TIGHT);
            for (size_t i = 0; i < a.count; i++)
                assert_true(axis_tick(&a, i) == floor(axis_tick(&a, i)));
        }
}

static void one_value_stands_in_the_middle_of_its_axis(void **state)
{
    static const double values[] = {3, -7e11, 2e-9, 1e300, 0.1};
    struct axis a;

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        axis_fit(&a, values[i], values[i], 5, false, AXIS_TIGHT);
        assert_true(a.min < values[i] && a.max > values[i] && a.count >= 1);
    }
    axis_fit(&a, 3, 3, 5, true, AXIS_TIGHT);
    assert_int_equal(a.count, 1);
    assert_label(&a, 0, "3");
    axis_fit(&a, 0, 0, 5, false, AXIS_LOOSE);
    assert_true(a.min == 0 && a.max == 1);
    axis_fit(&a, 1, nextafter(1, 2), 5, false, AXIS_LOOSE); /* no ticks fit between these */
    assert_true(a.max - a.min > 0.1);
}

static void labels_are_short_and_the_rest_is_in_the_note(void **state)
{
    struct axis a;

    (void)state;
    axis_fit(&a, 0, 1, 5, false, AXIS_LOOSE);
    assert_label(&a, 1, "0.2");
    assert_label(&a, 0, "0.0");
    assert_string_equal(a.note, "");
    axis_fit(&a, -1e12, 4e12, 5, false, AXIS_LOOSE);
    assert_label(&a, 0,
                 "\xe2\x88\x92"
                 "1");
    assert_string_equal(a.note, "\xc3\x97"
                                "1e12");
    axis_fit(&a, 1e-9, 3.2e-9, 5, false, AXIS_LOOSE);
    assert_label(&a, 0, "1.0");
    assert_string_equal(a.note, "\xc3\x97"
                                "1e-9");
    axis_fit(&a, 1e12, 1e12 + 5, 5, false, AXIS_LOOSE);
    assert_label(&a, 5, "5");
    assert_string_equal(a.note, "+ 1000000000000");
    axis_fit(&a, -0.1, 0.1, 4, false, AXIS_LOOSE);
    assert_label(&a, a.count / 2, "0.00"); /* no minus before a zero */
}

static void numbers_are_written_with_the_digits_that_matter(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0, "0"},
                {2, "2"},
                {1.5, "1.5"},
                {41234, "41234"},
                {1234.56, "1235"},
                {0.12345, "0.1235"},
                {-2, "\xe2\x88\x92"
                     "2"},
                {100, "100"},
                {1.2346e9, "1.235e9"},
                {1e-9, "1e-9"},
                {2.5e12, "2.5e12"},
                {999999, "999999"}};
    char text[48];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        axis_number(rows[i].value, 4, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

static void what_cannot_be_drawn_is_told(void **state)
{
    (void)state;
    assert_true(axis_drawable(0) && axis_drawable(-1e300) && axis_drawable(1e-320));
    assert_false(axis_drawable(NAN) || axis_drawable(INFINITY) || axis_drawable(-INFINITY));
    assert_false(axis_drawable(1e301));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_stand_at_round_numbers_and_hold_the_data),
        cmocka_unit_test(labels_of_one_axis_all_differ),
        cmocka_unit_test(a_whole_axis_has_no_ticks_between_whole_numbers),
        cmocka_unit_test(one_value_stands_in_the_middle_of_its_axis),
        cmocka_unit_test(labels_are_short_and_the_rest_is_in_the_note),
        cmocka_unit_test(numbers_are_written_with_the_digits_that_matter),
        cmocka_unit_test(what_cannot_be_drawn_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
