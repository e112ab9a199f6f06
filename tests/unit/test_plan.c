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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_of_a_run_over_many_epochs_stays_small),
        cmocka_unit_test(a_run_ends_one_epoch_at_least_however_long_the_weights_are),
        cmocka_unit_test(a_run_that_ends_within_an_epoch_gives_one_vector_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
