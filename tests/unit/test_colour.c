/* test_colour.c: colour scales. */
#include "common/plot/colour.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static unsigned hex(struct colour c)
{
    return (unsigned)lround(c.r * 255) << 16 | (unsigned)lround(c.g * 255) << 8 |
           (unsigned)lround(c.b * 255);
}

static void zero_is_pure_white_and_the_limits_are_pure_colours(void **state)
{
    (void)state;
    assert_int_equal(hex(colour_diverging(0)), 0xffffff);
    assert_int_equal(hex(colour_diverging(-0.0)), 0xffffff);
    assert_int_equal(hex(colour_diverging(1)), 0xb2182b);
    assert_int_equal(hex(colour_diverging(-1)), 0x1c5c9e);
    assert_int_equal(hex(colour_diverging(7)), 0xb2182b);
    assert_int_equal(hex(colour_share(0)), 0xffffff);
    assert_int_equal(hex(colour_share(1)), 0x08306b);
}

static void lightness_falls_evenly_on_both_sides(void **state)
{
    double red = colour_lightness(colour_diverging(1));
    double blue = colour_lightness(colour_diverging(-1));

    (void)state;
    for (int i = 0; i <= 100; i++) {
        double t = i / 100.0;
        assert_true(fabs(colour_lightness(colour_diverging(t)) - (100 + t * (red - 100))) < 0.6);
        assert_true(fabs(colour_lightness(colour_diverging(-t)) - (100 + t * (blue - 100))) < 0.6);
    }
    assert_true(fabs(red - blue) < 0.2); /* neither sign looks stronger */
}

static void positive_is_red_and_negative_is_blue_all_along(void **state)
{
    (void)state;
    for (int i = 1; i <= 100; i++) {
        struct colour plus = colour_diverging(i / 100.0), minus = colour_diverging(-i / 100.0);
        assert_true(plus.r > plus.b && minus.b > minus.r);
    }
}

static void lightness_is_that_of_cie(void **state)
{
    (void)state;
    assert_true(fabs(colour_lightness(colour_hex(0xffffff)) - 100) < 0.01);
    assert_true(fabs(colour_lightness(colour_hex(0x000000))) < 0.01);
    assert_true(fabs(colour_lightness(colour_hex(0x777777)) - 50.03) < 0.05); /* known gray */
    assert_true(fabs(colour_lightness(colour_hex(0xff0000)) - 53.24) < 0.05); /* known red */
}

static void colours_of_series_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < COLOUR_SERIES; i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(hex(colour_series(i)), hex(colour_series(k)));
    assert_int_equal(hex(colour_series(COLOUR_SERIES)), hex(colour_series(0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_pure_white_and_the_limits_are_pure_colours),
        cmocka_unit_test(lightness_falls_evenly_on_both_sides),
        cmocka_unit_test(positive_is_red_and_negative_is_blue_all_along),
        cmocka_unit_test(lightness_is_that_of_cie),
        cmocka_unit_test(colours_of_series_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
