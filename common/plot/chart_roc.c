/* chart_roc.c: ROC curves as a square line chart with the diagonal of guessing. */
#include "common/plot/chart.h"

#include "common/plot/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double DIAGONAL[] = {0, 1};

/* What a line chart needs, kept until it is drawn. */
struct drawing {
    struct chart_series *series; /* owned; the curves, the diagonal, the marked points */
    double *points;              /* owned; the curves with their two ends */
    char *names;                 /* owned */
    struct chart_style *styles;  /* owned */
    struct chart_panel panel;
    struct chart_lines lines;
};

enum { NAME_BYTES = 200 };

static bool is_rate(double v)
{
    return v >= 0 && v <= 1;
}

static enum dtq_err check(const struct chart_roc *c, size_t *total, struct dtq_why *why)
{
    *total = 0;
    if (c->curve_count < 1 || c->curve_count >= CHART_SERIES_MAX)
        return err_set(why, DTQ_INPUT, "a chart of %zu ROC curves: expected 1 to %d",
                       c->curve_count, CHART_SERIES_MAX - 1);
    for (size_t k = 0; k < c->curve_count; k++) {
        const struct chart_curve *curve = &c->curves[k];
        const char *name = curve->name ? curve->name : "";
        double last = 0;
        if (!curve->n)
            return err_set(why, DTQ_INPUT,
                           "the ROC curve \"%.100s\" has no points; give one a "
                           "threshold",
                           name);
        if (curve->auc > 1)
            return err_set(why, DTQ_INPUT, "the ROC curve \"%.100s\" has auc=%g: expected 0 to 1",
                           name, curve->auc);
        for (size_t i = 0; i < curve->n; i++) {
            if (!is_rate(curve->fpr[i]) || !is_rate(curve->tpr[i]) || curve->fpr[i] < last)
                return err_set(why, DTQ_INPUT,
                               "point %zu of the ROC curve \"%.100s\" is (%g, %g): expected rates "
                               "from 0 to 1, the false positive rate never falling",
                               i, name, curve->fpr[i], curve->tpr[i]);
            last = curve->fpr[i];
        }
        *total += curve->n + 2;
    }
    return DTQ_OK;
}

static double area(const double *x, const double *y, size_t n)
{
    double sum = 0;

    for (size_t i = 1; i < n; i++)
        sum += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    return sum;
}

/* Copies a curve with (0, 0) before and (1, 1) behind to x and, `total` further on, y. */
static void add_curve(struct chart_series *s, const struct chart_curve *curve, double *x,
                      size_t total, char *name)
{
    double *y = x + total, auc;

    x[0] = y[0] = 0;
    memcpy(x + 1, curve->fpr, curve->n * sizeof *x);
    memcpy(y + 1, curve->tpr, curve->n * sizeof *y);
    x[curve->n + 1] = y[curve->n + 1] = 1;
    auc = curve->auc >= 0 ? curve->auc : area(x, y, curve->n + 2);
    /* First, so that no long name cuts it off. */
    snprintf(name, NAME_BYTES, "AUC %.4f%s%.150s", auc, curve->name && *curve->name ? "  " : "",
             curve->name ? curve->name : "");
    *s = (struct chart_series){.name = name, .x = x, .y = y, .n = curve->n + 2};
}

static enum dtq_err prepare(const struct chart_roc *c, struct drawing *d, struct dtq_why *why)
{
    const struct chart_axis rate = {.fixed = true, .min = 0, .max = 1};
    enum dtq_err err;
    size_t total, at = 0, count;

    memset(d, 0, sizeof *d);
    if ((err = check(c, &total, why)) != DTQ_OK) return err;
    d->series = calloc(2 * c->curve_count + 1, sizeof *d->series);
    d->points = calloc(total, 2 * sizeof *d->points);
    d->names = calloc(c->curve_count, NAME_BYTES);
    d->styles = calloc(c->curve_count, sizeof *d->styles);
    if (!d->styles || !d->series || !d->points || !d->names)
        return err_set(why, DTQ_NOMEM, "no memory for ROC curves of %zu points", total);

    for (size_t k = 0; k < c->curve_count; k++) {
        add_curve(&d->series[k], &c->curves[k], d->points + at, total, d->names + k * NAME_BYTES);
        d->styles[k] = (struct chart_style){.colour = (unsigned)k};
        d->series[k].style = &d->styles[k];
        at += c->curves[k].n + 2;
    }
    d->series[c->curve_count] = (struct chart_series){
        .name = "AUC 0.5  guessing", .x = DIAGONAL, .y = DIAGONAL, .n = 2, .ideal = true};
    count = c->curve_count + 1;
    for (size_t k = 0; k < c->curve_count; k++)
        if (c->curves[k].marked && count < CHART_SERIES_MAX)
            d->series[count++] = (struct chart_series){.x = &c->curves[k].mark_fpr,
                                                       .y = &c->curves[k].mark_tpr,
                                                       .n = 1,
                                                       .style = &d->styles[k],
                                                       .marked = true,
                                                       .mark_label = c->curves[k].mark_label};
    d->panel = (struct chart_panel){.y = rate, .series = d->series, .series_count = count};
    d->panel.y.label = "true positive rate";
    d->lines = (struct chart_lines){.title = c->title,
                                    .subtitle = c->subtitle,
                                    .x = rate,
                                    .panels = &d->panel,
                                    .panel_count = 1,
                                    .square = true,
                                    .plain = true};
    d->lines.x.label = "false positive rate";
    return DTQ_OK;
}

static void discard(struct drawing *d)
{
    free(d->series);
    free(d->points);
    free(d->names);
    free(d->styles);
}

enum dtq_err chart_roc_write(const struct chart_roc *c, const struct chart_file *file,
                             struct dtq_why *why)
{
    struct drawing d;
    enum dtq_err err = prepare(c, &d, why);

    if (!err) err = chart_lines_write(&d.lines, file, why);
    discard(&d);
    return err;
}

enum dtq_err chart_roc_frame(const struct chart_roc *c, struct chart_frame *frame,
                             struct dtq_why *why)
{
    struct drawing d;
    enum dtq_err err = prepare(c, &d, why);

    if (!err) err = chart_lines_frames(&d.lines, frame, why);
    discard(&d);
    return err;
}
