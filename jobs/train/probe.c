/* probe.c: the first look of a training at its files. */
#include "jobs/names.h"
#include "jobs/train/fill.h"
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

/* Puts a label among the classes, where it is not there yet. False: there are too many. */
static bool class_add(struct train_probe *probe, double label)
{
    uint64_t at = class_place(probe, label);

    if (at < probe->class_count && probe->classes[at] == label) return true;
    if (probe->class_count == TRAIN_CLASSES_MAX) return false;
    memmove(probe->classes + at + 1, probe->classes + at,
            (probe->class_count - at) * sizeof *probe->classes);
    probe->classes[at] = label;
    probe->class_count++;
    return true;
}

/* The labels of a former job: its weights know no others. */
static enum dtq_err take_classes(struct work *k, struct train_probe *probe)
{
    const double *v;
    size_t got;
    enum dtq_err err = work_constant(k, "classes", 2 * k->task.classes, &v, &got);

    if (err != DTQ_OK) return err;
    memcpy(probe->classes, v, k->task.classes * sizeof *v);
    probe->class_count = k->task.classes;
    return DTQ_OK;
}

/* None of the first count places of the view may have a label that no class is of. */
static enum dtq_err check_strangers(const struct work *k, const struct train_probe *probe,
                                    const struct rows *rows, uint64_t count, const char *ref)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t row = rows_at(rows, i);
        double label = rows->table->y[row];
        uint64_t at = class_place(probe, label);

        if (at < probe->class_count && probe->classes[at] == label) continue;
        if (k->task.classes)
            return err_set(k->why, DTQ_INPUT,
                           "%.200s, row %llu: label %g, which the former job did not learn; leave "
                           "out such rows, or train a new model",
                           ref, (unsigned long long)row + 1, label);
        return err_set(k->why, DTQ_INPUT,
                       "%.200s, row %llu: label %g, which no row of %.200s that is trained on "
                       "has%s",
                       ref, (unsigned long long)row + 1, label, k->params.data.ref,
                       rows->held ? "; give another holdout, or leave out such rows"
                                  : "; give a testRef of the same kind");
    }
    return DTQ_OK;
}

/* The labels of the first count places, and how many of these have each. */
static enum dtq_err find_classes(struct work *k, uint64_t count, struct train_probe *probe)
{
    const struct rows *rows = &k->train;
    const double *y = rows->table->y;
    enum dtq_err err = DTQ_OK;

    probe->classes = calloc(TRAIN_CLASSES_MAX + 1, sizeof(double));
    probe->counts = calloc(TRAIN_CLASSES_MAX + 1, sizeof(double));
    if (!probe->classes || !probe->counts) return work_no_memory(k->why);
    if (k->task.classes) {
        err = take_classes(k, probe);
        if (err == DTQ_OK) err = check_strangers(k, probe, rows, count, k->params.data.ref);
        if (err != DTQ_OK) return err;
    }
    for (uint64_t i = 0; !k->task.classes && i < count; i++)
        if (!class_add(probe, y[rows_at(rows, i)]))
            return err_set(k->why, DTQ_INPUT,
                           "%s has more than %d different labels; model=softmax learns at most so "
                           "many: give another csvLabel, or model=linreg",
                           k->params.data.ref, TRAIN_CLASSES_MAX);
    if (probe->class_count < 2)
        return err_set(k->why, DTQ_INPUT,
                       "%s has only one label, %g, in the rows trained on; model=softmax needs two "
                       "or more",
                       k->params.data.ref, y[0]);
    for (uint64_t i = 0; i < count; i++)
        probe->counts[class_place(probe, y[rows_at(rows, i)])]++;
    return DTQ_OK;
}

/* What empty cells count as, unless a former job has learnt that. */
static enum dtq_err find_fill(struct work *k, uint64_t count, struct train_probe *probe)
{
    const struct dataset *d = k->train.table;

    if (!k->params.fills || k->task.fill || d->starts) return DTQ_OK;
    probe->fill = malloc(d->features * sizeof *probe->fill);
    probe->fill_count = d->features;
    if (!probe->fill) return work_no_memory(k->why);
    return fill_means(&k->train, count, k->params.data.ref, k->env, probe->fill, k->why);
}

