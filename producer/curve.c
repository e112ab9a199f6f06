/* curve.c: the epochs of a training as numbers. */
#include "producer/curve.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/parse.h"
#include "common/table/csvtable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void curve_clear(struct curve *c)
{
    free(c->epoch);
    *c = (struct curve){0};
}

static enum dtq_err curve_alloc(struct curve *c, size_t most, struct dtq_why *why)
{
    double *all = malloc((7 * most + 1) * sizeof *all);

    if (!all) return err_set(why, DTQ_NOMEM, "out of memory for %zu epochs", most);
    *c = (struct curve){.epoch = all,
                        .loss = all + most,
                        .accuracy = all + 2 * most,
                        .test_loss = all + 3 * most,
                        .test_accuracy = all + 4 * most,
                        .r2 = all + 5 * most,
                        .test_r2 = all + 6 * most};
    return DTQ_OK;
}

static bool any_has(const cJSON *epochs, const char *name)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, epochs) if (isfinite(fields_real(row, name, NAN))) return true;
    return false;
}

/* Whether the epochs have running means of the training set, and no evaluation of it. */
static bool runs(const cJSON *epochs)
{
    return any_has(epochs, "runningLoss") && !any_has(epochs, "loss");
}

/* What the job chose its weights by, in words. */
static void read_choice(const cJSON *params, const cJSON *report, struct curve *c)
{
    bool tested = fields_text(params, "testRef", NULL) || cJSON_HasObjectItem(params, "holdout");

    c->regression = !strcmp(fields_text(params, "model", ""), "linreg");
    c->best_epoch = fields_real(report, "bestEpoch", 0);
    snprintf(c->watched, sizeof c->watched, "%.20s",
             fields_text(params, "watch", tested ? "test_loss" : "loss"));
    for (char *at = c->watched; (at = strchr(at, '_'));)
        *at = ' ';
}

enum dtq_err curve_from_json(const cJSON *epochs, const cJSON *params, const cJSON *report,
                             struct curve *out, struct dtq_why *why)
{
    struct curve c;
    const cJSON *row;
    enum dtq_err err = curve_alloc(&c, (size_t)cJSON_GetArraySize(epochs), why);

    if (err != DTQ_OK) return err;
    c.running = runs(epochs);
    read_choice(params, report, &c);
    cJSON_ArrayForEach(row, epochs)
    {
        c.epoch[c.n] = fields_real(row, "epoch", (double)c.n + 1);
        c.loss[c.n] = fields_real(row, c.running ? "runningLoss" : "loss", NAN);
        c.accuracy[c.n] = fields_real(row, c.running ? "runningAccuracy" : "accuracy", NAN);
        c.test_loss[c.n] = fields_real(row, "testLoss", NAN);
        c.test_accuracy[c.n] = fields_real(row, "testAccuracy", NAN);
        c.r2[c.n] = fields_real(row, "r2", NAN);
        c.test_r2[c.n] = fields_real(row, "testR2", NAN);
        c.n++;
    }
    *out = c;
    return DTQ_OK;
}

/* An empty cell is no number, and no mistake either. */
static bool read_cell(const char *cell, double *out)
{
    *out = NAN;
    return !*cell || parse_real(cell, out);
}

/* The columns of a log that are read, besides that of the epoch: at first those that today's logs
 * have, then those of former ones, where accuracy was that of the test set if there was one. */
enum { CURVE_COLUMNS = 5 };
static const struct log_kind {
    const char *names[CURVE_COLUMNS];
    size_t count;
    bool running, accuracy_is_test;
} log_kinds[] = {
    {{"epoch", "runningLoss", "runningAccuracy", "testLoss", "testAccuracy"}, 5, true, false},
    {{"epoch", "runningLoss", "runningAccuracy", "testLoss"}, 4, true, false},
    {{"epoch", "runningLoss", "runningAccuracy"}, 3, true, false},
    {{"epoch", "loss", "trainAccuracy", "testLoss", "accuracy"}, 5, false, false},
    {{"epoch", "loss", "accuracy", "testLoss", "testAccuracy"}, 5, false, false},
    {{"epoch", "loss", "accuracy", "testLoss"}, 4, false, true},
    {{"epoch", "loss", "accuracy"}, 3, false, false},
};
enum { LOG_KINDS = sizeof log_kinds / sizeof *log_kinds };

/* A column that a log may have, by its own reading; NULL when it has not. */
static struct csvtable *read_extra(const char *path, const char *name)
{
    struct csvtable *t = NULL;
    struct dtq_why why;

    return csvtable_read(path, &name, 1, &t, &why) == DTQ_OK ? t : NULL;
}

static double extra_cell(const struct csvtable *t, size_t row)
{
    double value = NAN;

    return t && row < t->rows && read_cell(t->cells[row], &value) ? value : NAN;
}

static void read_rows(const char *path, const struct csvtable *t, const struct log_kind *kind,
                      struct curve *c, struct buf *warnings)
{
    struct csvtable *r2 = read_extra(path, "r2"), *test_r2 = read_extra(path, "testR2");
    char shown[PARSE_SHOWN];

