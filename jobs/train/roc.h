/* roc.h: the ROC curve of scores, exact where it has few corners, else by a bounded number of
 * points on it. Arrays only. */
#ifndef DTQ_TRAIN_ROC_H
#define DTQ_TRAIN_ROC_H

#include <stddef.h>
#include <stdint.h>

enum {
    ROC_POINTS = 256,
    ROC_NUMBERS = 2 * ROC_POINTS,
};

/* The curve of scores of rows whose target is 1 (above) and of the others (below), both ascending,
 * as auc_wins leaves them. to (ROC_POINTS, 2): rows of below, then of above, whose score is at
 * least a threshold that falls from point to point. (0, 0) is left out; the last point counts all
 * rows, and zeros follow it. Points are corners of the curve, which is straight between corners:
 * all of them where they are few enough; else no part of the curve is further from the last point
 * kept before it than 1 / 127, false and true positive rates added. The number of points, at
 * least 1. */
size_t roc_points(const double *above, size_t above_count, const double *below, size_t below_count,
                  double *to);

/* The number of points before the zeros. */
size_t roc_count(const double *points);

#endif
