/* render.c: numbers, texts, jobs and events as text for people. */
#include "common/show/render.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/parse.h"

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

/* A value as it is, but fractions with six digits. */
static void event_value(const char *value, struct buf *out)
{
    double number;

    if (strpbrk(value, ".eE") && parse_real(value, &number))
        buf_printf(out, "%.6g", number);
    else
        render_plain(value, out);
}

/* What of an event is shown: not what is said otherwise, or empty; on a screen not all metrics. */
static bool event_shows(const cJSON *item, const char *event, bool brief)
{
    static const char *const metrics[] = {"job", "epoch", "loss", "accuracy", "r2"};
    size_t len = strlen(item->string);

    if (!strcmp(item->string, "id") || !strcmp(item->string, "event")) return false;
    if (!cJSON_IsString(item) || !item->valuestring[0]) return false;
    if (!brief || strcmp(event, "epoch") != 0) return true;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        size_t tail = strlen(metrics[i]);

        if (len >= tail && !strcasecmp(item->string + len - tail, metrics[i])) return true;
    }
    return false;
}

static enum tone event_tone(const char *event)
{
    static const struct {
        const char *event;
        enum tone tone;
    } rows[] = {
        {"job_completed", TONE_GOOD},  {"job_failed", TONE_BAD},  {"job_cancelled", TONE_CALM},
        {"task_dead", TONE_BAD},       {"task_retry", TONE_CALM}, {"reclaimed", TONE_CALM},
        {"worker_gone", TONE_BAD},     {"master_gone", TONE_BAD}, {"queue_paused", TONE_CALM},
        {"queue_draining", TONE_CALM}, {"repaired", TONE_CALM},   {"chat", TONE_VOICE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].event, event)) return rows[i].tone;
    return TONE_PLAIN;
}

void render_event(const cJSON *event, const struct screen *screen, struct buf *out)
{
    const char *name = fields_text(event, "event", "?");
    struct buf text = {0};
    const cJSON *item;
    char stamp[25];

    clock_stamp(stamp, (int64_t)fields_real(event, "atMs", 0));
    screen_paint(screen, TONE_DIM, stamp, strlen(stamp), out);
    buf_text(out, " ");
    screen_paint(screen, event_tone(name), name, strlen(name), out);
    cJSON_ArrayForEach(item, event)
    {
        if (!event_shows(item, name, screen->columns > 0)) continue;
        buf_printf(&text, "%s%s=", text.len ? " " : "", item->string);
        event_value(item->valuestring, &text);
    }
    if (text.len) {
        buf_text(out, " ");
        screen_wrap(screen, text.data, (int)(strlen(stamp) + 2 + strlen(name)), 4, out);
    }
    buf_text(out, "\n");
    out->failed |= text.failed;
    buf_clear(&text);
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