/* For tables that come later, and for those who use the model elsewhere. */
static void find_names(const struct dataset *d, struct train_probe *probe)
{
    const struct dataset_names all = dataset_names(d);
    cJSON *names = d->names && d->features < TRAIN_NAMES_MAX ? names_json(&all) : NULL;

    probe->names = names ? cJSON_PrintUnformatted(names) : NULL;
    cJSON_Delete(names);
    if (!probe->names || strlen(probe->names) < TRAIN_NAMES_MAX) return;
    cJSON_free(probe->names);
    probe->names = NULL;
}

/* Why a sparse test set could not be read: where it has more features than the training set, that
 * is what to say. err: as it is. */
static enum dtq_err wider(struct work *k, enum dtq_err err)
{
    struct dataset_options options = k->params.test;
    unsigned long long features = k->train.table->features;
    const struct dataset *d;

    options.features = 0;
    if (err != DTQ_INPUT || !k->train.table->starts || k->params.features ||
        k->env->dataset(k->env->ctx, &options, &d, NULL) != DTQ_OK || d->features <= features)
        return err;
    return err_set(
        k->why, err,
        "the training set %.120s has %llu features and the test set %.120s has %llu; give "
        "features=%llu, which counts for both",
        k->params.data.ref, features, k->params.test.ref, (unsigned long long)d->features,
        (unsigned long long)d->features);
}

static enum dtq_err look_at_test(struct work *k, struct train_probe *probe)
{
    struct train_params all = k->params;
    enum dtq_err err = DTQ_OK;

    k->test = (struct rows){.table = k->train.table, .every = k->params.holdout, .held = true};
    if (k->params.test.ref) {
        work_test_columns(k);
        k->test = (struct rows){0};
        err = k->env->dataset(k->env->ctx, &k->params.test, &k->test.table, k->why);
        err = wider(k, err);
    }
    if (err != DTQ_OK) return err;
    if (k->test.table->absent_count && k->train.table->starts)
        return err_set(k->why, DTQ_INPUT,
                       "%.200s has empty cells, for which missing=mean has no means: %.200s is "
                       "sparse; give a testRef of the same kind",
                       k->params.test.ref, k->params.data.ref);
    if (all.model == GLM_SOFTMAX)
        err = check_strangers(k, probe, &k->test, rows_count(&k->test),
                              all.test.ref ? all.test.ref : all.data.ref);
    all.samples = 0;
    if (err == DTQ_OK) look_at(&all, &k->test, &probe->test);
    return err;
}

static enum dtq_err look(struct work *k, struct train_probe *probe)
{
    struct train_params *p = &k->params;
    enum dtq_err err = work_learnt(k);

    if (err == DTQ_OK) err = k->env->dataset(k->env->ctx, &p->data, &k->train.table, k->why);
    if (err != DTQ_OK) return err;
    k->train.every = p->holdout;
    if (p->holdout > k->train.table->rows)
        return err_set(k->why, DTQ_INPUT,
                       "holdout=%llu holds back no row: %s has only %llu; give a smaller number",
                       (unsigned long long)p->holdout, p->data.ref,
                       (unsigned long long)k->train.table->rows);
    look_at(p, &k->train, &probe->data);
    if (p->model == GLM_SOFTMAX) err = find_classes(k, probe->data.used, probe);
    if (err == DTQ_OK) err = find_fill(k, probe->data.used, probe);
    if (err == DTQ_OK) find_names(k->train.table, probe);
    probe->has_test = params_tests(p);
    return err == DTQ_OK && probe->has_test ? look_at_test(k, probe) : err;
}

enum dtq_err work_probe(struct work *k, struct buf *result)
{
    struct train_probe probe = {.near = k->env->team ? k->env->team(k->env->ctx) : 0};
    enum dtq_err err = look(k, &probe);

    if (err == DTQ_OK) probe_write(&probe, result);
    probe_clear(&probe);
    return err == DTQ_OK && result->failed ? work_no_memory(k->why) : err;
}
