/* test_sparse.c: the sparse kernels against the plain loops, and against the dense kernels on the
 * same rows written out: bit by bit. */
#include "common/math/sparse.h"

#include "tests/support/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 21, FEATURES_MAX = 1000 };

struct matrix {
    struct sparse_rows rows;
    unsigned char *x;
    uint32_t *columns;
    uint64_t starts[ROWS + 1];
    unsigned char *dense; /* (ROWS, features) */
    double y[ROWS];
    double w[FEATURES_MAX];
    double offset[FEATURES_MAX], factor[FEATURES_MAX];
};

/* About one cell in `rarity` is not 0; the first row is empty. */
static void matrix_init(struct matrix *m, enum dataset_type type, size_t features, unsigned rarity)
{
    uint64_t s = 88172645463325252u + type + features;
    const size_t bytes = dataset_type_bytes(type);
    m->x = malloc(ROWS * features * bytes);
    m->columns = malloc(ROWS * features * sizeof *m->columns);
    m->dense = calloc(ROWS * features, bytes);
    assert_true(m->x && m->columns && m->dense);
    uint64_t k = 0;
    for (size_t r = 0; r < ROWS; r++) {
        m->starts[r] = k;
        for (size_t j = 0; j < features && r > 0; j++) {
            if (values_next(&s) >> 32 > UINT32_MAX / rarity) continue;
            values_put(m->x + k * bytes, type, &s);
            memcpy(m->dense + (r * features + j) * bytes, m->x + k * bytes, bytes);
            m->columns[k++] = (uint32_t)j;
        }
        m->y[r] = (double)(values_next(&s) % 3);
    }
    m->starts[ROWS] = k;
    for (size_t j = 0; j < features; j++) {
        m->w[j] = values_real(&s) * 0.01;
        m->offset[j] = values_real(&s);
        m->factor[j] = 1 / (1.5 + values_real(&s));
    }
    m->rows = (struct sparse_rows){type, m->x, m->columns, m->starts, ROWS};
}

static void matrix_clear(struct matrix *m)
{
    free(m->x);
    free(m->columns);
    free(m->dense);
}

static void assert_same_sums(const struct linear_sums *a, const struct linear_sums *b)
{
    assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
    assert_memory_equal(&a->error, &b->error, sizeof a->error);
    assert_int_equal(a->correct, b->correct);
    assert_int_equal(a->rows, b->rows);
}

static void compare(const struct matrix *m, const struct linear_problem *p, size_t features)
{
    const enum dataset_type type = m->rows.type;
    const size_t bytes = features * sizeof(double);
    double z[ROWS], dense_z[ROWS];
    static double g[FEATURES_MAX], dense_g[FEATURES_MAX];
    struct linear_sums learned = {0}, judged = {0}, dense = {0};
    for (size_t j = 0; j < features; j++)
        g[j] = dense_g[j] = 0.25;
    sparse_score(p, &m->rows, m->w, z);
    sparse_gradient(p, &m->rows, m->y, m->w, g, &learned);
    sparse_evaluate(p, &m->rows, m->y, m->w, &judged);
    linear_score(p, type, m->dense, ROWS, features, m->w, dense_z);
    linear_gradient(p, type, m->dense, m->y, ROWS, features, m->w, dense_g, &dense);
    assert_memory_equal(z, dense_z, sizeof z);
    assert_memory_equal(g, dense_g, bytes);
    assert_same_sums(&learned, &dense);
    assert_same_sums(&judged, &dense);
}

