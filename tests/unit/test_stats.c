/* test_stats.c: statistics of columns: the right numbers, and the same bits however the chunks are
 * dealt out. */
#include "common/math/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FEATURES = 3, ROWS = 13 * STATS_CHUNK_ROWS + 77 };

static double x[ROWS * FEATURES];

static int fill(void **state)
{
    uint64_t s = 88172645463325252u;
    (void)state;
    for (size_t i = 0; i < ROWS * FEATURES; i++) {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        x[i] = (i % FEATURES == 1 ? 1e9 : 0) + (double)(s >> 11) * 0x1p-53;
    }
    return 0;
}

static size_t chunk_rows(size_t chunk)
{
    const size_t from = chunk * STATS_CHUNK_ROWS;
    return ROWS - from < STATS_CHUNK_ROWS ? ROWS - from : STATS_CHUNK_ROWS;
}

/* The chunks [from, to) through a tree of their own. */
static void run(size_t from, size_t to, struct stats *out)
{
    struct stats node[FEATURES];
    struct stats_tree *tree = stats_tree_new(FEATURES);
    assert_non_null(tree);
    for (size_t c = from; c < to; c++) {
        stats_chunk(DATASET_F64, x + c * STATS_CHUNK_ROWS * FEATURES, chunk_rows(c), FEATURES,
                    node);
        assert_true(stats_tree_push(tree, node, 0));
    }
    assert_true(stats_tree_finish(tree, out));
    stats_tree_free(tree);
}

static void tasks_of_any_size_give_the_same_bits(void **state)
{
    const size_t chunks = (ROWS + STATS_CHUNK_ROWS - 1) / STATS_CHUNK_ROWS;
    struct stats whole[FEATURES], part[FEATURES], sum[FEATURES];
    (void)state;
    run(0, chunks, whole);
    for (unsigned level = 0; level < 6; level++) {
        const size_t step = (size_t)1 << level;
        struct stats_tree *tree = stats_tree_new(FEATURES);
        assert_non_null(tree);
        for (size_t from = 0; from < chunks; from += step) {
            run(from, from + step < chunks ? from + step : chunks, part);
            assert_true(stats_tree_push(tree, part, level));
        }
        assert_true(stats_tree_finish(tree, sum));
        stats_tree_free(tree);
        assert_memory_equal(whole, sum, sizeof whole);
    }
}

static void the_numbers_are_right(void **state)
{
    struct stats s[FEATURES];
    (void)state;
    run(0, (ROWS + STATS_CHUNK_ROWS - 1) / STATS_CHUNK_ROWS, s);
    for (size_t j = 0; j < FEATURES; j++) {
        const double base = j == 1 ? 1e9 : 0; /* the distance from it is exact, and small */
        double sum = 0, squares = 0, min = INFINITY, max = -INFINITY;
        for (size_t r = 0; r < ROWS; r++) {
            const double v = x[r * FEATURES + j];
            sum += v - base;
            if (v < min) min = v;
            if (v > max) max = v;
        }
        for (size_t r = 0; r < ROWS; r++) {
            const double d = x[r * FEATURES + j] - base - sum / ROWS;
            squares += d * d;
        }
        assert_int_equal(s[j].count, ROWS);
        assert_true(s[j].min == min && s[j].max == max);
        assert_true(fabs(s[j].mean - base - sum / ROWS) <= 1e-15 * base + 1e-14);
        /* A mean is known to half a unit in its last place, and so are distances between means. */
        assert_true(fabs(s[j].squares - squares) <= (j == 1 ? 1e-7 : 1e-12) * squares);
    }
}

static void what_is_not_there_is_counted_apart(void **state)
{
    const double cells[] = {NAN, 4, NAN, NAN, 2, NAN};
    struct stats s[2], none[2] = {{0}, {0}};
    (void)state;
    stats_chunk(DATASET_F64, cells, 3, 2, s);
    assert_int_equal(s[0].count, 1);
    assert_int_equal(s[0].missing, 2);
    assert_true(s[0].mean == 2 && s[0].squares == 0 && s[0].min == 2 && s[0].max == 2);
    assert_int_equal(s[1].count, 1);
    none[0].missing = 5;
    stats_merge(none, s, 2);
    assert_int_equal(none[0].missing, 7);
    assert_true(none[0].mean == 2 && none[1].mean == 4);
    stats_merge(s, none, 2);
    assert_int_equal(s[0].count, 2);
    assert_int_equal(s[0].missing, 9);
}

static void sparse_columns_count_their_zeros(void **state)
{
    static const uint8_t values[] = {4, 2, 6};
    static const uint32_t columns[] = {0, 1, 0};
    static const uint64_t starts[] = {0, 2, 2, 3, 3};
    static const uint8_t dense[] = {4, 2, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0};
    const struct sparse_rows rows = {DATASET_U8, values, columns, starts, 4};
    struct stats s[3], d[3];
    (void)state;
    stats_chunk_sparse(&rows, 3, s);
    stats_chunk(DATASET_U8, dense, 4, 3, d);
    for (size_t j = 0; j < 3; j++) {
        assert_int_equal(s[j].count, 4);
        assert_true(s[j].mean == d[j].mean && s[j].min == d[j].min && s[j].max == d[j].max);
        assert_true(fabs(s[j].squares - d[j].squares) < 1e-12);
    }
    static const int16_t below[] = {-1, -2};
    static const uint64_t two[] = {0, 1, 2, 2};
    static const uint32_t first[] = {0, 0};
    const struct sparse_rows negative = {DATASET_I16, below, first, two, 3};
    stats_chunk_sparse(&negative, 1, s);
    assert_true(s[0].min == -2 && s[0].max == 0 && s[0].mean == -1 && s[0].squares == 2);
}

static void columns_are_brought_to_one_scale(void **state)
{
    const struct stats s[] = {{.count = 4, .mean = 3, .squares = 16, .min = 1, .max = 5},
                              {.count = 4, .mean = 7, .squares = 0, .min = 7, .max = 7},
                              {.missing = 4}};
    double offset[3], factor[3];
    (void)state;
    stats_scaling(s, 3, STATS_STANDARD, offset, factor);
    assert_true(offset[0] == 3 && factor[0] == 0.5);
    assert_true(offset[1] == 7 && factor[1] == 1);
    assert_true(offset[2] == 0 && factor[2] == 1);
    stats_scaling(s, 3, STATS_MINMAX, offset, factor);
    assert_true(offset[0] == 1 && factor[0] == 0.25);
    assert_true(offset[1] == 7 && factor[1] == 1);
}

static void a_tree_of_nothing_says_so(void **state)
{
    struct stats s[FEATURES];
    struct stats_tree *tree = stats_tree_new(FEATURES);
    (void)state;
    assert_false(stats_tree_finish(tree, s));
    stats_tree_free(tree);
    stats_tree_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_of_any_size_give_the_same_bits),
        cmocka_unit_test(the_numbers_are_right),
        cmocka_unit_test(what_is_not_there_is_counted_apart),
        cmocka_unit_test(sparse_columns_count_their_zeros),
        cmocka_unit_test(columns_are_brought_to_one_scale),
        cmocka_unit_test(a_tree_of_nothing_says_so),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
