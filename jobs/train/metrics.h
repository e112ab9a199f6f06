/* metrics.h: what sums over rows say of a model. */
#ifndef DTQ_TRAIN_METRICS_H
#define DTQ_TRAIN_METRICS_H

#include "jobs/train/codec.h"

/* Names where people and programs read them. "running" ones are means over the batches of an epoch,
 * each measured before its own update. The plain ones are of the training set, the "test" ones of
 * the test set, both evaluated with the weights that the epoch, or the job, left. */
#define TRAIN_METRICS(X)                     \
    X(RUNNING_LOSS, "runningLoss")           \
    X(RUNNING_ACCURACY, "runningAccuracy")   \
    X(LOSS, "loss") /* mean over the rows */ \
    X(ACCURACY, "accuracy")                  \
    X(PRECISION, "precision")                \
    X(RECALL, "recall")                      \
    X(F1, "f1")                              \
    X(AUC, "auc")                            \
    X(RMSE, "rmse")                          \
    X(MAE, "mae")                            \
    X(R2, "r2")                              \
    X(TEST_LOSS, "testLoss")                 \
    X(TEST_ACCURACY, "testAccuracy")         \
    X(TEST_PRECISION, "testPrecision")       \
    X(TEST_RECALL, "testRecall")             \
    X(TEST_F1, "testF1")                     \
    X(TEST_AUC, "testAuc")                   \
    X(TEST_RMSE, "testRmse")                 \
    X(TEST_MAE, "testMae")                   \
    X(TEST_R2, "testR2")

enum train_metric {
#define X(name, text) METRIC_##name,
    TRAIN_METRICS(X)
#undef X
        METRIC_COUNT
};

/* NaN: there is no such number. */
struct train_metrics {
    double value[METRIC_COUNT];
};

/* Squared distances of the targets from their mean, for R2. */
struct train_spreads {
    double train, test;
};

void metrics_none(struct train_metrics *m);

/* Of one epoch. confusion: (plan->confusion), of the last evaluation; NULL: there was none. */
void metrics_compute(struct train_metrics *m, const struct train_plan *plan,
                     const struct train_params *p, const struct train_record *record,
                     const struct train_spreads *spreads, const double *confusion);

/* The plain metrics, from an evaluation of the whole training set; the running ones go. confusion:
 * (plan->matrix); NULL: there was none. */
void metrics_final(struct train_metrics *m, const struct train_plan *plan,
                   const struct train_params *p, const struct train_sums *sums, double spread,
                   const double *confusion);

/* The plain metrics of rows that no training knows of. classes: of the confusion matrix, which may
 * be NULL; ranked: sums->wins is of all of them. */
void metrics_of_rows(struct train_metrics *m, enum glm_model model, uint64_t rows,
                     const struct train_sums *sums, double spread, const double *confusion,
                     uint64_t classes, bool ranked);

/* Whether the plain metrics are all there. */
bool metrics_complete(const struct train_metrics *m, const struct train_plan *plan,
                      const struct train_params *p);

/* The loss of the training set, running or plain. */
double metrics_loss(const struct train_metrics *m);

/* Adds those there are. */
void metrics_add(const struct train_metrics *m, cJSON *out);

/* The number that early stopping watches; less is better. */
double metrics_watched(const struct train_metrics *m, const struct train_params *p);

#endif
