/* render_jobs.c: the list of jobs, a row each, and what there is to say of one in a few words. */
#include "common/show/render.h"

#include "common/clock.h"
#include "common/fields.h"

#include <inttypes.h>
#include <string.h>

enum tone render_tone(const char *state)
{
    if (!strcmp(state, "completed")) return TONE_GOOD;
    if (!strcmp(state, "failed")) return TONE_BAD;
    return strcmp(state, "submitted") != 0 ? TONE_CALM : TONE_PLAIN;
}

/* Adds "name value" when the object has such a number. */
static void figure(const cJSON *object, const char *name, const char *shown, struct buf *out)
{
    if (!cJSON_HasObjectItem(object, name)) return;
    buf_printf(out, "%s%s ", out->len ? " " : "", shown);
    render_figure(name, fields_real(object, name, 0), 4, out);
}

/* The metrics of a training that tell most: those of the test set where there is one. */
static void metrics(const cJSON *report, struct buf *out)
{
    if (cJSON_HasObjectItem(report, "testLoss")) {
        figure(report, "testLoss", "test loss", out);
        figure(report, "testAccuracy", "acc", out);
        figure(report, "testR2", "r2", out);
        return;
    }
    figure(report, "loss", "loss", out);
    if (!cJSON_HasObjectItem(report, "loss")) figure(report, "runningLoss", "running loss", out);
    figure(report, "accuracy", "acc", out);
    figure(report, "r2", "r2", out);
}

void render_brief(const struct queue_job *job, struct buf *out)
{
    cJSON *report = cJSON_Parse(job->report), *params = cJSON_Parse(job->params);
    const char *result = fields_text(report, "result", NULL);
    double rows = fields_real(report, "rows", -1), epochs = fields_real(params, "epochs", 0);
    struct buf text = {0};

    if (!strcmp(job->state, "failed")) {
        render_plain(job->error, &text);
    } else if (result) {
        render_plain(result, &text);
    } else if (rows >= 0 && queue_job_ended(job)) {
        render_count((uint64_t)rows, &text);
        buf_text(&text, rows == 1 ? " row" : " rows");
        figure(report, "accuracy", "acc", &text);
        figure(report, "rmse", "rmse", &text);
    } else if (epochs > 0) {
        struct buf found = {0};

        metrics(report, &found);
        if (!queue_job_ended(job) && strcmp(job->state, "submitted") != 0)
            buf_printf(&text, "epoch %.0f/%.0f%s", fields_real(report, "epochsDone", 0), epochs,
                       found.len ? " " : "");
        if (found.len) buf_add(&text, found.data, found.len);
        buf_clear(&found);
    }
    if (text.len) buf_add(out, text.data, text.len);
    out->failed |= text.failed;
    buf_clear(&text);
    cJSON_Delete(report);
    cJSON_Delete(params);
}

void render_jobs_init(struct table *t)
{
    static const struct table_column columns[] = {
        {"JOB", 0, 12, false},     {"TYPE", 3, 0, false},    {"STATE", 0, 0, false},
        {"TASKS", 5, 0, true},     {"RESULT", 1, 26, false}, {"TIME", 2, 0, true},
        {"PRODUCER", 6, 8, false}, {"MASTER", 7, 8, false},  {"SUBMITTED", 4, 0, false},
    };

    table_init(t, columns, sizeof columns / sizeof *columns);
}

void render_jobs_add(struct table *t, const struct queue_job *job)
{
    enum tone tone = render_tone(job->state);
    struct buf brief = {0}, time = {0};
    char submitted[25];

    render_brief(job, &brief);
    render_duration(queue_job_wall_ms(job), &time);
    clock_stamp(submitted, job->submitted_ms);
    table_cell(t, TONE_PLAIN, "%s", job->id);
    table_cell(t, TONE_PLAIN, "%s", job->type);
    table_cell(t, tone, "%s", job->state);
    table_cell(t, TONE_PLAIN, "%" PRIu64 "/%" PRIu64, job->done, job->total);
    table_cell(t, tone == TONE_BAD ? tone : TONE_PLAIN, "%s", brief.len ? brief.data : "");
    table_cell(t, TONE_PLAIN, "%s", time.len ? time.data : "");
    table_cell(t, TONE_DIM, "%s", job->producer);
    table_cell(t, TONE_DIM, "%s", job->owner);
    table_cell(t, TONE_DIM, "%.19sZ", submitted);
    t->text.failed |= brief.failed || time.failed;
    buf_clear(&brief);
    buf_clear(&time);
}
