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

static void add(struct speedup *s, const char *params, const char *mode, double workers, double ms)
{
    const struct speedup_row row = {.stamp = "t",
                                    .job_id = params,
                                    .mode = mode,
                                    .workers = workers,
                                    .wall_ms = ms,
                                    .params = params,
                                    .words = "logreg on a.csv",
                                    .cores = 2};

    assert_int_equal(speedup_add(s, &row, &why), DTQ_OK);
}

typedef enum dtq_err draw_fn(const struct speedup *, const struct chart_file *, struct dtq_why *);

/* The texts of the picture; the caller frees. */
static char *texts_of(draw_fn *draw, const struct speedup *s)
{
    const struct chart_file file = {scratch_path("s.svg"), CHART_SVG, 1};

    if (draw(s, &file, &why) != DTQ_OK) fail_msg("%s", why.text);
    return scratch_read("s.svg");
}

static void assert_texts(char *svg, const char *const *there, const char *const * not )
{
    for (; *there; there++)
        if (!strstr(svg, *there)) fail_msg("%s is not in the picture", *there);
    for (; *not ; not ++)
        if (strstr(svg, *not )) fail_msg("%s is in the picture", *not );
    free(svg);
}
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

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
    const struct chart_file file = {.path = scratch_path("one.png")};
    struct speedup s = {0};
    struct picture p;

    (void)state;
    add(&s, "p", "sync", 1, 1000);
    assert_int_equal(charts_speedup(&s, &file, &why), DTQ_OK);
    picture_open(&p, "one.png");
    assert_int_equal(p.width, CHART_WIDTH);
    assert_int_equal(p.height, CHART_HEIGHT);
    picture_close(&p);
    speedup_clear(&s);
}

static void without_a_run_on_one_worker_no_speedup_is_drawn(void **state)
{
    const struct chart_file file = {.path = scratch_path("invented.png")};
    size_t before = scratch_count();
    struct speedup s = {0};

    (void)state;
    add(&s, "p", "sync", 2, 100);
    add(&s, "p", "sync", 4, 60);
    assert_int_equal(charts_speedup(&s, &file, &why), DTQ_NONE);
    assert_non_null(strstr(why.text, "none of these trainings ran on one worker"));
    assert_int_equal(scratch_count(), before);
    assert_texts(texts_of(charts_modes, &s), TEXTS(">100<", ">60<", ">one run each<"),
                 TEXTS("not drawn"));
    add(&s, "p", "async", 1, 200);
    add(&s, "p", "async", 2, 110);
    assert_texts(texts_of(charts_speedup, &s), TEXTS(">async<", ">ideal<", ">2<"),
                 TEXTS(">sync<", ">4<"));
    speedup_clear(&s);
}

static void what_never_ran_is_not_called_a_bad_value(void **state)
{
    struct speedup s = {0};

    (void)state;
    add(&s, "p", "sync", 1, 50);
    add(&s, "p", "sync", 2, 27);
    add(&s, "p", "sync", 64, 5);
    add(&s, "p", "async", 1, 100);
    assert_texts(texts_of(charts_modes, &s), TEXTS(">64<", ">logreg on a.csv<"),
                 TEXTS("not drawn"));
    /* Ticks at what was measured and nowhere else, and the two cores that there are. */
    assert_texts(texts_of(charts_speedup, &s), TEXTS(">64<", ">2 cores<", ">ideal on 2 cores<"),
                 TEXTS(">3<", ">20<", "not drawn"));
    speedup_clear(&s);
}

static void several_trainings_are_several_series(void **state)
{
    struct speedup s = {0};

    (void)state;
    add(&s, "p1", "sync", 2, 50);
    add(&s, "p2", "sync", 2, 20);
    assert_texts(texts_of(charts_modes, &s), TEXTS(">sync, p1<", ">sync, p2<", ">50<", ">20<"),
                 TEXTS(">logreg on a.csv<", ">35<"));
    speedup_clear(&s);
}

static void many_modes_and_numbers_of_workers_fit(void **state)
{
    struct speedup s = {0};
    const struct chart_file file = {.path = scratch_path("many.png")};

    (void)state;
    for (unsigned mode = 0; mode < SPEEDUP_SERIES; mode++)
        for (unsigned n = 1; n <= SPEEDUP_COUNTS; n++)
            add(&s, "p", (char[]){(char)('a' + mode), '\0'}, n, 1e6 / n);
    assert_int_equal(charts_speedup(&s, &file, &why), DTQ_OK);
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
    assert_true(svg_bytes("two.svg") > svg_bytes("one.svg") + 500);
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
        cmocka_unit_test(without_a_run_on_one_worker_no_speedup_is_drawn),
        cmocka_unit_test(what_never_ran_is_not_called_a_bad_value),
        cmocka_unit_test(several_trainings_are_several_series),
        cmocka_unit_test(many_modes_and_numbers_of_workers_fit),
        cmocka_unit_test(accuracy_has_a_panel_where_there_is_one),
        cmocka_unit_test(too_many_curves_are_a_sentence),
        cmocka_unit_test(epochs_without_any_number_are_a_sentence),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
