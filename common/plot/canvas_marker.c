/* canvas_marker.c: the looks of series and their markers. */
#include "common/plot/canvas.h"

#include <math.h>

enum { MARKERS = 7, DASHES = 5, HATCHES = 7 };

/* The counts have no common divisor with that of the colours, so that looks repeat late. */
struct look look_of(size_t i)
{
    static const unsigned hatches[HATCHES] = {0, 1, 2, 4, 3, 5, 6};

    return (struct look){.colour = colour_series(i),
                         .marker = (unsigned)(i % MARKERS),
                         .dash = (unsigned)(i % DASHES),
                         .hatch = hatches[i % HATCHES]};
}

/* Corners of the filled markers on the unit circle, clockwise from `start` in quarter turns. None:
 * a circle. */
static const struct {
    int corners;
    double start;
    double inner; /* radius of the corners between, 0 for none */
    double size;  /* so that all look equally large */
} SHAPES[MARKERS] = {
    {0, 0, 0, 0.95},      /* circle */
    {4, -0.5, 0, 1.2},    /* square */
    {3, -1, 0, 1.35},     /* triangle */
    {4, -1, 0, 1.3},      /* diamond */
    {3, 1, 0, 1.35},      /* triangle, point down */
    {4, -0.5, 0.33, 1.5}, /* cross */
    {5, -1, 0.45, 1.45},  /* star */
};

static void outline(cairo_t *cr, unsigned shape, double radius)
{
    int between = SHAPES[shape].inner > 0 ? 2 : 1, count = SHAPES[shape].corners * between;

    radius *= SHAPES[shape].size;
    if (!count) cairo_arc(cr, 0, 0, radius, 0, 2 * M_PI);
    for (int i = 0; i < count; i++) {
        double angle = M_PI / 2 * SHAPES[shape].start + 2 * M_PI * i / count;
        double r = i % between ? radius * SHAPES[shape].inner : radius;
        cairo_line_to(cr, r * cos(angle), r * sin(angle));
    }
    cairo_close_path(cr);
}

void canvas_marker(struct canvas *cv, double x, double y, double radius, const struct look *look)
{
    cairo_save(cv->cr);
    cairo_translate(cv->cr, x, y);
    outline(cv->cr, look->marker % MARKERS, radius);
    cairo_set_source_rgb(cv->cr, look->colour.r, look->colour.g, look->colour.b);
    cairo_fill_preserve(cv->cr);
    cairo_set_source_rgb(cv->cr, 1, 1, 1); /* a thin rim parts markers that touch */
    cairo_set_line_width(cv->cr, 0.8);
    cairo_stroke(cv->cr);
    cairo_restore(cv->cr);
}

void canvas_ring(struct canvas *cv, double x, double y, double radius, struct colour colour)
{
    cairo_arc(cv->cr, x, y, radius, 0, 2 * M_PI);
    cairo_set_source_rgb(cv->cr, colour.r, colour.g, colour.b);
    cairo_set_line_width(cv->cr, 1.6);
    cairo_stroke(cv->cr);
}
