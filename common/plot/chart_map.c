/* chart_map.c: signed numbers as tiles of coloured squares, with the scale that reads them. */
#include "common/plot/chart.h"

#include "common/plot/page.h"

#include <math.h>
#include <string.h>

enum {
    GAP = 6,
    CAPTION_ROOM = 20,
    SCALE_GAP = 36,
    SCALE_WIDTH = 16,
    SCALE_ROOM = SCALE_GAP + SCALE_WIDTH + 150,
    TICKS = 6,
};

static const double CAPTION_SIZE = 13;

struct layout {
    struct page page;
    size_t columns, rows;   /* of tiles */
    double left, top, cell; /* cell: side of a square */
    double tile_width, tile_height, caption;
    double width, height; /* of all tiles */
    double min, max;      /* of the values */
    double scale_min, scale_max;
};

static enum dtq_err check(const struct chart_map *c, struct dtq_why *why)
{
    if (!c->n || !c->width || c->n % c->width || !c->tiles)
        return err_set(why, DTQ_INPUT, "%zu values do not fill rows of %zu in %zu tiles", c->n,
                       c->width, c->tiles);
    for (size_t i = 0; i < c->tiles * c->n; i++)
        if (!axis_drawable(c->values[i]))
            return err_set(why, DTQ_INPUT, "value %zu is %g: expected finite numbers", i,
                           c->values[i]);
    return DTQ_OK;
}

static void fit_tiles(const struct chart_map *c, struct layout *l)
{
    double room_x = CHART_WIDTH - 2 * PAGE_MARGIN - SCALE_ROOM, room_y, across, down;

    room_y = CHART_HEIGHT - PAGE_MARGIN - l->top;
    l->caption = c->captions ? CAPTION_ROOM : 0;
    l->cell = 0;
    for (size_t columns = 1; columns <= c->tiles; columns++) {
        size_t rows = (c->tiles + columns - 1) / columns;

        across = (room_x - GAP * (double)(columns - 1)) / (double)columns / (double)c->width;
        down = ((room_y - GAP * (double)(rows - 1)) / (double)rows - l->caption) /
               (double)(c->n / c->width);
        if (fmin(across, down) <= l->cell) continue;
        l->cell = fmin(across, down);
        l->columns = columns;
        l->rows = rows;
    }
    if (l->cell >= 1) l->cell = floor(l->cell);
    l->tile_width = l->cell * (double)c->width;
    l->tile_height = l->cell * (double)(c->n / c->width);
    l->width = (double)l->columns * (l->tile_width + GAP) - GAP;
    l->height = (double)l->rows * (l->tile_height + l->caption + GAP) - GAP;
    l->left = floor((CHART_WIDTH - l->width - SCALE_ROOM) / 2);
}

static enum dtq_err lay_out(const struct chart_map *c, struct canvas *cv, struct layout *l,
                            struct dtq_why *why)
{
    enum dtq_err err = check(c, why);
    double limit;

    if (err) return err;
    memset(l, 0, sizeof *l);
    l->page.title = c->title;
    l->page.subtitle = c->subtitle;
    l->min = l->max = c->values[0];
    for (size_t i = 0; i < c->tiles * c->n; i++) {
        l->min = fmin(l->min, c->values[i]);
        l->max = fmax(l->max, c->values[i]);
    }
    limit = fmax(fabs(l->min), fabs(l->max));
    if (!(limit > 0)) limit = 1;
    l->scale_min = c->gray && l->max > l->min ? l->min : -limit;
    l->scale_max = c->gray && l->max > l->min ? l->max : limit;
    l->top = floor(page_head_height(cv, &l->page));
    fit_tiles(c, l);
    if (!(l->cell > 0))
        return err_set(why, DTQ_INPUT, "%zu tiles of %zu values have no room in a picture",
                       c->tiles, c->n);
    return DTQ_OK;
}

static struct colour colour_of(const struct chart_map *c, const struct layout *l, double v)
{
    return c->gray ? colour_between(v, l->min, l->max) : colour_diverging(v / l->scale_max);
}

