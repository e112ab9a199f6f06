/* axis.h: where an axis begins and ends, where its ticks stand and what they say. Numbers and texts
 * only, no drawing. */
#ifndef DTQ_AXIS_H
#define DTQ_AXIS_H

#include <stdbool.h>
#include <stddef.h>

/* Values of larger magnitude are not drawn (their differences would overflow), smaller ones count
 * as zero. */
#define AXIS_LARGEST  1e300
#define AXIS_SMALLEST 1e-280

enum { AXIS_LISTED_MAX = 80 };

struct axis {
    double min, max; /* min < max; of a logarithmic one both above 0 */
    bool log;
    size_t count; /* ticks; at least 1 */

    /* Ticks that stand one by one. listed 0: tick i has the value (first + i) * digit * 10^power,
     * with digit 1, 2 or 5. */
    size_t listed;
    double at[AXIS_LISTED_MAX];
    double first;
    int digit, power;

    /* A label says (value - base) / 10^exponent with so many decimals; what it leaves out is said
     * once, in note ("×1e6", "×1e-9 + 3"), which is empty where the labels say it all. */
    double base;
    int exponent, decimals;
    char note[48];
};

enum axis_ends {
    AXIS_LOOSE, /* the ends move out to the next ticks */
    AXIS_TIGHT, /* the ends stay, ticks stand between them */
};

/* Fits an axis to the values lo..hi (finite, lo <= hi, within AXIS_LARGEST) with about `want` ticks
 * (2 or more) at round numbers, after P. Heckbert, "Nice numbers for graph labels", Graphics Gems
 * (1990). whole: ticks at whole numbers only. One single value gets some room on both sides. */
void axis_fit(struct axis *a, double lo, double hi, int want, bool whole, enum axis_ends ends);

/* The same for values above 0 on a logarithmic scale, with at most `want` ticks at powers of ten
 * and as many of their multiples as there is room for. */
void axis_fit_log(struct axis *a, double lo, double hi, int want, enum axis_ends ends);

/* Ticks at these values alone (rising, the first AXIS_LISTED_MAX of them), from lo to hi. */
void axis_list(struct axis *a, double lo, double hi, const double *ticks, size_t count, bool log);

/* Where a value stands, 0 at min and 1 at max, for the limits of an axis or a part of one. */
double axis_place(double value, double min, double max, bool log);

/* Value of tick i, the double nearest to its decimal number. */
double axis_tick(const struct axis *a, size_t i);

/* Its text; any size from 24 bytes on is enough. */
void axis_label(const struct axis *a, size_t i, char *text, size_t size);

/* A value as short text with so many significant digits, without an exponent from 1e-4 to 1e9. */
void axis_number(double value, int digits, char *text, size_t size);

/* True for a value that can be drawn: finite and within AXIS_LARGEST. */
bool axis_drawable(double value);

#endif
