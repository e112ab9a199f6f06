/* test_linear.c: the kernels of linear models: the same bits from every variant, and the right
 * numbers. */
#include "common/math/linear.h"

#include "common/math/linear_variant.h"
#include "tests/support/values.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROWS_MAX = 21, FEATURES_MAX = 1000 };

/* One table of each type with the values of a type's whole range, one byte off its alignment. */
struct table {
    unsigned char *memory;
    const unsigned char *x;
    double y[ROWS_MAX];
    double w[FEATURES_MAX];
};

/* Exactly as long as it must be, so that reading behind its end is found by the sanitizers. */
static void table_init(struct table *t, enum dataset_type type, size_t rows, size_t features)
{
    uint64_t s = 88172645463325252u + type;
    size_t bytes = dataset_type_bytes(type);
    t->memory = malloc(1 + rows * features * bytes);
    assert_non_null(t->memory);
    t->x = t->memory + 1;
    for (size_t i = 0; i < rows * features; i++)
        values_put(t->memory + 1 + i * bytes, type, &s);
    for (size_t r = 0; r < rows; r++)
        t->y[r] = (double)(values_next(&s) % 3);
    for (size_t j = 0; j < features; j++)
        t->w[j] = values_real(&s) * 0.01;
}

struct outcome {
    double z[ROWS_MAX];
    double g[FEATURES_MAX];
    struct linear_sums learned;
    struct linear_sums judged;
};

static void compute(const char *variant, enum linear_model model, enum dataset_type type,
                    const struct table *t, size_t rows, size_t features, struct outcome *o)
{
    static const double scales[] = {255, 32768, 2147483648.0, 1, 1};
    struct linear_problem p = {
        .model = model, .target = LINEAR_IS, .positive = 1, .scale = scales[type]};
    memset(o, 0, sizeof *o);
    for (size_t j = 0; j < features; j++)
        o->g[j] = 0.25;
    assert_true(linear_force(variant));
    linear_score(&p, type, t->x, rows, features, t->w, o->z);
    linear_gradient(&p, type, t->x, t->y, rows, features, t->w, o->g, &o->learned);
    linear_evaluate(&p, type, t->x, t->y, rows, features, t->w, &o->judged);
    linear_force(NULL);
}

static void assert_same_bits(const void *a, const void *b, size_t bytes)
{
    if (bytes > 0) assert_memory_equal(a, b, bytes);
}

static void same_bits_of(enum dataset_type type, size_t rows, size_t features)
{
    struct table t;
    static struct outcome plain, other;
    table_init(&t, type, rows, features);
    for (int model = LINEAR_LINREG; model <= LINEAR_LOGREG; model++) {
        compute("plain", model, type, &t, rows, features, &plain);
        for (size_t i = 0; linear_variant_name(i); i++) {
            if (!linear_force(linear_variant_name(i))) continue; /* not on this processor */
            compute(linear_variant_name(i), model, type, &t, rows, features, &other);
            assert_same_bits(plain.z, other.z, rows * sizeof(double));
            assert_same_bits(plain.g, other.g, features * sizeof(double));
            assert_same_bits(&plain.learned.loss, &other.learned.loss, sizeof(double));
            assert_same_bits(&plain.learned.loss, &other.judged.loss, sizeof(double));
            assert_int_equal(plain.learned.correct, other.judged.correct);
            assert_int_equal(other.learned.rows, rows);
        }
    }
    free(t.memory);
}

static void every_variant_gives_the_bits_of_the_plain_loops(void **state)
{
    static const size_t sizes[] = {0,  1,  2,  7,  8,  9,   15,  16,  17,
                                   31, 32, 33, 63, 64, 127, 129, 784, 1000};
    static const size_t rows[] = {0, 1, 3, 8, ROWS_MAX};
    (void)state;
    for (enum dataset_type type = DATASET_U8; type <= DATASET_F64; type++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
                same_bits_of(type, rows[k], sizes[i]);
}

/* The numbers were computed once by the rule of linear_variant.h in another language. */
static void the_bits_are_those_of_the_rule(void **state)
{
    enum { ROWS = 5, FEATURES = 37 };
    static const struct linear_problem p = {
        .model = LINEAR_LINREG, .target = LINEAR_AS_IS, .scale = 255};
    uint64_t s = 88172645463325252u;
    uint8_t x[ROWS * FEATURES];
    double y[ROWS], w[FEATURES], g[FEATURES] = {0}, sum = 0;
    struct linear_sums sums = {0};
    (void)state;
    for (size_t i = 0; i < sizeof x; i++)
        x[i] = (uint8_t)(values_next(&s) >> 56);
    for (size_t r = 0; r < ROWS; r++)
        y[r] = (double)((values_next(&s) >> 56) % 10);
    for (size_t j = 0; j < FEATURES; j++)
        w[j] = values_real(&s);
    linear_gradient(&p, DATASET_U8, x, y, ROWS, FEATURES, w, g, &sums);
    for (size_t j = 0; j < FEATURES; j++)
        sum += g[j];
    assert_true(sums.loss == 0x1.673cb204ee8d8p+6);
    assert_true(g[0] == -0x1.fac24c873db40p+1);
    assert_true(g[16] == -0x1.3b256c2b917a6p+2);
    assert_true(g[36] == -0x1.6d437813678a9p+2);
    assert_true(sum == -0x1.02298080a56bbp+8);
}

static void cutting_a_batch_in_two_changes_no_bit(void **state)
{
    enum { FEATURES = 100, CUT = 5 };
    static const struct linear_problem p = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 1, .scale = 255};
    struct table t;
    double whole[FEATURES] = {0}, parts[FEATURES] = {0};
    struct linear_sums a = {0}, b = {0};
    (void)state;
    table_init(&t, DATASET_U8, ROWS_MAX, FEATURES);
    linear_gradient(&p, DATASET_U8, t.x, t.y, ROWS_MAX, FEATURES, t.w, whole, &a);
    linear_gradient(&p, DATASET_U8, t.x, t.y, CUT, FEATURES, t.w, parts, &b);
    linear_gradient(&p, DATASET_U8, t.x + CUT * FEATURES, t.y + CUT, ROWS_MAX - CUT, FEATURES, t.w,
                    parts, &b);
    assert_memory_equal(whole, parts, sizeof whole);
    assert_true(a.loss == b.loss);
    assert_int_equal(a.rows, b.rows);
    free(t.memory);
}

