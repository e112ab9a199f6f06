/* test_charts.c: the pictures of trainings, read back. */
#include "producer/charts.h"
#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static void draw_speedup(const struct speedup *s, const char *name)
{
    const struct chart_file file = {.path = scratch_path(name)};

    if (charts_speedup(s, &file, &why) != DTQ_OK) fail_msg("%s", why.text);
}

/* Text is drawn as glyphs, so words cannot be looked for; but more to show takes more bytes. */
static size_t svg_bytes(const char *name)
{
    char *text = scratch_read(name);
    size_t len = strlen(text);

    assert_non_null(strstr(text, "<svg"));
    free(text);
    return len;
}

static void one_run_is_a_picture(void **state)
{
    struct speedup s = {0};
    struct picture p;

    (void)state;
    assert_int_equal(speedup_add(&s, "sync", 1, 1000, &why), DTQ_OK);
    draw_speedup(&s, "one.png");
    picture_open(&p, "one.png");
    assert_int_equal(p.width, CHART_WIDTH);
    assert_int_equal(p.height, CHART_HEIGHT);
    picture_close(&p);
    speedup_clear(&s);
}

static void many_modes_and_numbers_of_workers_fit(void **state)
{
    struct speedup s = {0};
    const struct chart_file file = {.path = scratch_path("many.png")};

    (void)state;
    for (unsigned mode = 0; mode < SPEEDUP_MODES; mode++)
        for (unsigned n = 1; n <= SPEEDUP_COUNTS; n++)
            assert_int_equal(speedup_add(&s, (char[]){(char)('a' + mode), '\0'}, n, 1e6 / n, &why),
                             DTQ_OK);
    draw_speedup(&s, "many-speedup.png");
    assert_int_equal(charts_modes(&s, &file, &why), DTQ_OK);
    speedup_clear(&s);
}

static struct curve curve_of(const char *json)
{
    cJSON *epochs = cJSON_Parse(json);
    struct curve c;

    assert_non_null(epochs);
    assert_int_equal(curve_from_json(epochs, &c, &why), DTQ_OK);
    cJSON_Delete(epochs);
    return c;
}

static void accuracy_has_a_panel_where_there_is_one(void **state)
{
    static const char *const name[] = {"J1"};
    struct curve both = curve_of("[{\"epoch\":1,\"loss\":2,\"accuracy\":0.5},"
                                 "{\"epoch\":2,\"loss\":1,\"accuracy\":0.75}]");
    struct curve loss = curve_of("[{\"epoch\":1,\"loss\":2},{\"epoch\":2,\"loss\":1}]");
    const struct chart_file two = {scratch_path("two.svg"), CHART_SVG, 1};
    const struct chart_file one = {scratch_path("one.svg"), CHART_SVG, 1};

    (void)state;
    assert_int_equal(charts_curves(name, &both, 1, &two, &why), DTQ_OK);
    assert_int_equal(charts_curves(name, &loss, 1, &one, &why), DTQ_OK);
    assert_true(svg_bytes("two.svg") > svg_bytes("one.svg") + 1000);
    curve_clear(&both);
    curve_clear(&loss);
}

static void too_many_curves_are_a_sentence(void **state)
{
    const char *names[CHART_SERIES_MAX + 1];
    struct curve curves[CHART_SERIES_MAX + 1];
    struct curve c = curve_of("[{\"epoch\":1,\"loss\":2}]");
    const struct chart_file file = {.path = scratch_path("too-many.png")};

    (void)state;
    for (size_t i = 0; i <= CHART_SERIES_MAX; i++) {
        names[i] = "a-job-with-a-long-name-that-takes-all-the-room-there-is-and-more-of-it";
        curves[i] = c;
    }
    assert_int_equal(charts_curves(names, curves, CHART_SERIES_MAX, &file, &why), DTQ_OK);
    assert_int_equal(charts_curves(names, curves, CHART_SERIES_MAX + 1, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "41 curves are more than the 40"));
    curve_clear(&c);
}

static void epochs_without_any_number_are_a_sentence(void **state)
{
    static const char *const name[] = {"J1"};
    struct curve c = curve_of("[{\"epoch\":1},{\"epoch\":2}]");
    const struct chart_file file = {.path = scratch_path("nothing.png")};

    (void)state;
    assert_int_equal(charts_curves(name, &c, 1, &file, &why), DTQ_INPUT);
    assert_true(why.text[0]);
    curve_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run_is_a_picture),
        cmocka_unit_test(many_modes_and_numbers_of_workers_fit),
        cmocka_unit_test(accuracy_has_a_panel_where_there_is_one),
        cmocka_unit_test(too_many_curves_are_a_sentence),
        cmocka_unit_test(epochs_without_any_number_are_a_sentence),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
