/* chart_lines.c: line charts of one or two panels: ranges, fits, frames, drawing. */
#include "common/plot/chart.h"

#include "common/plot/marks.h"
#include "common/plot/page.h"

#include <math.h>
#include <string.h>

enum {
    PANELS_MAX = 2,
    PANEL_GAP = 30,
    TICK_EVERY = 46, /* pixels of height for a y tick */
    RIGHT_ROOM = 12,
};

/* Room between the outermost points and the ends of the x axis, as a share of its length. */
static const double X_ROOM = 0.025;

/* Markers closer than this run into each other; and of noisy lines only so many are marked. */
static const double MARKERS_APART = 20;
enum { MARKERS_MOST = 60 };

struct layout {
    struct axis x, y[PANELS_MAX];
    struct chart_frame frames[PANELS_MAX];
    bool empty[PANELS_MAX];
    struct page page;
    struct page_entry entries[PANELS_MAX * CHART_SERIES_MAX];
    struct look looks[PANELS_MAX][CHART_SERIES_MAX];
};

static enum dtq_err check(const struct chart_lines *c, struct dtq_why *why)
{
    enum dtq_err err;

    if (c->panel_count < 1 || c->panel_count > PANELS_MAX)
        return err_set(why, DTQ_INPUT, "a line chart of %zu panels: expected 1 or 2",
                       c->panel_count);
    if ((err = page_check_axis(&c->x, "x", why)) != DTQ_OK) return err;
    for (size_t p = 0; p < c->panel_count; p++) {
        const struct chart_panel *panel = &c->panels[p];
        if (panel->series_count > CHART_SERIES_MAX)
            return err_set(why, DTQ_INPUT,
                           "%zu series in one chart cannot be told apart; choose at most %d",
                           panel->series_count, CHART_SERIES_MAX);
        if ((err = page_check_axis(&panel->y, "y", why)) != DTQ_OK) return err;
        for (size_t s = 0; s < panel->series_count; s++)
            if (panel->series[s].marked && panel->series[s].mark >= panel->series[s].n)
                return err_set(why, DTQ_INPUT,
                               "series %zu has its point %zu marked but has only %zu points", s + 1,
                               panel->series[s].mark, panel->series[s].n);
    }
    return DTQ_OK;
}

static bool same_name(const struct chart_series *a, const struct chart_series *b)
{
    return a->name && b->name && a->ideal == b->ideal && strcmp(a->name, b->name) == 0;
}

/* The series of the panel above that goes by the same name; its number, or the panel's count. */
static size_t namesake(const struct chart_lines *c, size_t panel, const struct chart_series *of)
{
    const struct chart_panel *above = &c->panels[0];
    size_t s = panel ? 0 : above->series_count;

    while (s < above->series_count && !same_name(&above->series[s], of))
        s++;
    return s;
}

/* Gives each series its look and each name its entry in the legend. */
static void choose_looks(const struct chart_lines *c, struct layout *l)
{
    const struct look reference = {.colour = FAINT, .dash = 1};
    size_t next = 0;

    l->page.entries = l->entries;
    for (size_t p = 0; p < c->panel_count; p++)
        for (size_t s = 0; s < c->panels[p].series_count; s++) {
            const struct chart_series *series = &c->panels[p].series[s];
            size_t twin = namesake(c, p, series);
            if (twin < c->panels[0].series_count) {
                l->looks[p][s] = l->looks[0][twin];
                continue;
            }
            l->looks[p][s] = series->ideal ? reference : look_of(next++);
            if (series->name && *series->name)
                l->entries[l->page.entry_count++] = (struct page_entry){
                    .name = series->name,
                    .sample = series->ideal ? PAGE_IDEAL : PAGE_LINE,
                    .look = l->looks[p][s]};
        }
}

static bool drawable(const struct chart_series *s, size_t i)
{
    return axis_drawable(s->x[i]) && axis_drawable(s->y[i]);
}

static bool range_at(const struct chart_series *s, size_t i, double *low, double *high)
{
    *low = s->low ? s->low[i] : s->y[i];
    *high = s->high ? s->high[i] : s->y[i];
    return (s->low || s->high) && axis_drawable(*low) && axis_drawable(*high);
}

