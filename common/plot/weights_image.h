/* weights_image.h: a vector of weights as a PNG: one square of pixels a weight, row by row, so that
 * the weights of an image classifier look like the images. By libpng, captions by cairo. It knows
 * nothing of models and where the weights come from. */
#ifndef DTQ_WEIGHTS_IMAGE_H
#define DTQ_WEIGHTS_IMAGE_H

#include "common/err.h"

#include <stddef.h>

enum weights_colours {
    WEIGHTS_DIVERGING, /* colour_diverging(w / max |w|): blue, pure white at zero, red */
    WEIGHTS_GRAY,      /* black at the least weight, white at the greatest */
};

struct weights_image {
    const double *weights;       /* (tiles, n) row-major, finite; borrowed */
    size_t n;                    /* weights of one tile, without an intercept */
    size_t width;                /* weights in a row; 0: weights_image_width(n) */
    size_t tiles;                /* one a class, in rows of equal tiles; 0 counts as 1 */
    const char *const *captions; /* (tiles) above them, UTF-8; NULL: none */
    enum weights_colours colours;
    const char *title; /* for the metadata; UTF-8 or NULL */
};

/* Where things are in the picture, in pixels. */
struct weights_layout {
    size_t width, height; /* of the picture */
    size_t factor;        /* side of a weight's square */
    size_t columns, rows; /* of tiles */
    size_t tile_width, tile_height;
    size_t gap;      /* between tiles */
    size_t caption;  /* height of one, above its tile; 0: there are none */
    double min, max; /* of all weights; the limits of the colours are common to all tiles */
};

/* The width of n weights that are a square picture (784: 28, 64: 8), else 0. */
size_t weights_image_width(size_t n);

/* Upper left pixel of weight i of a tile. */
void weights_image_at(const struct weights_layout *l, size_t tile, size_t i, size_t *x, size_t *y);

/* The layout without a picture; the same errors as _write but for DTQ_IO. */
enum dtq_err weights_image_layout(const struct weights_image *w, struct weights_layout *out,
                                  struct dtq_why *why);

/* Writes the picture, whole or not at all, with the texts Title, Minimum and Maximum in it.
 * DTQ_INPUT: no weights, a width that does not divide n, n no square and no width, a weight that is
 * no finite number, too large a picture; DTQ_IO with path and reason; DTQ_NOMEM. */
enum dtq_err weights_image_write(const struct weights_image *w, const char *path,
                                 struct dtq_why *why);

#endif
