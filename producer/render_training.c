/* render_training.c: epochs and metrics of a training, and of whatever else evaluates a model, as
 * text for people. */
#include "producer/render.h"

#include "common/fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EPOCHS_SHOWN = 20 };

/* --- epochs ----------------------------------------------------------------------------------- */

static const struct {
    const char *name; /* in the rows of epochs */
    int digits;       /* behind the point; -1: as many as the size of the number asks for */
} epoch_cells[] = {
    {"epoch", 0},    {"runningLoss", -1}, {"loss", -1},        {"runningAccuracy", 4},
    {"accuracy", 4}, {"testLoss", -1},    {"testAccuracy", 4}, {"r2", 4},
    {"testR2", 4},   {"throughput", 0},   {"workers", 0},      {"durationMs", 1},
};
enum { EPOCH_CELLS = sizeof epoch_cells / sizeof *epoch_cells };

static const struct table_column epoch_columns[EPOCH_CELLS + 1] = {
    {"epoch", 0, 0, true},       {"running loss", 1, 0, true}, {"loss", 1, 0, true},
    {"running acc", 4, 0, true}, {"accuracy", 4, 0, true},     {"test loss", 2, 0, true},
    {"test acc", 3, 0, true},    {"r2", 4, 0, true},           {"test r2", 3, 0, true},
    {"rows/s", 6, 0, true},      {"workers", 8, 0, true},      {"ms", 7, 0, true},
    {"", 5, 0, false},
};

/* Losses stand below each other at their points, unless they are very large or small. */
static void real_cell(struct table *t, enum tone tone, double value, int digits)
{
    bool plain = value == 0 || (fabs(value) >= 1e-4 && fabs(value) < 1e5);

    if (digits >= 0)
        table_cell(t, tone, "%.*f", digits, value);
    else
        table_cell(t, tone, plain ? "%.6f" : "%.6g", value);
}

static void epoch_row(struct table *t, const cJSON *row, bool saved)
{
    enum tone tone = saved ? TONE_GOOD : TONE_PLAIN;

    for (size_t i = 0; i < EPOCH_CELLS; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, epoch_cells[i].name);

        if (cJSON_IsNumber(item))
            real_cell(t, tone, item->valuedouble, epoch_cells[i].digits);
        else
            table_cell(t, tone, "%s", "");
    }
    table_cell(t, tone, "%s", saved ? "saved" : "");
}

/* Is row `at` of `count` shown when `most` are: the first, the last, and even steps between. */
static bool shown(int at, int count, int most)
{
    int slot;

    if (count <= most || at == count - 1) return true;
    slot = (int)((long long)at * (most - 1) / (count - 1));
    return at == 0 || (int)((long long)(at - 1) * (most - 1) / (count - 1)) != slot;
}

void render_epochs(const cJSON *epochs, int most, double saved, const struct screen *screen,
                   struct buf *out)
{
    int count = cJSON_GetArraySize(epochs), at = 0;
    const cJSON *row;
    struct table t;

    if (!count) return;
    table_init(&t, epoch_columns, EPOCH_CELLS + 1);
    cJSON_ArrayForEach(row, epochs)
    {
        bool best = saved > 0 && fields_real(row, "epoch", 0) == saved;

        if (best || shown(at, count, most)) epoch_row(&t, row, best);
        at++;
    }
    table_draw(&t, screen, out);
    if ((int)table_rows(&t) < count)
        buf_printf(out, "%zu of %d epochs shown\n", table_rows(&t), count);
    table_clear(&t);
}

/* --- figures ---------------------------------------------------------------------------------- */

static const struct {
    const char *name, *test; /* in reports */
    const char *shown;
} figures[] = {
    {"loss", "testLoss", "loss"},
    {"accuracy", "testAccuracy", "accuracy"},
    {"precision", "testPrecision", "precision"},
    {"recall", "testRecall", "recall"},
    {"f1", "testF1", "F1"},
    {"auc", "testAuc", "AUC"},
    {"rmse", "testRmse", "RMSE"},
    {"mae", "testMae", "MAE"},
    {"r2", "testR2", "R2"},
};

