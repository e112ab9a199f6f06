/* render.c: jobs as text for people. */
#include "producer/render.h"

#include "common/clock.h"
#include "common/fields.h"
#include "producer/job_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BAR_WIDTH = 20, EPOCHS_OF_JOB = 20 };

static bool number_of(const cJSON *object, const char *name, double *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(item)) return false;
    *out = item->valuedouble;
    return true;
}

/* How much of the job is done, from 0 to 1. Trainings count epochs, because their tasks come into
 * being as they go on. */
static double share_done(const struct queue_job *job, const cJSON *params, const cJSON *report)
{
    double done, all, share;

    if (!strcmp(job->state, "completed")) return 1;
    if (!number_of(params, "epochs", &all)) {
        done = (double)job->done;
        if (!number_of(params, "tasks", &all)) all = (double)job->total;
    } else if (!number_of(report, "epochsDone", &done)) {
        done = 0;
    }
    share = all > 0 ? done / all : 0;
    return share < 1 ? share : 1;
}

static void progress_numbers(const struct queue_job *job, const cJSON *params, const cJSON *report,
                             struct buf *out)
{
    double done = 0, all = 0, value;

    if (number_of(params, "epochs", &all)) {
        number_of(report, "epochsDone", &done);
        buf_printf(out, "  epoch %.0f/%.0f", done, all);
        if (number_of(report, "runningLoss", &value)) buf_printf(out, "  running loss %.4g", value);
        if (number_of(report, "loss", &value)) buf_printf(out, "  loss %.4g", value);
        if (number_of(report, "testAccuracy", &value))
            buf_printf(out, "  test accuracy %.4f", value);
        else if (number_of(report, "accuracy", &value))
            buf_printf(out, "  accuracy %.4f", value);
        if (number_of(report, "throughput", &value) && value > 0) {
            buf_text(out, "  ");
            render_count((uint64_t)value, out);
            buf_text(out, " rows/s");
        }
    } else {
        buf_text(out, "  ");
        render_count(job->done, out);
        buf_text(out, "/");
        render_count(number_of(params, "tasks", &all) ? (uint64_t)all : job->total, out);
        buf_text(out, " tasks");
    }
}

void render_progress(const struct queue_job *job, int columns, struct buf *out)
{
    cJSON *params = cJSON_Parse(job->params), *report = cJSON_Parse(job->report);
    double share = share_done(job, params, report);
    int filled = (int)(share * BAR_WIDTH);
    size_t start = out->len;

    buf_printf(out, "%s  [", job->id);
    for (int i = 0; i < BAR_WIDTH; i++)
        buf_text(out, i < filled ? "#" : "-");
    buf_printf(out, "] %3d %%", (int)(share * 100));
    if (!strcmp(job->state, "submitted"))
        buf_text(out, "  waiting for a master");
    else
        progress_numbers(job, params, report, out);
    buf_text(out, "  ");
    render_duration(queue_job_wall_ms(job), out);
    if (job->retried) buf_printf(out, "  %" PRIu64 " retried", job->retried);
    if (job->reclaimed) buf_printf(out, "  %" PRIu64 " claimed again", job->reclaimed);
    if (columns > 0 && !out->failed && out->len - start > (size_t)columns) {
        out->len = start + (size_t)columns;
        out->data[out->len] = '\0';
    }
    cJSON_Delete(params);
    cJSON_Delete(report);
}

void render_result(const struct queue_job *job, const cJSON *epochs, const struct screen *screen,
                   struct buf *out)
{
    cJSON *report = cJSON_Parse(job->report);
    const char *result = fields_text(report, "result", NULL);

    if (result) {
        buf_printf(out, "%s\n", result);
    } else {
        render_summary(job, out);
        buf_text(out, "\n");
        if (!strcmp(job->type, "stats"))
            render_stats(report, screen, out);
        else if (!strcmp(job->type, "predict"))
            render_prediction(job, report, screen, out);
        else
            render_training(report, epochs, screen, out);
    }
    cJSON_Delete(report);
}

/* A training tells of its epochs: those who only looked at the table count as workers of the job,
 * but trained nothing. */
