/* probe.c: the first look of a training at its files. */
#include "jobs/data.h"
#include "jobs/train/work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Targets as the model sees them. */
static double target_of(const struct train_params *p, double y)
{
    return p->binary ? y == p->positive : y;
}

static void look_at(const struct train_params *p, const struct rows *rows, struct train_facts *out)
{
    const struct dataset *d = rows->table;
    uint64_t count = rows_count(rows);
    double mean = 0;

    *out = (struct train_facts){
        .file = {.rows = d->rows,
                 .features = d->features,
                 .values = d->starts ? d->values : 0,
                 .digest = d->digest},
        .zero_one = true,
        .least = d->y[0],
        .most = d->y[0],
    };
    if (p->samples && !rows->held && p->samples < count) count = p->samples;
    out->used = count;
    for (uint64_t i = 0; i < count; i++) {
        double y = d->y[rows_at(rows, i)];

        if (y == (p->binary ? p->positive : 1)) out->positive++;
        if (y != 0 && y != 1) out->zero_one = false;
        out->least = fmin(out->least, y);
        out->most = fmax(out->most, y);
        mean += (target_of(p, y) - mean) / ((double)i + 1);
    }
    for (uint64_t i = 0; i < count; i++) {
        double distance = target_of(p, d->y[rows_at(rows, i)]) - mean;

        out->spread += distance * distance;
    }
}

/* Place of a label among the classes found so far, or where it belongs. */
static uint64_t class_place(const struct train_probe *probe, double label)
{
    uint64_t low = 0, high = probe->class_count;

    while (low < high) {
        uint64_t middle = (low + high) / 2;

        if (probe->classes[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* All labels of the file, and the rows to be trained on that have each. */
static enum dtq_err find_classes(const struct train_params *p, const struct rows *rows,
                                 struct train_probe *probe, struct dtq_why *why)
{
    const struct dataset *d = rows->table;
    uint64_t count = rows_count(rows);

    probe->classes = calloc(TRAIN_CLASSES_MAX + 1, sizeof(double));
    probe->counts = calloc(TRAIN_CLASSES_MAX + 1, sizeof(double));
    if (!probe->classes || !probe->counts) return work_no_memory(why);
    for (uint64_t i = 0; i < d->rows; i++) {
        uint64_t at = class_place(probe, d->y[i]);

        if (at < probe->class_count && probe->classes[at] == d->y[i]) continue;
        if (probe->class_count == TRAIN_CLASSES_MAX)
            return err_set(why, DTQ_INPUT,
                           "%s has more than %d different labels; model=softmax learns at most so "
                           "many: give another csvLabel, or model=linreg",
                           p->data.ref, TRAIN_CLASSES_MAX);
        memmove(probe->classes + at + 1, probe->classes + at,
                (probe->class_count - at) * sizeof(double));
        probe->classes[at] = d->y[i];
        probe->class_count++;
    }
    if (probe->class_count < 2)
        return err_set(why, DTQ_INPUT, "%s has only one label, %g; model=softmax needs two or more",
                       p->data.ref, d->y[0]);
    if (p->samples && p->samples < count) count = p->samples;
    for (uint64_t i = 0; i < count; i++)
        probe->counts[class_place(probe, d->y[rows_at(rows, i)])]++;
    return DTQ_OK;
}

/* A test set must not have labels that nobody learned. */
static enum dtq_err check_strangers(const struct train_params *p, const struct train_probe *probe,
                                    const struct dataset *test, struct dtq_why *why)
{
    for (uint64_t i = 0; i < test->rows; i++) {
        uint64_t at = class_place(probe, test->y[i]);

        if (at == probe->class_count || probe->classes[at] != test->y[i])
            return err_set(why, DTQ_INPUT,
                           "%s, row %llu: label %g, which no row of %s has; give a testRef of the "
                           "same kind",
                           p->test.ref, (unsigned long long)i + 1, test->y[i], p->data.ref);
    }
    return DTQ_OK;
}

/* For those who use the model elsewhere. Without them it is as good, so none is no error. */
static void find_names(const struct dataset *d, struct train_probe *probe)
{
    cJSON *names = d->features < TRAIN_NAMES_MAX ? data_names(d) : NULL;

    probe->names = names ? cJSON_PrintUnformatted(names) : NULL;
    cJSON_Delete(names);
    if (!probe->names || strlen(probe->names) < TRAIN_NAMES_MAX) return;
    cJSON_free(probe->names);
    probe->names = NULL;
}

static enum dtq_err look(struct train_params *p, const struct job_env *env,
                         struct train_probe *probe, struct dtq_why *why)
{
    struct rows train = {.every = p->holdout}, test = {.every = p->holdout, .held = true};
    enum dtq_err err = env->dataset(env->ctx, &p->data, &train.table, why);

    if (err != DTQ_OK) return err;
    test.table = train.table;
    if (p->holdout > train.table->rows)
        return err_set(why, DTQ_INPUT,
                       "holdout=%llu holds back no row: %s has only %llu; give a smaller number",
                       (unsigned long long)p->holdout, p->data.ref,
                       (unsigned long long)train.table->rows);
    look_at(p, &train, &probe->data);
    if (p->model == GLM_SOFTMAX) err = find_classes(p, &train, probe, why);
    if (err == DTQ_OK && p->test.ref) {
        if (train.table->starts) p->test.features = train.table->features;
        err = env->dataset(env->ctx, &p->test, &test.table, why);
        test.every = 0;
        test.held = false;
    }
    if (err == DTQ_OK && p->model == GLM_SOFTMAX && p->test.ref)
        err = check_strangers(p, probe, test.table, why);
    probe->has_test = params_tests(p);
    if (err == DTQ_OK) find_names(train.table, probe);
    if (err == DTQ_OK && probe->has_test) {
        struct train_params all = *p;

        all.samples = 0;
        look_at(&all, &test, &probe->test);
    }
    return err;
}

enum dtq_err work_probe(struct train_params *p, const struct job_env *env, struct buf *result,
                        struct dtq_why *why)
{
    struct train_probe probe = {.near = env->team ? env->team(env->ctx) : 0};
    enum dtq_err err = look(p, env, &probe, why);

    if (err == DTQ_OK) probe_write(&probe, result);
    probe_clear(&probe);
    return err == DTQ_OK && result->failed ? work_no_memory(why) : err;
}
