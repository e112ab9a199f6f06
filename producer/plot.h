/* plot.h: the pictures of the logs, for the commands that draw them. */
#ifndef DTQ_PLOT_H
#define DTQ_PLOT_H

#include "producer/app.h"
#include "producer/outdir.h"

/* Draws logs/speedup and logs/sync_async from the runs in logs/speedup.csv whose job id begins with
 * `only` (NULL: from all), in the format of app, and adds their paths to files. Lines left out are
 * told of on standard error. */
enum dtq_err plot_speedup(const struct app *app, const struct outdir *out, const char *only,
                          cJSON *files, struct dtq_why *why);

/* Draws logs/<id>_curves, or logs/<id>+<id>_curves, of these jobs: from q (NULL when there is no
 * Redis), else from the logs of their epochs. */
enum dtq_err plot_curves(const struct app *app, const struct outdir *out, struct queue *q,
                         const char *const *ids, size_t count, cJSON *files, struct dtq_why *why);

#endif
