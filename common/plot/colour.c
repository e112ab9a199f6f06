/* colour.c: colour scales, interpolated in CIE Lab (white point D65). */
#include "common/plot/colour.h"

#include <math.h>

struct lab {
    double l, a, b;
};

/* sRGB to XYZ and back as in IEC 61966-2-1. */
static const double WHITE[3] = {0.95047, 1.0, 1.08883};

static double to_linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double from_linear(double v)
{
    v = v < 0 ? 0 : v > 1 ? 1 : v;
    return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
}

static double lab_f(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static double lab_f_inverse(double f)
{
    return f > 6.0 / 29 ? f * f * f : (116 * f - 16) * 27 / 24389;
}

static struct lab to_lab(struct colour c)
{
    double r = to_linear(c.r), g = to_linear(c.g), b = to_linear(c.b);
    double x = lab_f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE[0]);
    double y = lab_f((0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / WHITE[1]);
    double z = lab_f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / WHITE[2]);

    return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

static struct colour from_lab(struct lab c)
{
    double f = (c.l + 16) / 116;
    double x = WHITE[0] * lab_f_inverse(f + c.a / 500);
    double y = WHITE[1] * lab_f_inverse(f);
    double z = WHITE[2] * lab_f_inverse(f - c.b / 200);

    return (struct colour){from_linear(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
                           from_linear(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
                           from_linear(0.0556434 * x - 0.2040259 * y + 1.0572252 * z)};
}

struct colour colour_hex(unsigned rgb)
{
    return (struct colour){(rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
                           (rgb & 255) / 255.0};
}

double colour_lightness(struct colour c)
{
    return to_lab(c).l;
}

/* Between white and the stops (darkest last), t in 0..1. A stop stands where its own lightness
 * falls on the straight line from white to the last one. */
static struct colour along(const unsigned *stops, size_t count, double t)
{
    struct lab from = {100, 0, 0}, to;
    double darkest = to_lab(colour_hex(stops[count - 1])).l;
    double l = 100 + t * (darkest - 100), f;

    if (!(t > 0)) return (struct colour){1, 1, 1};
    if (t >= 1) return colour_hex(stops[count - 1]);
    for (size_t i = 0;; i++) {
        to = to_lab(colour_hex(stops[i]));
        if (l >= to.l || i + 1 == count) break;
        from = to;
    }
    f = (l - from.l) / (to.l - from.l);
    return from_lab((struct lab){l, from.a + f * (to.a - from.a), from.b + f * (to.b - from.b)});
}

struct colour colour_diverging(double t)
{
    static const unsigned reds[] = {0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b};
    /* The last one lies between 0x2166ac and 0x053061 of the scale, where it is as dark as the red:
     * neither sign looks stronger. */
    static const unsigned blues[] = {0xd1e5f0, 0x92c5de, 0x4393c3, 0x1c5c9e};

    return t < 0 ? along(blues, 4, -t) : along(reds, 4, t);
}

struct colour colour_share(double t)
{
    static const unsigned blues[] = {0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6,
                                     0x4292c6, 0x2171b5, 0x08519c, 0x08306b};

    return along(blues, 8, t);
}

/* Halves, since the difference of two finite numbers may be none. */
struct colour colour_between(double v, double min, double max)
{
    double range = max / 2 - min / 2, t = range > 0 ? (v / 2 - min / 2) / range : 1;

    return (struct colour){t, t, t};
}

struct colour colour_series(size_t i)
{
    static const unsigned okabe_ito[COLOUR_SERIES] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
                                                      0xe69f00, 0x56b4e9, 0x000000, 0x882255};

    return colour_hex(okabe_ito[i % COLOUR_SERIES]);
}

struct colour colour_readable(struct colour c)
{
    const double darkest_needed = 55;
    struct lab lab = to_lab(c);

    if (lab.l <= darkest_needed) return c;
    lab.l = darkest_needed;
    return from_lab(lab);
}
