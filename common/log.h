/* log.h: one line an event on standard error, for the long-lived programs. A line is written
 * where a thing is handled, with the operation and the id: "complete J17/3 by w2.0: lease lost". */
#ifndef DTQ_LOG_H
#define DTQ_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* name (borrowed for the life of the program) stands before each line; lines below least are
 * dropped. */
void log_init(const char *name, enum log_level least);

/* From now on lines, each with its end, go to sink instead of standard error; NULL: back there. To
 * be called while no other thread logs. */
void log_to(void (*sink)(void *ctx, const char *line, size_t len), void *ctx);

/* Lines on standard error are JSON objects from now on: at, program, level, message. */
void log_as_json(void);

/* Of something that is tried again and again: is the failure number n (from 0) in a row worth a
 * line? Most of the first ones are, later one in 64. */
bool log_worth(unsigned n);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
