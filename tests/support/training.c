/* training.c: tables of noise, and trainings held against each other. */
#include "tests/support/training.h"

#include "tests/support/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A table of noise whose label depends on it; big enough that steps are spread over workers. */
struct dataset *training_noise(uint64_t rows, uint64_t features, uint64_t seed)
{
    struct dataset *d = calloc(1, sizeof *d);
    unsigned char *x = aligned_alloc(64, (rows * features + 63) / 64 * 64);
    double *y = calloc(rows, sizeof *y);

    for (uint64_t i = 0; i < rows * features; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x[i] = (unsigned char)(seed >> 56);
    }
    for (uint64_t i = 0; i < rows; i++)
        y[i] = x[i * features] + x[i * features + 1] > 255;
    *d = (struct dataset){
        .rows = rows, .features = features, .type = DATASET_U8, .x = x, .y = y, .digest = seed};
    return d;
}

void training_free(const struct dataset *d)
{
    free((void *)d->starts);
    free((void *)d->columns);
    free((void *)d->x);
    free((void *)d->y);
    free((void *)d);
}

const char *training_steps(const char *options, const char *steps)
{
    return strstr(options, "lbfgs") ? "" : steps;
}

/* What a job ends in must be what one worker alone comes to, bit by bit. */
void training_same(const struct farm *a, const struct farm *b)
{
    static const char *const names[] = {"runningLoss",  "runningAccuracy",
                                        "loss",         "accuracy",
                                        "testLoss",     "count",
                                        "bestEpoch",    "auc",
                                        "testAuc",      "f1",
                                        "testF1",       "r2",
                                        "testR2",       "precision",
                                        "rmse",         "mae",
                                        "testAccuracy", "recall",
                                        "epochsDone"};

    assert_int_equal(a->weight_count, b->weight_count);
    assert_memory_equal(a->weights, b->weights, a->weight_count * sizeof *a->weights);
    assert_int_equal(cJSON_GetArraySize(a->epochs), cJSON_GetArraySize(b->epochs));
    assert_int_equal(a->history.len,
                     (size_t)cJSON_GetArraySize(a->epochs) * a->weight_count * sizeof(double));
    assert_int_equal(a->history.len, b->history.len);
    assert_memory_equal(a->history.data, b->history.data, a->history.len);
    assert_int_equal(a->roc.count, b->roc.count);
    if (a->roc.count) assert_memory_equal(a->roc.v, b->roc.v, a->roc.count * sizeof *a->roc.v);
    assert_true(cJSON_Compare(cJSON_GetObjectItem(a->report, "confusion"),
                              cJSON_GetObjectItem(b->report, "confusion"), true) ||
                !cJSON_HasObjectItem(a->report, "confusion"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double x = fields_real(a->report, names[i], -1), y = fields_real(b->report, names[i], -1);

        if (x != y) fail_msg("%s: %.17g and %.17g", names[i], x, y);
        for (int e = 0; e < cJSON_GetArraySize(a->epochs); e++)
            assert_true(fields_real(cJSON_GetArrayItem(a->epochs, e), names[i], -1) ==
                        fields_real(cJSON_GetArrayItem(b->epochs, e), names[i], -1));
    }
}

/* Runs the job by one slot alone, then many times with all that can happen. */
void training_bits(const char *text, const struct farm_table *tables, unsigned times,
                   unsigned slots_most)
{
    cJSON *params = ask_params("train", text);
    struct dtq_why why = {""};
    struct farm alone = {.seed = 1, .tables = tables};
    unsigned takeovers = 0, spread = 0;

    if (farm_run(&alone, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
    for (unsigned i = 0; i < times; i++) {
        struct farm farm = {.seed = i + 2,
                            .tables = tables,
                            .slots_most = slots_most,
                            .takeovers_percent = i % 3 * 8,
                            .twice_percent = 5};

        if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) fail_msg("%s", why.text);
        training_same(&alone, &farm);
        takeovers += farm.takeovers;
        if (farm.spread > spread) spread = farm.spread;
        farm_clear(&farm);
    }
    assert_true(takeovers > 0);
    if (slots_most > 2) assert_true(spread > 1);
    farm_clear(&alone);
    cJSON_Delete(params);
}

struct dataset *training_sparse(struct dataset *dense, unsigned zero)
{
    uint64_t cells = dense->rows * dense->features, used = 0;
    unsigned char *from = (unsigned char *)dense->x, *x = malloc(cells + 1);
    uint64_t *starts = calloc(dense->rows + 1, sizeof *starts);
    uint32_t *columns = calloc(cells + 1, sizeof *columns);
    double *y = malloc(dense->rows * sizeof *y);
    struct dataset *d = malloc(sizeof *d);

    memcpy(y, dense->y, dense->rows * sizeof *y);
    for (uint64_t i = 0; i < cells; i++) {
        if (from[i] < zero) from[i] = 0;
        if (from[i]) {
            columns[used] = (uint32_t)(i % dense->features);
            x[used++] = from[i];
        }
        if ((i + 1) % dense->features == 0) starts[i / dense->features + 1] = used;
    }
    *d = *dense;
    d->x = x;
    d->y = y;
    d->starts = starts;
    d->columns = columns;
    d->values = used;
    return d;
}
