/* test_chart_lines.c: line charts, their pictures read back. */
#include "common/plot/chart.h"

#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

enum { BLUE = 0x0072b2, VERMILLION = 0xd55e00, WHITE = 0xffffff };

static struct dtq_why why;
static const double ONE_TO_SIX[] = {1, 2, 3, 4, 5, 6};

/* The chart that most tests vary: one panel, one or two series. */
static struct chart_series series[2];
static struct chart_panel panel;
static struct chart_lines chart;

static int fresh_chart(void **state)
{
    static const double up[] = {1, 2, 3, 4, 5, 6}, down[] = {6, 5.2, 4.1, 3.2, 2, 1.1};

    (void)state;
    series[0] = (struct chart_series){.name = "first one", .x = ONE_TO_SIX, .y = up, .n = 6};
    series[1] = (struct chart_series){.name = "second <one>", .x = ONE_TO_SIX, .y = down, .n = 6};
    panel = (struct chart_panel){.y = {.label = "time (ms)"}, .series = series, .series_count = 2};
    chart = (struct chart_lines){.title = "A title & more",
                                 .x = {.label = "workers", .whole = true},
                                 .panels = &panel,
                                 .panel_count = 1};
    return 0;
}

static void write_png(const char *name, double scale)
{
    struct chart_file file = {.path = scratch_path(name), .format = CHART_PNG, .scale = scale};

    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_OK);
}

static char *write_svg(void)
{
    struct chart_file file = {.path = scratch_path("c.svg"), .format = CHART_SVG};

    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_OK);
    return scratch_read("c.svg");
}

static unsigned colour_at(const struct picture *p, const struct chart_frame *f, double x, double y)
{
    double px, py, scale = p->width / (double)CHART_WIDTH;

    chart_frame_at(f, x, y, &px, &py);
    return picture_at(p, px * scale, py * scale);
}

static void points_lie_where_the_frame_says_at_any_scale(void **state)
{
    static const double scales[] = {0, 1, 2, 3};
    struct chart_frame f;
    struct picture p;

    (void)state;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        double scale = scales[s] > 0 ? scales[s] : 1;
        write_png("c.png", scales[s]);
        picture_open(&p, "c.png");
        assert_int_equal(p.width, CHART_WIDTH * scale);
        assert_int_equal(p.height, CHART_HEIGHT * scale);
        for (size_t i = 0; i < 6; i++) {
            assert_int_equal(colour_at(&p, &f, ONE_TO_SIX[i], series[0].y[i]), BLUE);
            assert_int_equal(colour_at(&p, &f, ONE_TO_SIX[i], series[1].y[i]), VERMILLION);
        }
        assert_int_equal(colour_at(&p, &f, 1.5, 3.7), WHITE);
        assert_int_equal(colour_at(&p, &f, 2.5, 2.5), BLUE); /* between two points: the line */
        assert_int_equal(picture_at(&p, 0, 0), WHITE);
        picture_close(&p);
    }
}

static void axes_hold_the_data_and_what_is_asked_for(void **state)
{
    struct chart_frame f;

    (void)state;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.x_min < 1 && f.x_min > 0.5 && f.x_max > 6 && f.x_max < 6.5);
    assert_true(f.y_min == 1 && f.y_max == 6);
    assert_true(f.left > 0 && f.top > 0 && f.left + f.width < CHART_WIDTH &&
                f.top + f.height < CHART_HEIGHT);
    panel.y.from_zero = true;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.y_min == 0);
    panel.y = (struct chart_axis){.fixed = true, .min = -2, .max = 9};
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.y_min == -2 && f.y_max == 9);
}

static void ranges_reach_from_low_to_high(void **state)
{
    static const double low[] = {0.5, 1, NAN, 3, 4, 5}, high[] = {2, 3, 4, INFINITY, 6, 9};
    struct chart_frame f;
    struct picture p;

    (void)state;
    panel.series_count = 1;
    series[0].low = low;
    series[0].high = high;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.y_min <= 0.5 && f.y_max >= 9);
    write_png("c.png", 2);
    picture_open(&p, "c.png");
    assert_int_equal(colour_at(&p, &f, 6, 8), BLUE);
    assert_int_equal(colour_at(&p, &f, 2, 1.3), BLUE);
    assert_int_not_equal(colour_at(&p, &f, 3, 3.7), BLUE);
    picture_close(&p);
}

static void values_that_are_no_numbers_are_left_out_and_counted(void **state)
{
    static const double y[] = {1, NAN, 2, INFINITY, -1e301, 3};
    struct chart_frame f;
    struct picture p;
    char *svg;

    (void)state;
    series[0].y = y;
    panel.series_count = 1;
    svg = write_svg();
    assert_non_null(strstr(svg, "3 values not drawn"));
    free(svg);
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.y_min == 1 && f.y_max == 3);
    write_png("c.png", 1);
    picture_open(&p, "c.png");
    assert_int_equal(colour_at(&p, &f, 3, 2), BLUE);
    assert_int_equal(colour_at(&p, &f, 6, 3), BLUE);
    picture_close(&p);
}

