/* roc.c: the ROC curve of scores. */
#include "jobs/train/roc.h"

#include <stdbool.h>
#include <string.h>

struct corner {
    uint64_t below, above; /* rows that score at least a threshold */
};

/* What is left to be counted: the scores are taken from the greatest on. */
struct walk {
    const double *above, *below;
    size_t above_left, below_left;
    struct corner at;
};

/* Takes the rows of the next lower score, all that have it: they cannot be told apart, so the curve
 * goes straight to behind them. False: there is none. */
static bool lower(struct walk *w)
{
    bool from_above = w->above_left && (!w->below_left ||
                                        w->above[w->above_left - 1] >= w->below[w->below_left - 1]);
    double score;

    if (!w->above_left && !w->below_left) return false;
    if (from_above) {
        score = w->above[--w->above_left];
        w->at.above++;
    } else {
        score = w->below[--w->below_left];
        w->at.below++;
    }
    for (; w->above_left && w->above[w->above_left - 1] == score; w->above_left--)
        w->at.above++;
    for (; w->below_left && w->below[w->below_left - 1] == score; w->below_left--)
        w->at.below++;
    return true;
}

/* Whether b lies straight between a and c. */
static bool is_straight(const struct corner *a, const struct corner *b, const struct corner *c)
{
    return (b->below - a->below) * (c->above - b->above) ==
           (c->below - b->below) * (b->above - a->above);
}

/* The corners that are at least `apart` from the one kept before, the last one always; to NULL:
 * only counted. */
static size_t trace(struct walk w, double apart, double *to)
{
    double below_all = (double)w.below_left, above_all = (double)w.above_left;
    struct corner corner = {0, 0}, last = {0, 0}, kept = {0, 0};
    bool more = lower(&w);
    size_t count = 0;

    while (more) {
        /* last is straight behind corner as far as is known; w.at tells. */
        last = w.at;
        more = lower(&w);
        if (more && is_straight(&corner, &last, &w.at)) continue;
        corner = last;
        if (more) {
            double moved = 0;

            if (below_all > 0) moved += (double)(corner.below - kept.below) / below_all;
            if (above_all > 0) moved += (double)(corner.above - kept.above) / above_all;
            if (moved < apart) continue;
        }
        kept = corner;
        if (to) {
            to[2 * count] = (double)kept.below;
            to[2 * count + 1] = (double)kept.above;
        }
        count++;
    }
    return count;
}

size_t roc_points(const double *above, size_t above_count, const double *below, size_t below_count,
                  double *to)
{
    const struct walk w = {above, below, above_count, below_count, {0, 0}};
    size_t corners = trace(w, 0, NULL);

    memset(to, 0, ROC_NUMBERS * sizeof *to);
    /* The whole way is 2 long, and the last point need not be apart from the one before. */
    return trace(w, corners > ROC_POINTS ? 2.0 / (ROC_POINTS - 2) : 0, to);
}

size_t roc_count(const double *points)
{
    size_t count = ROC_POINTS;

    while (count && points[2 * count - 2] == 0 && points[2 * count - 1] == 0)
        count--;
    return count;
}
