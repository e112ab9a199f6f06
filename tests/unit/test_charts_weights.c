/* test_charts_weights.c: weights with a scale and names, and trainings in words. */
#include "producer/charts.h"
#include "tests/support/picture.h"

#include "common/plot/colour.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

/* A job of these weights; the pictures' texts; the caller frees. */
static char *draw(const char *params, const char *report, const double *weights, size_t count,
                  size_t width, bool gray, enum dtq_err wanted)
{
    cJSON *p = cJSON_Parse(params), *r = cJSON_Parse(report);
    const struct chart_file file = {scratch_path("w.svg"), CHART_SVG, 1};
    struct tiles tiles;
    const struct chart_weights w = {"J1", p, r, &tiles, width, gray};
    enum dtq_err err;

    assert_non_null(p);
    assert_non_null(r);
    assert_int_equal(tiles_read(p, r, weights, count, &tiles, &why), DTQ_OK);
    err = charts_weights(&w, &file, &why);
    if (err != wanted) fail_msg("%s", why.text);
    tiles_clear(&tiles);
    cJSON_Delete(p);
    cJSON_Delete(r);
    return err == DTQ_OK ? scratch_read("w.svg") : NULL;
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

#define TABLE \
    "{\"model\":\"logreg\",\"dataRef\":\"file:t.csv\",\"bias\":true,\"normalize\":\"standard\"}"

static void weights_of_a_table_are_bars_with_names(void **state)
{
    static const double w[] = {0.5, -2, 0.25, 7};

    (void)state;
    assert_texts(draw(TABLE, "{\"features\":3,\"columns\":[\"age\",\"sex\",\"bmi\"]}", w, 4, 0,
                      false, DTQ_OK),
                 TEXTS(">age<", ">sex<",
                       ">\xe2\x88\x92"
                       "2<",
                       ">0.5<", ">3 weights; intercept 7<", ">lowers the score<",
                       ">raises the score<", ">weight per standard deviation of the feature<",
                       ">Weights of J1: logreg on t.csv<"),
                 TEXTS(">7<", "largest"));
    /* Names that are not those of the features are none. */
    assert_texts(draw(TABLE, "{\"features\":3,\"columns\":[\"age\"]}", w, 4, 0, false, DTQ_OK),
                 TEXTS(">feature 2<"), TEXTS(">age<"));
    /* Four weights are two by two, but no picture. */
    assert_texts(draw("{}", "{\"features\":4}", w, 4, 0, false, DTQ_OK),
                 TEXTS(">feature 4<", ">weight per unit of the feature<", ">Weights of J1<"),
                 TEXTS("intercept"));
}

static void the_largest_of_many_come_first(void **state)
{
    double w[40];
    char *svg;

    (void)state;
    for (int i = 0; i < 40; i++)
        w[i] = (i % 2 ? -1 : 1) * (1 + i) / 8.0;
    svg = draw("{}", "{\"features\":40}", w, 40, 0, false, DTQ_OK);
    assert_true(strstr(svg, ">feature 40<") < strstr(svg, ">feature 39<"));
    assert_texts(svg, TEXTS(">the 20 largest of 40 weights<", ">feature 21<"),
                 TEXTS(">feature 20<"));
}

static void weights_of_classes_are_named_by_class(void **state)
{
    static const double w[] = {1, 2, 9, 3, 4, 9}; /* two classes of two features and intercepts */

    (void)state;
    assert_texts(
        draw("{\"bias\":true}", "{\"features\":2,\"classes\":[3,8]}", w, 6, 0, false, DTQ_OK),
        TEXTS(">feature 2, class 8<", ">feature 1, class 3<", ">for the class<"),
        TEXTS(">9<", ">against the class<"));
    /* With a width they are a picture, a tile for each. */
    assert_texts(
        draw("{\"bias\":true}", "{\"features\":2,\"classes\":[3,8]}", w, 6, 1, false, DTQ_OK),
        TEXTS(">3<", ">8<", ">weight<", ">for the class<", ">against the class<"),
        TEXTS("feature"));
    assert_null(draw("{}", "{\"features\":6}", w, 6, 4, false, DTQ_INPUT));
    assert_non_null(strstr(why.text, "do not fill rows of 4"));
}

static void a_picture_has_a_scale_with_its_zero(void **state)
{
    double w[64];

    (void)state;
    for (int i = 0; i < 64; i++)
        w[i] = (i - 16) / 8.0; /* -2 to 5.875 */
    assert_texts(draw("{}", "{\"features\":64}", w, 64, 0, false, DTQ_OK),
                 TEXTS(">0<", ">4<",
                       ">\xe2\x88\x92"
                       "4<",
                       ">raises the score<", ">lowers the score<"),
                 TEXTS("feature"));
    /* In gray it goes from the least to the greatest, and zero stands out. */
    assert_texts(draw("{}", "{\"features\":64}", w, 64, 0, true, DTQ_OK),
                 TEXTS("font-weight=\"bold\" transform", ">0<", ">4<"),
                 TEXTS(">\xe2\x88\x92"
                       "4<"));
    w[5] = NAN;
    assert_null(draw("{}", "{\"features\":64}", w, 64, 0, false, DTQ_INPUT));
    assert_non_null(strstr(why.text, "expected finite numbers"));
}

static void bars_reach_from_zero_to_their_values(void **state)
{
    static const double values[] = {-2, 1};
    static const char *const names[] = {"a", "b"};
    const struct chart_ranked c = {.names = names, .values = values, .count = 2};
    const struct chart_file file = {.path = scratch_path("r.png")};
    struct colour red = colour_diverging(0.75);
    unsigned wanted = (unsigned)lround(red.r * 255) << 16 | (unsigned)lround(red.g * 255) << 8 |
                      (unsigned)lround(red.b * 255);
    struct chart_frame f;
    struct picture p;
    double x, y;

    (void)state;
    assert_int_equal(chart_ranked_frame(&c, &f, &why), DTQ_OK);
    assert_true(f.x_min < -2 && f.x_max > 1);
    assert_int_equal(chart_ranked_write(&c, &file, &why), DTQ_OK);
    picture_open(&p, "r.png");
    chart_frame_at(&f, 0.95, 1.5, &x, &y);
    assert_int_equal(picture_at(&p, x, y), wanted);
    chart_frame_at(&f, 1.01, 1.25, &x, &y);
    assert_int_equal(picture_at(&p, x, y), 0xffffff);
    chart_frame_at(&f, -0.05, 1.5, &x, &y);
    assert_int_equal(picture_at(&p, x, y), 0xffffff);
    picture_close(&p);
}

static void words_say_what_is_not_as_usual(void **state)
{
    static const struct {
        const char *params, *words;
    } rows[] = {
        {"{\"model\":\"logreg\",\"dataRef\":\"file:./a/digits.csv\",\"task\":\"binary_is_zero\","
         "\"epochs\":30,\"lr\":1,\"batchSize\":128,\"mode\":\"sync\",\"l2\":0,\"bias\":false,"
         "\"optimizer\":\"sgd\",\"seed\":1}",
         "logreg on digits.csv, binary_is_zero, 30 epochs, lr 1, batch 128"},
        {"{\"model\":\"softmax\",\"dataRef\":\"t.svm\",\"task\":\"multiclass\",\"epochs\":1,"
         "\"lr\":1,\"batchSize\":2,\"mode\":\"average\",\"shards\":4,\"optimizer\":\"lbfgs\","
         "\"l2\":0.01,\"bias\":true}",
         "softmax on t.svm, 1 epoch, lbfgs, average, l2 0.01, bias true, shards 4"},
        {"{\"model\":\"linreg\"}", ""},
    };
    char text[DESCRIBE_MAX];
    struct describe d;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *params = cJSON_Parse(rows[i].params);

        describe_training(params, &d);
        describe_join(&d, 0, DESCRIBE_PARTS, text);
        assert_string_equal(text, rows[i].words);
        cJSON_Delete(params);
    }
}

