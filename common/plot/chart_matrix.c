/* chart_matrix.c: a confusion matrix as a heat map with its counts. */
#include "common/plot/chart.h"

#include "common/plot/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_ROOM = 130, /* pixels for the widest class name on the left */
    SCALE_GAP = 36,  /* to the colour scale on the right */
    SCALE_WIDTH = 14,
    SCALE_ROOM = SCALE_GAP + SCALE_WIDTH + 80,
    TWO_LINES = 50, /* a cell as high as this has room for the share too */
};

static const struct text_style COUNT_TEXT = {.size = 15, .align = 0.5};
static const double LEAST_TEXT = 7;

struct layout {
    struct chart_frame frame;
    struct page page;
    double cell;
};

static enum dtq_err check(const struct chart_matrix *c, struct dtq_why *why)
{
    uint64_t sum = 0;

    if (c->classes < 1 || c->classes > CHART_CLASSES_MAX)
        return err_set(why, DTQ_INPUT, "a confusion matrix of %zu classes: expected 1 to %d",
                       c->classes, CHART_CLASSES_MAX);
    for (size_t i = 0; i < c->classes * c->classes; i++)
        sum |= c->counts[i];
    if (!sum)
        return err_set(why, DTQ_INPUT, "nothing to draw in \"%.200s\": all counts are zero",
                       c->title ? c->title : "");
    return DTQ_OK;
}

static double names_width(const struct chart_matrix *c, struct canvas *cv)
{
    double widest = 0;

    for (size_t i = 0; i < c->classes; i++)
        widest = fmax(widest, canvas_text_width(cv, c->names[i], &PAGE_TICK_TEXT));
    return ceil(fmin(widest, NAME_ROOM));
}

static enum dtq_err lay_out(const struct chart_matrix *c, struct canvas *cv, struct layout *l,
                            struct dtq_why *why)
{
    double n = (double)c->classes, top, height, left, side;
    enum dtq_err err = check(c, why);

    if (err) return err;
    memset(l, 0, sizeof *l);
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    top = floor(page_head_height(cv, &l->page));
    height = CHART_HEIGHT - PAGE_MARGIN - PAGE_LABEL_ROOM - top;
    left = names_width(c, cv) + PAGE_TICK_GAP + PAGE_LABEL_ROOM;
    side = height - PAGE_TICK_ROOM;
    side = height - page_names_room(cv, c->names, c->classes, side / n);
    l->cell = floor(side / n);
    side = l->cell * n;
    l->frame = (struct chart_frame){
        .left = floor((CHART_WIDTH - left - side - SCALE_ROOM) / 2 + left),
        .top = top,
        .width = side,
        .height = side,
        .x_max = n,
        .y_min = n,
    };
    return DTQ_OK;
}

/* A count in at most five characters. */
static void short_count(uint64_t count, char text[TEXT_MAX])
{
    static const char units[] = "kMGTPE";
    double v = (double)count;
    int u = -1;

    while (v >= 999.5 && units[u + 1]) {
        v /= 1000;
        u++;
    }
    if (u < 0)
        snprintf(text, TEXT_MAX, "%" PRIu64, count);
    else
        snprintf(text, TEXT_MAX,
                 v < 9.995   ? "%.2f%c"
                 : v < 99.95 ? "%.1f%c"
                             : "%.0f%c",
                 v, units[u]);
}

/* Draws a cell. Returns false when there is a count that it has no room for. */
static bool draw_cell(struct canvas *cv, const struct layout *l, size_t row, size_t column,
                      uint64_t count, double share)
{
    double x = l->frame.left + (double)column * l->cell, y = l->frame.top + (double)row * l->cell;
    struct colour fill = colour_share(share);
    struct text_style style = COUNT_TEXT;
    char text[TEXT_MAX];
    double middle = x + l->cell / 2, base = y + l->cell / 2;

    canvas_box(cv, x, y, l->cell, l->cell, fill);
    style.colour = colour_lightness(fill) < 60 ? PAPER : INK;
    style.size = fmin(style.size, l->cell * 0.5);
    snprintf(text, sizeof text, "%" PRIu64, count);
    if (canvas_text_width(cv, text, &style) > l->cell - 4) short_count(count, text);
    while (style.size >= LEAST_TEXT && canvas_text_width(cv, text, &style) > l->cell - 2)
        style.size -= 0.5;
    if (style.size < LEAST_TEXT) return !count;
    if (l->cell < TWO_LINES) {
        canvas_text(cv, middle, base + style.size * 0.36, text, &style);
        return true;
    }
    canvas_text(cv, middle, base - 1, text, &style);
    style.size = 11.5;
    snprintf(text, sizeof text, "%.1f %%", 100 * share);
    canvas_text(cv, middle, base + 15, text, &style);
    return true;
}

