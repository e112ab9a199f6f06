/* lines_draw.c: line charts as their layout has them: lines, ranges, markers, rules. */
#include "common/plot/lines.h"

#include "common/plot/marks.h"

#include <math.h>

/* Markers closer than this run into each other; and of noisy lines only so many are marked. */
static const double MARKERS_APART = 20;
enum { MARKERS_MOST = 60 };

/* Far outside is far enough: cairo counts in fixed point. */
static void pixel(const struct chart_frame *f, double x, double y, double *px, double *py)
{
    chart_frame_at(f, x, y, px, py);
    *px = fmin(fmax(*px, -1e5), 1e5);
    *py = fmin(fmax(*py, -1e5), 1e5);
}

static void draw_range(struct canvas *cv, const struct chart_frame *f, double x, double low,
                       double high, double dodge, struct colour colour)
{
    const struct line_style line = {.width = 1.4, .colour = colour};
    double px, top, bottom;

    pixel(f, x, low, &px, &bottom);
    pixel(f, x, high, &px, &top);
    px += dodge;
    canvas_upright(cv, px, top, bottom, &line);
    canvas_level(cv, top, px - 4, px + 4, &line);
    canvas_level(cv, bottom, px - 4, px + 4, &line);
}

static void draw_line(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l,
                      size_t p, size_t at)
{
    const struct chart_panel *panel = &c->panels[p];
    const struct chart_series *s = &panel->series[at];
    const struct look *look = &l->looks[p][at];
    const struct line_style line = {
        .width = s->ideal ? 1.6 : 2, .dash = look->dash, .colour = look->colour};
    const struct chart_frame *f = &l->frames[p];
    double low, high, px, py, dodge = s->ideal ? 0 : l->dodge[at];

    for (size_t i = 0; i < s->n; i++)
        if (lines_drawable(c, panel, s, i) && lines_range(panel, s, i, &low, &high))
            draw_range(cv, f, s->x[i], low, high, dodge, look->colour);
    for (size_t i = 0; i < s->n; i++) {
        if (!lines_drawable(c, panel, s, i)) continue;
        pixel(f, s->x[i], s->y[i], &px, &py);
        canvas_to(cv, px + dodge, py);
    }
    canvas_stroke(cv, &line);
}

static bool within(const struct chart_frame *f, double px, double py)
{
    return px >= f->left - 1 && px <= f->left + f->width + 1 && py >= f->top - 1 &&
           py <= f->top + f->height + 1;
}

/* On each point, or where points are dense on some of them, so far apart that the line shows. */
static void draw_markers(struct canvas *cv, const struct chart_lines *c,
                         const struct lines_layout *l, size_t p, size_t at)
{
    const struct chart_panel *panel = &c->panels[p];
    const struct chart_series *s = &panel->series[at];
    const struct chart_frame *f = &l->frames[p];
    double px, py, last_x = -INFINITY, last_y = 0;
    size_t next = 0;

    for (size_t i = 0; i < s->n && !s->ideal; i++) {
        if (i < next || !lines_drawable(c, panel, s, i)) continue;
        pixel(f, s->x[i], s->y[i], &px, &py);
        px += l->dodge[at];
        if (hypot(px - last_x, py - last_y) < MARKERS_APART || !within(f, px, py)) continue;
        canvas_marker(cv, px, py, 4.5, &l->looks[p][at]);
        last_x = px;
        last_y = py;
        next = i + s->n / MARKERS_MOST;
    }
}

/* The lines of the rules; their labels stand in the uppermost panel. */
static void draw_rules(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l,
                       size_t p)
{
    const struct line_style line = {.width = 1, .dash = 2, .colour = FAINT};
    struct text_style style = {.size = 12.5, .halo = true, .colour = FAINT};
    const struct chart_frame *f = &l->frames[p];
    char text[TEXT_MAX];
    double px, py, width;

    for (size_t i = 0; i < c->rule_count; i++) {
        pixel(f, c->rules[i].x, f->y_max, &px, &py);
        if (!within(f, px, py)) continue;
        canvas_upright(cv, px, f->top, f->top + f->height, &line);
        if (p) continue;
        canvas_fit(cv, c->rules[i].label, &style, f->width / 2, text);
        width = canvas_text_width(cv, text, &style);
        px += px + 5 + width > f->left + f->width ? -5 - width : 5;
        canvas_text(cv, px, f->top + 12, text, &style);
    }
}

static void draw_panel(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l,
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
            if (panel->series[s].ideal == ideal) draw_line(cv, c, l, p, s);
    canvas_unclip(cv);
    draw_rules(cv, c, l, p);
    if (!c->square) page_frame(cv, f);
    for (size_t s = 0; s < panel->series_count && !c->plain; s++)
        draw_markers(cv, c, l, p, s);
    marks_draw(cv, f, panel, l->looks[p]);
    ends_draw(cv, c, l, p);
    middle.colour = FAINT;
    if (l->empty[p])
        canvas_text(cv, f->left + f->width / 2, f->top + f->height / 2, "no data", &middle);
}

void lines_draw(struct canvas *cv, const struct chart_lines *c, const struct lines_layout *l)
{
    page_head_draw(cv, &l->page);
    for (size_t p = 0; p < c->panel_count; p++)
        draw_panel(cv, c, l, p);
    page_x_label(cv, &l->frames[0], CHART_HEIGHT - PAGE_MARGIN, c->x.label);
}
