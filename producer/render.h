/* render.h: jobs as text for people. Pure: from what was read to a buffer; it knows neither Redis
 * nor more of the terminal than it is told. */
#ifndef DTQ_RENDER_H
#define DTQ_RENDER_H

#include "common/show/render.h"

/* One line without its end, at most `columns` wide: how far a job is. */
void render_progress(const struct queue_job *job, int columns, struct buf *out);

/* What a completed job found: the number of a sum and nothing else; else the summary, and below it
 * the epochs (may be NULL) and numbers of a training. */
void render_result(const struct queue_job *job, const cJSON *epochs, const struct screen *screen,
                   struct buf *out);

/* A table of epochs: all, or of more than `most` the first, the last and others in even steps; that
 * with the number `saved` (0: none) is marked, and among them. */
void render_epochs(const cJSON *epochs, int most, double saved, const struct screen *screen,
                   struct buf *out);

/* The metrics of a report, a line each: those of what was evaluated beside those of a test set. */
void render_figures(const cJSON *report, const char *what, const struct screen *screen,
                    struct buf *out);

/* All that a training found: epochs, the metrics of the weights that are saved, how it ended. */
void render_training(const cJSON *report, const cJSON *epochs, const struct screen *screen,
                     struct buf *out);

/* One line without its end: how the job ended or stands, tasks, workers, time. */
void render_summary(const struct queue_job *job, struct buf *out);

/* Everything of a job, a line each. */
void render_job(const struct queue_job *job, const cJSON *epochs, const struct screen *screen,
                struct buf *out);

/* The columns of a stats job as a table; what a predict job has to tell beside its rows. */
void render_stats(const cJSON *report, const struct screen *screen, struct buf *out);
void render_prediction(const struct queue_job *job, const cJSON *report,
                       const struct screen *screen, struct buf *out);

/* Tables: queues, each as queue_stats counts it and with "queue", its name; tasks that wait to be
 * tried again, as queue_retries gives them and with "message", why they failed, where it is known.
 */
void render_queues(const cJSON *queues, const struct screen *screen, struct buf *out);
void render_retries(const cJSON *tasks, const struct screen *screen, struct buf *out);

/* Dead letters as queue_dead gives them: a table, and one of them with all there is. */
void render_letters(const cJSON *letters, const struct screen *screen, struct buf *out);
void render_letter(const cJSON *letter, struct buf *out);

#endif
