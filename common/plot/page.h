/* page.h: what all charts share around their data: title, legend, axes with grid and ticks. It
 * knows texts and numbers, not what they mean. */
#ifndef DTQ_PAGE_H
#define DTQ_PAGE_H

#include "common/plot/axis.h"
#include "common/plot/canvas.h"

#include <stdbool.h>

enum {
    PAGE_MARGIN = 24,
    PAGE_TICK_GAP = 8,    /* between the plot area and its tick labels */
    PAGE_LABEL_ROOM = 26, /* for an axis label */
    PAGE_TICK_ROOM = 22,  /* for a row of tick labels below */
};

extern const struct text_style PAGE_TICK_TEXT, PAGE_LABEL_TEXT;

enum page_sample { PAGE_LINE, PAGE_IDEAL, PAGE_BAR };

struct page_entry {
    const char *name;
    enum page_sample sample;
    struct look look;
    bool plain; /* a line without a marker */
};

struct page {
    const char *title, *subtitle;
    const struct page_entry *entries; /* the legend */
    size_t entry_count;
    double beside;  /* x of a legend to the right of the plot area; 0: it is below the title */
    size_t skipped; /* values left out, for the note */
    bool log;       /* there is a logarithmic scale, which zero is not on */
};

/* Title, subtitle and legend. _head_height: the y below them. */
double page_head_height(struct canvas *cv, const struct page *p);
void page_head_draw(struct canvas *cv, const struct page *p);

/* Width of the widest tick label. */
double page_ticks_width(struct canvas *cv, const struct axis *a);

/* Grid lines and tick labels; the y axis with its upright label too. x_labels false: no tick
 * labels, for an upper panel. page_frame draws the axis lines, over the data. */
void page_axis_y(struct canvas *cv, const struct chart_frame *f, const struct axis *a,
                 const char *label);
void page_axis_x(struct canvas *cv, const struct chart_frame *f, const struct axis *a,
                 bool x_labels);
void page_frame(struct canvas *cv, const struct chart_frame *f);
void page_x_label(struct canvas *cv, const struct chart_frame *f, double y, const char *label);

/* Fits an axis whose ticks stand side by side: those asked for, or as many as have room on width
 * pixels. */
void page_fit_x(struct canvas *cv, struct axis *a, double lo, double hi, double width,
                const struct chart_axis *as);

/* Names below equal slots of a plot area (groups of bars, columns of a matrix), one beside the
 * other or, where these do not fit, upright. _names_room: pixels of height they take. */
double page_names_room(struct canvas *cv, const char *const *names, size_t count, double slot);
void page_names(struct canvas *cv, const char *const *names, size_t count, double first_x,
                double slot, double y);

/* DTQ_INPUT when a fixed axis has impossible limits; which: "x" or "y". */
enum dtq_err page_check_axis(const struct chart_axis *a, const char *which, struct dtq_why *why);

/* Grows lo..hi (which start as INFINITY, -INFINITY) so that it holds v, when v can be drawn. */
bool page_hold(double v, double *lo, double *hi);

#endif
