/* colour.h: the colours of pictures: a scale for signed numbers, one for shares, and a set for
 * telling series apart. It knows numbers only, no surfaces. */
#ifndef DTQ_COLOUR_H
#define DTQ_COLOUR_H

#include <stddef.h>

struct colour {
    double r, g, b; /* sRGB, each 0..1 */
};

/* From 0xRRGGBB. */
struct colour colour_hex(unsigned rgb);

/* t in -1..1 (beyond is cut): blue for negative, pure white at zero, red for positive, by the
 * scale RdBu of ColorBrewer (C. Brewer, colorbrewer2.org, 9 classes, middle replaced by white),
 * interpolated in CIE Lab. Its stops are placed so that lightness falls in proportion to |t|: twice
 * the weight looks twice as strong, and blue against red is told apart with any colour vision. */
struct colour colour_diverging(double t);

/* t in 0..1 (beyond is cut): white to dark blue, by the scale Blues of ColorBrewer, likewise. */
struct colour colour_share(double t);

/* Black for min, white for max, in between in proportion; white where all are the same. */
struct colour colour_between(double v, double min, double max);

/* The i-th colour for series, after Okabe and Ito, "Color Universal Design" (2008); instead of
 * their yellow, which is lost on white paper, the wine of P. Tol, "Colour Schemes" (2021). Repeats
 * after COLOUR_SERIES. */
enum { COLOUR_SERIES = 8 };
struct colour colour_series(size_t i);

/* The same colour, darker where letters in it would be hard to read on white. */
struct colour colour_readable(struct colour c);

/* CIE L*, 0 (black) to 100 (white): what a gray printer shows, and what text must stand out from.
 */
double colour_lightness(struct colour c);

#endif
