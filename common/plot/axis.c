/* axis.c: ticks at 1, 2 and 5 times a power of ten, on straight and on logarithmic scales. */
#include "common/plot/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LABEL_DIGITS = 7, /* more digits than these in a label: say the difference to a base */
    WHOLE_DIGITS = 6, /* larger numbers are labelled in units of 10^3, 10^6 ... */
    SMALL_POWER = -4, /* likewise smaller ones */
};

/* Two values closer than this share of their size are one value: ticks between them could not be
 * told apart as doubles. */
static const double SAME = 1e-12;

/* Room for rounding when a quotient ought to be a whole number. */
static const double SLACK = 1e-9;

bool axis_drawable(double value)
{
    return fabs(value) <= AXIS_LARGEST; /* false for NaN too */
}

/* n * 10^power: a division for negative powers, since 10^-k is no double. */
static double scaled(double n, int power)
{
    return power < 0 ? n / pow(10, -power) : n * pow(10, power);
}

static int power_of(double v)
{
    return v > 0 ? (int)floor(log10(v) + SLACK) : 0;
}

static void spread(double *lo, double *hi, bool whole)
{
    double size = fmax(fabs(*lo), fabs(*hi));

    if (size < AXIS_SMALLEST) {
        *lo = whole ? -0.5 : 0;
        *hi = whole ? 0.5 : 1;
    } else if (*hi - *lo <= SAME * size) {
        double room = whole ? 0.5 : 0.1 * size;
        *lo -= fmax(room, 4 * SAME * size);
        *hi += fmax(room, 4 * SAME * size);
    } else if (whole && *hi - *lo < 1) {
        *lo = floor(*lo);
        *hi = ceil(*hi);
    }
}

/* The least of 1, 2, 5, 10 times a power of ten that is no less than raw. */
static void nice_step(struct axis *a, double raw)
{
    double m;

    a->power = power_of(raw);
    m = scaled(raw, -a->power);
    a->digit = m <= 1 + SLACK ? 1 : m <= 2 + SLACK ? 2 : m <= 5 + SLACK ? 5 : 10;
    if (a->digit == 10) {
        a->digit = 1;
        a->power++;
    }
}

double axis_tick(const struct axis *a, size_t i)
{
    if (a->listed) return a->at[i];
    return scaled((a->first + (double)i) * a->digit, a->power) + 0.0; /* + 0.0: no -0 */
}

/* How the labels say the ticks: plainly, in units of a power of ten, or from a base on. */
static void choose_labels(struct axis *a)
{
    double low = axis_tick(a, 0), high = axis_tick(a, a->count - 1);
    double size = fmax(fabs(low), fabs(high));
    char unit[16] = "", base[32] = "";
    int power = power_of(size);

    a->base = 0;
    if (a->count > 1 && power - a->power > LABEL_DIGITS) {
        a->base = low;
        power = power_of(high - low);
        snprintf(base, sizeof base, "%s%.15g", low < 0 ? "\xe2\x88\x92 " : "+ ", fabs(low));
    }
    a->exponent = 0;
    if (power >= WHOLE_DIGITS || power <= SMALL_POWER) a->exponent = 3 * (int)floor(power / 3.0);
    a->decimals = a->exponent > a->power ? a->exponent - a->power : 0;
    if (a->exponent)
        snprintf(unit, sizeof unit,
                 "\xc3\x97"
                 "1e%d",
                 a->exponent);
    snprintf(a->note, sizeof a->note, "%s%s%s", unit, *unit && *base ? " " : "", base);
}

void axis_fit(struct axis *a, double lo, double hi, int want, bool whole, enum axis_ends ends)
{
    double step, first, last;

    memset(a, 0, sizeof *a);
    spread(&lo, &hi, whole);
    nice_step(a, hi / want - lo / want);
    if (whole && a->power < 0) {
        a->digit = 1;
        a->power = 0;
    }
    step = scaled(a->digit, a->power);
    first = lo / step;
    last = hi / step;
    if (ends == AXIS_LOOSE) {
        first = floor(first + SLACK);
        last = ceil(last - SLACK);
    } else {
        first = ceil(first - SLACK);
        last = floor(last + SLACK);
    }
    a->first = first + 0.0;
    a->count = last > first ? (size_t)(last - first) + 1 : 1;
    a->min = ends == AXIS_LOOSE ? fmin(lo, axis_tick(a, 0)) : lo;
    a->max = ends == AXIS_LOOSE ? fmax(hi, axis_tick(a, a->count - 1)) : hi;
    choose_labels(a);
}

