/* legend.c: one row where all names fit into one, else a grid of equal columns. */
#include "common/plot/legend.h"

#include <math.h>

enum {
    ROW = 22,
    SAMPLE = 38, /* width of a sample with the gap to its name */
    APART = 22,
    LEAST_COLUMNS = 4, /* a long name is cut so that at least so many stand in a row */
};

static const double WIDTH = CHART_WIDTH - 2 * PAGE_MARGIN;
static const struct text_style NAME_TEXT = {.size = 13.5, .colour = INK};

struct grid {
    size_t columns, rows;
    double cell; /* 0: one row, each entry as wide as it needs */
    double name; /* a name's width at most */
};

static double name_width(struct canvas *cv, const struct page_entry *e)
{
    return ceil(canvas_text_width(cv, e->name, &NAME_TEXT));
}

static struct grid lay_out(struct canvas *cv, const struct page_entry *entries, size_t count)
{
    double sum = 0, widest = 0;
    struct grid g = {.columns = count, .rows = 1, .name = WIDTH - SAMPLE};

    for (size_t i = 0; i < count; i++) {
        double width = name_width(cv, &entries[i]);
        widest = fmax(widest, width);
        sum += SAMPLE + width + APART;
    }
    if (sum - APART <= WIDTH) return g;
    g.cell = fmin(SAMPLE + widest + APART, floor((WIDTH + APART) / LEAST_COLUMNS));
    g.name = g.cell - SAMPLE - APART;
    g.columns = (size_t)floor((WIDTH + APART) / g.cell);
    g.rows = (count + g.columns - 1) / g.columns;
    return g;
}

double legend_height(struct canvas *cv, const struct page_entry *entries, size_t count)
{
    return count ? (double)lay_out(cv, entries, count).rows * ROW : 0;
}

static void draw_sample(struct canvas *cv, const struct page_entry *e, double x, double y)
{
    struct line_style line = {.width = 2, .dash = e->look.dash, .colour = e->look.colour};

    if (e->sample == PAGE_BAR) {
        canvas_box(cv, x + 6, y - 7, 22, 14, e->look.colour);
        canvas_hatch(cv, x + 6, y - 7, 22, 14, e->look.hatch);
        return;
    }
    canvas_to(cv, x, y);
    canvas_to(cv, x + SAMPLE - 8, y);
    canvas_stroke(cv, &line);
    if (e->sample == PAGE_LINE) canvas_marker(cv, x + (SAMPLE - 8) / 2.0, y, 4.5, &e->look);
}

void legend_draw(struct canvas *cv, const struct page_entry *entries, size_t count, double y)
{
    struct grid g = lay_out(cv, entries, count);
    double x = PAGE_MARGIN;
    char text[TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        if (i && i % g.columns == 0) {
            x = PAGE_MARGIN;
            y += ROW;
        }
        draw_sample(cv, &entries[i], x, y + ROW / 2.0);
        canvas_fit(cv, entries[i].name, &NAME_TEXT, g.name, text);
        canvas_text(cv, x + SAMPLE, y + ROW / 2.0 + 4.5, text, &NAME_TEXT);
        x += g.cell > 0 ? g.cell : SAMPLE + name_width(cv, &entries[i]) + APART;
    }
}
