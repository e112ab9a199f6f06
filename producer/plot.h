/* plot.h: the pictures of the logs, for the commands that draw them. */
#ifndef DTQ_PLOT_H
#define DTQ_PLOT_H

#include "common/plot/chart.h"
#include "producer/app.h"
#include "producer/outdir.h"

/* The format that app asks for, with a scale that suits it; *end is what names end in. DTQ_INPUT.
 */
enum dtq_err plot_format(const struct app *app, struct chart_file *file, const char **end,
                         struct dtq_why *why);

/* The part of a name that says whose picture it is: J1, J1+J2, J1+J2+J3+J4+3_more */
enum { PLOT_IDS = 4, PLOT_NAME_BYTES = PLOT_IDS * (ID_MAX + 1) + 24 };
void plot_name(const char *const *ids, size_t count, char name[PLOT_NAME_BYTES]);

/* Draws logs/speedup, where a training ran on one worker, and logs/sync_async from the runs in
 * logs/speedup.csv whose job id begins with `only` (NULL: from all), in the format of app, and adds
 * their paths to files. What is left out is reported on standard error. */
enum dtq_err plot_speedup(const struct app *app, const struct outdir *out, const char *only,
                          cJSON *files, struct dtq_why *why);

/* Draws logs/<id>_curves, or logs/<id>+<id>_curves, of these jobs: from q (NULL when there is no
 * Redis), else from the logs of their epochs. */
enum dtq_err plot_curves(const struct app *app, const struct outdir *out, struct queue *q,
                         const char *const *ids, size_t count, cJSON *files, struct dtq_why *why);

/* Draws logs/<id>_roc of the binary trainings among these jobs, all in one picture, and for each
 * softmax logs/<id>_confusion, from q. tell: why a job has neither is said on standard error
 * where it was to be expected, or where others have one; a job that q does not know is passed over.
 * DTQ_INPUT: what Redis holds makes no sense. */
enum dtq_err plot_findings(const struct app *app, const struct outdir *out, struct queue *q,
                           const char *const *ids, size_t count, bool tell, cJSON *files,
                           struct dtq_why *why);

/* Draws logs/<id>_weights of each of these jobs that has weights, from q, as charts_weights does
 * with the width and colours of app; a job that q does not know is passed over. */
enum dtq_err plot_weights(const struct app *app, const struct outdir *out, struct queue *q,
                          const char *const *ids, size_t count, cJSON *files, struct dtq_why *why);

#endif
