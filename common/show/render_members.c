/* render_members.c: workers, masters and producers as text for people. */
#include "common/fields.h"
#include "common/show/render.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What everyone has, in the order of the columns. The rest of a hash is shown as key=value. */
static void member_row(const cJSON *row, const char *kind, struct buf *out)
{
    static const char *const shown[] = {"worker", "master",  "aliveMs",  "host", "pid",
                                        "slots",  "version", "since_ms", "nonce"};
    const cJSON *item;

    buf_printf(out, "%-7s %-16s %7.0f %6.0f  %-20s", kind, fields_text(row, kind, "?"),
               fields_real(row, "pid", 0), fields_real(row, "slots", 0),
               fields_text(row, "host", "?"));
    cJSON_ArrayForEach(item, row)
    {
        bool known = false;

        for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
            known |= !strcmp(item->string, shown[i]);
        if (known) continue;
        if (cJSON_IsNumber(item)) buf_printf(out, " %s=%.10g", item->string, item->valuedouble);
        if (cJSON_IsString(item) && item->valuestring[0])
            buf_printf(out, " %s=%s", item->string, item->valuestring);
    }
    if (fields_real(row, "aliveMs", 0) <= 0) buf_text(out, " (silent)");
    buf_text(out, "\n");
}

void render_members(const cJSON *workers, const cJSON *masters, struct buf *out)
{
    const cJSON *row;

    buf_printf(out, "%-7s %-16s %7s %6s  %s\n", "ROLE", "ID", "PID", "SLOTS", "HOST");
    cJSON_ArrayForEach(row, masters)
    {
        member_row(row, "master", out);
    }
    cJSON_ArrayForEach(row, workers)
    {
        member_row(row, "worker", out);
    }
}

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

static void ages_row(const cJSON *row, const char *kind, double age_ms, const char *more,
                     struct buf *out)
{
    char age[32], left[32] = "-";
    const cJSON *alive = cJSON_GetObjectItemCaseSensitive(row, "aliveMs");

    age_text(age_ms, age, sizeof age);
    if (cJSON_IsNumber(alive)) age_text(alive->valuedouble > 0 ? alive->valuedouble : 0, left, 32);
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
        snprintf(more, sizeof more, "process %.0f on %.80s, %.0f slots", fields_real(row, "pid", 0),
                 fields_text(row, "host", "?"), fields_real(row, "slots", 0));
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

/* What the slots of a worker are at: how many tasks are in flight, and, when wanted, a line each. A
 * slot tells "J7/120 8 35 4112": first task, tasks held, for how many ms, progress count. */
static double slots_row(const cJSON *row, bool lines, struct buf *out)
{
    const cJSON *item;
    double flight = 0;

    cJSON_ArrayForEach(item, row)
    {
        char task[ID_MAX + 32];
        double held, ms, progress;

        if (strncmp(item->string, "slot", 4) != 0 || !cJSON_IsString(item)) continue;
        if (sscanf(item->valuestring, "%90s %lf %lf %lf", task, &held, &ms, &progress) != 4)
            continue;
        flight += held;
        if (!lines) continue;
        buf_printf(out, "  %s: task %s", item->string, task);
        if (held > 1) buf_printf(out, " and %.0f more", held - 1);
        buf_text(out, " since ");
        render_duration((int64_t)(ms + (age_of(row) > 0 ? age_of(row) : 0)), out);
        buf_printf(out, ", progress %.0f\n", progress);
    }
    return flight;
}

void render_workers(const cJSON *workers, bool verbose, struct buf *out)
{
    const cJSON *row;

    buf_printf(out, "%-20s %10s %10s %8s %9s %9s %9s\n", "WORKER", "ASSIGNED", "COMPLETED",
               "FAILED", "IN FLIGHT", "MEAN MS", "SEEN");
    cJSON_ArrayForEach(row, workers)
    {
        char age[32], mean[32] = "-";
        double mean_us = fields_real(row, "mean_us", -1);

        age_text(age_of(row), age, sizeof age);
        if (mean_us >= 0) snprintf(mean, sizeof mean, "%.3f", mean_us / 1000);
        buf_printf(out, "%-20s %10.0f %10.0f %8.0f %9.0f %9s %9s\n",
                   fields_text(row, "worker", "?"), fields_real(row, "assigned", 0),
                   fields_real(row, "completed", 0), fields_real(row, "failed", 0),
                   slots_row(row, false, out), mean, age);
        if (verbose) slots_row(row, true, out);
    }
    if (!cJSON_GetArraySize(workers)) buf_text(out, "no workers; start dtq-worker\n");
}
