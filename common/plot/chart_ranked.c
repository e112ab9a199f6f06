/* chart_ranked.c: level bars with names, to the left and right of zero. */
#include "common/plot/chart.h"

#include "common/plot/page.h"

#include <math.h>
#include <string.h>

enum {
    NAME_ROOM = 260, /* pixels for the widest name */
    VALUE_ROOM = 64, /* beyond the end of a bar */
    VALUE_DIGITS = 3,
    TALLEST = 30, /* of a bar with its gap */
};

static const double BAR_SHARE = 0.7; /* of a row */
static const struct text_style VALUE_TEXT = {.size = 12, .colour = INK};

struct layout {
    struct axis x;
    struct chart_frame frame;
    struct page page;
    struct page_entry entries[2];
    double row;
};

static enum dtq_err check(const struct chart_ranked *c, struct dtq_why *why)
{
    if (c->count < 1 || c->count > CHART_RANKED_MAX)
        return err_set(why, DTQ_INPUT, "a chart of %zu ranked bars: expected 1 to %d", c->count,
                       CHART_RANKED_MAX);
    for (size_t i = 0; i < c->count; i++)
        if (!axis_drawable(c->values[i]))
            return err_set(why, DTQ_INPUT, "bar %zu is %g: expected a finite number", i,
                           c->values[i]);
    return DTQ_OK;
}

static struct look look_of_sign(bool positive)
{
    return (struct look){.colour = colour_diverging(positive ? 0.75 : -0.75),
                         .hatch = positive ? 0 : 1};
}

static void add_entry(struct layout *l, const char *name, bool positive)
{
    if (!name || !*name) return;
    l->entries[l->page.entry_count++] = (struct page_entry){
        .name = name, .sample = PAGE_BAR, .look = look_of_sign(positive)};
}

static enum dtq_err lay_out(const struct chart_ranked *c, struct canvas *cv, struct layout *l,
                            struct dtq_why *why)
{
    double widest = 0, least = 0, most = 0, left, width, room, height, top;
    enum dtq_err err = check(c, why);

    if (err) return err;
    memset(l, 0, sizeof *l);
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    l->page.entries = l->entries;
    for (size_t i = 0; i < c->count; i++) {
        widest = fmax(widest, canvas_text_width(cv, c->names[i], &PAGE_TICK_TEXT));
        least = fmin(least, c->values[i]);
        most = fmax(most, c->values[i]);
    }
    if (least < 0) add_entry(l, c->negative, false);
    if (most > 0) add_entry(l, c->positive, true);
    left = PAGE_MARGIN + ceil(fmin(widest, NAME_ROOM)) + PAGE_TICK_GAP;
    width = CHART_WIDTH - PAGE_MARGIN - left;
    /* Room for the values at both ends, as a share of what the bars span. */
    room = VALUE_ROOM / (width - 2 * VALUE_ROOM) * (most - least);
    axis_fit(&l->x, least < 0 ? least - room : least, most > 0 ? most + room : most,
             (int)(width / 90), false, AXIS_TIGHT);
    top = floor(page_head_height(cv, &l->page));
    height = CHART_HEIGHT - PAGE_MARGIN - PAGE_LABEL_ROOM - PAGE_TICK_ROOM - top;
    l->row = floor(fmin(TALLEST, height / (double)c->count));
    l->frame = (struct chart_frame){
        .left = left,
        .top = top,
        .width = width,
        .height = l->row * (double)c->count,
        .x_min = l->x.min,
        .x_max = l->x.max,
        .y_min = (double)c->count,
    };
    return DTQ_OK;
}

static void draw_bar(struct canvas *cv, const struct chart_ranked *c, const struct layout *l,
                     size_t i)
{
    const struct chart_frame *f = &l->frame;
    double value = c->values[i], zero, end, y, middle;
    struct look look = look_of_sign(value > 0);
    struct text_style name = PAGE_TICK_TEXT, number = VALUE_TEXT;
    char text[TEXT_MAX];

    chart_frame_at(f, 0, (double)i, &zero, &y);
    chart_frame_at(f, value, (double)i + 0.5, &end, &middle);
    canvas_box(cv, fmin(zero, end), middle - BAR_SHARE * l->row / 2, fabs(end - zero),
               BAR_SHARE * l->row, look.colour);
    canvas_hatch(cv, fmin(zero, end), middle - BAR_SHARE * l->row / 2, fabs(end - zero),
                 BAR_SHARE * l->row, look.hatch);
    name.align = 1;
    canvas_fit(cv, c->names[i], &name, NAME_ROOM, text);
    canvas_text(cv, f->left - PAGE_TICK_GAP, middle + 4.5, text, &name);
    axis_number(value, VALUE_DIGITS, text, sizeof text);
    number.align = value < 0;
    canvas_text(cv, end + (value < 0 ? -5 : 5), middle + 4.5, text, &number);
}

enum dtq_err chart_ranked_write(const struct chart_ranked *c, const struct chart_file *file,
                                struct dtq_why *why)
{
    const struct line_style base = {.width = 1, .colour = FAINT};
    struct canvas cv;
    struct layout l;
    double zero, y;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) != DTQ_OK) goto out;
    page_head_draw(&cv, &l.page);
    page_axis_x(&cv, &l.frame, &l.x, true);
    for (size_t i = 0; i < c->count; i++)
        draw_bar(&cv, c, &l, i);
    chart_frame_at(&l.frame, 0, 0, &zero, &y);
    canvas_upright(&cv, zero, l.frame.top, l.frame.top + l.frame.height, &base);
    page_x_label(&cv, &l.frame, l.frame.top + l.frame.height + PAGE_TICK_ROOM + PAGE_LABEL_ROOM,
                 c->x_label);
    err = canvas_save(&cv, file, why);
out:
    canvas_close(&cv);
    return err;
}

enum dtq_err chart_ranked_frame(const struct chart_ranked *c, struct chart_frame *frame,
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
