/* charts_speedup.c: wall times and speedups by number of workers, as pictures. */
#include "producer/charts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LABEL_MAX = SPEEDUP_NAME_MAX + SPEEDUP_MODE_MAX + 4,
    TOLD_MAX = SPEEDUP_WORDS_MAX + 120,
    WIDE = 12, /* from so many workers on scales are logarithmic: 1, 2, 4, 8 stand apart */
};

/* "median of 3 runs each" says how far the numbers are to be trusted. drawn: whether a series is.
 */
static void tell_runs(const struct speedup *s, const bool drawn[SPEEDUP_SERIES], char *text,
                      size_t size)
{
    size_t least = s->run_count, most = 0;

    for (size_t series = 0; series < s->series_count; series++)
        for (size_t count = 0; drawn[series] && count < s->count_count; count++) {
            size_t runs = speedup_wall(s, series, count).runs;

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

/* What was trained and how often. */
static void tell(const struct speedup *s, const bool drawn[SPEEDUP_SERIES], char told[TOLD_MAX])
{
    char runs[100];
    const char *words = s->training_count == 1
                            ? s->trainings[0].words
                            : "several trainings, whose times do not compare with one another";

    tell_runs(s, drawn, runs, sizeof runs);
    snprintf(told, TOLD_MAX, "%s%s%s", words, *words ? "\n" : "", runs);
}

/* The mode; where there are several trainings, whose it is. */
static void label_series(const struct speedup *s, char labels[SPEEDUP_SERIES][LABEL_MAX])
{
    for (size_t i = 0; i < s->series_count; i++) {
        const struct speedup_training *t = &s->trainings[s->series[i].training];

        snprintf(labels[i], LABEL_MAX, "%s%s%s", s->series[i].mode,
                 s->training_count > 1 ? ", " : "", s->training_count > 1 ? t->name : "");
    }
}

/* The cores of the machine that everything drawn ran on; 0: not known, or several machines. */
static unsigned cores_of(const struct speedup *s)
{
    unsigned cores = s->trainings[0].cores;

    for (size_t i = 1; i < s->training_count; i++)
        if (s->trainings[i].cores != cores) cores = 0;
    return cores;
}

/* The points of one series. Returns how many there are. */
struct points {
    double x[SPEEDUP_COUNTS], y[SPEEDUP_COUNTS], low[SPEEDUP_COUNTS], high[SPEEDUP_COUNTS];
};

static size_t take_points(const struct speedup *s, size_t series, struct points *p)
{
    size_t n = 0;

    for (size_t count = 0; count < s->count_count; count++) {
        struct speedup_span span = speedup_factor(s, series, count);

        if (!span.runs) continue;
        p->x[n] = s->counts[count];
        p->y[n] = span.median;
        p->low[n] = span.runs > 1 ? span.least : NAN;
        p->high[n++] = span.runs > 1 ? span.most : NAN;
    }
    return n;
}

/* As many times as fast as there are workers, but no more than there are cores. */
static size_t take_ideal(unsigned most, unsigned cores, double x[3], double y[3])
{
    double top = most > 1 ? most : 2, bound = cores && cores < top ? cores : top;

    x[0] = y[0] = 1;
    x[1] = y[1] = bound;
    x[2] = top;
    y[2] = bound;
    return bound < top ? 3 : 2;
}

/* The numbers of workers that any of these series ran with. */
static size_t take_counts(const struct speedup *s, const bool drawn[SPEEDUP_SERIES],
                          double counts[SPEEDUP_COUNTS])
{
    size_t used = 0;

    for (size_t count = 0; count < s->count_count; count++) {
        bool any = false;

        for (size_t i = 0; i < s->series_count; i++)
            any = any || (drawn[i] && speedup_wall(s, i, count).runs);
        if (any) counts[used++] = s->counts[count];
    }
    return used;
}

enum dtq_err charts_speedup(const struct speedup *s, const struct chart_file *file,
                            struct dtq_why *why)
{
    struct chart_series series[SPEEDUP_SERIES + 1] = {0};
    struct points points[SPEEDUP_SERIES];
    bool drawn[SPEEDUP_SERIES] = {0}, wide;
    char labels[SPEEDUP_SERIES][LABEL_MAX], told[TOLD_MAX], core_label[40], ideal_name[40];
    double counts[SPEEDUP_COUNTS], ideal_x[3], ideal_y[3];
    unsigned most, cores = cores_of(s);
    const struct chart_rule rule = {.x = cores, .label = core_label};
    struct chart_panel panel = {.y = {.from_zero = true}, .series = series};
    struct chart_lines chart = {
        .title = "Speedup by number of workers",
        .subtitle = told,
        .x = {.label = "workers", .ticks = counts},
        .panels = &panel,
        .panel_count = 1,
        .rules = &rule,
    };
    size_t used = 0, ideal_count;

    label_series(s, labels);
    for (size_t i = 0; i < s->series_count; i++) {
        struct points *p = &points[i];
        size_t n = take_points(s, i, p);

        drawn[i] = n > 0;
        if (!n) continue;
        series[used++] = (struct chart_series){
            .name = labels[i], .x = p->x, .y = p->y, .low = p->low, .high = p->high, .n = n};
    }
    if (!used)
        return err_set(why, DTQ_NONE,
                       "no speedup is drawn: none of these trainings ran on one worker, which it "
                       "is measured against; dtq speedup 'FIELDS' --workers 1,2,4 measures one");
    chart.x.tick_count = take_counts(s, drawn, counts);
    most = (unsigned)counts[chart.x.tick_count - 1];
    wide = most >= WIDE;
    chart.x.log = panel.y.log = wide;
    panel.y.label = wide ? "speedup (log scale)" : "speedup";
    chart.rule_count = cores > 1 && cores < most;
    tell(s, drawn, told);
    ideal_count = take_ideal(most, cores, ideal_x, ideal_y);
    snprintf(core_label, sizeof core_label, "%u cores", cores);
    snprintf(ideal_name, sizeof ideal_name, cores && cores < most ? "ideal on %u core%s" : "ideal",
             cores, cores == 1 ? "" : "s");
    series[used++] = (struct chart_series){
        .name = ideal_name, .x = ideal_x, .y = ideal_y, .n = ideal_count, .ideal = true};
    panel.series_count = used;
    return chart_lines_write(&chart, file, why);
}

enum dtq_err charts_modes(const struct speedup *s, const struct chart_file *file,
                          struct dtq_why *why)
{
    double values[SPEEDUP_SERIES * SPEEDUP_COUNTS], low[SPEEDUP_SERIES * SPEEDUP_COUNTS],
        high[SPEEDUP_SERIES * SPEEDUP_COUNTS], largest = 0, unit;
    char texts[SPEEDUP_COUNTS][12], told[TOLD_MAX], labels[SPEEDUP_SERIES][LABEL_MAX];
    const char *groups[SPEEDUP_COUNTS], *names[SPEEDUP_SERIES];
    bool drawn[SPEEDUP_SERIES];
    struct chart_bars chart = {
        .title = "Wall time by number of workers",
        .subtitle = told,
        .x_label = "workers",
        .groups = groups,
        .group_count = s->count_count,
        .series = names,
        .series_count = s->series_count,
        .values = values,
        .low = low,
        .high = high,
    };

    memset(drawn, true, sizeof drawn);
    tell(s, drawn, told);
    label_series(s, labels);
    for (size_t i = 0; i < s->run_count; i++)
        largest = fmax(largest, s->runs[i].wall_ms);
    unit = largest < 10000 ? 1 : 1000;
    chart.y.label = unit == 1 ? "wall time (ms)" : "wall time (s)";
    for (size_t count = 0; count < s->count_count; count++) {
        snprintf(texts[count], sizeof texts[count], "%u", s->counts[count]);
        groups[count] = texts[count];
    }
    for (size_t i = 0; i < s->series_count; i++) {
        names[i] = labels[i];
        for (size_t count = 0; count < s->count_count; count++) {
            struct speedup_span span = speedup_wall(s, i, count);
            size_t at = i * s->count_count + count;

            values[at] = span.median / unit;
            low[at] = span.runs > 1 ? span.least / unit : NAN;
            high[at] = span.runs > 1 ? span.most / unit : NAN;
        }
    }
    return chart_bars_write(&chart, file, why);
}
