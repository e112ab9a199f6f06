/* render_list.c: lists of jobs, workers, masters and events as text for people. */
#include "producer/render.h"

#include "common/clock.h"
#include "common/fields.h"
#include "producer/job_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void render_list_head(struct buf *out)
{
    buf_printf(out, "%-16s %-8s %-10s %15s %10s  %s\n", "JOB", "TYPE", "STATE", "TASKS", "TIME",
               "SUBMITTED");
}

void render_list_row(const struct queue_job *job, struct buf *out)
{
    char tasks[48], submitted[25];
    struct buf time = {0};

    snprintf(tasks, sizeof tasks, "%" PRIu64 "/%" PRIu64, job->done, job->total);
    clock_stamp(submitted, job->submitted_ms);
    render_duration(queue_job_wall_ms(job), &time);
    buf_printf(out, "%-16s %-8s %-10s %15s %10s  %.19sZ\n", job->id, job->type, job->state, tasks,
               time.failed ? "" : time.data, submitted);
    buf_clear(&time);
}

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

void render_event(const cJSON *event, struct buf *out)
{
    char text[25];
    const cJSON *item;

    clock_stamp(text, (int64_t)fields_real(event, "atMs", 0));
    buf_printf(out, "%s %s", text, fields_text(event, "event", "?"));
    cJSON_ArrayForEach(item, event)
    {
        if (!strcmp(item->string, "id") || !strcmp(item->string, "event")) continue;
        if (cJSON_IsString(item) && item->valuestring[0])
            buf_printf(out, " %s=%s", item->string, item->valuestring);
    }
    buf_text(out, "\n");
}
