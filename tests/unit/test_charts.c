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
    assert_texts(texts_of(charts_modes, &s),
                 TEXTS(">sync, p1<", ">sync, p2<", ">50<", ">20<",
                       ">several trainings, whose times do not compare with one another<"),
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

static struct curve curve_of(const char *json, const char *params, const char *report)
{
    cJSON *epochs = cJSON_Parse(json), *p = cJSON_Parse(params), *r = cJSON_Parse(report);
    struct curve c;

    assert_non_null(epochs);
    assert_int_equal(curve_from_json(epochs, p, r, &c, &why), DTQ_OK);
    cJSON_Delete(epochs);
    cJSON_Delete(p);
    cJSON_Delete(r);
    return c;
}

static const struct chart_training JOBS[CHART_SERIES_MAX + 1] = {{.id = "J1"}, {.id = "J2"}};

/* The texts of the picture; the caller frees. */
static char *curves_of(const struct curve *curves, size_t count)
{
    const struct chart_file file = {scratch_path("c.svg"), CHART_SVG, 1};

    if (charts_curves(JOBS, curves, count, &file, &why) != DTQ_OK) fail_msg("%s", why.text);
    return scratch_read("c.svg");
}

static void lines_have_the_names_of_their_metrics(void **state)
{
    struct curve running = curve_of("[{\"epoch\":1,\"runningLoss\":2,\"runningAccuracy\":0.5,"
                                    "\"testLoss\":2.5},{\"epoch\":2,\"runningLoss\":1,"
                                    "\"runningAccuracy\":0.75,\"testLoss\":1.5}]",
                                    "{}", "{}");
    struct curve plain = curve_of("[{\"epoch\":1,\"loss\":2},{\"epoch\":2,\"loss\":1}]", "{}",
                                  "{}");
    const struct curve both[] = {running, plain};

    (void)state;
    assert_texts(curves_of(&running, 1),
                 TEXTS(">running loss<", ">test loss<", ">running accuracy<", ">Training J1<"),
                 TEXTS(">loss and", "saved"));
    assert_texts(curves_of(&plain, 1), TEXTS(">loss<"), TEXTS("running", "accuracy"));
    assert_texts(curves_of(both, 2),
                 TEXTS(">2 trainings<", ">J1<", ">J2<", ">training set<", ">test set<",
                       ">training set, running<"),
                 TEXTS(">running loss<"));
    curve_clear(&running);
    curve_clear(&plain);
}

static void the_epoch_of_the_saved_weights_is_named_and_no_other(void **state)
{
    static const char epochs[] = "[{\"epoch\":1,\"loss\":2,\"testLoss\":1},"
                                 "{\"epoch\":2,\"loss\":1,\"testLoss\":3},"
                                 "{\"epoch\":3,\"loss\":0.5,\"testLoss\":2}]";
    struct curve last = curve_of(epochs, "{\"holdout\":5}", "{\"epochsDone\":3}");
    struct curve chosen = curve_of(epochs, "{\"holdout\":5,\"watch\":\"test_accuracy\"}",
                                   "{\"bestEpoch\":2}");
    const struct curve both[] = {last, chosen};

    (void)state;
    assert_texts(curves_of(&last, 1), TEXTS(">test loss<"), TEXTS("best", "saved"));
    assert_texts(curves_of(&chosen, 1), TEXTS(">saved: epoch 2, best test accuracy<"),
                 TEXTS("ring"));
    assert_texts(curves_of(both, 2), TEXTS(">ring: the epoch whose weights are saved<"),
                 TEXTS(">saved"));
    curve_clear(&last);
    curve_clear(&chosen);
}

static void one_epoch_is_told_in_numbers(void **state)
{
    struct curve c = curve_of("[{\"epoch\":1,\"runningLoss\":0.5,\"testLoss\":0.25}]", "{}",
                              "{\"bestEpoch\":1}");

    (void)state;
    assert_texts(curves_of(&c, 1),
                 TEXTS(">one epoch: numbers, no curve<", ">running loss 0.5<", ">test loss 0.25<"),
                 TEXTS("saved", "best"));
    curve_clear(&c);
}

static void a_regression_has_its_own_measures_and_decades_a_log_scale(void **state)
{
    static const char epochs[] = "[{\"epoch\":1,\"loss\":25000,\"testLoss\":26000,\"testR2\":-4},"
                                 "{\"epoch\":2,\"loss\":3000,\"testLoss\":3100,\"testR2\":0.4},"
                                 "{\"epoch\":3,\"loss\":2900,\"testLoss\":3000,\"testR2\":0.45},"
                                 "{\"epoch\":4,\"loss\":2800,\"testLoss\":2950,\"testR2\":0.46}]";
    struct curve c = curve_of(epochs, "{\"model\":\"linreg\"}", "{}");
    struct curve flat = curve_of("[{\"epoch\":1,\"loss\":0.69},{\"epoch\":2,\"loss\":0.4},"
                                 "{\"epoch\":3,\"loss\":0.3}]",
                                 "{}", "{}");

    (void)state;
    assert_texts(curves_of(&c, 1),
                 TEXTS(">MSE (log scale)<", ">R\xc2\xb2 (from", ">test R\xc2\xb2<"),
                 TEXTS("accuracy", "not drawn"));
    assert_texts(curves_of(&flat, 1), TEXTS(">loss<"), TEXTS("log scale"));
    curve_clear(&c);
    curve_clear(&flat);
}

static void a_colour_says_whose_a_line_is(void **state)
{
    static const char epochs[] = "[{\"epoch\":1,\"loss\":3,\"testLoss\":2},"
                                 "{\"epoch\":9,\"loss\":3,\"testLoss\":2}]";
    static const char other[] = "[{\"epoch\":1,\"loss\":1,\"testLoss\":0.5},"
                                "{\"epoch\":9,\"loss\":1,\"testLoss\":0.5}]";
    const struct curve both[] = {curve_of(epochs, "{}", "{}"), curve_of(other, "{}", "{}")};
    const struct chart_file file = {.path = scratch_path("colours.png")};
    size_t blue = 0, red = 0, more = 0;
    struct picture p;

    (void)state;
    assert_int_equal(charts_curves(JOBS, both, 2, &file, &why), DTQ_OK);
    picture_open(&p, "colours.png");
    for (int y = 130; y < 560; y++) /* below the legend, between the markers */
        for (int x = 300; x < 400; x++) {
            unsigned at = picture_at(&p, x, y);

            blue += at == 0x0072b2;
            red += at == 0xd55e00;
            more += at == 0x009e73 || at == 0xcc79a7;
        }
    assert_true(blue > 40 && red > 40);
    assert_int_equal(more, 0);
    picture_close(&p);
    for (size_t i = 0; i < 2; i++) {
        struct curve c = both[i];

        curve_clear(&c);
    }
}

static void too_many_curves_are_a_sentence(void **state)
{
    struct chart_training jobs[CHART_SERIES_MAX + 1];
    struct curve curves[CHART_SERIES_MAX + 1];
    struct curve c = curve_of("[{\"epoch\":1,\"loss\":2}]", "{}", "{}");
    const struct chart_file file = {.path = scratch_path("too-many.png")};

    (void)state;
    memset(jobs, 0, sizeof jobs);
    for (size_t i = 0; i <= CHART_SERIES_MAX; i++) {
        jobs[i].id = "a-job-with-a-long-name-that-takes-all-the-room-there-is-and-more-of-it";
        curves[i] = c;
    }
    assert_int_equal(charts_curves(jobs, curves, CHART_SERIES_MAX, &file, &why), DTQ_OK);
    assert_int_equal(charts_curves(jobs, curves, CHART_SERIES_MAX + 1, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "41 trainings are more curves than the 40"));
    curve_clear(&c);
}

static void epochs_without_any_number_are_a_sentence(void **state)
{
    struct curve c = curve_of("[{\"epoch\":1},{\"epoch\":2}]", "{}", "{}");
    const struct chart_file file = {.path = scratch_path("nothing.png")};

    (void)state;
    assert_int_equal(charts_curves(JOBS, &c, 1, &file, &why), DTQ_INPUT);
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
        cmocka_unit_test(lines_have_the_names_of_their_metrics),
        cmocka_unit_test(the_epoch_of_the_saved_weights_is_named_and_no_other),
        cmocka_unit_test(one_epoch_is_told_in_numbers),
        cmocka_unit_test(a_regression_has_its_own_measures_and_decades_a_log_scale),
        cmocka_unit_test(a_colour_says_whose_a_line_is),
        cmocka_unit_test(too_many_curves_are_a_sentence),
        cmocka_unit_test(epochs_without_any_number_are_a_sentence),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
