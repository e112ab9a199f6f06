/* charts.c: the pictures of trainings. */
#include "producer/charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 96 };

/* "median of 3 runs each" says how far the numbers are to be trusted. */
static void tell_runs(const struct speedup *s, char *text, size_t size)
{
    size_t least = s->run_count, most = 0;

    for (size_t mode = 0; mode < s->mode_count; mode++)
        for (size_t count = 0; count < s->count_count; count++) {
            size_t runs = speedup_wall(s, mode, count).runs;

            if (runs && runs < least) least = runs;
            if (runs > most) most = runs;
        }
    if (most == 1)
        snprintf(text, size, "one run each");
    else if (least == most)
        snprintf(text, size, "median of %zu runs each; whiskers span all of them", most);
    else
        snprintf(text, size, "median of %zu to %zu runs each; whiskers span all of them", least,
                 most);
}

enum dtq_err charts_speedup(const struct speedup *s, const struct chart_file *file,
                            struct dtq_why *why)
{
    struct chart_series series[SPEEDUP_MODES + 1] = {0};
    double x[SPEEDUP_MODES][SPEEDUP_COUNTS], y[SPEEDUP_MODES][SPEEDUP_COUNTS];
    double low[SPEEDUP_MODES][SPEEDUP_COUNTS], high[SPEEDUP_MODES][SPEEDUP_COUNTS];
    unsigned most = s->counts[s->count_count - 1];
    const double ideal[] = {1, most > 1 ? most : 2};
    bool without_one = false;
    char told[240];
    const struct chart_panel panel = {
        .y = {.label = "speedup", .from_zero = true},
        .series = series,
        .series_count = s->mode_count + 1,
    };
    const struct chart_lines chart = {
        .title = "Speedup by number of workers",
        .subtitle = told,
        .x = {.label = "workers", .whole = true},
        .panels = &panel,
        .panel_count = 1,
    };

    tell_runs(s, told, sizeof told);
    for (size_t mode = 0; mode < s->mode_count; mode++) {
        size_t n = 0;

        for (size_t count = 0; count < s->count_count; count++) {
            struct speedup_span span = speedup_factor(s, mode, count);

            if (!span.runs) continue;
            x[mode][n] = s->counts[count];
            y[mode][n] = span.median;
            low[mode][n] = span.runs > 1 ? span.least : NAN;
            high[mode][n++] = span.runs > 1 ? span.most : NAN;
        }
        series[mode] = (struct chart_series){.name = s->modes[mode],
                                             .x = x[mode],
                                             .y = y[mode],
                                             .low = low[mode],
                                             .high = high[mode],
                                             .n = n};
        if (n && x[mode][0] > 1) without_one = true;
    }
    if (without_one)
        snprintf(told + strlen(told), sizeof told - strlen(told),
                 "; a mode never run by one worker begins on the ideal line");
    series[s->mode_count] = (struct chart_series){
        .name = "ideal", .x = ideal, .y = ideal, .n = 2, .ideal = true};
    return chart_lines_write(&chart, file, why);
}

enum dtq_err charts_modes(const struct speedup *s, const struct chart_file *file,
                          struct dtq_why *why)
{
    double values[SPEEDUP_MODES * SPEEDUP_COUNTS], low[SPEEDUP_MODES * SPEEDUP_COUNTS],
        high[SPEEDUP_MODES * SPEEDUP_COUNTS], largest = 0, unit;
    char texts[SPEEDUP_COUNTS][12], runs[120];
    const char *groups[SPEEDUP_COUNTS], *modes[SPEEDUP_MODES];
    struct chart_bars chart = {
        .title = "Wall time by number of workers",
        .subtitle = runs,
        .x_label = "workers",
        .groups = groups,
        .group_count = s->count_count,
        .series = modes,
        .series_count = s->mode_count,
        .values = values,
        .low = low,
        .high = high,
    };

    tell_runs(s, runs, sizeof runs);
    for (size_t i = 0; i < s->run_count; i++)
        largest = fmax(largest, s->runs[i].wall_ms);
    unit = largest < 10000 ? 1 : 1000;
    chart.y.label = unit == 1 ? "wall time (ms)" : "wall time (s)";
    for (size_t count = 0; count < s->count_count; count++) {
        snprintf(texts[count], sizeof texts[count], "%u", s->counts[count]);
        groups[count] = texts[count];
    }
    for (size_t mode = 0; mode < s->mode_count; mode++) {
        modes[mode] = s->modes[mode];
        for (size_t count = 0; count < s->count_count; count++) {
            struct speedup_span span = speedup_wall(s, mode, count);
            size_t at = mode * s->count_count + count;

            values[at] = span.median / unit;
            low[at] = span.runs > 1 ? span.least / unit : NAN;
            high[at] = span.runs > 1 ? span.most / unit : NAN;
        }
    }
    return chart_bars_write(&chart, file, why);
}

static bool any_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) return true;
    return false;
}

/* The series of one panel, put together one by one. */
struct plotted {
    struct chart_series series[CHART_SERIES_MAX];
    char names[CHART_SERIES_MAX][NAME_MAX_BYTES];
    char labels[CHART_SERIES_MAX][40];
    size_t count, wanted;
};

enum mark { UNMARKED, RINGED, LABELLED };

