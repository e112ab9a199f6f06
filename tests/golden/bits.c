/* bits.c: trains every model with every optimiser and normalisation, on numbers of every type,
 * dense and sparse, by each instruction set that this machine has. Prints a line for each training:
 * the hash of all that must have the same bits. A set that comes to others is named, and the status
 * is
 * 1. bits.sh holds the lines of several compilers against each other. */
#include "common/dataset/hash.h"
#include "common/math/linear.h"
#include "tests/support/ask.h"
#include "tests/support/training.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 303, TEST_ROWS = 101, FEATURES = 13 };

static const char *const models[] = {"model=linreg", "model=logreg|bias=true", "model=softmax"};
static const char *const scalings[] = {"normalize=255", "normalize=standard", "normalize=minmax"};
static const char *const optimizers[] = {
    "lr=0.02",
    "lr=0.02|momentum=0.9|l2=0.01|lrSchedule=invscaling",
    "lr=0.05|optimizer=adagrad|l1=0.001|shuffle=true|lrSchedule=step|lrEvery=1",
    "lr=0.01|optimizer=adam|classWeight=balanced|lrSchedule=cosine",
    "optimizer=lbfgs|l2=0.01",
};
static const char *const modes[] = {"mode=sync", "mode=average|shards=3"};

/* The same numbers as another type. */
static void retype(struct dataset *d, enum dataset_type type)
{
    uint64_t cells = d->starts ? d->values : d->rows * d->features;
    size_t bytes = dataset_type_bytes(type);
    const unsigned char *from = d->x;
    unsigned char *x = aligned_alloc(64, (cells * bytes + 63) / 64 * 64 + 64);

    for (uint64_t i = 0; i < cells; i++) {
        int16_t i16 = (int16_t)(from[i] * 128 - 16384);
        int32_t i32 = from[i] * 8388608 - 1073741824;
        float f32 = (float)from[i] / 3;
        double f64 = (double)from[i] / 7;
        const void *const values[] = {&from[i], &i16, &i32, &f32, &f64};

        memcpy(x + i * bytes, values[type], bytes);
    }
    free((void *)d->x);
    d->x = x;
    d->type = type;
}

static void hash_array(struct hash *h, const void *data, size_t bytes)
{
    if (bytes) hash_add(h, data, bytes);
}

static uint64_t train(const char *text, const struct farm_table *tables)
{
    struct farm farm = {.seed = 3, .tables = tables, .slots_most = 2, .takeovers_percent = 2};
    cJSON *params = ask_params("train", text);
    struct dtq_why why = {""};
    struct hash h;

    if (farm_run(&farm, job_find("train"), params, &why) != DTQ_OK) {
        fprintf(stderr, "bits: %s: %s\n", text, why.text);
        exit(2);
    }
    hash_init(&h, 0);
    hash_array(&h, farm.weights, farm.weight_count * sizeof *farm.weights);
    hash_array(&h, farm.history.data, farm.history.len);
    hash_array(&h, farm.roc.v, farm.roc.count * sizeof *farm.roc.v);
    for (int e = 0; e < cJSON_GetArraySize(farm.epochs); e++) {
        const cJSON *item;

        cJSON_ArrayForEach(item, cJSON_GetArrayItem(farm.epochs, e))
        {
            static const char *const clocks[] = {"durationMs", "throughput", "computeMs", "waitMs",
                                                 "workers"};
            bool timed = !cJSON_IsNumber(item);

            for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
                timed = timed || !strcmp(item->string, clocks[i]);
            if (!timed) hash_array(&h, &item->valuedouble, sizeof item->valuedouble);
        }
    }
    farm_clear(&farm);
    cJSON_Delete(params);
    return hash_end(&h);
}

/* One training by each instruction set; one line. */
static bool compare(const char *text, const char *table, const struct farm_table *tables)
{
    uint64_t first = 0;
    const char *by = NULL;
    bool same = true;

    for (size_t i = 0; linear_variant_name(i); i++) {
        uint64_t hash;

        if (!linear_force(linear_variant_name(i))) continue; /* not on this processor */
        hash = train(text, tables);
        if (!by) {
            by = linear_variant_name(i);
            first = hash;
        } else if (hash != first) {
            fprintf(stderr, "bits: %s, %s: other bits by %s than by %s\n", table, text,
                    linear_variant_name(i), by);
            same = false;
        }
    }
    printf("%016" PRIx64 " %s %s\n", first, table, text);
    return same;
}

static void four_classes(struct dataset *d)
{
    const unsigned char *x = d->x;

    for (uint64_t i = 0; i < d->rows; i++)
        ((double *)d->y)[i] = (x[i * d->features] > 127) + 2 * (x[i * d->features + 1] > 127);
}

/* A table of noise and one to test on. */
static void open_tables(struct farm_table tables[3], bool classes, bool sparse,
                        enum dataset_type type)
{
    static const uint64_t rows[] = {ROWS, TEST_ROWS};
    static const char *const refs[] = {"file:noise", "file:test"};

    for (size_t i = 0; i < 2; i++) {
        struct dataset *d = training_noise(rows[i], FEATURES, 3 + i);

        if (classes) four_classes(d);
        if (sparse) {
            struct dataset *dense = d;

            d = training_sparse(dense, 160);
            training_free(dense);
        }
        retype(d, type);
        tables[i] = (struct farm_table){refs[i], d};
    }
    tables[2].ref = NULL;
}

/* All options on one table; or, where its type is another one, the first of each. */
static bool compare_table(bool sparse, enum dataset_type type)
{
    bool few = type != DATASET_U8, same = true;
    char text[400], name[24];

    snprintf(name, sizeof name, "%s-%s", dataset_type_name(type), sparse ? "sparse" : "dense");
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        struct farm_table tables[3];

        open_tables(tables, m == 2, sparse, type);
        for (size_t s = 0; s < sizeof scalings / sizeof *scalings; s++)
            for (size_t o = 0; o < sizeof optimizers / sizeof *optimizers; o++)
                for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
                    bool lbfgs = strstr(optimizers[o], "lbfgs") != NULL;

                    if (few && (s != 1 || o % 3 != 0 || k)) continue;
                    if ((lbfgs && k) || (m == 0 && strstr(optimizers[o], "balanced"))) continue;
                    snprintf(text, sizeof text,
                             "%s|dataRef=file:noise|testRef=file:test|epochs=3|%smetrics=full|"
                             "%s|%s|%s",
                             models[m], lbfgs ? "" : "batchSize=50|", scalings[s], optimizers[o],
                             modes[k]);
                    same = compare(text, name, tables) && same;
                }
        training_free(tables[0].table);
        training_free(tables[1].table);
    }
    return same;
}

int main(void)
{
    bool same = true;

    for (enum dataset_type type = DATASET_U8; type <= DATASET_F64; type++)
        for (int sparse = 0; sparse < 2; sparse++)
            same = compare_table(sparse, type) && same;
    return same ? 0 : 1;
}
