/* caption.c: a short text drawn into pixels: cairo draws a mask, which is laid over what is there.
 */
#include "common/plot/caption.h"

#include "common/plot/canvas.h"

#include <math.h>

/* The text of a mask of width x height, by the canvas' rules. */
static void draw_mask(cairo_surface_t *mask, double width, double height, const char *text)
{
    struct canvas cv = {.cr = cairo_create(mask), .scale = 1};
    struct text_style style = {.size = floor(height * 0.7), .align = 0.5};
    char fitted[TEXT_MAX];

    cv.ruler = cv.cr;
    canvas_fit(&cv, text, &style, width - 8, fitted);
    canvas_text(&cv, width / 2, floor(height / 2 + style.size * 0.36), fitted, &style);
    cairo_destroy(cv.cr);
}

enum dtq_err caption_draw(const struct caption_pixels *to, size_t x, size_t y, size_t width,
                          size_t height, const char *text, struct dtq_why *why)
{
    static const double ink = 0x21;
    cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, (int)width, (int)height);
    const unsigned char *from;
    size_t stride;

    if (cairo_surface_status(mask) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(mask);
        return err_set(why, DTQ_NOMEM, "no memory for a caption of %zu x %zu pixels", width,
                       height);
    }
    draw_mask(mask, (double)width, (double)height, text);
    cairo_surface_flush(mask);
    from = cairo_image_surface_get_data(mask);
    stride = (size_t)cairo_image_surface_get_stride(mask);
    for (size_t i = 0; i < width * height; i++) {
        double share = from[i / width * stride + i % width] / 255.0;
        unsigned char *at = to->data + ((y + i / width) * to->width + x + i % width) * to->channels;

        for (size_t k = 0; k < to->channels; k++)
            at[k] = (unsigned char)lround(at[k] + share * (ink - at[k]));
    }
    cairo_surface_destroy(mask);
    return DTQ_OK;
}
