/* precondition.c: columns of any scale, brought to one. */
#include "jobs/train/precondition.h"

#include <float.h>
#include <math.h>

/* Of the deviation by the mean: a column that varies by less is a constant but for rounding. */
static const double CONSTANT = 1e-10;

/* The second derivative of the loss by a score, where it is largest. */
static double curvature(const struct glm *m)
{
    return m->model == GLM_LINREG ? 1 : 0.25;
}

/* To 24 bits. */
static double rounded(double x)
{
    int exponent;
    double part = frexp(x, &exponent);

    return ldexp(rint(ldexp(part, 24)), exponent - 24);
}

static double nearest_power(double x)
{
    int exponent;

    frexp(x * M_SQRT2, &exponent);
    return ldexp(1, exponent - 1);
}

void precondition_learn(const struct glm *m, const struct stats *stats, double l2, double *means,
                        double *factors)
{
    for (size_t j = 0; j < m->features; j++) {
        double offset = m->offsets ? m->offsets[j] : 0;
        double factor = m->offsets ? m->factors[j] : 1 / m->scale;
        double count = stats[j].count ? (double)stats[j].count : 1;
        double mean = (stats[j].mean - offset) * factor;
        double deviation = sqrt(stats[j].squares / count) * fabs(factor), spread;
        bool centred = m->bias && (deviation > CONSTANT * fabs(mean) || l2 > 0);

        spread = sqrt(deviation * deviation + (centred ? 0 : mean * mean) + l2 / curvature(m));
        if (!(spread >= DBL_MIN && spread <= DBL_MAX / 4) || !isfinite(mean)) {
            spread = 1;
            centred = false;
        }
        means[j] = centred ? rounded(mean) : 0;
        factors[j] = 1 / nearest_power(spread);
    }
}

static size_t width_of(const struct precondition *p)
{
    return p->features + p->bias;
}

/* Element j of row g in that space. */
static double scaled(const struct precondition *p, const double *g, size_t j)
{
    double bias = p->bias ? g[p->features] : 0;

    return j == p->features ? bias : (g[j] - p->means[j] * bias) * p->factors[j];
}

double precondition_largest(const struct precondition *p, const double *g)
{
    double most = 0;

    for (size_t k = 0; k < p->outputs; k++)
        for (size_t j = 0; j < width_of(p); j++)
            most = fmax(most, fabs(scaled(p, g + k * width_of(p), j)));
    return most;
}

double precondition_squares(const struct precondition *p, const double *g)
{
    double sum = 0;

    for (size_t k = 0; k < p->outputs; k++)
        for (size_t j = 0; j < width_of(p); j++) {
            double one = scaled(p, g + k * width_of(p), j);

            sum += one * one;
        }
    return sum;
}

void precondition_apply(const struct precondition *p, double *v)
{
    for (size_t k = 0; k < p->outputs; k++) {
        double *row = v + k * width_of(p), shift = 0;

        for (size_t j = 0; j < p->features; j++) {
            row[j] = scaled(p, row, j) * p->factors[j];
            shift += p->means[j] * row[j];
        }
        if (p->bias) row[p->features] -= shift;
    }
}
