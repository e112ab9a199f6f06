/* render_members.c: workers, masters and producers as text for people. */
#include "common/show/render.h"

#include "common/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How long ago a member gave its last sign of life, in ms; -1 when that is not known. */
static double age_of(const cJSON *row)
{
    double presence = fields_real(row, "presence_ms", 0), alive = fields_real(row, "aliveMs", 0);

    return presence > 0 ? presence - alive : -1;
}

static void age_cell(struct table *t, enum tone tone, double ms)
{
    if (ms < 0)
        table_cell(t, tone, "-");
    else
        table_cell(t, tone, "%.1f s", ms / 1000);
}

/* How long a member still counts as there. */
static void left_cell(struct table *t, const cJSON *row)
{
    double alive = fields_real(row, "aliveMs", 0);

    if (cJSON_HasObjectItem(row, "aliveMs"))
        age_cell(t, TONE_PLAIN, alive > 0 ? alive : 0);
    else
        table_cell(t, TONE_PLAIN, "-");
}

static void mean_cell(struct table *t, const cJSON *row)
{
    double mean_us = fields_real(row, "mean_us", -1);

    if (mean_us < 0)
        table_cell(t, TONE_PLAIN, "-");
    else
        table_cell(t, TONE_PLAIN, "%.3f", mean_us / 1000);
}

static void number_cell(struct table *t, enum tone tone, const cJSON *row, const char *name)
{
    table_cell(t, tone, "%.0f", fields_real(row, name, 0));
}

static void process_cells(struct table *t, const cJSON *row)
{
    number_cell(t, TONE_DIM, row, "pid");
    table_cell(t, TONE_DIM, "%s", fields_text(row, "host", "?"));
}

/* --- all of them, and when they were seen ----------------------------------------------------- */

static void ages_row(struct table *t, const cJSON *row, const char *kind)
{
    table_cell(t, TONE_PLAIN, "%s", kind);
    table_cell(t, TONE_PLAIN, "%s", fields_text(row, kind, "?"));
    age_cell(t, TONE_PLAIN, age_of(row));
    left_cell(t, row);
    if (cJSON_HasObjectItem(row, "slots"))
        number_cell(t, TONE_PLAIN, row, "slots");
    else
        table_cell(t, TONE_PLAIN, "%s", "");
    table_cell(t, TONE_PLAIN, "%s", "");
    process_cells(t, row);
}

static void producer_row(struct table *t, const cJSON *row)
{
    bool console = cJSON_HasObjectItem(row, "ageMs");

    table_cell(t, TONE_PLAIN, "producer");
    table_cell(t, TONE_PLAIN, "%s", fields_text(row, "producer", "?"));
    age_cell(t, TONE_PLAIN, fields_real(row, "ageMs", -1));
    table_cell(t, TONE_PLAIN, "-");
    table_cell(t, TONE_PLAIN, "%s", "");
    number_cell(t, TONE_PLAIN, row, "jobs");
    table_cell(t, TONE_PLAIN, "%s", "");
    table_cell(t, TONE_DIM, "%s", console ? "at a console" : "");
}

