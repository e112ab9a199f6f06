/* test_chart_bars.c: bar charts and confusion matrices, their pictures read back. */
#include "common/plot/chart.h"

#include "common/plot/colour.h"
#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLUE = 0x0072b2, VERMILLION = 0xd55e00, WHITE = 0xffffff };

static struct dtq_why why;
static const char *const groups[] = {"1", "2", "4"};
static const char *const modes[] = {"sync", "async"};

static void assert_svg_holds(const char *name, const char *const *texts, size_t count)
{
    char *svg = scratch_read(name);

    for (size_t i = 0; i < count; i++)
        assert_non_null(strstr(svg, texts[i]));
    free(svg);
}

/* The colour inside a bar at a height, near its left edge, where no whisker and no value stands. */
static unsigned bar_colour(const struct picture *p, const struct chart_bars *c,
                           const struct chart_frame *f, size_t series, size_t group, double y)
{
    double left, right, px, py;

    chart_bars_span(c, series, group, &left, &right);
    chart_frame_at(f, left, y, &px, &py);
    return picture_at(p, px + 3, py);
}

static void bars_reach_from_zero_to_their_values(void **state)
{
    static const double values[] = {400, 300, 200, /* async */ 380, -120, NAN};
    const struct chart_bars bars = {
        .groups = groups, .group_count = 3, .series = modes, .series_count = 2, .values = values};
    struct chart_file file = {.path = scratch_path("b.png")};
    struct chart_frame f;
    struct picture p;

    (void)state;
    assert_int_equal(chart_bars_frame(&bars, &f, &why), DTQ_OK);
    assert_true(f.y_max > 400 && f.y_min < -120);
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_OK);
    picture_open(&p, "b.png");
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 0, 390), BLUE);
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 0, 5), BLUE);
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 0, 410), WHITE);
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 2, 190), BLUE);
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 2, 210), WHITE);
    assert_int_equal(bar_colour(&p, &bars, &f, 0, 0, -20), WHITE);
    assert_int_equal(bar_colour(&p, &bars, &f, 1, 1, 20), WHITE);
    assert_int_not_equal(bar_colour(&p, &bars, &f, 1, 1, -60), WHITE);
    assert_int_equal(bar_colour(&p, &bars, &f, 1, 2, 20), WHITE); /* NaN: no bar */
    picture_close(&p);
}

static void bars_tell_values_names_and_what_is_missing(void **state)
{
    static const double values[] = {41234, 30000.4, 2.5, INFINITY, 1.5e9, 0};
    static const double low[] = {40000, 29000, 2, 0, 1e9, 0}, high[] = {42000, 31000, 3, 0, 2e9, 0};
    static const char *const texts[] = {
        ">41234<",   ">30000<", ">2.5<",       ">1.5e9<",           ">0<", ">sync<", ">async<",
        ">workers<", ">4<",     ">wall (ms)<", ">1 value not drawn"};
    const struct chart_bars bars = {.title = "Times",
                                    .x_label = "workers",
                                    .y = {.label = "wall (ms)"},
                                    .groups = groups,
                                    .group_count = 3,
                                    .series = modes,
                                    .series_count = 2,
                                    .values = values,
                                    .low = low,
                                    .high = high};
    struct chart_file file = {.path = scratch_path("b.svg"), .format = CHART_SVG};
    struct chart_frame f;

    (void)state;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_OK);
    assert_svg_holds("b.svg", texts, sizeof texts / sizeof *texts);
    assert_int_equal(chart_bars_frame(&bars, &f, &why), DTQ_OK);
    assert_true(f.y_max > 2e9); /* whiskers fit too */
}

static void a_bar_that_is_not_there_is_not_noted(void **state)
{
    static const double values[] = {1, NAN, 2, NAN, 3, 4};
    const struct chart_bars bars = {
        .groups = groups, .group_count = 3, .series = modes, .series_count = 2, .values = values};
    struct chart_file file = {.path = scratch_path("none.svg"), .format = CHART_SVG};
    char *svg;

    (void)state;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_OK);
    svg = scratch_read("none.svg");
    assert_null(strstr(svg, "not drawn"));
    free(svg);
}

