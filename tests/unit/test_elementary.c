/* test_elementary.c: exp, log and the logistic function against libm in higher precision. */
#include "common/math/elementary.h"

#include "common/math/linear.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { POINTS = 200000 };

/* Distance in units of the last place of the right answer. */
static double ulps(double got, long double right)
{
    double nearest = (double)right;
    double unit = nextafter(fabs(nearest), INFINITY) - fabs(nearest);
    return (double)fabsl(((long double)got - right) / unit);
}

static void exp_is_within_one_ulp(void **state)
{
    double worst = 0;
    (void)state;
    for (int i = 0; i <= POINTS; i++) {
        double x = -708 + 1417.7 * i / POINTS;
        double near = (2.0 * i / POINTS - 1) * 0.75;
        worst = fmax(worst, ulps(elementary_exp(x), expl(x)));
        worst = fmax(worst, ulps(elementary_exp(near), expl(near)));
    }
    assert_true(worst < 1);
}

static void exp_goes_through_the_subnormals_to_zero(void **state)
{
    (void)state;
    for (double x = -745.1; x < -708; x += 0.01)
        assert_true(ulps(elementary_exp(x), expl(x)) <= 1);
    assert_true(elementary_exp(-746) == 0);
    assert_true(elementary_exp(-INFINITY) == 0);
    assert_true(elementary_exp(0) == 1);
    assert_true(elementary_exp(-0.0) == 1);
    assert_true(isfinite(elementary_exp(709.78)));
    assert_true(elementary_exp(710) == INFINITY);
    assert_true(elementary_exp(INFINITY) == INFINITY);
    assert_true(isnan(elementary_exp(NAN)));
}

static void log_is_within_one_ulp(void **state)
{
    double worst = 0;
    (void)state;
    for (int i = 1; i <= POINTS; i++) {
        double x = 2.0 * i / POINTS;
        double wide = ldexp(1 + (double)i / POINTS, i % 2000 - 1000);
        worst = fmax(worst, ulps(elementary_log(x), logl(x)));
        worst = fmax(worst, ulps(elementary_log(wide), logl(wide)));
    }
    assert_true(worst < 1);
}

static void log_knows_its_limits(void **state)
{
    (void)state;
    assert_true(elementary_log(1) == 0);
    assert_true(elementary_log(0) == -INFINITY);
    assert_true(elementary_log(-0.0) == -INFINITY);
    assert_true(isnan(elementary_log(-1)));
    assert_true(isnan(elementary_log(NAN)));
    assert_true(elementary_log(INFINITY) == INFINITY);
    assert_true(ulps(elementary_log(DBL_MAX), logl(DBL_MAX)) < 1);
    assert_true(ulps(elementary_log(DBL_TRUE_MIN), logl(DBL_TRUE_MIN)) < 1);
    assert_true(ulps(elementary_log(DBL_MIN / 3), logl(DBL_MIN / 3)) < 1);
}

static void log1p_is_within_two_ulps_and_loses_nothing_near_0(void **state)
{
    double worst = 0;
    (void)state;
    for (int i = 1; i <= POINTS; i++) {
        double x = 3.0 * i / POINTS;
        double wide = ldexp(1 + (double)i / POINTS, i % 1080 - 1070);
        double odds = elementary_exp(-745.0 * i / POINTS);
        worst = fmax(worst, ulps(elementary_log1p(x), log1pl(x)));
        worst = fmax(worst, ulps(elementary_log1p(wide), log1pl(wide)));
        worst = fmax(worst, ulps(elementary_log1p(odds), log1pl(odds)));
    }
    assert_true(worst < 2);
    assert_true(elementary_log1p(0) == 0);
    assert_true(elementary_log1p(DBL_TRUE_MIN) == DBL_TRUE_MIN);
    assert_true(elementary_log1p(0x1p-53) == 0x1p-53);
    assert_true(ulps(elementary_log1p(DBL_MAX), logl(DBL_MAX)) < 1);
    assert_true(elementary_log1p(INFINITY) == INFINITY);
    assert_true(isnan(elementary_log1p(NAN)));
}

static void the_logistic_function_is_right_in_both_tails(void **state)
{
    double worst = 0;
    (void)state;
    for (int i = 0; i <= POINTS; i++) {
        double z = -700 + 1400.0 * i / POINTS;
        double near = (2.0 * i / POINTS - 1) * 5;
        worst = fmax(worst, ulps(linear_sigmoid(z), 1 / (1 + expl(-(long double)z))));
        worst = fmax(worst, ulps(linear_sigmoid(near), 1 / (1 + expl(-(long double)near))));
    }
    assert_true(worst < 3);
    assert_true(linear_sigmoid(0) == 0.5);
    assert_true(linear_sigmoid(INFINITY) == 1);
    assert_true(linear_sigmoid(-INFINITY) == 0);
    assert_true(isnan(linear_sigmoid(NAN)));
}

/* The numbers were computed by the same formulas in another language. */
static void the_bits_are_the_same_everywhere(void **state)
{
    double exps = 0, logs = 0;
    (void)state;
    for (int i = 1; i <= 1000; i++) {
        exps += elementary_exp(-i / 37.0);
        logs += elementary_log(i / 37.0);
    }
    assert_true(exps == 0x1.24049cd07db72p+5);
    assert_true(logs == 0x1.1fa6ba7f6f65ep+11);
    assert_true(elementary_exp(-0.7) == 0x1.fc80db9dd5542p-2);
    assert_true(elementary_log(1e-12) == -0x1.ba18a998fffa0p+4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_one_ulp),
        cmocka_unit_test(exp_goes_through_the_subnormals_to_zero),
        cmocka_unit_test(log_is_within_one_ulp),
        cmocka_unit_test(log_knows_its_limits),
        cmocka_unit_test(log1p_is_within_two_ulps_and_loses_nothing_near_0),
        cmocka_unit_test(the_bits_are_the_same_everywhere),
        cmocka_unit_test(the_logistic_function_is_right_in_both_tails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
