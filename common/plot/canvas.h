/* canvas.h: what charts are drawn on: lines, boxes, markers and texts in pixels at scale 1, to PNG
 * or SVG. It knows no axes and no data. Drawing never fails by itself: what went wrong is told
 * once, by canvas_save. */
#ifndef DTQ_CANVAS_H
#define DTQ_CANVAS_H

#include "common/buf.h"
#include "common/err.h"
#include "common/plot/chart.h"
#include "common/plot/colour.h"

#include <cairo.h>

struct canvas {
    cairo_surface_t *surface; /* owned */
    cairo_t *cr;              /* owned */
    cairo_surface_t *ruler_surface;
    cairo_t *ruler; /* owned; measures texts at scale 1, so that every format and scale has the
                       same layout */
    enum chart_format format;
    double scale;
    struct buf svg;   /* what cairo wrote */
    struct buf texts; /* the texts as elements of an SVG: they stand over all that is drawn */
};

struct text_style {
    double size; /* pixels per em */
    bool bold;
    double align; /* 0: x is the left end, 0.5: the middle, 1: the right end */
    bool upwards; /* turned a quarter: read from below to above, x and y change their roles */
    bool halo;    /* white around the letters, for texts over lines */
    struct colour colour;
};

struct line_style {
    double width;
    unsigned dash; /* 0: solid; 1 to 4: different dashes */
    struct colour colour;
};

/* How the i-th series looks: colour, marker, dash and hatch, told apart without colour too. */
struct look {
    struct colour colour;
    unsigned marker, dash, hatch;
};
struct look look_of(size_t i);

#define INK   ((struct colour){0.13, 0.13, 0.13})
#define FAINT ((struct colour){0.40, 0.40, 0.40})
#define GRID  ((struct colour){0.88, 0.88, 0.88})
#define PAPER ((struct colour){1, 1, 1})

enum { TEXT_MAX = 256 }; /* bytes of a text that are looked at, with its NUL */

/* A white canvas. file NULL: for measuring only. */
enum dtq_err canvas_open(struct canvas *cv, const struct chart_file *file, struct dtq_why *why);
enum dtq_err canvas_save(struct canvas *cv, const struct chart_file *file, struct dtq_why *why);
void canvas_close(struct canvas *cv); /* an opened or a failed one */

/* Text. y is the base line; canvas_fit copies text as clean UTF-8, cut with an ellipsis where it is
 * wider than width pixels. */
double canvas_text_width(struct canvas *cv, const char *text, const struct text_style *style);
void canvas_fit(struct canvas *cv, const char *text, const struct text_style *style, double width,
                char out[TEXT_MAX]);
void canvas_text(struct canvas *cv, double x, double y, const char *text,
                 const struct text_style *style);

/* A line from point to point, each added by canvas_to, drawn by canvas_stroke. */
void canvas_to(struct canvas *cv, double x, double y);
void canvas_stroke(struct canvas *cv, const struct line_style *s);

/* Shapes. Level and upright lines lie on whole pixels, so that they are sharp. */
void canvas_level(struct canvas *cv, double y, double from, double to, const struct line_style *s);
void canvas_upright(struct canvas *cv, double x, double from, double to,
                    const struct line_style *s);
void canvas_box(struct canvas *cv, double x, double y, double w, double h, struct colour fill);
void canvas_hatch(struct canvas *cv, double x, double y, double w, double h, unsigned hatch);
void canvas_marker(struct canvas *cv, double x, double y, double radius, const struct look *look);
void canvas_ring(struct canvas *cv, double x, double y, double radius, struct colour colour);
void canvas_clip(struct canvas *cv, double x, double y, double w, double h);
void canvas_unclip(struct canvas *cv);

#endif
