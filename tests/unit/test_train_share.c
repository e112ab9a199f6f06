/* test_train_share.c: trainings whose runs are shared with other slots of the machine end in the
 * same bits as alone, whoever computes which part. */
#include "tests/support/ask.h"
#include "tests/support/rounds.h"
#include "tests/support/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;
static struct farm_table tables[4];

/* Large enough for several chunks a batch and an evaluation. */
static int open_noise(void **state)
{
    (void)state;
    tables[0] = (struct farm_table){"file:noise", training_noise(20000, 200, 3)};
    tables[1] = (struct farm_table){"file:test", training_noise(30000, 200, 4)};
    return 0;
}

static int close_noise(void **state)
{
    (void)state;
    training_free(tables[0].table);
    training_free(tables[1].table);
    return 0;
}

static void run(const char *text, struct farm *farm)
{
    cJSON *params = ask_params("train", text);

    farm->tables = tables;
    if (farm_run(farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    cJSON_Delete(params);
}

static const char DATA[] = "dataRef=file:noise|testRef=file:test|epochs=3|lr=0.2|";

static void shared_runs_end_in_the_same_bits(void **state)
{
    static const char *const options[] = {
        "model=logreg|normalize=255|batchSize=5000",
        "model=logreg|normalize=standard|bias=true|batchSize=6000|optimizer=adam|shuffle=true",
        "model=logreg|normalize=255|batchSize=20000|classWeight=balanced|metrics=full|patience=2",
        "model=linreg|normalize=standard|batchSize=9000|momentum=0.5|l2=0.01",
        "model=softmax|normalize=255|batchSize=4000|bias=true|metrics=full|shuffle=true",
        "model=logreg|normalize=255|mode=average|batchSize=100",
        "model=logreg|normalize=255|mode=average|batchSize=7000|shards=2|shuffle=true",
        ("model=linreg|normalize=standard|mode=average|shards=3|batchSize=200|optimizer=adam"
         "|bias=true"),
        "model=softmax|normalize=255|mode=average|shards=5|batchSize=100|momentum=0.3|patience=9",
    };

    (void)state;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct farm alone = {.seed = 1};
        char text[300];

        snprintf(text, sizeof text, "%s%s", DATA, options[i]);
        run(text, &alone);
        for (unsigned seed = 2, last = 2 + (unsigned)rounds(3); seed < last; seed++) {
            struct farm farm = {.seed = seed,
                                .slots_most = seed,
                                .help_percent = seed == 4 ? 100 : 50,
                                .takeovers_percent = seed == 3 ? 8 : 0,
                                .twice_percent = 5};

            run(text, &farm);
            training_same(&alone, &farm);
            if (!farm.helped) fail_msg("nobody helped with %s", text);
            farm_clear(&farm);
        }
        farm_clear(&alone);
    }
}

static void helpers_count_as_workers_of_an_epoch(void **state)
{
    struct farm farm = {.seed = 1, .slots_most = 1, .help_percent = 50};
    const cJSON *epoch;

    (void)state;
    run("dataRef=file:noise|epochs=8|batchSize=5000|model=logreg|normalize=255", &farm);
    cJSON_ArrayForEach(epoch, farm.epochs)
    {
        /* One that has the run, and two that the farm names. */
        assert_in_range(fields_int(epoch, "workers", 0), 3, 3);
        assert_true(fields_real(epoch, "computeMs", 0) > 0);
    }
    farm_clear(&farm);
}

/* Each by itself, also where one task ended them all. */
static void an_epoch_tells_its_own_time_and_its_own_workers(void **state)
{
    struct farm farm = {.seed = 1, .slots_most = 1, .help_percent = 50, .clocked = true};
    int i = 0;
    const cJSON *epoch;

    (void)state;
    run("dataRef=file:noise|epochs=6|batchSize=5000|model=logreg|normalize=255", &farm);
    assert_int_equal(farm.rounds, 2); /* the probe, the run */
    cJSON_ArrayForEach(epoch, farm.epochs)
    {
        double ms = 2 * ++i, helped_ms = i % 2;

        assert_int_equal(fields_int(epoch, "workers", 0), i % 2 ? 3 : 1);
        assert_true(fabs(fields_real(epoch, "computeMs", 0) - ms - helped_ms) < 1e-9);
        /* The clock of the farm's tasks is not that of its master, which takes no time: what is
         * told is never less than what went by here. */
        assert_true(fields_real(epoch, "durationMs", -1) >= 0);
        if (fields_real(epoch, "durationMs", 0) > 0)
            assert_true(fabs(fields_real(epoch, "throughput", 0) *
                                 fields_real(epoch, "durationMs", 0) / 20000000 -
                             1) < 1e-9);
    }
    assert_int_equal(i, 6);
    farm_clear(&farm);
}

/* Where all slots share a run, neither steps nor epochs go through the master one by one. */
static void epochs_of_a_team_are_few_tasks(void **state)
{
    static const char *const modes[] = {"batchSize=20000", "mode=average|batchSize=100"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct farm together = {.seed = 1, .slots_most = 4, .help_percent = 50};
        char text[200];

        snprintf(text, sizeof text, "%smodel=logreg|normalize=255|%s", DATA, modes[i]);
        run(text, &together);
        /* The probe, which tells of the team; the run; and the last evaluation ends the job. */
        assert_int_equal(together.rounds, 2);
        farm_clear(&together);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_runs_end_in_the_same_bits),
        cmocka_unit_test(helpers_count_as_workers_of_an_epoch),
        cmocka_unit_test(an_epoch_tells_its_own_time_and_its_own_workers),
        cmocka_unit_test(epochs_of_a_team_are_few_tasks),
    };

    return cmocka_run_group_tests(tests, open_noise, close_noise);
}