static void an_svg_can_be_searched_for_its_texts(void **state)
{
    static const char *const texts[] = {
        ">A title &amp; more<", ">first one<", ">second &lt;one&gt;<", ">workers<",
        ">time (ms)<",          ">best: 3<",   "width=\"960px\"",      "</svg>"};
    char *svg;

    (void)state;
    series[0].marked = true;
    series[0].mark = 2;
    series[0].mark_label = "best: 3";
    svg = write_svg();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_non_null(strstr(svg, texts[i]));
    assert_null(strstr(svg, ">1.5<")); /* no tick between whole workers */
    free(svg);
}

static void a_long_name_is_cut_and_a_bad_one_is_mended(void **state)
{
    char *svg;

    (void)state;
    series[0]
        .name = "a name that is so long that it would not leave any room for any other name in "
                "the legend of this chart, which is not very useful, is it, and goes on";
    series[1].name = "bad \xff byte";
    svg = write_svg();
    assert_non_null(strstr(svg, ">a name that"));
    assert_non_null(strstr(svg, "\xe2\x80\xa6<"));
    assert_null(strstr(svg, "and goes on"));
    assert_non_null(strstr(svg, ">bad ? byte<"));
    free(svg);
}

static void forty_series_leave_room_for_their_lines(void **state)
{
    static struct chart_series many[CHART_SERIES_MAX + 1];
    static char names[CHART_SERIES_MAX + 1][20];
    struct chart_file file = {.path = scratch_path("no.png")};
    struct chart_frame f;

    (void)state;
    for (size_t i = 0; i <= CHART_SERIES_MAX; i++) {
        many[i] = series[0];
        snprintf(names[i], sizeof names[i], "job number %zu", i);
        many[i].name = names[i];
    }
    panel.series = many;
    panel.series_count = CHART_SERIES_MAX;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    assert_true(f.height > 200);
    panel.series_count++;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "41 series"));
}

static void two_panels_share_the_x_axis_and_the_looks(void **state)
{
    static const double loss[] = {6, 5, 4, 3, 2, 1}, accuracy[] = {.5, .6, .7, .8, .9, .95};
    const struct chart_series above[] = {{.name = "train", .x = ONE_TO_SIX, .y = accuracy, .n = 6},
                                         {.name = "test", .x = ONE_TO_SIX, .y = loss, .n = 6}};
    const struct chart_series below[] = {{.name = "test", .x = ONE_TO_SIX, .y = accuracy, .n = 6}};
    const struct chart_panel panels[] = {{.series = above, .series_count = 2},
                                         {.series = below, .series_count = 1}};
    struct chart_frame f[2];
    struct picture p;
    char *svg, *first;

    (void)state;
    chart.panels = panels;
    chart.panel_count = 2;
    assert_int_equal(chart_lines_frames(&chart, f, &why), DTQ_OK);
    assert_true(f[0].left == f[1].left && f[0].x_min == f[1].x_min && f[0].width == f[1].width);
    assert_true(f[1].top > f[0].top + f[0].height);
    write_png("c.png", 1);
    picture_open(&p, "c.png");
    assert_int_equal(colour_at(&p, &f[0], 3, 4), VERMILLION);
    assert_int_equal(colour_at(&p, &f[1], 3, 0.7), VERMILLION); /* the same "test" */
    picture_close(&p);
    svg = write_svg();
    first = strstr(svg, ">test<");
    assert_non_null(first);
    assert_null(strstr(first + 1, ">test<")); /* once in the legend */
    free(svg);
}

static void an_empty_panel_says_so(void **state)
{
    const struct chart_panel panels[] = {panel, {.y = {.label = "accuracy"}}};
    char *svg;

    (void)state;
    chart.panels = panels;
    chart.panel_count = 2;
    svg = write_svg();
    assert_non_null(strstr(svg, ">no data<"));
    free(svg);
}

