/* render.h: what is in a queue as text for people, for the consoles of all programs. Pure: from
 * what was read to a buffer; it knows neither Redis nor the terminal. */
#ifndef DTQ_SHOW_RENDER_H
#define DTQ_SHOW_RENDER_H

#include "common/buf.h"
#include "common/queue/queue.h"
#include "common/show/table.h"

/* 12 ms, 3.45 s, 2:03, 1:02:03 */
void render_duration(int64_t ms, struct buf *out);

/* 1,234,567 */
void render_count(uint64_t n, struct buf *out);

/* Text from outside, with what a terminal would obey as '?'. */
void render_plain(const char *text, struct buf *out);

/* A number of a training or evaluation, by the name that it has in reports: shares such as accuracy
 * with 4 decimals, all others with so many significant digits. */
void render_figure(const char *name, double value, int digits, struct buf *out);

/* Green for completed, red for failed, yellow for what runs or was cancelled. */
enum tone render_tone(const char *state);

/* What there is to say of a job in a few words: its result, metrics, progress, or why it failed;
 * nothing where there is nothing. */
void render_brief(const struct queue_job *job, struct buf *out);

/* A table of jobs, a row each; to be written and cleared as any other. */
void render_jobs_init(struct table *t);
void render_jobs_add(struct table *t, const struct queue_job *job);

/* Lists of objects as queue_workers, queue_masters and queue_producers give them. */
void render_members(const cJSON *workers, const cJSON *masters, const struct screen *screen,
                    struct buf *out);
void render_ages(const cJSON *workers, const cJSON *masters, const cJSON *producers,
                 const struct screen *screen, struct buf *out);

/* A table of workers and what they have done and, as queue_holds adds it, have in hand; verbose:
 * below each the tasks that it is at. */
void render_workers(const cJSON *workers, bool verbose, const struct screen *screen,
                    struct buf *out);

/* One line: a job that runs, its tasks, of a training its epoch and batch. */
void render_running(const struct queue_job *job, struct buf *out);

/* One event of the stream: a line, which goes on below where the screen is too narrow for it.
 * Numbers have six digits; on a screen an epoch has the metrics that tell most. */
void render_event(const cJSON *event, const struct screen *screen, struct buf *out);

/* Without an end: so many events were trimmed before they were read, as queue_events_follow has it.
 */
void render_missed(int64_t missed, struct buf *out);

/* A chat event as a line. */
void render_chat(const cJSON *event, struct buf *out);

#endif
