/* auc.h: the area under the ROC curve by the Mann-Whitney statistic, exact: a count of pairs. */
#ifndef DTQ_TRAIN_AUC_H
#define DTQ_TRAIN_AUC_H

#include <stddef.h>
#include <stdint.h>

/* Of all pairs of a score of `above` and one of `below`: twice those where the former is greater,
 * once those where they are equal. The scores are finite, and used up (sorted). scratch: as many
 * numbers as the larger of the two counts. */
uint64_t auc_wins(double *above, size_t above_count, double *below, size_t below_count,
                  double *scratch);

#endif