static void odd_ranges_make_pictures_all_the_same(void **state)
{
    static const double rows[][6] = {
        {5, 5, 5, 5, 5, 5},
        {0, 0, 0, 0, 0, 0},
        {1e-9, 2e-9, 3e-9, 1e-9, 2e-9, 5e-9},
        {-1e12, 1e12, 4e12, 2e12, 3e12, 0},
        {-1e300, 1e300, 0, 1, 2, 3},
        {1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 4, 1e12 + 5},
        {5e-324, 1e-323, 0, 0, 0, 0},
    };
    struct chart_frame f;
    struct picture p;

    (void)state;
    panel.series_count = 1;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t n = 1; n <= 6; n += 5) {
            series[0].y = rows[r];
            series[0].n = n;
            assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
            assert_true(f.x_min < f.x_max && f.y_min < f.y_max && isfinite(f.y_max - f.y_min));
            write_png("c.png", 1);
            picture_open(&p, "c.png");
            for (size_t i = 0; i < n; i++)
                assert_int_equal(colour_at(&p, &f, ONE_TO_SIX[i], rows[r][i]), BLUE);
            picture_close(&p);
        }
}

static void lines_that_leave_fixed_limits_are_cut_at_the_frame(void **state)
{
    static const double y[] = {3, 1e300, 3, -1e300, 3, 3};
    struct chart_frame f;
    struct picture p;

    (void)state;
    panel.series_count = 1;
    panel.y = (struct chart_axis){.fixed = true, .min = 2, .max = 4};
    series[0].y = y;
    assert_int_equal(chart_lines_frames(&chart, &f, &why), DTQ_OK);
    write_png("c.png", 1);
    picture_open(&p, "c.png");
    assert_int_equal(colour_at(&p, &f, 1, 3), BLUE);
    for (double x = f.left; x < f.left + f.width; x++)
        assert_int_equal(picture_at(&p, x, f.top - 8), WHITE);
    picture_close(&p);
}

static void nothing_to_draw_is_told_and_nothing_written(void **state)
{
    static const double none[] = {NAN, INFINITY, NAN, NAN, NAN, NAN};
    struct chart_file file = {.path = scratch_path("none.png")};
    size_t before = scratch_count();

    (void)state;
    panel.series_count = 0;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "\"A title & more\""));
    panel.series_count = 1;
    series[0].y = none;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "6 points"));
    fresh_chart(NULL);
    panel.y = (struct chart_axis){.fixed = true, .min = 3, .max = 3};
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "y axis is to go from 3 to 3"));
    fresh_chart(NULL);
    series[1].marked = true;
    series[1].mark = 6;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    fresh_chart(NULL);
    chart.panel_count = 3;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    fresh_chart(NULL);
    file.scale = 100;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "scale=100"));
    assert_int_equal(scratch_count(), before);
}

static void a_path_that_cannot_be_written_is_told(void **state)
{
    struct chart_file file = {.path = scratch_path("no/c.png")};

    (void)state;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_IO);
    assert_non_null(strstr(why.text, "no/c.png: No such file"));
    file.format = CHART_SVG;
    assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_IO);
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
    const struct rlimit small = {100, RLIM_INFINITY};
    struct rlimit before;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    for (int svg = 0; svg < 2; svg++) {
        struct chart_file file = {.path = scratch_path("full"),
                                  .format = svg ? CHART_SVG : CHART_PNG};
        size_t files = scratch_count();
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        assert_int_equal(chart_lines_write(&chart, &file, &why), DTQ_IO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_non_null(strstr(why.text, "full: File too large"));
        assert_int_equal(scratch_count(), files);
    }
}

static void the_format_follows_the_ending(void **state)
{
    enum chart_format format = CHART_PNG;

    (void)state;
    assert_int_equal(chart_format_of("a.b/c.SVG", &format, &why), DTQ_OK);
    assert_int_equal(format, CHART_SVG);
    assert_int_equal(chart_format_of("c.png", &format, &why), DTQ_OK);
    assert_int_equal(format, CHART_PNG);
    assert_int_equal(chart_format_of("c.pdf", &format, &why), DTQ_INPUT);
    assert_int_equal(chart_format_of("png", &format, &why), DTQ_INPUT);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup(test, fresh_chart)
    const struct CMUnitTest tests[] = {
        FRESH(points_lie_where_the_frame_says_at_any_scale),
        FRESH(axes_hold_the_data_and_what_is_asked_for),
        FRESH(ranges_reach_from_low_to_high),
        FRESH(values_that_are_no_numbers_are_left_out_and_counted),
        FRESH(an_svg_can_be_searched_for_its_texts),
        FRESH(a_long_name_is_cut_and_a_bad_one_is_mended),
        FRESH(forty_series_leave_room_for_their_lines),
        FRESH(two_panels_share_the_x_axis_and_the_looks),
        FRESH(an_empty_panel_says_so),
        FRESH(odd_ranges_make_pictures_all_the_same),
        FRESH(lines_that_leave_fixed_limits_are_cut_at_the_frame),
        FRESH(nothing_to_draw_is_told_and_nothing_written),
        FRESH(a_path_that_cannot_be_written_is_told),
        FRESH(a_full_disk_is_told_and_leaves_nothing),
        FRESH(the_format_follows_the_ending),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
