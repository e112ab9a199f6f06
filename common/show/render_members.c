/* render_members.c: workers, masters and producers as text for people. */
#include "common/fields.h"
#include "common/show/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How long ago a member gave its last sign of life, in ms; -1 when that is not known. */
static double age_of(const cJSON *row)
{
    double presence = fields_real(row, "presence_ms", 0), alive = fields_real(row, "aliveMs", 0);

    return presence > 0 ? presence - alive : -1;
}

static void age_text(double ms, char *text, size_t size)
{
    if (ms < 0)
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.1f s", ms / 1000);
}

/* How long a member still counts as there. */
static void left_text(const cJSON *row, char *text, size_t size)
{
    const cJSON *alive = cJSON_GetObjectItemCaseSensitive(row, "aliveMs");

    if (!cJSON_IsNumber(alive))
        snprintf(text, size, "-");
    else
        age_text(alive->valuedouble > 0 ? alive->valuedouble : 0, text, size);
}

static void ages_row(const cJSON *row, const char *kind, double age_ms, const char *more,
                     struct buf *out)
{
    char age[32], left[32];

    age_text(age_ms, age, sizeof age);
    left_text(row, left, sizeof left);
    buf_printf(out, "%-8s %-20s %9s %9s  %s\n", kind, fields_text(row, kind, "?"), age, left, more);
}

void render_ages(const cJSON *workers, const cJSON *masters, const cJSON *producers,
                 struct buf *out)
{
    const cJSON *row;
    char more[200];

    buf_printf(out, "%-8s %-20s %9s %9s\n", "ROLE", "ID", "SEEN", "LEASE");
    cJSON_ArrayForEach(row, masters)
    {
        snprintf(more, sizeof more, "process %.0f on %.80s", fields_real(row, "pid", 0),
                 fields_text(row, "host", "?"));
        ages_row(row, "master", age_of(row), more, out);
    }
    cJSON_ArrayForEach(row, workers)
    {
        double slots = fields_real(row, "slots", 0);

        snprintf(more, sizeof more, "process %.0f on %.80s, %.0f slot%s",
                 fields_real(row, "pid", 0), fields_text(row, "host", "?"), slots,
                 slots == 1 ? "" : "s");
        ages_row(row, "worker", age_of(row), more, out);
    }
    cJSON_ArrayForEach(row, producers)
    {
        double jobs = fields_real(row, "jobs", 0);

        snprintf(more, sizeof more, "%.0f job%s submitted%s", jobs, jobs == 1 ? "" : "s",
                 cJSON_HasObjectItem(row, "ageMs") ? ", at a console" : "");
        ages_row(row, "producer", fields_real(row, "ageMs", -1), more, out);
    }
}

/* The progress count that the worker told of a task at its last beat; -1 when it told none. Of each
 * slot it tells "J7/120 8 35 4112": first task, tasks held, for how many ms, progress count. */
static double progress_of(const cJSON *row, const char *task)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, row)
    {
        char told[ID_MAX + 32];
        double progress;

        if (strncmp(item->string, "slot", 4) != 0 || !cJSON_IsString(item)) continue;
        if (sscanf(item->valuestring, "%90s %*f %*f %lf", told, &progress) == 2 &&
            !strcmp(told, task))
            return progress;
    }
    return -1;
}

static void holds_rows(const cJSON *row, struct buf *out)
{
    const cJSON *hold;

    cJSON_ArrayForEach(hold, cJSON_GetObjectItemCaseSensitive(row, "holds"))
    {
        const char *task = fields_text(hold, "task", "?");
        double more = fields_real(hold, "tasks", 1) - 1, progress = progress_of(row, task);

        buf_printf(out, "  %s: task %s", fields_text(hold, "slot", "?"), task);
        if (more > 0) buf_printf(out, " and %.0f more", more);
        buf_text(out, " for ");
        render_duration((int64_t)fields_real(hold, "ageMs", 0), out);
        if (progress >= 0)
            buf_printf(out, ", progress %.0f\n", progress);
        else
            buf_text(out, ", progress not told yet\n");
    }
}

static double in_flight(const cJSON *row)
{
    const cJSON *hold;
    double count = 0;

    cJSON_ArrayForEach(hold, cJSON_GetObjectItemCaseSensitive(row, "holds"))
    {
        count += fields_real(hold, "tasks", 0);
    }
    return count;
}

static void mean_text(const cJSON *row, char *text, size_t size)
{
    double mean_us = fields_real(row, "mean_us", -1);

    if (mean_us < 0)
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%.3f", mean_us / 1000);
}

void render_workers(const cJSON *workers, bool verbose, struct buf *out)
{
    const cJSON *row;

    buf_printf(out, "%-20s %10s %10s %8s %9s %9s %9s %9s\n", "WORKER", "ASSIGNED", "COMPLETED",
               "FAILED", "IN FLIGHT", "MEAN MS", "SEEN", "LEASE");
    cJSON_ArrayForEach(row, workers)
    {
        char age[32], left[32], mean[32];

        age_text(age_of(row), age, sizeof age);
        left_text(row, left, sizeof left);
        mean_text(row, mean, sizeof mean);
        buf_printf(out, "%-20s %10.0f %10.0f %8.0f %9.0f %9s %9s %9s\n",
                   fields_text(row, "worker", "?"), fields_real(row, "assigned", 0),
                   fields_real(row, "completed", 0), fields_real(row, "failed", 0), in_flight(row),
                   mean, age, left);
        if (verbose) holds_rows(row, out);
    }
    if (!cJSON_GetArraySize(workers)) buf_text(out, "no workers; start dtq-worker\n");
}

static void member_row(const cJSON *row, const char *kind, struct buf *out)
{
    bool worker = !strcmp(kind, "worker"), silent = fields_real(row, "aliveMs", 0) <= 0;
    char age[32], mean[32], slots[32] = "-", done[32] = "-", failed[32] = "-";
    const char *error = fields_text(row, "last_error", "");

    age_text(age_of(row), age, sizeof age);
    mean_text(row, mean, sizeof mean);
    if (worker) {
        snprintf(slots, sizeof slots, "%.0f", fields_real(row, "slots", 0));
        snprintf(done, sizeof done, "%.0f", fields_real(row, "completed", 0));
        snprintf(failed, sizeof failed, "%.0f", fields_real(row, "failed", 0));
    }
    buf_printf(out, "%-7s %-16s %5s %10s %7s %9s %8s  process %.0f on %s%s\n", kind,
               fields_text(row, kind, "?"), slots, done, failed, mean, age,
               fields_real(row, "pid", 0), fields_text(row, "host", "?"),
               silent ? " (silent)" : "");
    if (error[0]) {
        buf_text(out, "        last error ");
        render_plain(error, out);
        buf_text(out, "\n");
    }
}

void render_members(const cJSON *workers, const cJSON *masters, struct buf *out)
{
    const cJSON *row;

    if (!cJSON_GetArraySize(masters) && !cJSON_GetArraySize(workers)) {
        buf_text(out, "no masters and no workers; start dtq-master and dtq-worker\n");
        return;
    }
    buf_printf(out, "%-7s %-16s %5s %10s %7s %9s %8s\n", "ROLE", "ID", "SLOTS", "COMPLETED",
               "FAILED", "MEAN MS", "SEEN");
    cJSON_ArrayForEach(row, masters)
    {
        member_row(row, "master", out);
    }
    cJSON_ArrayForEach(row, workers)
    {
        member_row(row, "worker", out);
    }
}
