/* weights_image.c: layout and colours of weights; caption.c draws texts, png_write.c makes the
 * file.
 */
#include "common/plot/weights_image.h"

#include "common/plot/caption.h"
#include "common/plot/colour.h"
#include "common/plot/png_write.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_WIDTH = 448, /* pixels of a single picture: 28 weights by a factor of 16 */
    LEAST_TILE = 224,  /* of one of several */
    GAP = 4,
    CAPTION = 24,
    MOST_PIXELS = 16384, /* either side; larger ones no viewer likes to open */
};

static const unsigned GAP_GRAY = 0xc0;

size_t weights_image_width(size_t n)
{
    size_t root = (size_t)lround(sqrt((double)n));

    return root * root == n ? root : 0;
}

/* As near to a square as goes with the fewest empty places. */
static size_t choose_columns(size_t tiles)
{
    size_t least = (size_t)ceil(sqrt((double)tiles)), best = least;

    for (size_t c = least; c <= 2 * least; c++) {
        size_t empty = (tiles + c - 1) / c * c - tiles;
        size_t best_empty = (tiles + best - 1) / best * best - tiles;
        if (empty < best_empty) best = c;
    }
    return best;
}

static enum dtq_err find_limits(const struct weights_image *w, size_t count,
                                struct weights_layout *l, struct dtq_why *why)
{
    l->min = l->max = w->weights[0];
    for (size_t i = 0; i < count; i++) {
        double v = w->weights[i];
        if (!isfinite(v))
            return err_set(why, DTQ_INPUT,
                           "weight %zu is %g: expected finite numbers; a training that diverged "
                           "needs a smaller learning rate",
                           i, v);
        l->min = fmin(l->min, v);
        l->max = fmax(l->max, v);
    }
    return DTQ_OK;
}

enum dtq_err weights_image_layout(const struct weights_image *w, struct weights_layout *out,
                                  struct dtq_why *why)
{
    size_t width = w->width ? w->width : weights_image_width(w->n);
    size_t tiles = w->tiles ? w->tiles : 1, least = tiles > 1 ? LEAST_TILE : LEAST_WIDTH;
    struct weights_layout l;
    enum dtq_err err;

    if (w->n == 0) return err_set(why, DTQ_INPUT, "no weights to draw; give at least one");
    if (width == 0)
        return err_set(why, DTQ_INPUT,
                       "%zu weights are no square picture; give the width of a row (and leave out "
                       "an intercept)",
                       w->n);
    if (w->n % width)
        return err_set(why, DTQ_INPUT,
                       "%zu weights do not fill rows of %zu; give a width that divides %zu", w->n,
                       width, w->n);
    if (width > MOST_PIXELS || w->n / width > MOST_PIXELS || tiles > MOST_PIXELS)
        return err_set(why, DTQ_INPUT,
                       "%zu x %zu weights in %zu tiles are too many for a picture; expected at "
                       "most %d of each",
                       width, w->n / width, tiles, MOST_PIXELS);
    memset(&l, 0, sizeof l);
    l.factor = (least + width - 1) / width;
    l.columns = choose_columns(tiles);
    l.rows = (tiles + l.columns - 1) / l.columns;
    l.gap = tiles > 1 ? GAP : 0;
    l.caption = w->captions ? CAPTION : 0;
    l.tile_width = width * l.factor;
    l.tile_height = w->n / width * l.factor;
    l.width = l.columns * (l.tile_width + l.gap) - l.gap;
    l.height = l.rows * (l.caption + l.tile_height + l.gap) - l.gap;
    if (l.width > MOST_PIXELS || l.height > MOST_PIXELS)
        return err_set(why, DTQ_INPUT,
                       "%zu weights in rows of %zu make a picture of %zu x %zu pixels: expected at "
                       "most %d; give another width",
                       w->n, width, l.width, l.height, MOST_PIXELS);
    if ((err = find_limits(w, tiles * w->n, &l, why)) != DTQ_OK) return err;
    *out = l;
    return DTQ_OK;
}

void weights_image_at(const struct weights_layout *l, size_t tile, size_t i, size_t *x, size_t *y)
{
    size_t across = l->tile_width / l->factor;

    *x = tile % l->columns * (l->tile_width + l->gap) + i % across * l->factor;
    *y = tile / l->columns * (l->caption + l->tile_height + l->gap) + l->caption +
         i / across * l->factor;
}

static void fill(const struct weights_image *w, const struct weights_layout *l,
                 unsigned char *pixels, size_t channels)
{
    double limit = fmax(fabs(l->min), fabs(l->max));

    memset(pixels, (int)GAP_GRAY, l->width * l->height * channels);
    for (size_t k = 0; k < (w->tiles ? w->tiles : 1) * w->n; k++) {
        double v = w->weights[k];
        struct colour c = w->colours == WEIGHTS_GRAY ? colour_between(v, l->min, l->max)
                                                     : colour_diverging(limit > 0 ? v / limit : 0);
        unsigned char rgb[3] = {(unsigned char)lround(c.r * 255), (unsigned char)lround(c.g * 255),
                                (unsigned char)lround(c.b * 255)};
        size_t x, y;
        weights_image_at(l, k / w->n, k % w->n, &x, &y);
        for (size_t p = 0; p < l->factor * l->factor; p++)
            memcpy(pixels + ((y + p / l->factor) * l->width + x + p % l->factor) * channels, rgb,
                   channels);
    }
}

static enum dtq_err fill_captions(const struct weights_image *w, const struct weights_layout *l,
                                  unsigned char *pixels, size_t channels, struct dtq_why *why)
{
    const struct caption_pixels to = {pixels, l->width, channels};
    enum dtq_err err = DTQ_OK;

    for (size_t tile = 0; w->captions && err == DTQ_OK && tile < (w->tiles ? w->tiles : 1);
         tile++) {
        size_t x, y;

        weights_image_at(l, tile, 0, &x, &y);
        err = caption_draw(&to, x, y - l->caption, l->tile_width, l->caption, w->captions[tile],
                           why);
    }
    return err;
}

enum dtq_err weights_image_write(const struct weights_image *w, const char *path,
                                 struct dtq_why *why)
{
    size_t channels = w->colours == WEIGHTS_GRAY ? 1 : 3;
    char min[32], max[32];
    const struct png_note notes[] = {{"Title", w->title}, {"Minimum", min}, {"Maximum", max}};
    struct weights_layout l;
    unsigned char *pixels;
    enum dtq_err err = weights_image_layout(w, &l, why);

    if (err) return err;
    pixels = malloc(l.width * l.height * channels);
    if (!pixels)
        return err_set(why, DTQ_NOMEM, "no memory for a picture of %zu x %zu pixels", l.width,
                       l.height);
    fill(w, &l, pixels, channels);
    snprintf(min, sizeof min, "%.17g", l.min);
    snprintf(max, sizeof max, "%.17g", l.max);
    err = fill_captions(w, &l, pixels, channels, why);
    if (err == DTQ_OK) err = png_write(path, pixels, l.width, l.height, channels, notes, 3, why);
    free(pixels);
    return err;
}