static void draw_cells(struct canvas *cv, const struct chart_matrix *c, const struct layout *l)
{
    const struct line_style grid = {.width = 1, .colour = GRID},
                            edge = {.width = 1, .colour = FAINT};
    const struct chart_frame *f = &l->frame;
    struct text_style note = {.size = 12, .colour = FAINT};
    size_t left_out = 0;
    char text[80];

    for (size_t row = 0; row < c->classes; row++) {
        const uint64_t *counts = c->counts + row * c->classes;
        double sum = 0;
        for (size_t k = 0; k < c->classes; k++)
            sum += (double)counts[k];
        for (size_t k = 0; k < c->classes; k++)
            left_out += !draw_cell(cv, l, row, k, counts[k], sum > 0 ? (double)counts[k] / sum : 0);
    }
    if (left_out) {
        snprintf(text, sizeof text, "%zu count%s omitted: no room in the cell%s", left_out,
                 left_out == 1 ? "" : "s", left_out == 1 ? "" : "s");
        canvas_text(cv, PAGE_MARGIN, CHART_HEIGHT - 10, text, &note);
    }
    for (size_t i = 1; i < c->classes; i++) {
        canvas_level(cv, f->top + (double)i * l->cell, f->left, f->left + f->width, &grid);
        canvas_upright(cv, f->left + (double)i * l->cell, f->top, f->top + f->height, &grid);
    }
    for (int far = 0; far <= 1; far++) { /* over the ends of the grid */
        canvas_level(cv, f->top + far * f->height, f->left, f->left + f->width, &edge);
        canvas_upright(cv, f->left + far * f->width, f->top, f->top + f->height, &edge);
    }
}

static void draw_row_names(struct canvas *cv, const struct chart_matrix *c, const struct layout *l)
{
    const struct chart_frame *f = &l->frame;
    struct text_style style = PAGE_TICK_TEXT, upright = PAGE_LABEL_TEXT;
    char text[TEXT_MAX];

    style.align = 1;
    style.size = fmin(style.size, fmax(LEAST_TEXT, l->cell - 1));
    for (size_t i = 0; i < c->classes; i++) {
        canvas_fit(cv, c->names[i], &style, NAME_ROOM, text);
        canvas_text(cv, f->left - PAGE_TICK_GAP,
                    f->top + ((double)i + 0.5) * l->cell + style.size * 0.36, text, &style);
    }
    upright.upwards = true;
    canvas_fit(cv, c->true_label ? c->true_label : "true class", &upright, f->height, text);
    canvas_text(cv, f->left - PAGE_TICK_GAP - names_width(c, cv) - 11, f->top + f->height / 2, text,
                &upright);
}

/* The colours from 0 to 100 % beside the matrix. */
static void draw_scale(struct canvas *cv, const struct layout *l)
{
    const struct chart_frame *f = &l->frame;
    const struct line_style edge = {.width = 1, .colour = FAINT};
    struct text_style upright = PAGE_LABEL_TEXT;
    double x = f->left + f->width + SCALE_GAP, bottom = f->top + f->height;
    char text[16];

    for (double y = 0; y < f->height; y++)
        canvas_box(cv, x, f->top + y, SCALE_WIDTH, 1, colour_share(1 - (y + 0.5) / f->height));
    canvas_level(cv, f->top, x, x + SCALE_WIDTH, &edge);
    canvas_level(cv, bottom - 1, x, x + SCALE_WIDTH, &edge);
    canvas_upright(cv, x, f->top, bottom, &edge);
    canvas_upright(cv, x + SCALE_WIDTH - 1, f->top, bottom, &edge);
    for (int percent = 0; percent <= 100; percent += 25) {
        snprintf(text, sizeof text, "%d %%", percent);
        canvas_text(cv, x + SCALE_WIDTH + 6, bottom - f->height * percent / 100 + 4.5, text,
                    &PAGE_TICK_TEXT);
    }
    upright.upwards = true;
    canvas_text(cv, x + SCALE_WIDTH + 64, f->top + f->height / 2, "share of the true class",
                &upright);
}

enum dtq_err chart_matrix_write(const struct chart_matrix *c, const struct chart_file *file,
                                struct dtq_why *why)
{
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) != DTQ_OK) goto out;
    page_head_draw(&cv, &l.page);
    draw_cells(&cv, c, &l);
    draw_row_names(&cv, c, &l);
    page_names(&cv, c->names, c->classes, l.frame.left, l.cell, l.frame.top + l.frame.height);
    page_x_label(&cv, &l.frame, CHART_HEIGHT - PAGE_MARGIN,
                 c->predicted_label ? c->predicted_label : "predicted class");
    draw_scale(&cv, &l);
    err = canvas_save(&cv, file, why);
out:
    canvas_close(&cv);
    return err;
}

enum dtq_err chart_matrix_frame(const struct chart_matrix *c, struct chart_frame *frame,
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
