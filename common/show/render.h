/* render.h: what is in a queue as text for people, for the consoles of all programs. Pure: from
 * what was read to a buffer; it knows neither Redis nor the terminal. */
#ifndef DTQ_SHOW_RENDER_H
#define DTQ_SHOW_RENDER_H

#include "common/buf.h"
#include "common/queue/queue.h"

/* 12 ms, 3.45 s, 2:03, 1:02:03 */
void render_duration(int64_t ms, struct buf *out);

/* 1,234,567 */
void render_count(uint64_t n, struct buf *out);

/* Text from outside, with what a terminal would obey as '?'. */
void render_plain(const char *text, struct buf *out);

/* A line of the list of jobs, and the line above it. */
void render_list_head(struct buf *out);
void render_list_row(const struct queue_job *job, struct buf *out);

/* Lists of objects as queue_workers, queue_masters and queue_producers give them. */
void render_members(const cJSON *workers, const cJSON *masters, struct buf *out);
void render_ages(const cJSON *workers, const cJSON *masters, const cJSON *producers,
                 struct buf *out);

/* A table of workers and what they have done and, as queue_holds adds it, have in hand; verbose:
 * below each the tasks that it is at. */
void render_workers(const cJSON *workers, bool verbose, struct buf *out);

/* One line: a job that runs, its tasks, of a training its epoch and batch. */
void render_running(const struct queue_job *job, struct buf *out);

/* One event of the stream as a line. */
void render_event(const cJSON *event, struct buf *out);

/* A chat event as a line. */
void render_chat(const cJSON *event, struct buf *out);

#endif
