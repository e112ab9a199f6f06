/* chart_bars.c: grouped bars from zero, with their values. */
#include "common/plot/chart.h"

#include "common/plot/page.h"

#include <math.h>
#include <string.h>

enum {
    TICK_EVERY = 46,
    RIGHT_ROOM = 12,
    LEAST_SLOTS = 4, /* few groups stand in the middle instead of growing to walls */
    MOST_BAR = 64,   /* pixels of width, about */
    VALUE_DIGITS = 4,
};

static const double GROUP_SHARE = 0.8; /* of a slot is bars at most, the rest is space */
static const double WHISKER_AT = 0.84; /* of a bar's width: beside its value */
static const double VALUE_AT = 0.42;
static const double VALUE_SHARE = 0.76;
static const struct text_style VALUE_TEXT = {.size = 12, .colour = INK, .halo = true, .align = 0.5};

struct layout {
    struct axis y;
    struct chart_frame frame;
    struct page page;
    struct page_entry entries[CHART_SERIES_MAX];
    double names_room;
    double bar;           /* pixels of width */
    bool values, upright; /* whether and how the values fit */
};

static double slots_of(const struct chart_bars *c)
{
    return fmax((double)c->group_count, LEAST_SLOTS);
}

/* How much of a slot is bars. */
static double bars_share(const struct chart_bars *c)
{
    return fmin(GROUP_SHARE, MOST_BAR * (double)c->series_count * slots_of(c) / CHART_WIDTH);
}

void chart_bars_span(const struct chart_bars *c, size_t series, size_t group, double *left,
                     double *right)
{
    double n = (double)c->series_count, share = bars_share(c);

    *left = (double)group + (1 - share) / 2 + (double)series * share / n;
    *right = *left + share / n;
}

static enum dtq_err check(const struct chart_bars *c, struct dtq_why *why)
{
    if (c->group_count < 1 || c->group_count > CHART_GROUPS_MAX)
        return err_set(why, DTQ_INPUT, "a bar chart of %zu groups: expected 1 to %d",
                       c->group_count, CHART_GROUPS_MAX);
    if (c->series_count < 1 || c->series_count > CHART_SERIES_MAX)
        return err_set(why, DTQ_INPUT, "a bar chart of %zu series: expected 1 to %d",
                       c->series_count, CHART_SERIES_MAX);
    return page_check_axis(&c->y, "y", why);
}

static double text_of(struct canvas *cv, double value, char text[TEXT_MAX])
{
    axis_number(value, VALUE_DIGITS, text, TEXT_MAX);
    return canvas_text_width(cv, text, &VALUE_TEXT);
}

/* The far ends of a bar with its whisker. */
static void ends(const struct chart_bars *c, size_t i, double *low, double *high)
{
    *low = fmin(c->values[i], 0);
    *high = fmax(c->values[i], 0);
    if (c->low) page_hold(c->low[i], low, high);
    if (c->high) page_hold(c->high[i], low, high);
}

static enum dtq_err span(const struct chart_bars *c, struct layout *l, double y[2],
                         struct dtq_why *why)
{
    size_t count = c->series_count * c->group_count, none = 0;

    for (size_t i = 0; i < count; i++) {
        double low, high;
        if (isnan(c->values[i]))
            none++; /* there is nothing to be drawn */
        else if (!axis_drawable(c->values[i]))
            l->page.skipped++;
        if (!axis_drawable(c->values[i])) continue;
        ends(c, i, &low, &high);
        page_hold(low, &y[0], &y[1]);
        page_hold(high, &y[0], &y[1]);
    }
    if (l->page.skipped + none < count) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "nothing to draw in \"%.200s\": %zu values, none of them a finite number; give "
                   "at least one",
                   c->title ? c->title : "", count);
}

/* Whether the values stand level or upright on bars of this width; the height they need. */
static double values_room(const struct chart_bars *c, struct canvas *cv, struct layout *l)
{
    char text[TEXT_MAX];
    double widest = 0;

    for (size_t i = 0; i < c->series_count * c->group_count; i++)
        if (axis_drawable(c->values[i])) widest = fmax(widest, text_of(cv, c->values[i], text));
    l->upright = widest > l->bar * (c->low || c->high ? VALUE_SHARE : 1) - 4;
    l->values = !l->upright || l->bar >= VALUE_TEXT.size;
    return !l->values ? 4 : l->upright ? ceil(widest) + 8 : VALUE_TEXT.size + 6;
}

static void fit(const struct chart_bars *c, struct canvas *cv, struct layout *l, double y[2])
{
    double slots = slots_of(c), top, bottom, height, room, share;
    struct chart_frame *f = &l->frame;
    int want;

    /* The widths hang on the labels of the y axis and these on the height: a first guess of the
     * left edge decides how the names below stand. */
    top = page_head_height(cv, &l->page);
    f->width = CHART_WIDTH - 2 * PAGE_MARGIN - RIGHT_ROOM - 2 * PAGE_LABEL_ROOM - PAGE_TICK_GAP;
    l->names_room = page_names_room(cv, c->groups, c->group_count, f->width / slots);
    bottom = CHART_HEIGHT - PAGE_MARGIN - PAGE_LABEL_ROOM - l->names_room;
    height = floor(bottom - top);
    want = (int)fmax(2, height / TICK_EVERY);
    l->bar = bars_share(c) / (double)c->series_count * f->width / slots - 1;
    room = values_room(c, cv, l);
    if (c->y.fixed) {
        y[0] = fmin(c->y.min, 0);
        y[1] = fmax(c->y.max, 0);
    } else {
        share = room / (height - 2 * room) * (y[1] - y[0]);
        if (y[1] > 0 || y[0] == 0) y[1] += share;
        if (y[0] < 0) y[0] -= share;
    }
    axis_fit(&l->y, y[0], y[1], want, c->y.whole, AXIS_TIGHT);
    f->left = ceil(PAGE_MARGIN + PAGE_LABEL_ROOM + page_ticks_width(cv, &l->y) + PAGE_TICK_GAP);
    f->width = CHART_WIDTH - PAGE_MARGIN - RIGHT_ROOM - f->left;
    l->bar = bars_share(c) / (double)c->series_count * f->width / slots - 1;
    f->top = floor(top);
    f->height = height;
    f->x_min = ((double)c->group_count - slots) / 2;
    f->x_max = f->x_min + slots;
    f->y_min = l->y.min;
    f->y_max = l->y.max;
}

