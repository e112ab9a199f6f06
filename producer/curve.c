/* curve.c: the epochs of a training as numbers. */
#include "producer/curve.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/parse.h"
#include "common/table/csvtable.h"

#include <math.h>
#include <stdlib.h>

void curve_clear(struct curve *c)
{
    free(c->epoch);
    *c = (struct curve){0};
}

static enum dtq_err curve_alloc(struct curve *c, size_t most, struct dtq_why *why)
{
    double *all = malloc((4 * most + 1) * sizeof *all);

    if (!all) return err_set(why, DTQ_NOMEM, "out of memory for %zu epochs", most);
    *c = (struct curve){0, all, all + most, all + 2 * most, all + 3 * most};
    return DTQ_OK;
}

enum dtq_err curve_from_json(const cJSON *epochs, struct curve *out, struct dtq_why *why)
{
    struct curve c;
    const cJSON *row;
    enum dtq_err err = curve_alloc(&c, (size_t)cJSON_GetArraySize(epochs), why);

    if (err != DTQ_OK) return err;
    cJSON_ArrayForEach(row, epochs)
    {
        c.epoch[c.n] = fields_real(row, "epoch", (double)c.n + 1);
        c.loss[c.n] = fields_real(row, "loss", NAN);
        c.accuracy[c.n] = fields_real(row, "accuracy", NAN);
        c.test_loss[c.n] = fields_real(row, "testLoss", NAN);
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

static void read_rows(const char *path, const struct csvtable *t, struct curve *c,
                      struct buf *warnings)
{
    char shown[PARSE_SHOWN];

    for (size_t i = 0; i < t->warnings_kept; i++)
        buf_printf(warnings, "%s, line %zu: %s; left out\n", path, t->warnings[i].line,
                   t->warnings[i].text);
    for (size_t row = 0; row < t->rows; row++) {
        const char *const *cells = t->cells + row * t->columns;
        double *to[] = {&c->epoch[c->n], &c->loss[c->n], &c->accuracy[c->n], &c->test_loss[c->n]};
        size_t bad = 0;

        c->test_loss[c->n] = NAN;
        while (bad < t->columns && read_cell(cells[bad], to[bad]))
            bad++;
        if (bad == t->columns && c->epoch[c->n] >= 1)
            c->n++;
        else
            buf_printf(warnings, "%s, line %zu: \"%s\" is no %s; left out\n", path, t->lines[row],
                       parse_shown(cells[bad == t->columns ? 0 : bad], shown),
                       bad == t->columns || !bad ? "number of an epoch" : "number");
    }
}

enum dtq_err curve_from_csv(const char *path, struct curve *out, struct buf *warnings,
                            struct dtq_why *why)
{
    static const char *const names[] = {"epoch", "loss", "accuracy", "testLoss"};
    struct csvtable *t = NULL;
    struct curve c = {0};
    enum dtq_err err = csvtable_read(path, names, 4, &t, why);

    if (err == DTQ_INPUT) err = csvtable_read(path, names, 3, &t, why); /* had no test set */
    if (err == DTQ_OK) err = curve_alloc(&c, t->rows, why);
    if (err == DTQ_OK) {
        read_rows(path, t, &c, warnings);
        *out = c;
    }
    csvtable_free(t);
    return err;
}

size_t curve_best(const struct curve *c)
{
    const double *loss = c->loss;
    size_t best = c->n;

    for (size_t i = 0; i < c->n; i++)
        if (isfinite(c->test_loss[i])) loss = c->test_loss;
    for (size_t i = 0; i < c->n; i++)
        if (isfinite(loss[i]) && (best == c->n || loss[i] < loss[best])) best = i;
    return best;
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

void curve_to_csv(const char *job_id, const char *mode, const cJSON *epochs, struct buf *out)
{
    bool tested = false;
    const cJSON *row;
    char stamp[25];

    cJSON_ArrayForEach(row, epochs) if (cJSON_HasObjectItem(row, "testLoss")) tested = true;
    buf_text(out, "timestamp,jobId,epoch,loss,accuracy,durationMs,throughput,workers,mode");
    buf_text(out, tested ? ",testLoss\n" : "\n");
    cJSON_ArrayForEach(row, epochs)
    {
        clock_stamp(stamp, (int64_t)fields_real(row, "atMs", 0));
        buf_printf(out, "%s,%s,%lld,", stamp, job_id, fields_int(row, "epoch", 0));
        cell(row, "loss", 17, out);
        cell(row, "accuracy", 17, out);
        cell(row, "durationMs", 12, out);
        cell(row, "throughput", 12, out);
        cell(row, "workers", 12, out);
        buf_text(out, mode);
        if (tested) buf_text(out, ",");
        if (tested) number(row, "testLoss", 17, out);
        buf_text(out, "\n");
    }
}
