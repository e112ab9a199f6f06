/* chart.h: charts from arrays of numbers to PNG or SVG, drawn by cairo. It knows nothing of where
 * the numbers come from.
 *
 * All texts are UTF-8 (other bytes are shown as '?'), may be NULL for none, and are shortened with
 * an ellipsis where they do not fit; a subtitle may have several lines. Structs and arrays are
 * borrowed for the call; a struct filled with zeros has sensible values everywhere. Numbers that
 * are NaN, infinite or beyond 1e300 are left out, and a note in the chart says how many.
 *
 * Every *_write returns DTQ_OK, DTQ_INPUT with a sentence (nothing to draw, impossible limits, too
 * many series), DTQ_IO with path and reason, or DTQ_NOMEM; the file appears whole or not at all.
 * Every *_frame tells without drawing where data will be found in the picture. */
#ifndef DTQ_CHART_H
#define DTQ_CHART_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chart_format { CHART_PNG, CHART_SVG };

enum {
    CHART_WIDTH = 960, /* pixels at scale 1 */
    CHART_HEIGHT = 600,
    CHART_SERIES_MAX = 40, /* more cannot be told apart */
    CHART_GROUPS_MAX = 64,
    CHART_CLASSES_MAX = 64,
    CHART_RANKED_MAX = 24,
};

struct chart_file {
    const char *path;
    enum chart_format format;
    double scale; /* 0 counts as 1; 0.25 to 8; 2 gives a PNG of 1920 x 1200 */
};

/* The format that a path's ending asks for (.png or .svg, any case); DTQ_INPUT for any other. */
enum dtq_err chart_format_of(const char *path, enum chart_format *out, struct dtq_why *why);

struct chart_axis {
    const char *label; /* with the unit: "wall time (ms)" */
    bool whole;        /* ticks at whole numbers only: epochs, workers */
    bool from_zero;    /* zero is in the picture whatever the data */
    bool fixed;        /* from min to max (min < max), whatever the data */
    double min, max;
    bool log;            /* a logarithmic scale; values that are not above 0 are not drawn */
    const double *ticks; /* (tick_count) rising: ticks at these values alone */
    size_t tick_count;
};

/* Where a plot area lies in the picture, in pixels at scale 1, and what its edges mean. */
struct chart_frame {
    double left, top, width, height;
    double x_min, x_max; /* at the left and the right edge */
    double y_min, y_max; /* at the lower and the upper edge */
    bool x_log, y_log;
};

/* The pixel of a data point, (0, 0) being the picture's upper left corner; multiply by the scale.
 */
void chart_frame_at(const struct chart_frame *f, double x, double y, double *px, double *py);

/* -- lines ----------------------------------------------------------------------------------- */

/* A look that is asked for: series that belong together may share a colour or a dash. */
struct chart_style {
    unsigned colour; /* number of the colour; its marker goes with it */
    unsigned dash;   /* 0: solid; 1 to 4: different dashes */
};

struct chart_series {
    const char *name;         /* in the legend; the same name in both panels has the same look */
    const double *x;          /* (n) in the order in which they are to be joined */
    const double *y;          /* (n) */
    const double *low, *high; /* (n) each or NULL: vertical range at each point, as min..max around
                                 a median; not drawn where it is NaN */
    size_t n;
    bool ideal;  /* a reference: gray, dashed, without markers, behind the others */
    bool marked; /* point `mark` gets a ring and, where there is room, mark_label beside it */
    size_t mark;
    const char *mark_label;          /* "best: epoch 12" */
    const struct chart_style *style; /* NULL: the next one */
    const char *end_label;           /* at the right end of its line, when all of them fit there */
    bool unlisted;                   /* not in the legend */
};

/* An upright line through all panels. */
struct chart_rule {
    double x;
    const char *label; /* at its upper end */
};

/* One more entry of the legend, for what several series have in common. */
struct chart_key {
    const char *name;
    const struct chart_style *style;
    bool line; /* a gray line with this dash; else a sample of the colour */
};

struct chart_panel {
    struct chart_axis y;
    const struct chart_series *series;
    size_t series_count;
};

/* One panel, or two above each other that share the x axis. */
struct chart_lines {
    const char *title, *subtitle;
    struct chart_axis x;
    const struct chart_panel *panels;
    size_t panel_count; /* 1 or 2 */
    bool square;        /* one panel whose plot area is a square, the legend beside it */
    bool plain;         /* lines without markers at their points */
    const struct chart_rule *rules;
    size_t rule_count;
    const struct chart_key *keys; /* before the names of series */
    size_t key_count;
};

