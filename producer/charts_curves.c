/* charts_curves.c: how trainings went, epoch by epoch, as pictures. */
#include "producer/charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 80, TOLD_MAX = DESCRIBE_MAX + 120 };

/* Dashes: of several trainings the colour says whose a line is and the dash of what. */
enum { SOLID = 0, DASHED = 1, DOTTED = 2 };

/* A logarithmic scale from this ratio of the largest to the least value on; or from the second one
 * on, when most values would lie in the lowest part of a straight scale. */
static const double DECADES = 100, SQUEEZED = 4, LOWEST_PART = 0.15, MOST_VALUES = 0.75;

/* R2 below this is not worth the room it takes. */
static const double LEAST_R2 = -1;

/* The series of one panel, put together one by one. */
struct plotted {
    struct chart_series series[CHART_SERIES_MAX];
    struct chart_style styles[CHART_SERIES_MAX];
    char labels[CHART_SERIES_MAX][LABEL_MAX];
    size_t count, wanted;
};

/* All of one picture. */
struct drawing {
    const struct chart_training *trainings;
    const struct curve *curves;
    size_t count;
    struct charts_words words;
    struct plotted loss, second;
    bool running, evaluated, tested; /* lines there are: running means, training and test set */
    bool r2;                         /* the second panel, else accuracy */
    bool saved;                      /* a point is ringed */
    struct chart_axis loss_axis, second_axis;
    struct chart_key keys[CHART_SERIES_MAX + 4];
    struct chart_style key_styles[CHART_SERIES_MAX + 4];
    size_t key_count;
    char told[TOLD_MAX], rule_label[80];
    struct chart_rule rule;
};

static bool any_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i])) return true;
    return false;
}

/* One line. of: "running loss"; colour and dash are those of several trainings. */
static void plot(struct drawing *d, struct plotted *p, size_t at, const double *y, const char *of,
                 struct chart_style style, bool named)
{
    const struct curve *c = &d->curves[at];
    struct chart_series *s = &p->series[p->count];
    size_t saved = curve_saved(c);
    char *label = p->labels[p->count];

    if (!any_finite(y, c->n) || p->wanted++ >= CHART_SERIES_MAX) return;
    p->styles[p->count] = style;
    *s = (struct chart_series){
        .name = of, .x = c->epoch, .y = y, .n = c->n, .style = &p->styles[p->count]};
    p->count++;
    s->unlisted = d->count > 1;
    if (d->count > 1 && named) {
        snprintf(label, LABEL_MAX, "%.64s", d->trainings[at].id);
        s->end_label = label;
        s->marked = saved < c->n;
        s->mark = saved;
        d->saved = d->saved || s->marked;
    } else if (d->count == 1 && c->n == 1) { /* no line to look at: the number */
        snprintf(label, LABEL_MAX, "%s %.4g", of, y[0]);
        s->end_label = label;
    }
}

/* The training and the test set of one training in one panel. */
static void plot_pair(struct drawing *d, struct plotted *p, size_t at, const double *training,
                      const double *test, const char *name, const char *test_name)
{
    const struct curve *c = &d->curves[at];
    bool tested = any_finite(test, c->n), one = d->count == 1;
    unsigned dash = d->curves[at].running && d->evaluated ? DOTTED : SOLID;

    plot(d, p, at, training, name,
         (struct chart_style){.colour = one ? 0 : (unsigned)at, .dash = one ? SOLID : dash},
         !tested);
    plot(d, p, at, test, test_name,
         (struct chart_style){.colour = one ? 1 : (unsigned)at, .dash = DASHED}, true);
}

static void plot_all(struct drawing *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct curve *c = &d->curves[i];
        bool plain = any_finite(c->loss, c->n) || any_finite(c->accuracy, c->n);

        d->running = d->running || (plain && c->running);
        d->evaluated = d->evaluated || (plain && !c->running);
        d->tested = d->tested || any_finite(c->test_loss, c->n);
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct curve *c = &d->curves[i];

        plot_pair(d, &d->loss, i, c->loss, c->test_loss, c->running ? "running loss" : "loss",
                  "test loss");
        plot_pair(d, &d->second, i, c->accuracy, c->test_accuracy,
                  c->running ? "running accuracy" : "accuracy", "test accuracy");
    }
    if (d->second.count) return;
    for (size_t i = 0; i < d->count; i++)
        plot_pair(d, &d->second, i, d->curves[i].r2, d->curves[i].test_r2, "R\xc2\xb2",
                  "test R\xc2\xb2");
    d->r2 = d->second.count > 0;
}