/* What the values of a panel span; true when there is at least one. */
static bool span(const struct chart_panel *panel, double x[2], double y[2], size_t *skipped)
{
    bool any = false;
    double low, high;

    for (size_t k = 0; k < panel->series_count; k++) {
        const struct chart_series *s = &panel->series[k];
        for (size_t i = 0; i < s->n; i++) {
            if (!drawable(s, i)) {
                ++*skipped;
                continue;
            }
            any = true;
            page_hold(s->x[i], &x[0], &x[1]);
            page_hold(s->y[i], &y[0], &y[1]);
            if (!range_at(s, i, &low, &high)) continue;
            page_hold(low, &y[0], &y[1]);
            page_hold(high, &y[0], &y[1]);
        }
    }
    return any;
}

static void apply(const struct chart_axis *a, double range[2])
{
    if (a->fixed) {
        range[0] = a->min;
        range[1] = a->max;
    } else if (a->from_zero) {
        page_hold(0, &range[0], &range[1]);
    }
}

/* Fits the y axes to the height that is there, then the x axis to the width that their labels
 * leave. */
static void fit(const struct chart_lines *c, struct canvas *cv, struct layout *l, double x[2],
                double y[PANELS_MAX][2])
{
    double top = page_head_height(cv, &l->page), left = 0, room, width;
    double bottom = CHART_HEIGHT - PAGE_MARGIN - PAGE_LABEL_ROOM - PAGE_TICK_ROOM;
    double height = (bottom - top - PANEL_GAP * (double)(c->panel_count - 1)) /
                    (double)c->panel_count;

    for (size_t p = 0; p < c->panel_count; p++) {
        const struct chart_axis *a = &c->panels[p].y;
        apply(a, y[p]);
        if (l->empty[p] && !a->fixed) y[p][0] = 0, y[p][1] = 1;
        axis_fit(&l->y[p], y[p][0], y[p][1], (int)fmax(2, height / TICK_EVERY), a->whole,
                 a->fixed ? AXIS_TIGHT : AXIS_LOOSE);
        left = fmax(left, page_ticks_width(cv, &l->y[p]));
    }
    left = ceil(PAGE_MARGIN + PAGE_LABEL_ROOM + left + PAGE_TICK_GAP);
    width = CHART_WIDTH - PAGE_MARGIN - RIGHT_ROOM - left;
    if (c->square) {
        double side = floor(fmin(width, height));
        left = floor(left + (width - side) / 2);
        width = height = side;
    }
    apply(&c->x, x);
    page_fit_x(cv, &l->x, x[0], x[1], width, c->x.whole);
    room = c->x.fixed ? 0 : X_ROOM * (l->x.max - l->x.min);
    for (size_t p = 0; p < c->panel_count; p++)
        l->frames[p] = (struct chart_frame){
            .left = left,
            .top = floor(top + (double)p * (height + PANEL_GAP)),
            .width = width,
            .height = floor(height),
            .x_min = l->x.min - room,
            .x_max = l->x.max + room,
            .y_min = l->y[p].min,
            .y_max = l->y[p].max,
        };
}

static enum dtq_err lay_out(const struct chart_lines *c, struct canvas *cv, struct layout *l,
                            struct dtq_why *why)
{
    double x[2] = {INFINITY, -INFINITY}, y[PANELS_MAX][2];
    enum dtq_err err = check(c, why);
    bool any = false;

    if (err) return err;
    memset(l, 0, sizeof *l);
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    for (size_t p = 0; p < c->panel_count; p++) {
        y[p][0] = INFINITY;
        y[p][1] = -INFINITY;
        l->empty[p] = !span(&c->panels[p], x, y[p], &l->page.skipped);
        any = any || !l->empty[p];
    }
    if (!any)
        return err_set(why, DTQ_INPUT,
                       "nothing to draw in \"%.200s\": %zu points, none with finite numbers; give "
                       "at least one",
                       c->title ? c->title : "", l->page.skipped);
    choose_looks(c, l);
    fit(c, cv, l, x, y);
    return DTQ_OK;
}

/* Far outside is far enough: cairo counts in fixed point. */
static void pixel(const struct chart_frame *f, double x, double y, double *px, double *py)
{
    chart_frame_at(f, x, y, px, py);
    *px = fmin(fmax(*px, -1e5), 1e5);
    *py = fmin(fmax(*py, -1e5), 1e5);
}

