/* lines.h: what the layout of a line chart (chart_lines.c) and its drawing (lines_draw.c, ends.c)
 * share. */
#ifndef DTQ_PLOT_LINES_H
#define DTQ_PLOT_LINES_H

#include "common/plot/chart.h"
#include "common/plot/page.h"

enum { LINES_PANELS_MAX = 2, LINES_KEYS_MAX = CHART_SERIES_MAX + 4 };

struct lines_layout {
    struct axis x, y[LINES_PANELS_MAX];
    struct chart_frame frames[LINES_PANELS_MAX];
    bool empty[LINES_PANELS_MAX];
    struct page page;
    struct page_entry entries[LINES_KEYS_MAX + LINES_PANELS_MAX * CHART_SERIES_MAX];
    struct look looks[LINES_PANELS_MAX][CHART_SERIES_MAX];
    double dodge[CHART_SERIES_MAX]; /* pixels to the right, so that ranges stand side by side */
};

/* Whether point i of a series can be drawn on these axes. */
bool lines_drawable(const struct chart_lines *c, const struct chart_panel *panel,
                    const struct chart_series *s, size_t i);
/* Whether it has a range that can be. */
bool lines_range(const struct chart_panel *panel, const struct chart_series *s, size_t i,
                 double *low, double *high);

void lines_draw(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l);

/* Labels at the right ends of lines. _room: the pixels to the right of the plot area that those of
 * this panel need on a plot area of this height; 0 when there are none, or too many for it. */
double ends_room(struct canvas *cv, const struct chart_panel *panel, double height);
void ends_draw(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l,
               size_t panel);

#endif