static void work_done(const struct queue_job *job, const cJSON *report, struct buf *out)
{
    double epochs = fields_real(report, "epochsDone", -1);

    if (epochs >= 0) buf_printf(out, "%.0f epoch%s, ", epochs, epochs == 1 ? "" : "s");
    render_count(job->done, out);
    if (job->done != job->total) {
        buf_text(out, " of ");
        render_count(job->total, out);
    }
    buf_text(out, job->done == 1 && job->total == 1 ? " task" : " tasks");
    if (job->workers && epochs < 0)
        buf_printf(out, " on %" PRIu64 " worker%s", job->workers, job->workers == 1 ? "" : "s");
}

void render_summary(const struct queue_job *job, struct buf *out)
{
    cJSON *report = cJSON_Parse(job->report);

    buf_printf(out, "%s %s: ", job->id, job->state);
    if (job->error_code[0] && !strcmp(job->state, "failed")) buf_printf(out, "%s; ", job->error);
    work_done(job, report, out);
    if (job->retried) buf_printf(out, ", %" PRIu64 " retried", job->retried);
    if (job->reclaimed) buf_printf(out, ", %" PRIu64 " claimed again", job->reclaimed);
    buf_text(out, ", ");
    render_duration(queue_job_wall_ms(job), out);
    cJSON_Delete(report);
}

static void stamp(const char *name, int64_t unix_ms, struct buf *out)
{
    char text[25];

    if (!unix_ms) return;
    clock_stamp(text, unix_ms);
    buf_printf(out, "%-10s %s\n", name, text);
}

/* A span of time as the options take it: 500ms, 30s, 7d. */
static void span(const char *before, int64_t ms, struct buf *out)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    size_t i = 0;

    while (ms % units[i].ms)
        i++;
    buf_printf(out, "%s%" PRId64 "%s", before, ms / units[i].ms, units[i].name);
}

/* How often its tasks are tried, what bounds its time, and how long it is kept. */
static void settings(const struct queue_job *job, struct buf *out)
{
    buf_printf(out, "%-10s %" PRIu64, "attempts", job->max_attempts);
    span(", backoff ", job->backoff_ms, out);
    if (job->task_timeout_ms) span(", task timeout ", job->task_timeout_ms, out);
    if (job->timeout_ms) span("\ntime limit ", job->timeout_ms, out);
    span("\nkept for   ", job->retention_ms, out);
    buf_text(out, "\n");
}

/* Flat values only: what is nested is for --json. */
static void flat_values(const cJSON *object, struct buf *out)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        char *text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);

        if (cJSON_IsString(item) || (text && !item->child))
            buf_printf(out, "  %s=%s\n", item->string, text ? text : item->valuestring);
        cJSON_free(text);
    }
}

void render_job(const struct queue_job *job, const cJSON *epochs, const struct screen *screen,
                struct buf *out)
{
    cJSON *params = job_json_params(job), *report = job_json_report(job);

    buf_printf(out, "%-10s %s\n%-10s %s\n%-10s %s\n", "job", job->id, "type", job->type, "state",
               job->state);
    if (job->error_code[0])
        buf_printf(out, "%-10s %s (%s)\n", "error", job->error, job->error_code);
    buf_printf(out,
               "%-10s %" PRIu64 "/%" PRIu64 " done, %" PRIu64 " retried, %" PRIu64
               " claimed again, %" PRIu64 " late\n",
               "tasks", job->done, job->total, job->retried, job->reclaimed, job->late);
    buf_printf(out, "%-10s %" PRIu64 "\n", "workers", job->workers);
    if (job->owner[0]) buf_printf(out, "%-10s %s\n", "master", job->owner);
    if (job->producer[0]) buf_printf(out, "%-10s %s\n", "producer", job->producer);
    stamp("submitted", job->submitted_ms, out);
    stamp("started", job->started_ms, out);
    stamp("finished", job->finished_ms, out);
    buf_printf(out, "%-10s ", "time");
    render_duration(queue_job_wall_ms(job), out);
    buf_text(out, "\n");
    settings(job, out);
    buf_text(out, "params\n");
    flat_values(params, out);
    if (cJSON_GetArraySize(report)) buf_text(out, "report\n");
    flat_values(report, out);
    if (cJSON_GetArraySize(epochs)) buf_text(out, "epochs\n");
    render_epochs(epochs, EPOCHS_OF_JOB, 0, screen, out);
    cJSON_Delete(params);
    cJSON_Delete(report);
}
