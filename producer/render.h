/* render.h: jobs as text for people. Pure: from what was read to a buffer; it knows neither Redis
 * nor the terminal. */
#ifndef DTQ_RENDER_H
#define DTQ_RENDER_H

#include "common/show/render.h"

/* One line without its end, at most `columns` wide: how far a job is. */
void render_progress(const struct queue_job *job, int columns, struct buf *out);

/* What a completed job found: the number of a sum and nothing else; else the summary, and below it
 * the epochs (may be NULL) and numbers of a training. */
void render_result(const struct queue_job *job, const cJSON *epochs, struct buf *out);

/* A table of at most `most` epochs: the first one and the last ones. */
void render_epochs(const cJSON *epochs, int most, struct buf *out);

/* One line without its end: how the job ended or stands, tasks, workers, time. */
void render_summary(const struct queue_job *job, struct buf *out);

/* Everything of a job, a line each. */
void render_job(const struct queue_job *job, const cJSON *epochs, struct buf *out);

/* The columns of a stats job as a table; what a predict job has to tell beside its rows. */
void render_stats(const cJSON *report, struct buf *out);
void render_prediction(const struct queue_job *job, const cJSON *report, struct buf *out);

/* Dead letters as queue_dead gives them: a table, a line each, whose reasons are cut to what is
 * left of so many columns; and one of them with all there is. */
void render_letters(const cJSON *letters, int columns, struct buf *out);
void render_letter(const cJSON *letter, struct buf *out);

#endif
