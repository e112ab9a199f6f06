/* page.c: title, axes and names of groups; the legend is in legend.c. */
#include "common/plot/page.h"

#include "common/plot/legend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TITLE_ROOM = 30, SUBTITLE_ROOM = 20, HEAD_GAP = 20, NAME_MAX_WIDTH = 100 };

const struct text_style PAGE_TICK_TEXT = {.size = 13, .colour = INK};
const struct text_style PAGE_LABEL_TEXT = {.size = 14, .colour = INK, .align = 0.5};
static const struct text_style TITLE_TEXT = {.size = 19, .bold = true, .colour = INK};
static const struct text_style SUBTITLE_TEXT = {.size = 13.5, .colour = FAINT};
static const struct text_style NOTE_TEXT = {.size = 12, .colour = FAINT};
static const struct line_style AXIS_LINE = {.width = 1, .colour = FAINT};
static const struct line_style GRID_LINE = {.width = 1, .colour = GRID};

void chart_frame_at(const struct chart_frame *f, double x, double y, double *px, double *py)
{
    *px = f->left + axis_place(x, f->x_min, f->x_max, f->x_log) * f->width;
    *py = f->top + (1 - axis_place(y, f->y_min, f->y_max, f->y_log)) * f->height;
}

enum dtq_err page_check_axis(const struct chart_axis *a, const char *which, struct dtq_why *why)
{
    if (a->log && a->fixed && a->min <= 0)
        return err_set(why, DTQ_INPUT, "the %s axis is logarithmic and cannot begin at %g", which,
                       a->min);
    if (!a->fixed || (axis_drawable(a->min) && axis_drawable(a->max) && a->min < a->max))
        return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "the %s axis is to go from %g to %g: expected two finite numbers, the smaller "
                   "one first",
                   which, a->min, a->max);
}

bool page_hold(double v, double *lo, double *hi)
{
    if (!axis_drawable(v)) return false;
    *lo = fmin(*lo, v);
    *hi = fmax(*hi, v);
    return true;
}

static bool given(const char *text)
{
    return text && *text;
}

static size_t lines_of(const char *text)
{
    size_t count = given(text);

    for (; count && *text; text++)
        count += *text == '\n' && text[1];
    return count;
}

static double texts_height(const struct page *p)
{
    return PAGE_MARGIN + (given(p->title) ? TITLE_ROOM : 0) +
           SUBTITLE_ROOM * (double)lines_of(p->subtitle);
}

double page_head_height(struct canvas *cv, const struct page *p)
{
    return texts_height(p) + HEAD_GAP +
           (p->beside ? 0 : legend_height(cv, p->entries, p->entry_count));
}

static void draw_subtitle(struct canvas *cv, const char *subtitle, double y)
{
    const double width = CHART_WIDTH - 2 * PAGE_MARGIN;
    char line[TEXT_MAX], text[TEXT_MAX];

    for (size_t rest = lines_of(subtitle); rest; rest--) {
        size_t len = strcspn(subtitle, "\n");

        snprintf(line, sizeof line, "%.*s", (int)(len < TEXT_MAX ? len : TEXT_MAX - 1), subtitle);
        canvas_fit(cv, line, &SUBTITLE_TEXT, width, text);
        canvas_text(cv, PAGE_MARGIN, y + 11, text, &SUBTITLE_TEXT);
        y += SUBTITLE_ROOM;
        subtitle += len + (subtitle[len] != '\0');
    }
}

void page_head_draw(struct canvas *cv, const struct page *p)
{
    const double width = CHART_WIDTH - 2 * PAGE_MARGIN;
    char text[TEXT_MAX];
    double y = PAGE_MARGIN;

    if (given(p->title)) {
        canvas_fit(cv, p->title, &TITLE_TEXT, width, text);
        canvas_text(cv, PAGE_MARGIN, y + 17, text, &TITLE_TEXT);
        y += TITLE_ROOM;
    }
    draw_subtitle(cv, p->subtitle, y);
    if (p->beside)
        legend_draw_beside(cv, p->entries, p->entry_count, p->beside, page_head_height(cv, p));
    else
        legend_draw(cv, p->entries, p->entry_count, texts_height(p));
    if (p->skipped) {
        snprintf(text, sizeof text, "%zu value%s not drawn: not %s number%s%s", p->skipped,
                 p->skipped == 1 ? "" : "s", p->skipped == 1 ? "a finite" : "finite",
                 p->skipped == 1 ? "" : "s", p->log ? " above 0" : "");
        canvas_text(cv, PAGE_MARGIN, CHART_HEIGHT - 10, text, &NOTE_TEXT);
    }
}

double page_ticks_width(struct canvas *cv, const struct axis *a)
{
    char text[48];
    double widest = 0;

    for (size_t i = 0; i < a->count; i++) {
        axis_label(a, i, text, sizeof text);
        widest = fmax(widest, canvas_text_width(cv, text, &PAGE_TICK_TEXT));
    }
    return widest;
}