static void a_digest_is_that_of_what_matters(void **state)
{
    static const struct {
        const char *params, *report;
        bool same;
    } rows[] = {
        {"{\"lr\":1,\"dataRef\":\"a\",\"mode\":\"async\"}", "{\"samples\":9,\"loss\":2}", true},
        {"{\"dataRef\":\"a\",\"lr\":1,\"mode\":\"sync\",\"other\":7}", "{\"samples\":9}", true},
        {"{\"dataRef\":\"a\",\"lr\":2,\"mode\":\"sync\"}", "{\"samples\":9}", false},
        {"{\"dataRef\":\"b\",\"lr\":1,\"mode\":\"sync\"}", "{\"samples\":9}", false},
        {"{\"dataRef\":\"a\",\"lr\":1,\"mode\":\"sync\"}", "{\"samples\":8}", false},
        {"{\"dataRef\":\"a\",\"lr\":1,\"mode\":\"sync\"}", "{\"samples\":9,\"epochsDone\":1}",
         false},
    };
    char first[DESCRIBE_DIGEST_MAX], text[DESCRIBE_DIGEST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *params = cJSON_Parse(rows[i].params), *report = cJSON_Parse(rows[i].report);

        describe_digest(params, report, i ? text : first);
        if (i) assert_int_equal(!strcmp(text, first), rows[i].same);
        cJSON_Delete(params);
        cJSON_Delete(report);
    }
    assert_int_equal(strlen(first), 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_a_table_are_bars_with_names),
        cmocka_unit_test(the_largest_of_many_come_first),
        cmocka_unit_test(weights_of_classes_are_named_by_class),
        cmocka_unit_test(a_picture_has_a_scale_with_its_zero),
        cmocka_unit_test(bars_reach_from_zero_to_their_values),
        cmocka_unit_test(words_say_what_is_not_as_usual),
        cmocka_unit_test(a_digest_is_that_of_what_matters),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