static void plot(struct plotted *p, const struct curve *c, const double *y, const char *name,
                 const char *what, enum mark mark)
{
    size_t best = curve_best(c);
    struct chart_series *s = &p->series[p->count];

    if (!any_finite(y, c->n) || p->wanted++ >= CHART_SERIES_MAX) return;
    snprintf(p->names[p->count], NAME_MAX_BYTES, "%.64s%s%s", name, *name && *what ? ", " : "",
             what);
    *s = (struct chart_series){.name = p->names[p->count], .x = c->epoch, .y = y, .n = c->n};
    if (mark != UNMARKED && best < c->n) {
        snprintf(p->labels[p->count], sizeof *p->labels, "best: epoch %.0f", c->epoch[best]);
        s->marked = true;
        s->mark = best;
        s->mark_label = mark == LABELLED ? p->labels[p->count] : NULL;
    }
    p->count++;
}

enum dtq_err charts_curves(const char *const *names, const struct curve *curves, size_t count,
                           const struct chart_file *file, struct dtq_why *why)
{
    struct plotted *loss = calloc(2, sizeof *loss), *accuracy = loss ? loss + 1 : NULL;
    char title[2 * NAME_MAX_BYTES];
    enum dtq_err err;

    if (!loss) return err_set(why, DTQ_NOMEM, "out of memory for a chart");
    snprintf(title, sizeof title, count == 1 ? "Training %.64s" : "Trainings", names[0]);
    for (size_t i = 0; i < count; i++) {
        const struct curve *c = &curves[i];
        const char *name = count == 1 ? "" : names[i];
        const char *training = c->running ? "training set (running)" : "training set";
        bool tested = any_finite(c->test_loss, c->n);

        plot(loss, c, c->loss, name, training, tested ? UNMARKED : LABELLED);
        plot(loss, c, c->test_loss, name, "test set", LABELLED);
        plot(accuracy, c, c->accuracy, name, training, tested ? UNMARKED : RINGED);
        plot(accuracy, c, c->test_accuracy, name, "test set", RINGED);
    }
    if (loss->wanted > CHART_SERIES_MAX) {
        err = err_set(why, DTQ_INPUT,
                      "%zu curves are more than the %d a chart has room for; give "
                      "fewer jobs",
                      loss->wanted, CHART_SERIES_MAX);
        goto out;
    }
    {
        const struct chart_panel panels[] = {
            {{.label = "loss"}, loss->series, loss->count},
            {{.label = "accuracy"}, accuracy->series, accuracy->count},
        };
        const struct chart_lines chart = {
            .title = title,
            .x = {.label = "epoch", .whole = true},
            .panels = panels,
            .panel_count = accuracy->count ? 2 : 1,
        };

        err = chart_lines_write(&chart, file, why);
    }
out:
    free(loss);
    return err;
}

enum dtq_err charts_roc(const char *const *names, const struct findings_roc *rocs, size_t count,
                        const struct chart_file *file, struct dtq_why *why)
{
    struct chart_curve curves[CHART_SERIES_MAX];
    char texts[CHART_SERIES_MAX][NAME_MAX_BYTES], title[NAME_MAX_BYTES], rows[NAME_MAX_BYTES];
    const struct chart_roc chart = {
        .title = title,
        .subtitle = count == 1 ? rows : NULL,
        .curves = curves,
        .curve_count = count,
    };

    if (count >= CHART_SERIES_MAX)
        return err_set(why, DTQ_INPUT,
                       "%zu ROC curves are more than the %d a chart has room for; give fewer jobs",
                       count, CHART_SERIES_MAX - 1);
    snprintf(title, sizeof title, count == 1 ? "ROC curve of %.64s" : "ROC curves", names[0]);
    snprintf(rows, sizeof rows, "%.0f rows of the %s set", rocs[0].rows,
             rocs[0].tested ? "test" : "training");
    for (size_t i = 0; i < count; i++) {
        const struct findings_roc *r = &rocs[i];

        snprintf(texts[i], sizeof *texts, "%.64s%s%s set", count == 1 ? "" : names[i],
                 count == 1 ? "" : ", ", r->tested ? "test" : "training");
        curves[i] = (struct chart_curve){
            .name = texts[i], .fpr = r->fpr, .tpr = r->tpr, .n = r->n, .auc = r->auc};
    }
    return chart_roc_write(&chart, file, why);
}

enum dtq_err charts_confusion(const char *name, const struct findings_matrix *m,
                              const struct chart_file *file, struct dtq_why *why)
{
    const char *names[FINDINGS_CLASSES_MAX];
    char title[NAME_MAX_BYTES], rows[NAME_MAX_BYTES];
    const struct chart_matrix chart = {
        .title = title,
        .subtitle = rows,
        .names = names,
        .counts = m->counts,
        .classes = m->classes,
    };

    snprintf(title, sizeof title, "Confusion matrix of %.64s", name);
    snprintf(rows, sizeof rows, "%llu rows of the %s set, %.2f %% of them told right",
             (unsigned long long)m->rows, m->tested ? "test" : "training",
             m->rows ? 100 * (double)m->right / (double)m->rows : 0);
    for (size_t i = 0; i < m->classes; i++)
        names[i] = m->names[i];
    return chart_matrix_write(&chart, file, why);
}