void render_ages(const cJSON *workers, const cJSON *masters, const cJSON *producers,
                 const struct screen *screen, struct buf *out)
{
    static const struct table_column columns[] = {
        {"ROLE", 0, 0, false}, {"ID", 0, 12, false}, {"SEEN", 0, 0, true}, {"LEASE", 1, 0, true},
        {"SLOTS", 3, 0, true}, {"JOBS", 2, 0, true}, {"PID", 5, 0, true},  {"HOST", 4, 10, false},
    };
    const cJSON *row;
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(row, masters)
    {
        ages_row(&t, row, "master");
    }
    cJSON_ArrayForEach(row, workers)
    {
        ages_row(&t, row, "worker");
    }
    cJSON_ArrayForEach(row, producers)
    {
        producer_row(&t, row);
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}

/* --- workers, what they did and are at -------------------------------------------------------- */

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

static void holds_lines(struct table *t, const cJSON *row)
{
    const cJSON *hold;

    cJSON_ArrayForEach(hold, cJSON_GetObjectItemCaseSensitive(row, "holds"))
    {
        const char *task = fields_text(hold, "task", "?");
        double more = fields_real(hold, "tasks", 1) - 1, progress = progress_of(row, task);
        struct buf text = {0};

        buf_printf(&text, "%s: task %s", fields_text(hold, "slot", "?"), task);
        if (more > 0) buf_printf(&text, " and %.0f more", more);
        buf_text(&text, " for ");
        render_duration((int64_t)fields_real(hold, "ageMs", 0), &text);
        if (progress >= 0)
            buf_printf(&text, ", progress %.0f", progress);
        else
            buf_text(&text, ", progress not told yet");
        table_line(t, TONE_DIM, "%s", text.failed ? "" : text.data);
        t->text.failed |= text.failed;
        buf_clear(&text);
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

void render_workers(const cJSON *workers, bool verbose, const struct screen *screen,
                    struct buf *out)
{
    static const struct table_column columns[] = {
        {"WORKER", 0, 12, false}, {"ASSIGNED", 3, 0, true},  {"COMPLETED", 0, 0, true},
        {"FAILED", 1, 0, true},   {"IN FLIGHT", 0, 0, true}, {"MEAN MS", 2, 0, true},
        {"SEEN", 4, 0, true},     {"LEASE", 5, 0, true},
    };
    const cJSON *row;
    struct table t;

    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(row, workers)
    {
        bool failed = fields_real(row, "failed", 0) > 0;

        table_cell(&t, TONE_PLAIN, "%s", fields_text(row, "worker", "?"));
        number_cell(&t, TONE_PLAIN, row, "assigned");
        number_cell(&t, TONE_PLAIN, row, "completed");
        number_cell(&t, failed ? TONE_BAD : TONE_PLAIN, row, "failed");
        table_cell(&t, TONE_PLAIN, "%.0f", in_flight(row));
        mean_cell(&t, row);
        age_cell(&t, TONE_PLAIN, age_of(row));
        left_cell(&t, row);
        if (verbose) holds_lines(&t, row);
    }
    table_draw(&t, screen, out);
    table_clear(&t);
    if (!cJSON_GetArraySize(workers)) buf_text(out, "no workers; start dtq-worker\n");
}

/* --- both, as anybody sees them --------------------------------------------------------------- */

static void member_row(struct table *t, const cJSON *row, const char *kind)
{
    bool worker = !strcmp(kind, "worker"), silent = fields_real(row, "aliveMs", 0) <= 0;
    const char *error = fields_text(row, "last_error", "");

    table_cell(t, TONE_PLAIN, "%s", kind);
    table_cell(t, TONE_PLAIN, "%s", fields_text(row, kind, "?"));
    table_cell(t, silent ? TONE_BAD : TONE_GOOD, "%s", silent ? "silent" : "alive");
    if (worker) {
        number_cell(t, TONE_PLAIN, row, "slots");
        number_cell(t, TONE_PLAIN, row, "completed");
        number_cell(t, fields_real(row, "failed", 0) > 0 ? TONE_BAD : TONE_PLAIN, row, "failed");
        mean_cell(t, row);
    } else {
        for (int i = 0; i < 4; i++)
            table_cell(t, TONE_PLAIN, "-");
    }
    age_cell(t, TONE_PLAIN, age_of(row));
    process_cells(t, row);
    if (error[0]) table_line(t, TONE_BAD, "last error %s", error);
}

void render_members(const cJSON *workers, const cJSON *masters, const struct screen *screen,
                    struct buf *out)
{
    static const struct table_column columns[] = {
        {"ROLE", 0, 0, false},   {"ID", 0, 12, false},      {"STATE", 0, 0, false},
        {"SLOTS", 2, 0, true},   {"COMPLETED", 1, 0, true}, {"FAILED", 2, 0, true},
        {"MEAN MS", 3, 0, true}, {"SEEN", 4, 0, true},      {"PID", 6, 0, true},
        {"HOST", 5, 10, false},
    };
    const cJSON *row;
    struct table t;

    if (!cJSON_GetArraySize(masters) && !cJSON_GetArraySize(workers)) {
        buf_text(out, "no masters and no workers; start dtq-master and dtq-worker\n");
        return;
    }
    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(row, masters)
    {
        member_row(&t, row, "master");
    }
    cJSON_ArrayForEach(row, workers)
    {
        member_row(&t, row, "worker");
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}
