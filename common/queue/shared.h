/* shared.h: what several files of the queue module need and nobody outside. */
#ifndef DTQ_SHARED_H
#define DTQ_SHARED_H

#include "common/queue/conn.h"
#include "common/queue/queue.h"

/* The id of the newest entry of a stream, "0-0" for an empty one. */
enum dtq_err shared_stream_end(struct queue *q, const char *stream, struct queue_cursor *out,
                               struct dtq_why *why);

/* Reads {0, token, job, type, params, {no...}, {spec...}, task_timeout_ms}; claim keeps `whole`, in
 * which r lies, on success. */
bool shared_read_claim(redisReply *r, redisReply *whole, struct queue_claim *claim);

/* Entries of the event stream as an array of flat objects; the cursor moves behind them. NULL when
 * memory ran out. */
enum { SHARED_EVENTS = 500 }; /* read at a time */
cJSON *shared_events(const redisReply *rows, struct queue_cursor *cursor);

#endif