/* How many ticks at these multiples of powers of ten stand from lo to hi; they are written when a
 * is given. */
static size_t log_ticks(struct axis *a, double lo, double hi, const double *multiples, int every)
{
    int first = (int)floor(log10(lo) + SLACK), last = (int)floor(log10(hi) + SLACK);
    size_t count = 0;

    for (int power = first; power <= last; power++)
        for (const double *m = multiples; *m > 0 && power % every == 0; m++) {
            double v = scaled(*m, power);

            if (v < lo * (1 - SLACK) || v > hi * (1 + SLACK)) continue;
            if (a && count < AXIS_LISTED_MAX) a->at[count] = v;
            count++;
        }
    return count;
}

/* The multiple of a power of ten that is next below or above. */
static double log_end(double v, const double *multiples, bool up)
{
    int power = (int)floor(log10(v) + SLACK);
    double below = scaled(1, power);

    for (const double *m = multiples; *m > 0; m++) {
        double at = scaled(*m, power);

        if (at >= v * (1 - SLACK) && up) return at;
        if (at <= v * (1 + SLACK)) below = at;
    }
    return up ? scaled(1, power + 1) : below;
}

void axis_fit_log(struct axis *a, double lo, double hi, int want, enum axis_ends ends)
{
    static const double sets[][10] = {
        {1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, {1, 2, 5, 0}, {1, 3, 0}, {1, 0}};
    enum { SETS = sizeof sets / sizeof *sets };
    size_t set = 0;
    int every = 1;

    memset(a, 0, sizeof *a);
    if (hi <= lo * (1 + SAME)) {
        lo /= 2;
        hi *= 2;
    }
    for (;; set + 1 < SETS ? set++ : (size_t)every++) {
        double from = ends == AXIS_LOOSE ? log_end(lo, sets[set], false) : lo;
        double to = ends == AXIS_LOOSE ? log_end(hi, sets[set], true) : hi;
        size_t count = log_ticks(NULL, from, to, sets[set], every);

        a->min = from;
        a->max = to;
        if (count <= (size_t)want || every > 600) break;
    }
    a->log = true;
    a->count = log_ticks(a, a->min, a->max, sets[set], every);
    a->listed = a->count;
    if (!a->count) { /* no round number within tight ends */
        a->count = a->listed = 1;
        a->at[0] = a->min;
    }
}

void axis_list(struct axis *a, double lo, double hi, const double *ticks, size_t count, bool log)
{
    memset(a, 0, sizeof *a);
    if (log && hi <= lo * (1 + SAME)) {
        lo /= 2;
        hi *= 2;
    } else if (!log) {
        spread(&lo, &hi, true);
    }
    a->min = lo;
    a->max = hi;
    a->log = log;
    a->count = a->listed = count < AXIS_LISTED_MAX ? count : AXIS_LISTED_MAX;
    memcpy(a->at, ticks, a->count * sizeof *ticks);
}

double axis_place(double value, double min, double max, bool log)
{
    if (!log) return (value - min) / (max - min);
    /* What is not above 0 stands far below. */
    return (log10(fmax(value, AXIS_SMALLEST)) - log10(min)) / (log10(max) - log10(min));
}

void axis_label(const struct axis *a, size_t i, char *text, size_t size)
{
    double n = (a->first + (double)i) * a->digit, v;

    if (a->listed) {
        axis_number(a->at[i], WHOLE_DIGITS, text, size);
        return;
    }
    if (a->base != 0) n = (double)i * a->digit;
    v = scaled(n, a->power - a->exponent) + 0.0;
    snprintf(text, size, "%s%.*f", v < 0 ? "\xe2\x88\x92" : "", a->decimals, fabs(v));
}

void axis_number(double value, int digits, char *text, size_t size)
{
    double v = fabs(value);
    const char *sign = value < 0 ? "\xe2\x88\x92" : "";
    int power = power_of(v);

    if (power < -4 || power > 8) {
        snprintf(text, size, "%s%.*ge%d", sign, digits, scaled(v, -power), power);
        return;
    }
    snprintf(text, size, "%s%.*f", sign, power < digits ? digits - 1 - power : 0, v);
    if (!strchr(text, '.')) return;
    for (size_t end = strlen(text); text[end - 1] == '0' || text[end - 1] == '.';) {
        bool point = text[--end] == '.';
        text[end] = '\0';
        if (point) break;
    }
}
