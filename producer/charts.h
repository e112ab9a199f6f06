/* charts.h: the pictures of trainings, from numbers to files. It knows no Redis and no logs. */
#ifndef DTQ_CHARTS_H
#define DTQ_CHARTS_H

#include "common/plot/chart.h"
#include "producer/curve.h"
#include "producer/findings.h"
#include "producer/speedup.h"

/* Speedup against the number of workers: a line for each mode with the range of its runs, and the
 * ideal line. */
enum dtq_err charts_speedup(const struct speedup *s, const struct chart_file *file,
                            struct dtq_why *why);

/* Median wall times: a group of bars for each number of workers, a bar for each mode. */
enum dtq_err charts_modes(const struct speedup *s, const struct chart_file *file,
                          struct dtq_why *why);

/* Loss and, where there is one, accuracy by epoch of count trainings; the best epoch of each is
 * marked. */
enum dtq_err charts_curves(const char *const *names, const struct curve *curves, size_t count,
                           const struct chart_file *file, struct dtq_why *why);

/* ROC curves of count trainings in one picture. */
enum dtq_err charts_roc(const char *const *names, const struct findings_roc *rocs, size_t count,
                        const struct chart_file *file, struct dtq_why *why);

/* The confusion matrix of a training. */
enum dtq_err charts_confusion(const char *name, const struct findings_matrix *m,
                              const struct chart_file *file, struct dtq_why *why);

#endif
