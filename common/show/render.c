/* render.c: numbers, texts, jobs and events as text for people. */
#include "common/show/render.h"

#include "common/clock.h"
#include "common/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void render_duration(int64_t ms, struct buf *out)
{
    int64_t s = ms / 1000;

    if (ms < 1000)
        buf_printf(out, "%" PRId64 " ms", ms);
    else if (s < 60)
        buf_printf(out, "%.2f s", (double)ms / 1000);
    else if (s < 3600)
        buf_printf(out, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
    else
        buf_printf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
}

void render_count(uint64_t n, struct buf *out)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0) buf_text(out, ",");
        buf_add(out, digits + i, 1);
    }
}

void render_plain(const char *text, struct buf *out)
{
    for (; *text; text++) {
        bool obeyed = (unsigned char)*text < ' ' || *text == 127;

        buf_add(out, obeyed ? "?" : text, 1);
    }
}

void render_figure(const char *name, double value, int digits, struct buf *out)
{
    static const char *const shares[] = {"accuracy", "precision", "recall", "f1", "auc", "r2"};
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        size_t tail = strlen(shares[i]);

        /* "accuracy", "testAccuracy", "runningAccuracy" */
        if (len < tail || strcasecmp(name + len - tail, shares[i]) != 0) continue;
        buf_printf(out, "%.4f", value);
        return;
    }
    buf_printf(out, "%.*g", digits, value);
}

/* The batch that a training is in and how many an epoch has; false when that is not known. */
static bool batch_of(const cJSON *params, const cJSON *report, uint64_t *batch, uint64_t *batches)
{
    double size = fields_real(params, "batchSize", 0), rows = fields_real(report, "samples", 0);
    double count = fields_real(report, "count", 0);
    double inside = count - fields_real(report, "epochsDone", 0) * rows;

    if (size <= 0 || rows <= 0) return false;
    *batches = (uint64_t)ceil(rows / size);
    *batch = inside > 0 ? (uint64_t)ceil(inside / size) : 0;
    return true;
}

void render_running(const struct queue_job *job, struct buf *out)
{
    cJSON *params = cJSON_Parse(job->params), *report = cJSON_Parse(job->report);
    double epochs = fields_real(params, "epochs", 0);
    uint64_t batch, batches;

    buf_printf(out, "%s %s %s: %" PRIu64 " tasks, %" PRIu64 " remaining", job->id, job->type,
               job->state, job->total, job->total > job->done ? job->total - job->done : 0);
    if (epochs > 0) {
        buf_printf(out, ", epoch %.0f of %.0f done", fields_real(report, "epochsDone", 0), epochs);
        if (batch_of(params, report, &batch, &batches))
            buf_printf(out, ", batch %" PRIu64 " of %" PRIu64, batch, batches);
    }
    buf_text(out, "\n");
    cJSON_Delete(params);
    cJSON_Delete(report);
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
        if (!cJSON_IsString(item) || !item->valuestring[0]) continue;
        buf_printf(out, " %s=", item->string);
        render_plain(item->valuestring, out);
    }
    buf_text(out, "\n");
}

void render_missed(int64_t missed, struct buf *out)
{
    if (missed < 0)
        buf_text(out, "some events may have been trimmed before they could be shown");
    else
        buf_printf(out, "%" PRId64 " event%s trimmed before %s could be shown", missed,
                   missed == 1 ? " was" : "s were", missed == 1 ? "it" : "they");
}

void render_chat(const cJSON *event, struct buf *out)
{
    buf_text(out, "[");
    render_plain(fields_text(event, "from", "?"), out);
    buf_text(out, "] ");
    render_plain(fields_text(event, "text", ""), out);
    buf_text(out, "\n");
}
