/* ends.c: the names of lines at their right ends, moved apart where lines end close together. */
#include "common/plot/lines.h"

#include "common/plot/marks.h"

#include <math.h>
#include <stdlib.h>

enum {
    ROW = 15,
    GAP = 8,          /* between the end of a line and its label */
    MOST_WIDTH = 190, /* pixels of the widest */
    EARLY = 60,       /* a line that ends so far from the edge has its name at its end */
};

static const struct text_style END_TEXT = {.size = 12.5};

struct end {
    double x, y;  /* where the line ends */
    double label; /* the middle of the label's height */
    const struct chart_series *series;
    struct colour colour;
};

static bool labelled(const struct chart_series *s)
{
    return s->end_label && *s->end_label;
}

double ends_room(struct canvas *cv, const struct chart_panel *panel, double height)
{
    double widest = 0;
    size_t count = 0;

    for (size_t i = 0; i < panel->series_count; i++) {
        if (!labelled(&panel->series[i])) continue;
        widest = fmax(widest, canvas_text_width(cv, panel->series[i].end_label, &END_TEXT));
        count++;
    }
    if (!count || (double)count * ROW > height) return 0;
    return ceil(fmin(widest, MOST_WIDTH)) + GAP;
}

static int by_height(const void *a, const void *b)
{
    double x = ((const struct end *)a)->y, y = ((const struct end *)b)->y;

    return (x > y) - (x < y);
}

/* Moves labels that would overlap apart, as little as it takes: groups of touching labels stand
 * around the middle of where they ought to be, within top and bottom. */
static void spread(struct end *ends, size_t count, double top, double bottom)
{
    double first[CHART_SERIES_MAX], sum[CHART_SERIES_MAX];
    size_t size[CHART_SERIES_MAX], groups = 0, at = 0;

    for (size_t i = 0; i < count; i++) {
        sum[groups] = ends[i].y;
        size[groups++] = 1;
        for (;;) {
            size_t g = groups - 1;
            double high = (double)(size[g] - 1) * ROW;

            first[g] = sum[g] / (double)size[g] - high / 2;
            first[g] = fmax(fmin(first[g], bottom - ROW / 2.0 - high), top + ROW / 2.0);
            if (!g || first[g - 1] + (double)size[g - 1] * ROW <= first[g]) break;
            sum[g - 1] += sum[g];
            size[g - 1] += size[g];
            groups--;
        }
    }
    for (size_t g = 0; g < groups; g++)
        for (size_t k = 0; k < size[g]; k++)
            ends[at++].label = first[g] + (double)k * ROW;
}

void ends_draw(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l,
               size_t p)
{
    const struct chart_panel *panel = &c->panels[p];
    const struct chart_frame *f = &l->frames[p];
    struct end ends[CHART_SERIES_MAX];
    size_t count = 0;

    if (!(ends_room(cv, panel, f->height) > 0)) return;
    for (size_t i = 0; i < panel->series_count; i++) {
        const struct chart_series *s = &panel->series[i];
        size_t last = s->n;

        while (last && !lines_drawable(c, panel, s, last - 1))
            last--;
        if (!labelled(s) || !last) continue;
        ends[count] = (struct end){.series = s, .colour = l->looks[p][i].colour};
        chart_frame_at(f, s->x[last - 1], s->y[last - 1], &ends[count].x, &ends[count].y);
        ends[count].y = fmin(fmax(ends[count].y, f->top), f->top + f->height);
        if (s->n > 1 && ends[count].x < f->left + f->width - EARLY)
            marks_text(cv, f, panel, ends[count].x, ends[count].y, s->end_label,
                       colour_readable(ends[count].colour));
        else
            count++;
    }
    qsort(ends, count, sizeof *ends, by_height);
    spread(ends, count, f->top - ROW / 2.0, f->top + f->height + ROW / 2.0);
    for (size_t i = 0; i < count; i++) {
        const struct line_style thread = {.width = 0.8, .colour = ends[i].colour};
        struct text_style style = END_TEXT;
        double x = f->left + f->width + GAP;
        char text[TEXT_MAX];

        if (fabs(ends[i].label - ends[i].y) > 3 || x - ends[i].x > 30) {
            canvas_to(cv, ends[i].x + 6, ends[i].y);
            canvas_to(cv, x - 2, ends[i].label);
            canvas_stroke(cv, &thread);
        }
        style.colour = colour_readable(ends[i].colour);
        canvas_fit(cv, ends[i].series->end_label, &style, MOST_WIDTH, text);
        canvas_text(cv, x, ends[i].label + 4.5, text, &style);
    }
}
