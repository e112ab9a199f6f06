/* legend.c: names side by side, in as many rows as they need; where that would be too many, a grid
 * of equal columns. */
#include "common/plot/legend.h"

#include <math.h>

enum {
    ROW = 22,
    SAMPLE = 38, /* width of a sample with the gap to its name */
    APART = 22,
    MOST_ROWS = 10, /* names are cut rather than that the plot area is lost to them */
    MOST_ROWS_BESIDE = 20,
};

static const double WIDTH = CHART_WIDTH - 2 * PAGE_MARGIN;
static const struct text_style NAME_TEXT = {.size = 13.5, .colour = INK};

struct grid {
    size_t columns, rows;
    double cell; /* 0: each entry is as wide as it needs */
    double name; /* a name's width at most */
    double width;
};

static double name_width(struct canvas *cv, const struct page_entry *e)
{
    return ceil(canvas_text_width(cv, e->name, &NAME_TEXT));
}

/* The x behind an entry that begins at x. */
static double behind(struct canvas *cv, const struct page_entry *e, double x)
{
    return x + SAMPLE + name_width(cv, e) + APART;
}

static struct grid lay_out(struct canvas *cv, const struct page_entry *entries, size_t count,
                           double width, bool beside)
{
    size_t most = beside ? MOST_ROWS_BESIDE : MOST_ROWS;
    struct grid g = {.columns = 1, .rows = 1, .name = width - SAMPLE, .width = width};
    double x = 0;

    for (size_t i = 0; i < count; i++) {
        if (x > 0 && behind(cv, &entries[i], x) - APART > width) {
            g.rows++;
            x = 0;
        }
        x = behind(cv, &entries[i], x);
    }
    if (beside) g.rows = count; /* one below the other */
    if (g.rows <= most && !beside) return g;
    if (g.rows > most) {
        g.columns = (count + most - 1) / most;
        g.rows = (count + g.columns - 1) / g.columns;
    }
    g.cell = floor((width + APART) / (double)g.columns);
    g.name = g.cell - SAMPLE - APART;
    return g;
}

double legend_height(struct canvas *cv, const struct page_entry *entries, size_t count)
{
    return count ? (double)lay_out(cv, entries, count, WIDTH, false).rows * ROW : 0;
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
    if (e->sample == PAGE_LINE && !e->plain)
        canvas_marker(cv, x + (SAMPLE - 8) / 2.0, y, 4.5, &e->look);
}

static void draw(struct canvas *cv, const struct page_entry *entries, size_t count,
                 const struct grid *g, double left, double y)
{
    double x = left;
    char text[TEXT_MAX];

    for (size_t i = 0; i < count; i++) {
        double next = g->cell > 0 ? x + g->cell : behind(cv, &entries[i], x);

        if (g->cell > 0 ? i && i % g->columns == 0 : x > left && next - APART - left > g->width) {
            next += left - x;
            x = left;
            y += ROW;
        }
        draw_sample(cv, &entries[i], x, y + ROW / 2.0);
        canvas_fit(cv, entries[i].name, &NAME_TEXT, g->name, text);
        canvas_text(cv, x + SAMPLE, y + ROW / 2.0 + 4.5, text, &NAME_TEXT);
        x = next;
    }
}

void legend_draw(struct canvas *cv, const struct page_entry *entries, size_t count, double y)
{
    struct grid g = lay_out(cv, entries, count, WIDTH, false);

    draw(cv, entries, count, &g, PAGE_MARGIN, y);
}

void legend_draw_beside(struct canvas *cv, const struct page_entry *entries, size_t count, double x,
                        double y)
{
    struct grid g = lay_out(cv, entries, count, CHART_WIDTH - PAGE_MARGIN - x, true);

    draw(cv, entries, count, &g, x, y);
}