    for (size_t i = 0; i < t->warnings_kept; i++)
        buf_printf(warnings, "%s, line %zu: %s; left out\n", path, t->warnings[i].line,
                   t->warnings[i].text);
    for (size_t row = 0; row < t->rows; row++) {
        const char *const *cells = t->cells + row * t->columns;
        double *accuracy = kind->accuracy_is_test ? c->test_accuracy : c->accuracy;
        double *to[CURVE_COLUMNS] = {&c->epoch[c->n], &c->loss[c->n], &accuracy[c->n],
                                     &c->test_loss[c->n], &c->test_accuracy[c->n]};
        size_t bad = 0;

        c->accuracy[c->n] = c->test_loss[c->n] = c->test_accuracy[c->n] = NAN;
        c->r2[c->n] = extra_cell(r2, row);
        c->test_r2[c->n] = extra_cell(test_r2, row);
        if (isfinite(c->r2[c->n]) || isfinite(c->test_r2[c->n])) c->regression = true;
        while (bad < t->columns && read_cell(cells[bad], to[bad]))
            bad++;
        if (bad == t->columns && c->epoch[c->n] >= 1)
            c->n++;
        else
            buf_printf(warnings, "%s, line %zu: \"%s\" is no %s; left out\n", path, t->lines[row],
                       parse_shown(cells[bad == t->columns ? 0 : bad], shown),
                       bad == t->columns || !bad ? "number of an epoch" : "number");
    }
    csvtable_free(r2);
    csvtable_free(test_r2);
}

enum dtq_err curve_from_csv(const char *path, struct curve *out, struct buf *warnings,
                            struct dtq_why *why)
{
    struct csvtable *t = NULL;
    struct curve c = {0};
    size_t kind = 0;
    enum dtq_err err = DTQ_INPUT;

    for (; err == DTQ_INPUT && kind < LOG_KINDS; kind++)
        err = csvtable_read(path, log_kinds[kind].names, log_kinds[kind].count, &t, why);
    if (err == DTQ_OK) err = curve_alloc(&c, t->rows, why);
    if (err == DTQ_OK) {
        c.running = log_kinds[kind - 1].running;
        read_rows(path, t, &log_kinds[kind - 1], &c, warnings);
        *out = c;
    }
    csvtable_free(t);
    return err;
}

size_t curve_saved(const struct curve *c)
{
    size_t at = 0;

    while (at < c->n && !(c->best_epoch > 0 && c->epoch[at] == c->best_epoch))
        at++;
    return at;
}

/* A number; nothing where there is none. */
static void number(const cJSON *row, const char *name, int digits, struct buf *out)
{
    double value = fields_real(row, name, NAN);

    if (isfinite(value)) buf_printf(out, "%.*g", digits, value);
}

static void cell(const cJSON *row, const char *name, int digits, struct buf *out)
{
    number(row, name, digits, out);
    buf_text(out, ",");
}

/* What stands behind the columns that every log has, in this order; digits as there. */
static const struct {
    const char *name;
    int digits;
} extras[] = {
    {"testLoss", 17},   {"testAccuracy", 17},
    {"precision", 17},  {"recall", 17},
    {"f1", 17},         {"auc", 17},
    {"rmse", 17},       {"mae", 17},
    {"r2", 17},         {"testPrecision", 17},
    {"testRecall", 17}, {"testF1", 17},
    {"testAuc", 17},    {"testRmse", 17},
    {"testMae", 17},    {"testR2", 17},
    {"computeMs", 12},  {"waitMs", 12},
    {"redisMs", 12},    {"objective", 17},
    {"gradient", 17},   {"lr", 17},
};
enum { EXTRAS = sizeof extras / sizeof *extras };

void curve_to_csv(const char *job_id, const char *mode, const cJSON *epochs, struct buf *out)
{
    bool there[EXTRAS], running = runs(epochs);
    const char *loss = running ? "runningLoss" : "loss";
    const char *accuracy = running ? "runningAccuracy" : "accuracy";
    const cJSON *row;
    char stamp[25];

    buf_printf(out, "timestamp,jobId,epoch,%s,%s,durationMs,throughput,workers,mode", loss,
               accuracy);
    for (size_t i = 0; i < EXTRAS; i++) {
        there[i] = any_has(epochs, extras[i].name);
        if (there[i]) buf_printf(out, ",%s", extras[i].name);
    }
    buf_text(out, "\n");
    cJSON_ArrayForEach(row, epochs)
    {
        clock_stamp(stamp, (int64_t)fields_real(row, "atMs", 0));
        buf_printf(out, "%s,%s,%lld,", stamp, job_id, fields_int(row, "epoch", 0));
        cell(row, loss, 17, out);
        cell(row, accuracy, 17, out);
        cell(row, "durationMs", 12, out);
        cell(row, "throughput", 12, out);
        cell(row, "workers", 12, out);
        buf_text(out, mode);
        for (size_t i = 0; i < EXTRAS; i++) {
            if (there[i]) buf_text(out, ",");
            if (there[i]) number(row, extras[i].name, extras[i].digits, out);
        }
        buf_text(out, "\n");
    }
}
