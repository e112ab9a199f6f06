/* test_brief.c: what a helper has to know of a task survives the way, and other bytes are refused.
 */
#include "worker/brief.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double scaling[] = {1.5, -2, 3};

static struct buf written(void)
{
    struct brief b = {.job = "J1",
                      .nonce = "n.1",
                      .type = "train",
                      .params = "{\"a\":1}",
                      .params_len = 7,
                      .spec = "run\0x",
                      .spec_len = 5,
                      .vectors = {{"scaling", scaling, 3}, {"classes", scaling, 1}},
                      .vector_count = 2};
    struct buf out = {0};

    brief_write(&b, &out);
    assert_false(out.failed);
    return out;
}

static void a_brief_is_the_same_when_read(void **state)
{
    struct buf bytes = written();
    struct brief b;

    (void)state;
    assert_true(brief_read(bytes.data, bytes.len, &b));
    assert_string_equal(b.job, "J1");
    assert_string_equal(b.nonce, "n.1");
    assert_string_equal(b.type, "train");
    assert_int_equal(b.params_len, 7);
    assert_memory_equal(b.params, "{\"a\":1}", 7);
    assert_int_equal(b.spec_len, 5);
    assert_memory_equal(b.spec, "run\0x", 5);
    assert_int_equal(b.vector_count, 2);
    assert_string_equal(b.vectors[0].name, "scaling");
    assert_int_equal(b.vectors[0].count, 3);
    assert_memory_equal(b.vectors[0].v, scaling, sizeof scaling);
    assert_string_equal(b.vectors[1].name, "classes");
    assert_int_equal(b.vectors[1].count, 1);
    buf_clear(&bytes);
}

static void a_brief_cut_short_or_longer_is_refused(void **state)
{
    struct buf bytes = written();
    struct brief b;

    (void)state;
    for (size_t len = 0; len < bytes.len; len++) {
        /* A copy of just these bytes, so that a read behind them is seen. */
        char *copy = malloc(len + 1);

        memcpy(copy, bytes.data, len);
        assert_false(brief_read(copy, len, &b));
        free(copy);
    }
    buf_add(&bytes, "12345678", 8);
    assert_false(brief_read(bytes.data, bytes.len, &b));
    buf_clear(&bytes);
}

static void a_brief_with_a_wrong_byte_does_no_harm(void **state)
{
    struct buf bytes = written();
    struct brief b;

    (void)state;
    for (size_t i = 0; i < bytes.len; i++)
        for (int value = 0; value < 256; value += 5) {
            char was = bytes.data[i];

            bytes.data[i] = (char)value;
            if (brief_read(bytes.data, bytes.len, &b)) {
                assert_true(b.params_len + b.spec_len < bytes.len);
                for (size_t v = 0; v < b.vector_count; v++)
                    assert_true(b.vectors[v].count < bytes.len / 8);
            }
            bytes.data[i] = was;
        }
    buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_brief_is_the_same_when_read),
        cmocka_unit_test(a_brief_cut_short_or_longer_is_refused),
        cmocka_unit_test(a_brief_with_a_wrong_byte_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
