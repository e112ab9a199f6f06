/* curve.h: how loss and accuracy of a training went, epoch by epoch: from what Redis holds, and to
 * and from the CSV log of its epochs. It knows numbers and files, no Redis and no pictures. */
#ifndef DTQ_CURVE_H
#define DTQ_CURVE_H

#include "common/buf.h"
#include "common/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Arrays of n numbers each, NAN where there is none. */
struct curve {
    size_t n;
    double *epoch;           /* owned; the others lie in the same allocation */
    double *loss, *accuracy; /* of the training set */
    double *test_loss, *test_accuracy;
    double *r2, *test_r2;
    bool running;    /* loss and accuracy are means over the batches of an epoch */
    bool regression; /* the loss is the mean squared error */
    /* The epoch whose weights the job chose to save, for being the best by what it watched
     * ("test loss"); 0: it chose none, or none is known. */
    double best_epoch;
    char watched[24];
};

void curve_clear(struct curve *c);

/* From queue_epochs; params and report of the job (NULL: not known) say what was saved. The caller
 * clears *out. */
enum dtq_err curve_from_json(const cJSON *epochs, const cJSON *params, const cJSON *report,
                             struct curve *out, struct dtq_why *why);

/* From a log of epochs. A line that makes no sense is left out and becomes a sentence, with its end
 * of line, in *warnings. DTQ_INPUT: no such file, or one with other columns. */
enum dtq_err curve_from_csv(const char *path, struct curve *out, struct buf *warnings,
                            struct dtq_why *why);

/* The epoch of saved weights that the job chose, as an index; n when it chose none. */
size_t curve_saved(const struct curve *c);

/* The log of epochs, header and lines: timestamp,jobId,epoch,loss,accuracy,durationMs,throughput,
 * workers,mode, where loss and accuracy are runningLoss and runningAccuracy if the epochs have
 * those and not the others; and behind them a column for each of testLoss,testAccuracy,precision
 * ... lr that any of the epochs has. */
void curve_to_csv(const char *job_id, const char *mode, const cJSON *epochs, struct buf *out);

#endif