/* What is called loss, where it has a name of its own. */
static const char *loss_name(const cJSON *report)
{
    return strcmp(fields_text(report, "model", ""), "linreg") ? "loss" : "MSE";
}

static bool figure_cell(struct table *t, const cJSON *report, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(report, name);
    struct buf text = {0};

    if (cJSON_IsNumber(item)) render_figure(name, item->valuedouble, 8, &text);
    table_cell(t, TONE_PLAIN, "%s", text.len ? text.data : "");
    t->text.failed |= text.failed;
    buf_clear(&text);
    return cJSON_IsNumber(item);
}

void render_figures(const cJSON *report, const char *what, const struct screen *screen,
                    struct buf *out)
{
    const struct table_column columns[] = {
        {"", 0, 0, false}, {what, 1, 0, true}, {"test", 1, 0, true}};
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!cJSON_HasObjectItem(report, figures[i].name) &&
            !cJSON_HasObjectItem(report, figures[i].test))
            continue;
        table_cell(&t, TONE_PLAIN, "%s", i ? figures[i].shown : loss_name(report));
        figure_cell(&t, report, figures[i].name);
        figure_cell(&t, report, figures[i].test);
    }
    if (table_rows(&t)) table_draw(&t, screen, out);
    table_clear(&t);
}

/* --- a training ------------------------------------------------------------------------------- */

/* A sentence, as it may stand on a terminal, on a line of its own. */
static void sentence(const char *text, const struct screen *screen, struct buf *out)
{
    struct buf plain = {0};

    render_plain(text, &plain);
    if (plain.len) screen_wrap(screen, plain.data, 0, 2, out);
    buf_text(out, "\n");
    out->failed |= plain.failed;
    buf_clear(&plain);
}

static void stopped_line(const cJSON *report, const struct screen *screen, struct buf *out)
{
    static const struct {
        const char *code, *text;
    } rows[] = {
        {"patience", "stopped early (patience): the watched metric got no better"},
        {"converged", "converged"},
        {"no_progress", "stopped early: no step made the loss smaller"},
    };
    const char *stopped = fields_text(report, "stopped", NULL), *how = stopped;
    const cJSON *converged = cJSON_GetObjectItemCaseSensitive(report, "converged");
    struct buf text = {0};

    for (size_t i = 0; stopped && i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(stopped, rows[i].code)) how = rows[i].text;
    if (!how && cJSON_IsBool(converged))
        how = cJSON_IsTrue(converged) ? "converged" : "not converged";
    if (!how) return;
    buf_text(&text, how);
    if (cJSON_HasObjectItem(report, "gradient"))
        buf_printf(&text, "; largest element of the gradient %.3g",
                   fields_real(report, "gradient", 0));
    if (!text.failed) sentence(text.data, screen, out);
    out->failed |= text.failed;
    buf_clear(&text);
}

void render_training(const cJSON *report, const cJSON *epochs, const struct screen *screen,
                     struct buf *out)
{
    double best = fields_real(report, "bestEpoch", 0), saved = best;
    const cJSON *last = cJSON_GetArrayItem(epochs, cJSON_GetArraySize(epochs) - 1), *warning;

    if (!saved) saved = fields_real(last, "epoch", 0);
    render_epochs(epochs, EPOCHS_SHOWN, saved, screen, out);
    if (saved)
        buf_printf(out, "%ssaved are the weights of epoch %.0f%s:\n", last ? "\n" : "", saved,
                   best ? ", the best" : "");
    render_figures(report, "training", screen, out);
    if (cJSON_HasObjectItem(report, "stalenessMean"))
        buf_printf(out, "staleness %.3g on average, %.0f at most\n",
                   fields_real(report, "stalenessMean", 0), fields_real(report, "stalenessMax", 0));
    stopped_line(report, screen, out);
    cJSON_ArrayForEach(warning, cJSON_GetObjectItemCaseSensitive(report, "warnings"))
    {
        struct buf text = {0};

        if (!cJSON_IsString(warning)) continue;
        buf_printf(&text, "warning: %s", warning->valuestring);
        if (!text.failed) sentence(text.data, screen, out);
        out->failed |= text.failed;
        buf_clear(&text);
    }
}