static enum dtq_err lay_out(const struct chart_bars *c, struct canvas *cv, struct layout *l,
                            struct dtq_why *why)
{
    double y[2] = {INFINITY, -INFINITY};
    enum dtq_err err = check(c, why);

    if (err) return err;
    memset(l, 0, sizeof *l);
    if ((err = span(c, l, y, why)) != DTQ_OK) return err;
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    l->page.entries = l->entries;
    for (size_t s = 0; s < c->series_count; s++)
        if (c->series[s] && *c->series[s])
            l->entries[l->page.entry_count++] = (struct page_entry){
                .name = c->series[s], .sample = PAGE_BAR, .look = look_of(s)};
    fit(c, cv, l, y);
    return DTQ_OK;
}

static void draw_whisker(struct canvas *cv, double px, double top, double bottom, double bar)
{
    const struct line_style line = {.width = 1.4, .colour = INK};
    double cap = fmin(5, bar * (1 - WHISKER_AT));

    canvas_upright(cv, px, top, bottom, &line);
    canvas_level(cv, top, px - cap, px + cap, &line);
    canvas_level(cv, bottom, px - cap, px + cap, &line);
}

static void draw_value(struct canvas *cv, const struct layout *l, double value, double px,
                       double top, double bottom)
{
    struct text_style style = VALUE_TEXT;
    char text[TEXT_MAX];

    if (!l->values) return;
    text_of(cv, value, text);
    style.upwards = l->upright;
    if (style.upwards) {
        style.align = value < 0 ? 1 : 0;
        canvas_text(cv, px + 4.5, value < 0 ? bottom + 4 : top - 4, text, &style);
    } else {
        canvas_text(cv, px, value < 0 ? bottom + 14 : top - 5, text, &style);
    }
}

static void draw_bar(struct canvas *cv, const struct chart_bars *c, const struct layout *l,
                     size_t series, size_t group)
{
    const struct chart_frame *f = &l->frame;
    struct look look = look_of(series);
    size_t i = series * c->group_count + group;
    double value = c->values[i], left, right, zero, top, bottom;

    if (!axis_drawable(value)) return;
    chart_bars_span(c, series, group, &left, &right);
    chart_frame_at(f, left, fmax(value, 0), &left, &top);
    chart_frame_at(f, right, fmin(value, 0), &right, &bottom);
    chart_frame_at(f, 0, 0, &zero, &zero);
    canvas_clip(cv, f->left, f->top, f->width, f->height + 1);
    canvas_box(cv, left + 0.5, top, l->bar, bottom - top, look.colour);
    canvas_hatch(cv, left + 0.5, top, l->bar, bottom - top, look.hatch);
    if ((c->low && axis_drawable(c->low[i])) || (c->high && axis_drawable(c->high[i]))) {
        double from = c->low && axis_drawable(c->low[i]) ? c->low[i] : value, x;
        double to = c->high && axis_drawable(c->high[i]) ? c->high[i] : value;
        chart_frame_at(f, 0, to, &x, &top);
        chart_frame_at(f, 0, from, &x, &bottom);
        draw_whisker(cv, left + WHISKER_AT * (right - left), top, bottom, l->bar);
    }
    canvas_unclip(cv);
    chart_frame_at(f, 0, fmin(fmax(value, 0), f->y_max), &zero, &top);
    chart_frame_at(f, 0, fmax(fmin(value, 0), f->y_min), &zero, &bottom);
    draw_value(cv, l, value, left + (c->low || c->high ? VALUE_AT : 0.5) * (right - left), top,
               bottom);
}

enum dtq_err chart_bars_write(const struct chart_bars *c, const struct chart_file *file,
                              struct dtq_why *why)
{
    const struct line_style base = {.width = 1, .colour = FAINT};
    const struct chart_frame *f;
    double first, slot, zero;
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) != DTQ_OK) goto out;
    f = &l.frame;
    page_head_draw(&cv, &l.page);
    page_axis_y(&cv, f, &l.y, c->y.label);
    for (size_t g = 0; g < c->group_count; g++)
        for (size_t s = 0; s < c->series_count; s++)
            draw_bar(&cv, c, &l, s, g);
    page_frame(&cv, f);
    chart_frame_at(f, 0, 0, &first, &zero);
    chart_frame_at(f, 1, 0, &slot, &zero);
    canvas_level(&cv, zero, f->left, f->left + f->width, &base);
    page_names(&cv, c->groups, c->group_count, first, slot - first, f->top + f->height);
    page_x_label(&cv, f, CHART_HEIGHT - PAGE_MARGIN, c->x_label);
    err = canvas_save(&cv, file, why);
out:
    canvas_close(&cv);
    return err;
}

enum dtq_err chart_bars_frame(const struct chart_bars *c, struct chart_frame *frame,
                              struct dtq_why *why)
{
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, NULL, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) == DTQ_OK) *frame = l.frame;
    canvas_close(&cv);
    return err;
}