static double loss_at(const struct linear_problem *p, const struct table *t, size_t features,
                      const double *w)
{
    struct linear_sums sums = {0};
    linear_evaluate(p, DATASET_F64, t->x, t->y, ROWS_MAX, features, w, &sums);
    return sums.loss;
}

/* The derivative of squared error has a factor of two that the step size takes up. */
static void the_gradient_is_the_slope_of_the_loss(void **state)
{
    enum { FEATURES = 19 };
    (void)state;
    for (int model = LINEAR_LINREG; model <= LINEAR_LOGREG; model++) {
        struct linear_problem p = {
            .model = model, .target = LINEAR_IS, .positive = 1, .scale = 0.5, .shift = 0.125};
        struct table t;
        double g[FEATURES] = {0};
        struct linear_sums sums = {0};
        table_init(&t, DATASET_F64, ROWS_MAX, FEATURES);
        linear_gradient(&p, DATASET_F64, t.x, t.y, ROWS_MAX, FEATURES, t.w, g, &sums);
        for (size_t j = 0; j < FEATURES; j++) {
            const double h = 1e-5, w = t.w[j];
            t.w[j] = w + h;
            double above = loss_at(&p, &t, FEATURES, t.w);
            t.w[j] = w - h;
            double slope = (above - loss_at(&p, &t, FEATURES, t.w)) / (2 * h);
            t.w[j] = w;
            assert_true(fabs(slope - g[j] * (model == LINEAR_LINREG ? 2 : 1)) < 1e-7);
        }
        free(t.memory);
    }
}

/* The same as if the columns had been shifted and scaled before. */
static void folded_columns_are_scaled_columns(void **state)
{
    enum { FEATURES = 37 };
    struct linear_problem p = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 1, .scale = 1};
    struct table t;
    double offset[FEATURES], factor[FEATURES], v[FEATURES], scaled[ROWS_MAX * FEATURES];
    double g[FEATURES] = {0}, want[FEATURES] = {0};
    struct linear_sums sums = {0}, wanted = {0};
    (void)state;
    table_init(&t, DATASET_U8, ROWS_MAX, FEATURES);
    for (size_t j = 0; j < FEATURES; j++) {
        offset[j] = 100 + (double)j;
        factor[j] = 1 / (70 + (double)j);
    }
    for (size_t i = 0; i < ROWS_MAX * FEATURES; i++)
        scaled[i] = (t.x[i] - offset[i % FEATURES]) * factor[i % FEATURES];
    linear_gradient(&p, DATASET_F64, scaled, t.y, ROWS_MAX, FEATURES, t.w, want, &wanted);
    const struct linear_columns columns = {offset, factor};
    p.shift = linear_fold(t.w, &columns, FEATURES, v);
    linear_gradient(&p, DATASET_U8, t.x, t.y, ROWS_MAX, FEATURES, v, g, &sums);
    linear_unfold(g, &columns, FEATURES, sums.error);
    assert_true(fabs(sums.loss - wanted.loss) < 1e-12);
    assert_int_equal(sums.correct, wanted.correct);
    for (size_t j = 0; j < FEATURES; j++)
        assert_true(fabs(g[j] - want[j]) < 1e-12);
    free(t.memory);
}

static void the_error_is_the_slope_by_the_shift(void **state)
{
    enum { FEATURES = 3 };
    struct linear_problem p = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 1, .scale = 2};
    const double h = 1e-5;
    struct table t;
    struct linear_sums sums = {0};
    (void)state;
    table_init(&t, DATASET_F64, ROWS_MAX, FEATURES);
    p.shift = 0.75;
    linear_evaluate(&p, DATASET_F64, t.x, t.y, ROWS_MAX, FEATURES, t.w, &sums);
    p.shift = 0.75 + h;
    double above = loss_at(&p, &t, FEATURES, t.w);
    p.shift = 0.75 - h;
    assert_true(fabs((above - loss_at(&p, &t, FEATURES, t.w)) / (2 * h) - sums.error) < 1e-7);
    free(t.memory);
}

