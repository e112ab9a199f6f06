/* chart_lines.c: line charts of one or two panels: looks, ranges, fits, frames. */
#include "common/plot/lines.h"

#include <math.h>
#include <string.h>

enum {
    PANEL_GAP = 30,
    TICK_EVERY = 46, /* pixels of height for a y tick */
    RIGHT_ROOM = 12,
    DODGE = 9,       /* pixels between ranges at the same place */
    LEGEND_GAP = 30, /* between a square plot area and the legend beside it */
};

/* Room between the outermost points and the ends of the x axis, as a share of its length. */
static const double X_ROOM = 0.025;

static enum dtq_err check(const struct chart_lines *c, struct dtq_why *why)
{
    enum dtq_err err;

    if (c->panel_count < 1 || c->panel_count > LINES_PANELS_MAX)
        return err_set(why, DTQ_INPUT, "a line chart of %zu panels: expected 1 or 2",
                       c->panel_count);
    if (c->key_count > LINES_KEYS_MAX)
        return err_set(why, DTQ_INPUT, "%zu keys in a legend: expected at most %d", c->key_count,
                       LINES_KEYS_MAX);
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

static struct look styled(const struct chart_style *style)
{
    struct look look = look_of(style->colour);

    look.dash = style->dash;
    return look;
}

static void add_keys(const struct chart_lines *c, struct lines_layout *l)
{
    for (size_t i = 0; i < c->key_count; i++) {
        const struct chart_key *key = &c->keys[i];
        struct look look = styled(key->style);

        if (key->line) look.colour = FAINT;
        l->entries[l->page.entry_count++] = (struct page_entry){
            .name = key->name, .sample = PAGE_LINE, .look = look, .plain = key->line || c->plain};
    }
}

/* Gives each series its look and each name its entry in the legend. */
static void choose_looks(const struct chart_lines *c, struct lines_layout *l)
{
    const struct look reference = {.colour = FAINT, .dash = 1};
    size_t next = 0;

    l->page.entries = l->entries;
    add_keys(c, l);
    for (size_t p = 0; p < c->panel_count; p++)
        for (size_t s = 0; s < c->panels[p].series_count; s++) {
            const struct chart_series *series = &c->panels[p].series[s];
            size_t twin = namesake(c, p, series);
            if (twin < c->panels[0].series_count) {
                l->looks[p][s] = l->looks[0][twin];
                continue;
            }
            l->looks[p][s] = series->ideal   ? reference
                             : series->style ? styled(series->style)
                                             : look_of(next++);
            if (series->name && *series->name && !series->unlisted)
                l->entries[l->page.entry_count++] = (struct page_entry){
                    .name = series->name,
                    .sample = series->ideal ? PAGE_IDEAL : PAGE_LINE,
                    .look = l->looks[p][s],
                    .plain = c->plain};
        }
}

bool lines_drawable(const struct chart_lines *c, const struct chart_panel *panel,
                    const struct chart_series *s, size_t i)
{
    return axis_drawable(s->x[i]) && axis_drawable(s->y[i]) && (s->x[i] > 0 || !c->x.log) &&
           (s->y[i] > 0 || !panel->y.log);
}

bool lines_range(const struct chart_panel *panel, const struct chart_series *s, size_t i,
                 double *low, double *high)
{
    *low = s->low ? s->low[i] : s->y[i];
    *high = s->high ? s->high[i] : s->y[i];
    return (s->low || s->high) && axis_drawable(*low) && axis_drawable(*high) &&
           (*low > 0 || !panel->y.log);
}

static bool has_range(const struct chart_panel *panel, const struct chart_series *s)
{
    double low, high;

    for (size_t i = 0; i < s->n; i++)
        if (lines_range(panel, s, i, &low, &high)) return true;
    return false;
}

/* Series with ranges stand side by side, around where they are. */
static void dodge(const struct chart_panel *panel, struct lines_layout *l)
{
    size_t count = 0, next = 0;

    for (size_t s = 0; s < panel->series_count; s++)
        count += has_range(panel, &panel->series[s]);
    for (size_t s = 0; s < panel->series_count; s++)
        if (has_range(panel, &panel->series[s]))
            l->dodge[s] = DODGE * ((double)next++ - (double)(count - 1) / 2);
}

/* What the values of a panel span; true when there is at least one. */
static bool span(const struct chart_lines *c, const struct chart_panel *panel, double x[2],
                 double y[2], size_t *skipped)
{
    bool any = false;
    double low, high;

    for (size_t k = 0; k < panel->series_count; k++) {
        const struct chart_series *s = &panel->series[k];
        for (size_t i = 0; i < s->n; i++) {
            if (!lines_drawable(c, panel, s, i)) {
                ++*skipped;
                continue;
            }
            any = true;
            page_hold(s->x[i], &x[0], &x[1]);
            page_hold(s->y[i], &y[0], &y[1]);
            if (!lines_range(panel, s, i, &low, &high)) continue;
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
    } else if (a->from_zero && !a->log) {
        page_hold(0, &range[0], &range[1]);
    }
}

static void fit_y(struct axis *a, const struct chart_axis *as, double y[2], double height)
{
    enum axis_ends ends = as->fixed ? AXIS_TIGHT : AXIS_LOOSE;
    int want = (int)fmax(2, height / TICK_EVERY);

    if (as->tick_count)
        axis_list(a, y[0], y[1], as->ticks, as->tick_count, as->log);
    else if (as->log)
        axis_fit_log(a, y[0], y[1], want + 1, ends);
    else
        axis_fit(a, y[0], y[1], want, as->whole, ends);
}

/* The ends of the x axis with some room. */
static void widen_x(const struct chart_lines *c, const struct axis *x, double *min, double *max)
{
    double room = c->x.fixed ? 0 : X_ROOM;

    if (x->log) {
        *min = x->min / pow(x->max / x->min, room);
        *max = x->max * pow(x->max / x->min, room);
    } else {
        *min = x->min - room * (x->max - x->min);
        *max = x->max + room * (x->max - x->min);
    }
}

/* Fits the y axes to the height that is there, then the x axis to the width that their labels
 * leave. */
static void fit(const struct chart_lines *c, struct canvas *cv, struct lines_layout *l, double x[2],
                double y[LINES_PANELS_MAX][2])
{
    double top = page_head_height(cv, &l->page), left = 0, right = RIGHT_ROOM, width, min, max;
    double bottom = CHART_HEIGHT - PAGE_MARGIN - PAGE_LABEL_ROOM - PAGE_TICK_ROOM;
    double height = (bottom - top - PANEL_GAP * (double)(c->panel_count - 1)) /
                    (double)c->panel_count;

    for (size_t p = 0; p < c->panel_count; p++) {
        const struct chart_axis *a = &c->panels[p].y;
        apply(a, y[p]);
        if (l->empty[p] && !a->fixed) y[p][0] = a->log, y[p][1] = 1 + a->log;
        fit_y(&l->y[p], a, y[p], height);
        left = fmax(left, page_ticks_width(cv, &l->y[p]));
        right = fmax(right, ends_room(cv, &c->panels[p], floor(height)));
    }
    left = ceil(PAGE_MARGIN + PAGE_LABEL_ROOM + left + PAGE_TICK_GAP);
    width = CHART_WIDTH - PAGE_MARGIN - right - left;
    if (c->square) {
        width = height = floor(fmin(width, height));
        l->page.beside = left + width + LEGEND_GAP;
    }
    apply(&c->x, x);
    page_fit_x(cv, &l->x, x[0], x[1], width, &c->x);
    widen_x(c, &l->x, &min, &max);
    for (size_t p = 0; p < c->panel_count; p++)
        l->frames[p] = (struct chart_frame){
            .left = left,
            .top = floor(top + (double)p * (height + PANEL_GAP)),
            .width = width,
            .height = floor(height),
            .x_min = min,
            .x_max = max,
            .y_min = l->y[p].min,
            .y_max = l->y[p].max,
            .x_log = l->x.log,
            .y_log = l->y[p].log,
        };
}

static enum dtq_err lay_out(const struct chart_lines *c, struct canvas *cv, struct lines_layout *l,
                            struct dtq_why *why)
{
    double x[2] = {INFINITY, -INFINITY}, y[LINES_PANELS_MAX][2];
    enum dtq_err err = check(c, why);
    bool any = false;

    if (err) return err;
    memset(l, 0, sizeof *l);
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    l->page.beside = c->square;
    l->page.log = c->x.log;
    for (size_t p = 0; p < c->panel_count; p++) {
        y[p][0] = INFINITY;
        y[p][1] = -INFINITY;
        l->empty[p] = !span(c, &c->panels[p], x, y[p], &l->page.skipped);
        l->page.log = l->page.log || c->panels[p].y.log;
        dodge(&c->panels[p], l);
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

enum dtq_err chart_lines_write(const struct chart_lines *c, const struct chart_file *file,
                               struct dtq_why *why)
{
    struct canvas cv;
    struct lines_layout l;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) != DTQ_OK) goto out;
    lines_draw(&cv, c, &l);
    err = canvas_save(&cv, file, why);
out:
    canvas_close(&cv);
    return err;
}

enum dtq_err chart_lines_frames(const struct chart_lines *c, struct chart_frame *frames,
                                struct dtq_why *why)
{
    struct canvas cv;
    struct lines_layout l;
    enum dtq_err err = canvas_open(&cv, NULL, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) == DTQ_OK)
        memcpy(frames, l.frames, c->panel_count * sizeof *frames);
    canvas_close(&cv);
    return err;
}
