/* speedup.h: wall times of trainings by mode and number of workers: from the log logs/speedup.csv
 * to medians, ranges and speedups. It knows numbers and that file, no Redis and no pictures. */
#ifndef DTQ_SPEEDUP_H
#define DTQ_SPEEDUP_H

#include "common/buf.h"
#include "common/err.h"

#include <stddef.h>

enum {
    SPEEDUP_SERIES = 8,  /* trainings times their modes */
    SPEEDUP_COUNTS = 64, /* numbers of workers */
    SPEEDUP_MODE_MAX = 31,
    SPEEDUP_NAME_MAX = 96,
    SPEEDUP_WORDS_MAX = 200,
    SPEEDUP_WORKERS_MAX = 1000000,
};

/* A line of the log. params tells trainings apart that may not be compared; "" where it is not
 * known. Texts are borrowed. */
struct speedup_row {
    const char *stamp, *job_id, *mode;
    double workers, wall_ms;
    const char *params;
    const char *words; /* what was trained, for people */
    unsigned cores;    /* of the machine that all workers ran on; 0: not known */
};

struct speedup_run {
    size_t series, count; /* places in series and counts */
    double wall_ms;
};

/* Several runs with one mode and number of workers, in ms, or as speedups. */
struct speedup_span {
    size_t runs; /* 0: the others are NAN */
    double median, least, most;
};

/* Runs with equal parameters but for the mode. */
struct speedup_training {
    char key[SPEEDUP_NAME_MAX];
    char name[SPEEDUP_NAME_MAX]; /* the id of the first job, or what those of a measurement share */
    char words[SPEEDUP_WORDS_MAX];
    unsigned cores;
};

/* A struct filled with zeros is empty. */
struct speedup {
    struct speedup_run *runs; /* owned */
    size_t run_count, cap;
    struct {
        size_t training;
        char mode[SPEEDUP_MODE_MAX + 1];
    } series[SPEEDUP_SERIES]; /* by training, then sync, async, others as they come */
    size_t series_count;
    struct speedup_training trainings[SPEEDUP_SERIES]; /* as they come */
    size_t training_count;
    unsigned counts[SPEEDUP_COUNTS]; /* of workers, rising */
    size_t count_count;
};

void speedup_clear(struct speedup *s);

/* What a row's training is told apart by: its parameters, or where they are not known (the log of
 * an earlier version) the measurement of `dtq speedup` it belongs to, or else the row alone. */
void speedup_key(const struct speedup_row *row, char key[SPEEDUP_NAME_MAX]);

/* DTQ_INPUT with a sentence without an end for what cannot be: workers below 1, a time that is not
 * above 0, no mode or too long a one. */
enum dtq_err speedup_check(const struct speedup_row *row, struct dtq_why *why);

/* One more run. DTQ_INPUT as speedup_check, or for too many series or numbers of workers;
 * DTQ_NOMEM. */
enum dtq_err speedup_add(struct speedup *s, const struct speedup_row *row, struct dtq_why *why);

/* The runs of the log, or those whose job id begins with `only` (may be NULL). Of several trainings
 * those are taken that ran in more than one way (mode or number of workers), or where none has,
 * the newest, as many as there is room for; the rest is counted in a sentence. A line that makes no
 * sense, as that of a failed run, is left out. Sentences go to *notes, each with its end of line.
 * DTQ_INPUT: no such file, one with other columns, or no run in it. The caller clears *out. */
enum dtq_err speedup_read(const char *path, const char *only, struct speedup *out,
                          struct buf *notes, struct dtq_why *why);

/* Wall times of one series with one number of workers. */
struct speedup_span speedup_wall(const struct speedup *s, size_t series, size_t count);

/* The same as speedups: the series' median time with one worker, by these times. No runs where it
 * was never run with one worker. */
struct speedup_span speedup_factor(const struct speedup *s, size_t series, size_t count);

/* The log itself: one line more, unless it is there. */
enum dtq_err speedup_log(const char *path, const struct speedup_row *row, struct dtq_why *why);

#endif