static void draw_tile(struct canvas *cv, const struct chart_map *c, const struct layout *l,
                      size_t tile)
{
    const struct line_style edge = {.width = 1, .colour = FAINT};
    double x = l->left + (double)(tile % l->columns) * (l->tile_width + GAP);
    double y = l->top + (double)(tile / l->columns) * (l->tile_height + l->caption + GAP);
    struct text_style style = {.size = CAPTION_SIZE, .colour = INK, .align = 0.5};
    char text[TEXT_MAX];

    if (c->captions) {
        canvas_fit(cv, c->captions[tile], &style, l->tile_width, text);
        canvas_text(cv, x + l->tile_width / 2, y + CAPTION_ROOM - 6, text, &style);
    }
    y += l->caption;
    for (size_t i = 0; i < c->n; i++)
        canvas_box(cv, x + (double)(i % c->width) * l->cell, y + (double)(i / c->width) * l->cell,
                   l->cell, l->cell, colour_of(c, l, c->values[tile * c->n + i]));
    for (int far = 0; far <= 1; far++) {
        canvas_level(cv, y + far * l->tile_height, x, x + l->tile_width, &edge);
        canvas_upright(cv, x + far * l->tile_width, y, y + l->tile_height, &edge);
    }
}

static double scale_y(const struct layout *l, double v, double top, double height)
{
    return top + (1 - axis_place(v, l->scale_min, l->scale_max, false)) * height;
}

/* The colours with their numbers; what is drawn goes from the least to the greatest value. */
static void draw_scale(struct canvas *cv, const struct chart_map *c, const struct layout *l)
{
    const struct line_style edge = {.width = 1, .colour = FAINT};
    double x = l->left + l->width + SCALE_GAP, top = l->top + l->caption + PAGE_LABEL_ROOM;
    double height = fmax(l->height - l->caption - 2 * PAGE_LABEL_ROOM, 120);
    struct text_style label = PAGE_LABEL_TEXT, words = {.size = 12.5, .colour = INK};
    struct axis a;
    char text[TEXT_MAX];

    axis_fit(&a, l->scale_min, l->scale_max, TICKS, false, AXIS_TIGHT);
    for (double y = 0; y < height; y++) {
        double v = l->scale_max - (y + 0.5) / height * (l->scale_max - l->scale_min);

        canvas_box(cv, x, top + y, SCALE_WIDTH, 1, colour_of(c, l, v));
    }
    for (int far = 0; far <= 1; far++) {
        canvas_level(cv, top + far * height, x, x + SCALE_WIDTH, &edge);
        canvas_upright(cv, x + far * SCALE_WIDTH, top, top + height, &edge);
    }
    for (size_t i = 0; i < a.count; i++) {
        double v = axis_tick(&a, i), y = scale_y(l, v, top, height);
        struct text_style tick = PAGE_TICK_TEXT;

        tick.bold = v == 0 && c->gray; /* white is not zero there */
        canvas_level(cv, y, x + SCALE_WIDTH, x + SCALE_WIDTH + 4, &edge);
        axis_label(&a, i, text, sizeof text);
        canvas_text(cv, x + SCALE_WIDTH + 7, y + 4.5, text, &tick);
        if (v == 0 && c->gray) canvas_level(cv, y, x - 6, x, &edge);
    }
    canvas_text(cv, x, top - 9, c->positive, &words);
    canvas_text(cv, x, top + height + 18, c->negative, &words);
    if (*a.note) canvas_text(cv, x + SCALE_WIDTH + 40, top - 9, a.note, &words);
    label.upwards = true;
    canvas_text(cv, x + SCALE_WIDTH + page_ticks_width(cv, &a) + 32, top + height / 2, c->label,
                &label);
}

enum dtq_err chart_map_write(const struct chart_map *c, const struct chart_file *file,
                             struct dtq_why *why)
{
    struct canvas cv;
    struct layout l;
    enum dtq_err err = canvas_open(&cv, file, why);

    if (err) return err;
    if ((err = lay_out(c, &cv, &l, why)) == DTQ_OK) {
        page_head_draw(&cv, &l.page);
        for (size_t tile = 0; tile < c->tiles; tile++)
            draw_tile(&cv, c, &l, tile);
        draw_scale(&cv, c, &l);
        err = canvas_save(&cv, file, why);
    }
    canvas_close(&cv);
    return err;
}