/* Whether a straight scale would hide most of these lines in its lowest part. */
static bool wants_log(const struct plotted *p)
{
    double least = INFINITY, most = 0;
    size_t count = 0, low = 0;

    for (size_t s = 0; s < p->count; s++)
        for (size_t i = 0; i < p->series[s].n; i++) {
            if (!isfinite(p->series[s].y[i])) continue;
            least = fmin(least, p->series[s].y[i]);
            most = fmax(most, p->series[s].y[i]);
            count++;
        }
    if (!count || !(least > 0)) return false;
    for (size_t s = 0; s < p->count; s++)
        for (size_t i = 0; i < p->series[s].n; i++)
            low += p->series[s].y[i] < least + LOWEST_PART * (most - least);
    return most / least >= DECADES ||
           (most / least >= SQUEEZED && (double)low >= MOST_VALUES * (double)count);
}

static void choose_axes(struct drawing *d)
{
    bool regression = true;
    double least = 0;

    for (size_t i = 0; i < d->count; i++)
        regression = regression && d->curves[i].regression;
    d->loss_axis.log = wants_log(&d->loss);
    d->loss_axis.label = d->loss_axis.log ? (regression ? "MSE (log scale)" : "loss (log scale)")
                                          : (regression ? "MSE" : "loss");
    d->second_axis.label = d->r2 ? "R\xc2\xb2" : "accuracy";
    for (size_t s = 0; s < d->second.count && d->r2; s++)
        for (size_t i = 0; i < d->second.series[s].n; i++)
            least = fmin(least, d->second.series[s].y[i]); /* not of NaN */
    if (least >= LEAST_R2) return;
    d->second_axis = (struct chart_axis){
        .label = "R\xc2\xb2 (from \xe2\x88\x92 1)", .fixed = true, .min = LEAST_R2, .max = 1};
}

static void add_key(struct drawing *d, const char *name, struct chart_style style, bool line)
{
    d->key_styles[d->key_count] = style;
    d->keys[d->key_count] = (struct chart_key){
        .name = name, .style = &d->key_styles[d->key_count], .line = line};
    d->key_count++;
}

/* Of several trainings: a colour for each, then what the dashes mean. */
static void choose_keys(struct drawing *d)
{
    for (size_t i = 0; i < d->count; i++)
        add_key(d, d->words.names[i], (struct chart_style){.colour = (unsigned)i}, false);
    if (d->evaluated) add_key(d, "training set", (struct chart_style){.dash = SOLID}, true);
    if (d->running)
        add_key(d, "training set, running",
                (struct chart_style){.dash = d->evaluated ? DOTTED : SOLID}, true);
    if (d->tested) add_key(d, "test set", (struct chart_style){.dash = DASHED}, true);
}

/* The words below the title, and the line at the epoch whose weights were saved. */
static void tell(struct drawing *d)
{
    const struct curve *c = &d->curves[0];
    size_t saved = curve_saved(c);
    const char *more = d->saved                     ? "ring: the epoch whose weights are saved"
                       : d->count == 1 && c->n == 1 ? "one epoch: numbers, no curve"
                                                    : "";

    snprintf(d->told, sizeof d->told, "%s%s%s", d->words.subtitle,
             *d->words.subtitle && *more ? "\n" : "", more);
    if (d->count > 1 || saved == c->n || c->n == 1) return;
    d->rule = (struct chart_rule){.x = c->epoch[saved], .label = d->rule_label};
    snprintf(d->rule_label, sizeof d->rule_label, "saved: epoch %.0f, best %s", c->epoch[saved],
             c->watched);
}

static enum dtq_err draw(struct drawing *d, const struct chart_file *file, struct dtq_why *why)
{
    const struct chart_panel panels[] = {
        {d->loss_axis, d->loss.series, d->loss.count},
        {d->second_axis, d->second.series, d->second.count},
    };
    const struct chart_lines chart = {
        .title = d->words.title,
        .subtitle = d->told,
        .x = {.label = "epoch", .whole = true},
        .panels = panels,
        .panel_count = d->second.count ? 2 : 1,
        .rules = &d->rule,
        .rule_count = d->rule.label != NULL,
        .keys = d->keys,
        .key_count = d->key_count,
    };

    return chart_lines_write(&chart, file, why);
}

enum dtq_err charts_curves(const struct chart_training *trainings, const struct curve *curves,
                           size_t count, const struct chart_file *file, struct dtq_why *why)
{
    struct drawing *d = calloc(1, sizeof *d);
    enum dtq_err err = DTQ_OK;

    if (!d) return err_set(why, DTQ_NOMEM, "out of memory for a chart");
    d->trainings = trainings;
    d->curves = curves;
    d->count = count;
    if (count <= CHART_SERIES_MAX) {
        charts_words(trainings, count, NULL, &d->words);
        plot_all(d);
    }
    if (count > CHART_SERIES_MAX || d->loss.wanted > CHART_SERIES_MAX)
        err = err_set(why, DTQ_INPUT,
                      "%zu trainings are more curves than the %d a chart has room for; give fewer "
                      "jobs",
                      count, CHART_SERIES_MAX);
    if (err == DTQ_OK) {
        choose_axes(d);
        if (count > 1) choose_keys(d);
        tell(d);
        err = draw(d, file, why);
    }
    free(d);
    return err;
}