static struct linear_sums one_row(enum linear_target target, double x, double y, double *g)
{
    struct linear_problem p = {.model = LINEAR_LOGREG, .target = target, .positive = 7, .scale = 2};
    struct linear_sums sums = {.loss = 10, .correct = 3, .rows = 4};
    const double w = 1;
    linear_gradient(&p, DATASET_F64, &x, &y, 1, 1, &w, g, &sums);
    return sums;
}

static void sums_are_added_to(void **state)
{
    double g = 100;
    struct linear_sums sums = one_row(LINEAR_IS, 0, 7, &g);
    (void)state;
    assert_true(fabs(sums.loss - 10 - log(2)) < 1e-14);
    assert_int_equal(sums.correct, 4); /* p is 0.5, which counts as a yes */
    assert_int_equal(sums.rows, 5);
    assert_true(g == 100);
}

static void a_label_that_is_not_the_positive_one_is_a_no(void **state)
{
    double g = 0;
    struct linear_sums sums = one_row(LINEAR_IS, 4, 1, &g);
    (void)state;
    assert_int_equal(sums.correct, 3);
    assert_true(fabs(sums.loss - 10 - log1p(exp(2))) < 1e-14);
    assert_true(fabs(g - 4 / 2.0 / (1 + exp(-2))) < 1e-14);
}

static void the_loss_of_a_certain_row_is_as_large_as_its_score(void **state)
{
    double g = 0, p;
    (void)state;
    /* Wrong with all certainty: the slope goes on being 1, and so must the loss. */
    assert_true(one_row(LINEAR_AS_IS, -1e6, 1, &g).loss == 10 + 5e5);
    assert_true(one_row(LINEAR_AS_IS, 1e6, 0, &g).loss == 10 + 5e5);
    assert_true(one_row(LINEAR_AS_IS, 1e6, 1, &g).loss == 10);
    /* Right: what is left is the odds, however small. */
    assert_true(fabs(linear_log_loss(100, 1, &p) / exp(-100) - 1) < 1e-15 && p == 1);
    assert_true(fabs(linear_log_loss(-700, 0, &p) / exp(-700) - 1) < 1e-15 && p > 0);
    for (int target = 0; target <= 1; target++) {
        assert_true(linear_log_loss(target ? INFINITY : -INFINITY, target, &p) == 0);
        assert_true(linear_log_loss(target ? -INFINITY : INFINITY, target, &p) == INFINITY);
        assert_true(isnan(linear_log_loss(NAN, target, &p)) && isnan(p));
    }
}

static void the_loss_comes_with_the_probability_of_the_logistic_function(void **state)
{
    (void)state;
    for (int i = -4000; i <= 4000; i++) {
        double z = i / 5.0, p, loss = linear_log_loss(z, 1, &p), right = linear_sigmoid(z);
        long double wanted = log1pl(expl(-(long double)z));
        assert_memory_equal(&p, &right, sizeof p);
        assert_true(fabsl(loss - wanted) <= 5e-16L * wanted + DBL_TRUE_MIN);
        assert_true(linear_log_loss(-z, 0, &p) == loss);
    }
}

static void a_target_between_no_and_yes_weighs_both(void **state)
{
    double g = 0;
    const double p = 1 / (1 + exp(-1.0));
    (void)state;
    assert_true(fabs(one_row(LINEAR_AS_IS, 2, 0.25, &g).loss - 10 + 0.25 * log(p) +
                     0.75 * log(1 - p)) < 1e-14);
}

static void a_step_goes_against_the_gradient(void **state)
{
    double w[] = {1, 2, 3};
    static const double g[] = {10, -10, 0};
    (void)state;
    linear_step(w, g, 3, 0.1);
    assert_true(w[0] == 1 - 0.1 * 10 && w[1] == 2 + 0.1 * 10 && w[2] == 3);
}

static void a_variant_that_is_not_known_is_refused(void **state)
{
    (void)state;
    assert_false(linear_force("mmx"));
    assert_true(linear_force("plain"));
    assert_true(linear_force(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variant_gives_the_bits_of_the_plain_loops),
        cmocka_unit_test(the_bits_are_those_of_the_rule),
        cmocka_unit_test(cutting_a_batch_in_two_changes_no_bit),
        cmocka_unit_test(the_gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(folded_columns_are_scaled_columns),
        cmocka_unit_test(the_error_is_the_slope_by_the_shift),
        cmocka_unit_test(sums_are_added_to),
        cmocka_unit_test(a_label_that_is_not_the_positive_one_is_a_no),
        cmocka_unit_test(the_loss_of_a_certain_row_is_as_large_as_its_score),
        cmocka_unit_test(the_loss_comes_with_the_probability_of_the_logistic_function),
        cmocka_unit_test(a_target_between_no_and_yes_weighs_both),
        cmocka_unit_test(a_step_goes_against_the_gradient),
        cmocka_unit_test(a_variant_that_is_not_known_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