/* The y of a text, from its element. */
static double y_of(const char *svg, const char *text)
{
    const char *at = strstr(svg, text), *from = at;
    double x, y;

    assert_non_null(at);
    while (from > svg && strncmp(from, "translate(", 10) != 0)
        from--;
    assert_int_equal(sscanf(from, "translate(%lf %lf)", &x, &y), 2);
    return y;
}

static void a_value_stands_at_its_bar_and_not_above_the_whisker(void **state)
{
    static const double values[] = {411, 300, 200, 411, 300, 200}, low[] = {400, 300, 200, 1, 1, 1},
                        high[] = {700, 300, 200, 411, 411, 411};
    const struct chart_bars bars = {.groups = groups,
                                    .group_count = 3,
                                    .series = modes,
                                    .series_count = 2,
                                    .values = values,
                                    .low = low,
                                    .high = high};
    struct chart_file file = {.path = scratch_path("at.svg"), .format = CHART_SVG};
    struct chart_frame f;
    double x, top;
    char *svg;

    (void)state;
    assert_int_equal(chart_bars_frame(&bars, &f, &why), DTQ_OK);
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_OK);
    svg = scratch_read("at.svg");
    chart_frame_at(&f, 0, 411, &x, &top);
    assert_true(y_of(svg, ">411<") < top && y_of(svg, ">411<") > top - 12);
    free(svg);
}

static void odd_bars_make_pictures_all_the_same(void **state)
{
    static const double rows[][3] = {{0, 0, 0},          {1e-9, 2e-9, 0}, {1e12, 1, NAN},
                                     {-1, -2, -3},       {1e300, 1, 2},   {5, 5, 5},
                                     {-1e300, 0, 1e300}, {7, NAN, NAN}};
    struct chart_file file = {.path = scratch_path("b.png")};

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t n = 1; n <= 3; n++) {
            const struct chart_bars bars = {.groups = groups,
                                            .group_count = n,
                                            .series = modes,
                                            .series_count = 1,
                                            .values = rows[r]};
            struct chart_frame f;
            double left, right;
            assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_OK);
            assert_int_equal(chart_bars_frame(&bars, &f, &why), DTQ_OK);
            assert_true(f.y_min <= 0 && f.y_max >= 0 && f.y_min < f.y_max);
            chart_bars_span(&bars, 0, n - 1, &left, &right);
            assert_true((right - left) / (f.x_max - f.x_min) * f.width < 70); /* no walls */
        }
}

static void bars_without_values_are_refused(void **state)
{
    static const double none[] = {NAN, INFINITY, NAN};
    struct chart_bars bars = {.title = "Times",
                              .groups = groups,
                              .group_count = 3,
                              .series = modes,
                              .series_count = 1,
                              .values = none};
    struct chart_file file = {.path = scratch_path("none.png")};
    size_t before = scratch_count();

    (void)state;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "\"Times\": 3 values"));
    bars.group_count = 0;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_INPUT);
    bars.group_count = CHART_GROUPS_MAX + 1;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "65 groups"));
    bars.group_count = 3;
    bars.series_count = 0;
    assert_int_equal(chart_bars_write(&bars, &file, &why), DTQ_INPUT);
    assert_int_equal(scratch_count(), before);
}

/* Within the rounding of one step of 8 bits. */
static void assert_colour(unsigned pixel, struct colour c)
{
    assert_true(fabs((pixel >> 16) - c.r * 255) < 1.01);
    assert_true(fabs((pixel >> 8 & 255) - c.g * 255) < 1.01);
    assert_true(fabs((pixel & 255) - c.b * 255) < 1.01);
}

