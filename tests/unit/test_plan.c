/* test_plan.c: how far one run of steps goes. */
#include "jobs/train/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RESULT_MAX = 4 << 20 };

static struct train_plan plan_of(uint64_t rows, uint64_t features, uint64_t epochs, uint64_t batch)
{
    struct train_params p = {.epochs = epochs, .batch = batch};
    struct train_shape shape = {.rows = rows, .features = features};
    struct train_plan plan;

    plan_init(&plan, &p, &shape, 0);
    return plan;
}

/* The bytes that such a run sends back: a vector and the sums of each epoch. */
static uint64_t bytes_of(const struct train_plan *plan, struct train_pos from,
                         struct train_pos until)
{
    return plan_run_vectors(from, until) * (plan->features * 8 + 128);
}

static void the_result_of_a_run_over_many_epochs_stays_small(void **state)
{
    static const uint64_t features[] = {1, 40, 700, 5000, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        struct train_plan plan = plan_of(20, features[i], 1000000000, 6);
        struct train_pos from = {0, 0};

        for (int run = 0; run < 20; run++) {
            struct train_pos until = plan_until(&plan, from, (struct train_slots){1, 1});

            assert_true(plan_leads(&plan, from, until));
            assert_true(bytes_of(&plan, from, until) <= RESULT_MAX);
            from = until;
        }
        assert_true(from.epoch > 20);
    }
}

static void a_run_ends_one_epoch_at_least_however_long_the_weights_are(void **state)
{
    struct train_plan plan = plan_of(2, 3000000, 10, 1);
    struct train_pos until = plan_until(&plan, (struct train_pos){3, 1},
                                        (struct train_slots){1, 1});

    (void)state;
    assert_int_equal(until.epoch, 4);
    assert_int_equal(until.row, 0);
}

static void a_run_that_ends_within_an_epoch_gives_one_vector_more(void **state)
{
    (void)state;
    assert_int_equal(plan_run_vectors((struct train_pos){2, 0}, (struct train_pos){5, 0}), 3);
    assert_int_equal(plan_run_vectors((struct train_pos){2, 64}, (struct train_pos){5, 64}), 4);
    assert_int_equal(plan_run_vectors((struct train_pos){2, 0}, (struct train_pos){2, 64}), 1);
}

static void a_batch_is_cut_into_a_power_of_two_of_even_chunks(void **state)
{
    static const uint64_t batches[] = {1, 128, 600, 2048, 4096, 4097, 20000, 60000};

    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        struct train_plan plan = plan_of(60000, 784, 1, batches[i]);
        uint64_t chunks = plan_chunks(&plan, plan.batch);

        assert_int_equal(chunks & (chunks - 1), 0);
        assert_true(chunks <= 64);
        /* None is longer than the others by more than the rows that cannot be divided. */
        assert_true(plan.chunk_rows * chunks - plan.batch < chunks);
    }
    assert_int_equal(plan_of(60000, 784, 1, 128).chunk_rows, 128);
    assert_int_equal(plan_of(60000, 784, 1, 512).chunk_rows, 256);
    assert_int_equal(plan_of(60000, 784, 1, 4096).chunk_rows, 256);
}

/* Slots that share a run in memory need no round through the master for what is small. */
static void what_a_team_shares_is_not_spread(void **state)
{
    const struct train_slots far = {4, 1}, some = {4, 2}, near = {4, 4}, one = {1, 1};
    struct train_plan plan = plan_of(60000, 784, 10, 8192);
    struct train_params average = {.epochs = 3, .batch = 128, .mode = TRAIN_AVERAGE, .shards = 8};
    struct train_shape shape = {.rows = 60000, .features = 784, .test_rows = 20000};

    (void)state;
    assert_true(plan_spread(&plan, 0, far));
    assert_true(plan_spread(&plan, 0, some));
    assert_false(plan_spread(&plan, 0, near));
    assert_false(plan_spread(&plan, 0, one));
    plan_init(&plan, &average, &shape, 0);
    assert_false(plan_shards_run(&plan, far));
    assert_false(plan_shards_run(&plan, some));
    assert_true(plan_shards_run(&plan, near));
    assert_true(plan_shards_run(&plan, one));
    assert_false(plan_eval_inline(&plan, some));
    assert_true(plan_eval_inline(&plan, near));
    assert_int_equal(plan_parts(&plan), 8);
    /* A run of shards ends with an epoch, trained or evaluated. */
    for (struct train_pos at = {0, 0}; at.epoch < 3;) {
        struct train_pos until = plan_until(&plan, at, near);

        assert_true(plan_leads(&plan, at, until));
        assert_true(until.row == 0 || until.row == 60000);
        at = until;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_of_a_run_over_many_epochs_stays_small),
        cmocka_unit_test(a_run_ends_one_epoch_at_least_however_long_the_weights_are),
        cmocka_unit_test(a_run_that_ends_within_an_epoch_gives_one_vector_more),
        cmocka_unit_test(a_batch_is_cut_into_a_power_of_two_of_even_chunks),
        cmocka_unit_test(what_a_team_shares_is_not_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
