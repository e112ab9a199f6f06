/* test_chart_roc.c: ROC curves, their pictures read back. */
#include "common/plot/chart.h"

#include "tests/support/picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VERMILLION = 0xd55e00 };

static struct dtq_why why;

static void an_roc_curve_is_square_and_tells_its_area(void **state)
{
    static const double fpr[] = {0, 0.25, 0.5}, tpr[] = {0.5, 0.75, 1};
    struct chart_curve curves[] = {{.name = "logreg", .fpr = fpr, .tpr = tpr, .n = 3, .auc = -1},
                                   {.name = NULL, .fpr = fpr, .tpr = tpr, .n = 3, .auc = 0.5}};
    const struct chart_roc roc = {.title = "ROC", .curves = curves, .curve_count = 2};
    struct chart_file png = {.path = scratch_path("roc.png")};
    struct chart_file svg = {.path = scratch_path("roc.svg"), .format = CHART_SVG};
    struct chart_frame f;
    struct picture p;
    double x, y;
    char *text;

    (void)state;
    assert_int_equal(chart_roc_frame(&roc, &f, &why), DTQ_OK);
    assert_true(f.width == f.height);
    assert_true(f.x_min == 0 && f.x_max == 1 && f.y_min == 0 && f.y_max == 1);
    assert_int_equal(chart_roc_write(&roc, &png, &why), DTQ_OK);
    picture_open(&p, "roc.png");
    chart_frame_at(&f, 0.25, 0.75, &x, &y);
    assert_int_equal(picture_at(&p, x, y), VERMILLION); /* the second, drawn over it */
    picture_close(&p);
    assert_int_equal(chart_roc_write(&roc, &svg, &why), DTQ_OK);
    text = scratch_read("roc.svg");
    assert_non_null(strstr(text, ">AUC 0.8750  logreg<")); /* 0.15625 + 0.21875 + 0.5 */
    assert_non_null(strstr(text, ">AUC 0.5000<"));
    free(text);
}

static void impossible_rates_are_refused(void **state)
{
    static const double falling[] = {0.5, 0.2}, tpr[] = {0.5, 0.6}, beyond[] = {0.5, 1.1},
                        none[] = {NAN, 1};
    struct chart_curve curve = {.name = "model", .fpr = falling, .tpr = tpr, .n = 2, .auc = -1};
    const struct chart_roc roc = {.curves = &curve, .curve_count = 1};
    struct chart_file file = {.path = scratch_path("roc2.png")};

    (void)state;
    assert_int_equal(chart_roc_write(&roc, &file, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "point 1 of the ROC curve \"model\" is (0.2, 0.6)"));
    curve.fpr = beyond;
    assert_int_equal(chart_roc_write(&roc, &file, &why), DTQ_INPUT);
    curve.fpr = none;
    assert_int_equal(chart_roc_write(&roc, &file, &why), DTQ_INPUT);
    curve = (struct chart_curve){.name = "model", .fpr = tpr, .tpr = tpr, .n = 2, .auc = 1.5};
    assert_int_equal(chart_roc_write(&roc, &file, &why), DTQ_INPUT);
    curve.n = 0;
    assert_int_equal(chart_roc_write(&roc, &file, &why), DTQ_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_roc_curve_is_square_and_tells_its_area),
        cmocka_unit_test(impossible_rates_are_refused),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
