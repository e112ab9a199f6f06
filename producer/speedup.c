/* speedup.c: what several runs with several numbers of workers come to. */
#include "producer/speedup.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void speedup_clear(struct speedup *s)
{
    free(s->runs);
    *s = (struct speedup){0};
}

/* Jobs of `dtq speedup` are named speedup-20260131T120000Z-MODE-WORKERS-RUN. Returns the length of
 * what those of one measurement share, 0 for other ids. */
static size_t measurement(const char *job_id)
{
    static const char form[] = "speedup-00000000T000000Z";
    size_t len = 0;

    for (; form[len]; len++)
        if (form[len] == '0' ? !(job_id[len] >= '0' && job_id[len] <= '9')
                             : job_id[len] != form[len])
            return 0;
    return job_id[len] == '-' ? len : 0;
}

void speedup_key(const struct speedup_row *row, char key[SPEEDUP_NAME_MAX])
{
    size_t measured = measurement(row->job_id);

    /* Measured runs name the workers that there were, others those that took part. */
    if (*row->params)
        snprintf(key, SPEEDUP_NAME_MAX, "%s%.60s", measured ? "measured " : "", row->params);
    else if (measured)
        snprintf(key, SPEEDUP_NAME_MAX, "%.*s", (int)measured, row->job_id);
    else
        snprintf(key, SPEEDUP_NAME_MAX, "%.64s %.26s", row->job_id, row->stamp);
}

static enum dtq_err find_training(struct speedup *s, const struct speedup_row *row, size_t *out,
                                  struct dtq_why *why)
{
    struct speedup_training *t = s->trainings;
    char key[SPEEDUP_NAME_MAX];
    size_t measured = measurement(row->job_id);

    speedup_key(row, key);
    *out = 0;
    while (*out < s->training_count && strcmp(t[*out].key, key) != 0)
        ++*out;
    t += *out;
    if (*out < s->training_count) return DTQ_OK;
    if (s->training_count == SPEEDUP_SERIES)
        return err_set(why, DTQ_INPUT, "its training is one more than the %d a chart has room for",
                       SPEEDUP_SERIES);
    memcpy(t->key, key, sizeof key);
    snprintf(t->name, sizeof t->name, "%.*s", measured ? (int)measured : 64, row->job_id);
    snprintf(t->words, sizeof t->words, "%.190s", row->words);
    t->cores = row->cores;
    s->training_count++;
    return DTQ_OK;
}

/* sync and async have their places, whichever comes first. */
static size_t rank(size_t training, const char *mode)
{
    return 3 * training + (!strcmp(mode, "sync") ? 0 : !strcmp(mode, "async") ? 1 : 2);
}

static enum dtq_err find_series(struct speedup *s, const struct speedup_row *row, size_t *out,
                                struct dtq_why *why)
{
    size_t at = 0, training;
    enum dtq_err err;

    if ((err = find_training(s, row, &training, why)) != DTQ_OK) return err;
    while (at < s->series_count &&
           (s->series[at].training != training || strcmp(s->series[at].mode, row->mode) != 0))
        at++;
    *out = at;
    if (at < s->series_count) return DTQ_OK;
    if (s->series_count == SPEEDUP_SERIES)
        return err_set(why, DTQ_INPUT, "mode \"%s\" is one more than the %d a chart has room for",
                       row->mode, SPEEDUP_SERIES);
    while (at &&
           rank(s->series[at - 1].training, s->series[at - 1].mode) > rank(training, row->mode))
        at--;
    memmove(&s->series[at + 1], &s->series[at], (s->series_count++ - at) * sizeof *s->series);
    s->series[at].training = training;
    memcpy(s->series[at].mode, row->mode, strlen(row->mode) + 1);
    for (size_t i = 0; i < s->run_count; i++)
        s->runs[i].series += s->runs[i].series >= at;
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

enum dtq_err speedup_check(const struct speedup_row *row, struct dtq_why *why)
{
    if (!(row->workers >= 1 && row->workers <= SPEEDUP_WORKERS_MAX) ||
        row->workers != floor(row->workers))
        return err_set(why, DTQ_INPUT, "%g is not a number of workers", row->workers);
    if (!isfinite(row->wall_ms) || row->wall_ms <= 0)
        return err_set(why, DTQ_INPUT, "%g ms is not a wall time", row->wall_ms);
    if (!*row->mode || strlen(row->mode) > SPEEDUP_MODE_MAX)
        return err_set(why, DTQ_INPUT, "\"%.40s\" is not a mode", row->mode);
    return DTQ_OK;
}

enum dtq_err speedup_add(struct speedup *s, const struct speedup_row *row, struct dtq_why *why)
{
    struct speedup_run run = {.wall_ms = row->wall_ms};
    enum dtq_err err;

    if ((err = speedup_check(row, why)) != DTQ_OK) return err;
    if (s->run_count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct speedup_run *more = realloc(s->runs, cap * sizeof *more);

        if (!more) return err_set(why, DTQ_NOMEM, "out of memory for %zu runs", cap);
        s->runs = more;
        s->cap = cap;
    }
    err = find_series(s, row, &run.series, why);
    if (err == DTQ_OK) err = find_count(s, (unsigned)row->workers, &run.count, why);
    if (err == DTQ_OK) s->runs[s->run_count++] = run;
    return err;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct speedup_span speedup_wall(const struct speedup *s, size_t series, size_t count)
{
    struct speedup_span span = {0, NAN, NAN, NAN};
    double *walls = malloc((s->run_count + 1) * sizeof *walls);
    size_t n = 0;

    for (size_t i = 0; walls && i < s->run_count; i++)
        if (s->runs[i].series == series && s->runs[i].count == count)
            walls[n++] = s->runs[i].wall_ms;
    if (n) {
        qsort(walls, n, sizeof *walls, by_value);
        span = (struct speedup_span){n, walls[n / 2], walls[0], walls[n - 1]};
        if (n % 2 == 0) span.median = (walls[n / 2 - 1] + walls[n / 2]) / 2;
    }
    free(walls);
    return span;
}

struct speedup_span speedup_factor(const struct speedup *s, size_t series, size_t count)
{
    struct speedup_span span = speedup_wall(s, series, count), base = {0};

    if (s->count_count && s->counts[0] == 1) base = speedup_wall(s, series, 0);
    if (!span.runs || !base.runs) return (struct speedup_span){0, NAN, NAN, NAN};
    return (struct speedup_span){span.runs, base.median / span.median, base.median / span.most,
                                 base.median / span.least};
}