enum dtq_err chart_lines_write(const struct chart_lines *c, const struct chart_file *file,
                               struct dtq_why *why);

/* frames (panel_count). */
enum dtq_err chart_lines_frames(const struct chart_lines *c, struct chart_frame *frames,
                                struct dtq_why *why);

/* -- grouped bars ---------------------------------------------------------------------------- */

/* Bars from zero, up or down. The value stands on each bar where there is room. */
struct chart_bars {
    const char *title, *subtitle;
    const char *x_label;
    struct chart_axis y;       /* always holds zero */
    const char *const *groups; /* (group_count) texts below the groups: "1", "2", "4" */
    size_t group_count;
    const char *const *series; /* (series_count) names in the legend: "sync", "async" */
    size_t series_count;
    const double *values;     /* (series_count, group_count) row-major; NaN: no bar, and no note */
    const double *low, *high; /* likewise, or NULL: whiskers, as min..max of several runs */
};

enum dtq_err chart_bars_write(const struct chart_bars *c, const struct chart_file *file,
                              struct dtq_why *why);
enum dtq_err chart_bars_frame(const struct chart_bars *c, struct chart_frame *frame,
                              struct dtq_why *why);

/* The x, in the units of the frame, of the left and the right edge of a bar. */
void chart_bars_span(const struct chart_bars *c, size_t series, size_t group, double *left,
                     double *right);

/* -- ROC curves ------------------------------------------------------------------------------ */

struct chart_curve {
    const char *name;
    const double *fpr, *tpr; /* (n) rates 0..1, fpr rising; (0, 0) and (1, 1) are added by need */
    size_t n;
    double auc;  /* told in the legend; below 0: the area under these points, by trapezoids */
    bool marked; /* a marker at this point: where predictions are made */
    double mark_fpr, mark_tpr;
    const char *mark_label;
};

struct chart_roc {
    const char *title, *subtitle;
    const struct chart_curve *curves;
    size_t curve_count;
};

enum dtq_err chart_roc_write(const struct chart_roc *c, const struct chart_file *file,
                             struct dtq_why *why);
enum dtq_err chart_roc_frame(const struct chart_roc *c, struct chart_frame *frame,
                             struct dtq_why *why);

/* -- ranked bars ----------------------------------------------------------------------------- */

/* Level bars to the left and right of zero, one below the other, each with its name and value. */
struct chart_ranked {
    const char *title, *subtitle;
    const char *x_label;
    const char *const *names;        /* (count) */
    const double *values;            /* (count) finite */
    size_t count;                    /* 1 to CHART_RANKED_MAX */
    const char *negative, *positive; /* what the colours mean, for the legend */
};

enum dtq_err chart_ranked_write(const struct chart_ranked *c, const struct chart_file *file,
                                struct dtq_why *why);
enum dtq_err chart_ranked_frame(const struct chart_ranked *c, struct chart_frame *frame,
                                struct dtq_why *why);

/* -- signed maps ----------------------------------------------------------------------------- */

/* Numbers as tiles of coloured squares, row by row, with a scale. */
struct chart_map {
    const char *title, *subtitle;
    const double *values; /* (tiles, n) row-major, finite */
    size_t n, width;      /* width divides n */
    size_t tiles;
    const char *const *captions;     /* (tiles) or NULL */
    const char *label;               /* of the scale */
    const char *negative, *positive; /* below and above the scale */
    bool gray; /* black for the least, white for the greatest; else blue, white at zero, red */
};

enum dtq_err chart_map_write(const struct chart_map *c, const struct chart_file *file,
                             struct dtq_why *why);

/* -- confusion matrix ------------------------------------------------------------------------ */

/* A cell's colour is its share of its row: of the rows that truly are of that class. */
struct chart_matrix {
    const char *title, *subtitle;
    const char *true_label, *predicted_label; /* NULL: "true class", "predicted class" */
    const char *const *names;                 /* (classes) */
    const uint64_t *counts;                   /* (classes, classes) row-major: true, predicted */
    size_t classes;
};

enum dtq_err chart_matrix_write(const struct chart_matrix *c, const struct chart_file *file,
                                struct dtq_why *why);

/* x and y count classes; (0, 0) is the upper left corner of the first cell. */
enum dtq_err chart_matrix_frame(const struct chart_matrix *c, struct chart_frame *frame,
                                struct dtq_why *why);

#endif