void page_axis_y(struct canvas *cv, const struct chart_frame *f, const struct axis *a,
                 const char *label)
{
    struct text_style tick = PAGE_TICK_TEXT, side = PAGE_LABEL_TEXT;
    char text[TEXT_MAX];
    double px, py;

    tick.align = 1;
    for (size_t i = 0; i < a->count; i++) {
        chart_frame_at(f, f->x_min, axis_tick(a, i), &px, &py);
        canvas_level(cv, py, f->left, f->left + f->width, &GRID_LINE);
        axis_label(a, i, text, sizeof text);
        canvas_text(cv, f->left - PAGE_TICK_GAP, py + 4.5, text, &tick);
    }
    canvas_text(cv, f->left, f->top - 7, a->note, &NOTE_TEXT);
    side.upwards = true;
    canvas_fit(cv, label, &side, f->height + 2 * PAGE_LABEL_ROOM, text);
    canvas_text(cv, f->left - PAGE_TICK_GAP - ceil(page_ticks_width(cv, a)) - 11,
                f->top + f->height / 2, text, &side);
}

void page_axis_x(struct canvas *cv, const struct chart_frame *f, const struct axis *a,
                 bool x_labels)
{
    struct text_style tick = PAGE_TICK_TEXT, note = NOTE_TEXT;
    char text[TEXT_MAX];
    double px, py, bottom = f->top + f->height, free = -INFINITY, half;

    tick.align = 0.5;
    note.align = 1;
    for (size_t i = 0; i < a->count; i++) {
        chart_frame_at(f, axis_tick(a, i), f->y_min, &px, &py);
        canvas_upright(cv, px, f->top, bottom, &GRID_LINE);
        canvas_upright(cv, px, bottom, bottom + 4, &AXIS_LINE);
        axis_label(a, i, text, sizeof text);
        half = canvas_text_width(cv, text, &tick) / 2;
        if (!x_labels || px - half < free) continue; /* the grid line alone */
        canvas_text(cv, px, bottom + 19, text, &tick);
        free = px + half + 8;
    }
    if (x_labels) canvas_text(cv, f->left + f->width, bottom + 38, a->note, &note);
}

void page_frame(struct canvas *cv, const struct chart_frame *f)
{
    canvas_level(cv, f->top + f->height, f->left, f->left + f->width, &AXIS_LINE);
    canvas_upright(cv, f->left, f->top, f->top + f->height + 0.5, &AXIS_LINE);
}

void page_x_label(struct canvas *cv, const struct chart_frame *f, double y, const char *label)
{
    char text[TEXT_MAX];

    canvas_fit(cv, label, &PAGE_LABEL_TEXT, CHART_WIDTH - 2 * PAGE_MARGIN - 160, text);
    canvas_text(cv, f->left + f->width / 2, y, text, &PAGE_LABEL_TEXT);
}

void page_fit_x(struct canvas *cv, struct axis *a, double lo, double hi, double width,
                const struct chart_axis *as)
{
    enum { APART = 22 };

    if (as->tick_count) {
        axis_list(a, lo, hi, as->ticks, as->tick_count, as->log);
        return;
    }
    for (int want = (int)(width / 40);; want = want * 3 / 4) {
        if (want < 2) want = 2;
        if (as->log)
            axis_fit_log(a, lo, hi, want, AXIS_TIGHT);
        else
            axis_fit(a, lo, hi, want, as->whole, AXIS_TIGHT);
        if (want == 2 || (page_ticks_width(cv, a) + APART) * (double)a->count <= width) break;
    }
}

static double widest_name(struct canvas *cv, const char *const *names, size_t count)
{
    double widest = 0;

    for (size_t i = 0; i < count; i++)
        widest = fmax(widest, canvas_text_width(cv, names[i], &PAGE_TICK_TEXT));
    return widest;
}

/* Where a slot is as wide as an upright name may be long, a cut level one says as much. */
static bool upright(struct canvas *cv, const char *const *names, size_t count, double slot)
{
    return slot < NAME_MAX_WIDTH && widest_name(cv, names, count) > slot - 6;
}

double page_names_room(struct canvas *cv, const char *const *names, size_t count, double slot)
{
    if (!upright(cv, names, count, slot)) return PAGE_TICK_ROOM;
    return fmin(ceil(widest_name(cv, names, count)), NAME_MAX_WIDTH) + PAGE_TICK_GAP;
}

void page_names(struct canvas *cv, const char *const *names, size_t count, double first_x,
                double slot, double y)
{
    struct text_style style = PAGE_TICK_TEXT;
    char text[TEXT_MAX];

    style.upwards = upright(cv, names, count, slot);
    style.align = style.upwards ? 1 : 0.5;
    if (style.upwards) style.size = fmin(style.size, fmax(7, slot - 1));
    for (size_t i = 0; i < count; i++) {
        double x = first_x + ((double)i + 0.5) * slot;
        canvas_fit(cv, names[i], &style, style.upwards ? NAME_MAX_WIDTH : slot - 4, text);
        if (style.upwards)
            canvas_text(cv, x + style.size * 0.35, y + PAGE_TICK_GAP, text, &style);
        else
            canvas_text(cv, x, y + 19, text, &style);
    }
}