static void sparse_rows_have_the_bits_of_dense_ones(void **state)
{
    static const size_t sizes[] = {1, 2, 15, 16, 17, 33, 100, 784, 1000};
    static const double scales[] = {255, 32768, 2147483648.0, 1, 1};
    (void)state;
    for (enum dataset_type type = DATASET_U8; type <= DATASET_F64; type++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (unsigned rarity = 1; rarity < 30; rarity += 9) {
                static struct matrix m;
                matrix_init(&m, type, sizes[i], rarity);
                for (int model = LINEAR_LINREG; model <= LINEAR_LOGREG; model++) {
                    const struct linear_problem p = {.model = model,
                                                     .target = LINEAR_IS,
                                                     .positive = 1,
                                                     .scale = scales[type],
                                                     .shift = rarity == 1 ? 0 : -0.5};
                    compare(&m, &p, sizes[i]);
                }
                matrix_clear(&m);
            }
}

static void fast_loops_have_the_bits_of_the_plain_ones(void **state)
{
    enum { FEATURES = 333 };
    static const struct linear_problem p = {.model = LINEAR_LINREG, .scale = 1};
    (void)state;
    for (enum dataset_type type = DATASET_U8; type <= DATASET_F64; type++) {
        static struct matrix m;
        double z[ROWS], g[FEATURES] = {0}, plain_g[FEATURES] = {0};
        struct linear_sums sums = {0};
        matrix_init(&m, type, FEATURES, 4);
        sparse_score(&p, &m.rows, m.w, z);
        sparse_gradient(&p, &m.rows, m.y, m.w, g, &sums);
        for (size_t r = 0; r < ROWS; r++) {
            const double plain_z = sparse_dot_plain(&m.rows, r, m.w);
            assert_memory_equal(&z[r], &plain_z, sizeof plain_z);
            sparse_add_plain(&m.rows, r, plain_z - m.y[r], plain_g);
        }
        assert_memory_equal(g, plain_g, sizeof g);
        matrix_clear(&m);
    }
}

static void parts_of_a_matrix_add_up_to_its_bits(void **state)
{
    enum { FEATURES = 50, CUT = 7 };
    static const struct linear_problem p = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 1, .scale = 255};
    static struct matrix m;
    double whole[FEATURES] = {0}, parts[FEATURES] = {0};
    struct linear_sums a = {0}, b = {0};
    (void)state;
    matrix_init(&m, DATASET_I16, FEATURES, 3);
    sparse_gradient(&p, &m.rows, m.y, m.w, whole, &a);
    struct sparse_rows part = m.rows;
    part.rows = CUT;
    sparse_gradient(&p, &part, m.y, m.w, parts, &b);
    part.starts += CUT;
    part.rows = ROWS - CUT;
    sparse_gradient(&p, &part, m.y + CUT, m.w, parts, &b);
    assert_memory_equal(whole, parts, sizeof whole);
    assert_same_sums(&a, &b);
    matrix_clear(&m);
}

/* Scaled columns: the same fold and unfold serve both, and so give the same bits. */
static void scaled_columns_need_no_zero_to_be_written_out(void **state)
{
    enum { FEATURES = 77 };
    struct linear_problem p = {
        .model = LINEAR_LOGREG, .target = LINEAR_IS, .positive = 1, .scale = 1};
    static struct matrix m;
    double v[FEATURES], g[FEATURES] = {0}, dense[FEATURES] = {0};
    struct linear_sums a = {0}, b = {0};
    (void)state;
    matrix_init(&m, DATASET_F32, FEATURES, 5);
    const struct linear_columns columns = {m.offset, m.factor};
    p.shift = linear_fold(m.w, &columns, FEATURES, v);
    sparse_gradient(&p, &m.rows, m.y, v, g, &a);
    linear_gradient(&p, DATASET_F32, m.dense, m.y, ROWS, FEATURES, v, dense, &b);
    linear_unfold(g, &columns, FEATURES, a.error);
    linear_unfold(dense, &columns, FEATURES, b.error);
    assert_memory_equal(g, dense, sizeof g);
    assert_same_sums(&a, &b);
    matrix_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_rows_have_the_bits_of_dense_ones),
        cmocka_unit_test(fast_loops_have_the_bits_of_the_plain_ones),
        cmocka_unit_test(parts_of_a_matrix_add_up_to_its_bits),
        cmocka_unit_test(scaled_columns_need_no_zero_to_be_written_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