static void draw_range(struct canvas *cv, const struct chart_frame *f, double x, double low,
                       double high, struct colour colour)
{
    const struct line_style line = {.width = 1.4, .colour = colour};
    double px, top, bottom;

    pixel(f, x, low, &px, &bottom);
    pixel(f, x, high, &px, &top);
    canvas_upright(cv, px, top, bottom, &line);
    canvas_level(cv, top, px - 5, px + 5, &line);
    canvas_level(cv, bottom, px - 5, px + 5, &line);
}

static void draw_line(struct canvas *cv, const struct chart_frame *f, const struct chart_series *s,
                      const struct look *look)
{
    const struct line_style line = {
        .width = s->ideal ? 1.6 : 2, .dash = look->dash, .colour = look->colour};
    double low, high, px, py;

    for (size_t i = 0; i < s->n; i++)
        if (drawable(s, i) && range_at(s, i, &low, &high))
            draw_range(cv, f, s->x[i], low, high, look->colour);
    for (size_t i = 0; i < s->n; i++) {
        if (!drawable(s, i)) continue;
        pixel(f, s->x[i], s->y[i], &px, &py);
        canvas_to(cv, px, py);
    }
    canvas_stroke(cv, &line);
}

static bool within(const struct chart_frame *f, double px, double py)
{
    return px >= f->left - 1 && px <= f->left + f->width + 1 && py >= f->top - 1 &&
           py <= f->top + f->height + 1;
}

/* On each point, or where points are dense on some of them, so far apart that the line shows. */
static void draw_markers(struct canvas *cv, const struct chart_frame *f,
                         const struct chart_series *s, const struct look *look)
{
    double px, py, last_x = -INFINITY, last_y = 0;
    size_t next = 0;

    for (size_t i = 0; i < s->n && !s->ideal; i++) {
        if (i < next || !drawable(s, i)) continue;
        pixel(f, s->x[i], s->y[i], &px, &py);
        if (hypot(px - last_x, py - last_y) < MARKERS_APART || !within(f, px, py)) continue;
        canvas_marker(cv, px, py, 4.5, look);
        last_x = px;
        last_y = py;
        next = i + s->n / MARKERS_MOST;
    }
}

static void draw_panel(struct canvas *cv, const struct chart_lines *c, const struct layout *l,
                       size_t p)
{
    const struct chart_frame *f = &l->frames[p];
    const struct chart_panel *panel = &c->panels[p];
    struct text_style middle = PAGE_LABEL_TEXT;

    page_axis_y(cv, f, &l->y[p], panel->y.label);
    page_axis_x(cv, f, &l->x, p + 1 == c->panel_count);
    if (c->square) page_frame(cv, f); /* a curve may run along the edges, and matters there */
    canvas_clip(cv, f->left - 1, f->top - 1, f->width + 2, f->height + 2);
    for (int ideal = 1; ideal >= 0; ideal--)
        for (size_t s = 0; s < panel->series_count; s++)
            if (panel->series[s].ideal == ideal)
                draw_line(cv, f, &panel->series[s], &l->looks[p][s]);
    canvas_unclip(cv);
    if (!c->square) page_frame(cv, f);
    for (size_t s = 0; s < panel->series_count; s++)
        draw_markers(cv, f, &panel->series[s], &l->looks[p][s]);
    marks_draw(cv, f, panel, l->looks[p]);
    middle.colour = FAINT;
    if (l->empty[p])
        canvas_text(cv, f->left + f->width / 2, f->top + f->height / 2, "no data", &middle);
}

enum dtq_err chart_lines_write(const struct chart_lines *c, const struct chart_file *file,
                               struct dtq_why *why)
{
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) != DTQ_OK) goto out;
    page_head_draw(&cv, &l.page);
    for (size_t p = 0; p < c->panel_count; p++)
        draw_panel(&cv, c, &l, p);
    page_x_label(&cv, &l.frames[0], CHART_HEIGHT - PAGE_MARGIN, c->x.label);
    err = canvas_save(&cv, file, why);
out:
    canvas_close(&cv);
    return err;
}

enum dtq_err chart_lines_frames(const struct chart_lines *c, struct chart_frame *frames,
                                struct dtq_why *why)
{
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, NULL, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) == DTQ_OK)
        memcpy(frames, l.frames, c->panel_count * sizeof *frames);
    canvas_close(&cv);
    return err;
}