static void cells_have_the_colour_of_their_share_of_the_row(void **state)
{
    static const uint64_t counts[] = {30, 10, 0, /**/ 0, 5, 5, /**/ 0, 0, 0};
    static const double shares[] = {0.75, 0.25, 0, 0, 0.5, 0.5, 0, 0, 0};
    static const char *const names[] = {"cat", "dog", "none at all"};
    static const char *const texts[] = {">30<",         ">75.0 %<",      ">cat<",
                                        ">true class<", ">none at all<", ">predicted class<",
                                        ">100 %<"};
    const struct chart_matrix m = {.title = "M", .names = names, .counts = counts, .classes = 3};
    struct chart_file png = {.path = scratch_path("m.png"), .scale = 2};
    struct chart_file svg = {.path = scratch_path("m.svg"), .format = CHART_SVG};
    struct chart_frame f;
    struct picture p;

    (void)state;
    assert_int_equal(chart_matrix_frame(&m, &f, &why), DTQ_OK);
    assert_true(f.width == f.height && f.left + f.width < CHART_WIDTH);
    assert_int_equal(chart_matrix_write(&m, &png, &why), DTQ_OK);
    picture_open(&p, "m.png");
    for (size_t i = 0; i < 9; i++) {
        double px, py;
        chart_frame_at(&f, (double)(i % 3) + 0.1, (double)(i / 3) + 0.1, &px, &py);
        assert_colour(picture_at(&p, 2 * px, 2 * py), colour_share(shares[i]));
    }
    picture_close(&p);
    assert_int_equal(chart_matrix_write(&m, &svg, &why), DTQ_OK);
    assert_svg_holds("m.svg", texts, sizeof texts / sizeof *texts);
}

static void large_counts_are_shortened_and_many_classes_fit(void **state)
{
    static uint64_t counts[CHART_CLASSES_MAX * CHART_CLASSES_MAX];
    static const char *names[CHART_CLASSES_MAX];
    static const char *const texts[] = {">123M<", ">18.4E<"};
    struct chart_matrix m = {.names = names, .counts = counts};
    struct chart_file file = {.path = scratch_path("m.svg"), .format = CHART_SVG};
    struct chart_frame f;

    (void)state;
    for (size_t i = 0; i < CHART_CLASSES_MAX; i++)
        names[i] = "class";
    counts[0] = UINT64_MAX;
    counts[13] = 123456789;
    m.classes = 12;
    assert_int_equal(chart_matrix_write(&m, &file, &why), DTQ_OK);
    assert_svg_holds("m.svg", texts, 2);
    m.classes = CHART_CLASSES_MAX;
    assert_int_equal(chart_matrix_frame(&m, &f, &why), DTQ_OK);
    assert_true(f.width >= CHART_CLASSES_MAX && f.top + f.height < CHART_HEIGHT);
    assert_int_equal(chart_matrix_write(&m, &file, &why), DTQ_OK);
}

static void a_matrix_without_counts_is_refused(void **state)
{
    static const uint64_t counts[4];
    struct chart_matrix m = {.title = "M", .names = modes, .counts = counts, .classes = 2};
    struct chart_file file = {.path = scratch_path("none.png")};

    (void)state;
    assert_int_equal(chart_matrix_write(&m, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "all counts are zero"));
    m.classes = 0;
    assert_int_equal(chart_matrix_write(&m, &file, &why), DTQ_INPUT);
    m.classes = CHART_CLASSES_MAX + 1;
    assert_int_equal(chart_matrix_write(&m, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "65 classes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_reach_from_zero_to_their_values),
        cmocka_unit_test(bars_tell_values_names_and_what_is_missing),
        cmocka_unit_test(a_bar_that_is_not_there_is_not_noted),
        cmocka_unit_test(a_value_stands_at_its_bar_and_not_above_the_whisker),
        cmocka_unit_test(odd_bars_make_pictures_all_the_same),
        cmocka_unit_test(bars_without_values_are_refused),
        cmocka_unit_test(cells_have_the_colour_of_their_share_of_the_row),
        cmocka_unit_test(large_counts_are_shortened_and_many_classes_fit),
        cmocka_unit_test(a_matrix_without_counts_is_refused),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
