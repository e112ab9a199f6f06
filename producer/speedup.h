/* speedup.h: wall times of trainings by mode and number of workers: from the log logs/speedup.csv
 * to medians, ranges and speedups. It knows numbers and that file, no Redis and no pictures. */
#ifndef DTQ_SPEEDUP_H
#define DTQ_SPEEDUP_H

#include "common/buf.h"
#include "common/err.h"

#include <stddef.h>

enum {
    SPEEDUP_MODES = 8,
    SPEEDUP_COUNTS = 64, /* numbers of workers */
    SPEEDUP_MODE_MAX = 31,
    SPEEDUP_WORKERS_MAX = 1000000,
};

struct speedup_run {
    size_t mode, count; /* places in modes and counts */
    double wall_ms;
};

/* Several runs with one mode and number of workers, in ms, or as speedups. */
struct speedup_span {
    size_t runs; /* 0: the others are NAN */
    double median, least, most;
};

/* A struct filled with zeros is empty. */
struct speedup {
    struct speedup_run *runs; /* owned */
    size_t run_count, cap;
    char modes[SPEEDUP_MODES][SPEEDUP_MODE_MAX + 1]; /* sync and async first, others as they come */
    size_t mode_count;
    unsigned counts[SPEEDUP_COUNTS]; /* of workers, rising */
    size_t count_count;
};

void speedup_clear(struct speedup *s);

/* One more run. DTQ_INPUT with a sentence without an end for numbers that cannot be (workers below
 * 1, a time that is not above 0), too long a mode, too many modes or numbers of workers; DTQ_NOMEM.
 */
enum dtq_err speedup_add(struct speedup *s, const char *mode, double workers, double wall_ms,
                         struct dtq_why *why);

/* All runs of the log, or those whose job id begins with `only` (may be NULL). A line that makes no
 * sense, as that of a failed run, is left out and becomes a sentence, with its end of line, in
 * *warnings. DTQ_INPUT: no such file, one with other columns, or no run in it. The caller clears
 * *out. */
enum dtq_err speedup_read(const char *path, const char *only, struct speedup *out,
                          struct buf *warnings, struct dtq_why *why);

/* Wall times of one mode with one number of workers. */
struct speedup_span speedup_wall(const struct speedup *s, size_t mode, size_t count);

/* The same as speedups: the median time with the least number of workers that this mode was run
 * with, by these times. Ideal is the number of workers; so a mode that was never run with one
 * worker begins at its least number. */
struct speedup_span speedup_factor(const struct speedup *s, size_t mode, size_t count);

/* The log itself: one line more, unless it is there. */
enum dtq_err speedup_log(const char *path, const char *stamp, const char *job_id, unsigned workers,
                         const char *mode, double wall_ms, struct dtq_why *why);

#endif
