/* render.h: jobs as text for people. Pure: from what was read to a buffer; it knows neither Redis
 * nor the terminal. */
#ifndef DTQ_RENDER_H
#define DTQ_RENDER_H

#include "common/buf.h"
#include "common/queue/queue.h"

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

/* A line of the list of jobs, and the line above it. */
void render_list_head(struct buf *out);
void render_list_row(const struct queue_job *job, struct buf *out);

/* Lists of objects as queue_workers and queue_masters give them. */
void render_members(const cJSON *workers, const cJSON *masters, struct buf *out);

/* One event of the stream as a line. */
void render_event(const cJSON *event, struct buf *out);

/* 12 ms, 3.45 s, 2:03, 1:02:03 */
void render_duration(int64_t ms, struct buf *out);

/* 1,234,567 */
void render_count(uint64_t n, struct buf *out);

#endif
