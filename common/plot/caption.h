/* caption.h: a short text drawn into pixels, by cairo. */
#ifndef DTQ_CAPTION_H
#define DTQ_CAPTION_H

#include "common/err.h"

#include <stddef.h>

/* Pixels (height, width, channels) of 8 bits, channels 1 or 3. */
struct caption_pixels {
    unsigned char *data; /* borrowed */
    size_t width, channels;
};

/* Draws text (UTF-8, NULL: none) in dark letters, middle of the box of width x height at (x, y),
 * which lies within the pixels; shortened with an ellipsis where it does not fit. DTQ_NOMEM. */
enum dtq_err caption_draw(const struct caption_pixels *to, size_t x, size_t y, size_t width,
                          size_t height, const char *text, struct dtq_why *why);

#endif
