/* charts.h: the pictures of trainings, from numbers to files. It knows no Redis and no logs. */
#ifndef DTQ_CHARTS_H
#define DTQ_CHARTS_H

#include "common/plot/chart.h"
#include "producer/curve.h"
#include "producer/describe.h"
#include "producer/findings.h"
#include "producer/speedup.h"
#include "producer/tiles.h"

/* Speedup against the number of workers: a line for each training and mode that ran on one worker,
 * with the range of its runs, and the ideal line. DTQ_NONE with a sentence: none did. */
enum dtq_err charts_speedup(const struct speedup *s, const struct chart_file *file,
                            struct dtq_why *why);

/* Median wall times: a group of bars for each number of workers, a bar for each training and mode.
 */
enum dtq_err charts_modes(const struct speedup *s, const struct chart_file *file,
                          struct dtq_why *why);

/* Whose picture it is. */
struct chart_training {
    const char *id;        /* borrowed */
    struct describe words; /* filled with zeros where nothing is known but the id */
};

/* The words around a picture of trainings: what they have in common above it, what they differ in
 * beside their names. */
enum { CHARTS_NAME_MAX = 160, CHARTS_DIFFERENCE_MAX = 48 };
struct charts_words {
    char title[2 * DESCRIBE_MAX];
    char subtitle[DESCRIBE_MAX];                   /* "" for none */
    char names[CHART_SERIES_MAX][CHARTS_NAME_MAX]; /* (count) */
};

/* what: "ROC curve of ", or NULL for a picture of the trainings themselves. count is at most
 * CHART_SERIES_MAX. */
void charts_words(const struct chart_training *trainings, size_t count, const char *what,
                  struct charts_words *out);

/* Loss and, where there is one, accuracy or R2 by epoch: of one training that of the training and
 * of the test set in two colours; of several a colour for each. The epoch whose weights the job
 * chose to save is marked. */
enum dtq_err charts_curves(const struct chart_training *trainings, const struct curve *curves,
                           size_t count, const struct chart_file *file, struct dtq_why *why);

/* Weights and whose they are; all borrowed. */
struct chart_weights {
    const char *id;
    const cJSON *params, *report;
    const struct tiles *tiles;
    size_t width; /* weights in a row of a picture; 0: only a square is one */
    bool gray;
};

/* As coloured squares with a scale where they are a picture, a tile for each class; else the
 * largest of them as bars with the names of their features. DTQ_INPUT: a width that does not fit,
 * weights that are not finite. */
enum dtq_err charts_weights(const struct chart_weights *w, const struct chart_file *file,
                            struct dtq_why *why);

/* ROC curves of count trainings in one picture. */
enum dtq_err charts_roc(const struct chart_training *trainings, const struct findings_roc *rocs,
                        size_t count, const struct chart_file *file, struct dtq_why *why);

/* The confusion matrix of a training. */
enum dtq_err charts_confusion(const struct chart_training *training,
                              const struct findings_matrix *m, const struct chart_file *file,
                              struct dtq_why *why);

#endif
