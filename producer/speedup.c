/* speedup.c: what several runs with several numbers of workers come to. */
#include "producer/speedup.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void speedup_clear(struct speedup *s)
{
    free(s->runs);
    *s = (struct speedup){0};
}

/* sync and async have their places, whichever comes first. */
static size_t rank(const char *mode)
{
    return !strcmp(mode, "sync") ? 0 : !strcmp(mode, "async") ? 1 : 2;
}

static enum dtq_err find_mode(struct speedup *s, const char *mode, size_t *out, struct dtq_why *why)
{
    size_t at = 0;

    while (at < s->mode_count && strcmp(s->modes[at], mode) != 0)
        at++;
    *out = at;
    if (at < s->mode_count) return DTQ_OK;
    if (!*mode || strlen(mode) > SPEEDUP_MODE_MAX)
        return err_set(why, DTQ_INPUT, "\"%.40s\" is no mode", mode);
    if (s->mode_count == SPEEDUP_MODES)
        return err_set(why, DTQ_INPUT, "mode \"%s\" is one more than the %d a chart has room for",
                       mode, SPEEDUP_MODES);
    while (at && rank(s->modes[at - 1]) > rank(mode))
        at--;
    memmove(s->modes[at + 1], s->modes[at], (s->mode_count++ - at) * sizeof *s->modes);
    memcpy(s->modes[at], mode, strlen(mode) + 1);
    for (size_t i = 0; i < s->run_count; i++)
        s->runs[i].mode += s->runs[i].mode >= at;
    *out = at;
    return DTQ_OK;
}

static enum dtq_err find_count(struct speedup *s, unsigned workers, size_t *out,
                               struct dtq_why *why)
{
    size_t at = 0;

    while (at < s->count_count && s->counts[at] < workers)
        at++;
    *out = at;
    if (at < s->count_count && s->counts[at] == workers) return DTQ_OK;
    if (s->count_count == SPEEDUP_COUNTS)
        return err_set(why, DTQ_INPUT,
                       "%u workers is one number more than the %d a chart has "
                       "room for",
                       workers, SPEEDUP_COUNTS);
    memmove(&s->counts[at + 1], &s->counts[at], (s->count_count++ - at) * sizeof *s->counts);
    s->counts[at] = workers;
    for (size_t i = 0; i < s->run_count; i++)
        s->runs[i].count += s->runs[i].count >= at;
    return DTQ_OK;
}

enum dtq_err speedup_add(struct speedup *s, const char *mode, double workers, double wall_ms,
                         struct dtq_why *why)
{
    struct speedup_run run = {.wall_ms = wall_ms};
    enum dtq_err err;

    if (!(workers >= 1 && workers <= SPEEDUP_WORKERS_MAX) || workers != floor(workers))
        return err_set(why, DTQ_INPUT, "%g is no number of workers", workers);
    if (!isfinite(wall_ms) || wall_ms <= 0)
        return err_set(why, DTQ_INPUT, "a wall time of %g ms is none", wall_ms);
    if (s->run_count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct speedup_run *more = realloc(s->runs, cap * sizeof *more);

        if (!more) return err_set(why, DTQ_NOMEM, "out of memory for %zu runs", cap);
        s->runs = more;
        s->cap = cap;
    }
    err = find_mode(s, mode, &run.mode, why);
    if (err == DTQ_OK) err = find_count(s, (unsigned)workers, &run.count, why);
    if (err == DTQ_OK) s->runs[s->run_count++] = run;
    return err;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct speedup_span speedup_wall(const struct speedup *s, size_t mode, size_t count)
{
    struct speedup_span span = {0, NAN, NAN, NAN};
    double *walls = malloc((s->run_count + 1) * sizeof *walls);
    size_t n = 0;

    for (size_t i = 0; walls && i < s->run_count; i++)
        if (s->runs[i].mode == mode && s->runs[i].count == count) walls[n++] = s->runs[i].wall_ms;
    if (n) {
        qsort(walls, n, sizeof *walls, by_value);
        span = (struct speedup_span){n, walls[n / 2], walls[0], walls[n - 1]};
        if (n % 2 == 0) span.median = (walls[n / 2 - 1] + walls[n / 2]) / 2;
    }
    free(walls);
    return span;
}

struct speedup_span speedup_factor(const struct speedup *s, size_t mode, size_t count)
{
    struct speedup_span span = speedup_wall(s, mode, count), base = {0};
    size_t first = 0;
    double work;

    while (first < s->count_count && !(base = speedup_wall(s, mode, first)).runs)
        first++;
    if (!span.runs || !base.runs) return span;
    work = base.median * s->counts[first];
    return (struct speedup_span){span.runs, work / span.median, work / span.most,
                                 work / span.least};
}
