/* show.c: the commands that look at jobs, or cancel one. */
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/interrupt.h"
#include "producer/job_json.h"
#include "producer/record_json.h"
#include "producer/render.h"
#include "producer/suggest.h"
#include "producer/wait.h"

#include <stdlib.h>
#include <string.h>

/* Connects, and reads the job that the first word names. */
static enum dtq_err open_job(const struct app *app, const char *job_id, struct queue **q,
                             struct queue_job *job, struct dtq_why *why)
{
    enum dtq_err err = id_check("job id", job_id, why);

    if (err == DTQ_OK) err = app_connect(app, q, why);
    if (err == DTQ_OK) err = queue_job_read(*q, job_id, job, why);
    return err;
}

int command_wait(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct awaited job = {.nonce = ""};
    struct dtq_why why;
    enum dtq_err err = id_check("job id", words[0], &why);
    int code;

    (void)count;
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = queue_events_end(q, &job.from, &why);
    if (err == DTQ_OK) snprintf(job.id, sizeof job.id, "%s", words[0]);
    code = err == DTQ_OK ? wait_and_tell(app, q, &job) : app_fail(app, err, &why);
    queue_free(q);
    return code;
}

/* --state and --type are words that there are. */
static enum dtq_err check_filter(const struct app *app, struct dtq_why *why)
{
    static const char *const states[] = {"submitted", "running", "completed", "failed",
                                         "cancelled"};
    size_t count;
    const struct job_type *const *types = job_types(&count);
    const char **names = calloc(count + 1, sizeof *names);
    enum dtq_err err = names ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for words");

    for (size_t i = 0; names && i < count; i++)
        names[i] = types[i]->name;
    if (err == DTQ_OK && app->state)
        err = suggest_choice("--state", app->state, states, sizeof states / sizeof *states, why);
    if (err == DTQ_OK && app->type) err = suggest_choice("--type", app->type, names, count, why);
    if (err == DTQ_OK && app->of) err = id_check("producer id", app->of, why);
    free(names);
    return err;
}

static bool filters(const struct app *app)
{
    return app->state || app->type || app->of;
}

static bool is_wanted(const struct app *app, const struct queue_job *job)
{
    return (!app->state || !strcmp(app->state, job->state)) &&
           (!app->type || !strcmp(app->type, job->type)) &&
           (!app->of || !strcmp(app->of, job->producer));
}

/* Reads the jobs that are wanted, at most app->most of them, into a table and an array. */
static enum dtq_err read_jobs(const struct app *app, struct queue *q, struct table *table,
                              cJSON *list, struct dtq_why *why)
{
    enum { LOOKED_AT = 200000 };
    char(*ids)[ID_MAX + 1] = NULL;
    size_t id_count = 0;
    enum dtq_err err = queue_job_ids(q, filters(app) ? LOOKED_AT : (size_t)app->most, &ids,
                                     &id_count, why);

    for (size_t i = 0; err == DTQ_OK && i < id_count; i++) {
        struct queue_job job = {0};

        err = queue_job_read(q, ids[i], &job, why);
        if (err == DTQ_OK && is_wanted(app, &job)) {
            render_jobs_add(table, &job);
            if (app->program.json) cJSON_AddItemToArray(list, job_json(&job, NULL));
        }
        if (err == DTQ_JOB_GONE) err = DTQ_OK; /* it expired since */
        queue_job_clear(&job);
        if (table_rows(table) == (size_t)app->most) break;
    }
    free(ids);
    return err;
}

int command_jobs(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    struct table table;
    cJSON *list = cJSON_CreateArray();
    enum dtq_err err = check_filter(app, &why);

    (void)count;
    (void)words;
    render_jobs_init(&table);
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = read_jobs(app, q, &table, list, &why);
    if (table_rows(&table))
        table_draw(&table, &screen, &text);
    else
        buf_printf(&text, "no %sjobs in queue %s\n", filters(app) ? "such " : "",
                   app->program.queue);
    if (err == DTQ_OK)
        err = app->program.json ? app_print_json(list, &why) : app_print_text(&text, &why);
    table_clear(&table);
    cJSON_Delete(list);
    buf_clear(&text);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

int command_job(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *epochs = NULL, *value = NULL;
    enum dtq_err err = open_job(app, words[0], &q, &job, &why);

    (void)count;
    if (err == DTQ_OK) err = queue_epochs(q, words[0], &epochs, &why);
    if (err == DTQ_OK) err = queue_job_still(q, job.id, job.nonce, &why);
    if (err == DTQ_OK) {
        render_job(&job, epochs, &screen, &text);
        value = job_json_all(&job, epochs);
        err = app->program.json ? app_print_json(value, &why) : app_print_text(&text, &why);
    }
    cJSON_Delete(epochs);
    cJSON_Delete(value);
    buf_clear(&text);
    queue_job_clear(&job);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

int command_result(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct dtq_why why;
    enum dtq_err err = open_job(app, words[0], &q, &job, &why);
    int code = APP_FAILED;

    (void)count;
    if (err != DTQ_OK) {
        code = app_fail(app, err, &why);
    } else if (queue_job_ended(&job)) {
        code = wait_tell(app, q, &job);
    } else {
        err_set(&why, DTQ_NONE, "job %s is %s and has no result yet; see dtq wait %s", job.id,
                job.state, job.id);
        code = app_fail(app, DTQ_NONE, &why);
    }
    queue_job_clear(&job);
    queue_free(q);
    return code;
}

/* An array with all 17 digits: cJSON's own numbers may lose the last bit. */
static cJSON *exact_numbers(const double *values, size_t count)
{
    cJSON *list = cJSON_CreateArray();
    char text[32];

    for (size_t i = 0; list && i < count; i++) {
        snprintf(text, sizeof text, "%.17g", values[i]);
        cJSON_AddItemToArray(list, cJSON_CreateRaw(text));
    }
    return list;
}

static enum dtq_err print_weights(const struct app *app, const char *job_id, const double *weights,
                                  size_t count, struct dtq_why *why)
{
    cJSON *value, *list;
    enum dtq_err err;

    if (!count) return err_set(why, DTQ_INPUT, "job %s has no weights", job_id);
    if (!app->program.json) {
        for (size_t i = 0; i < count; i++)
            printf("%s%.17g", i ? "," : "", weights[i]);
        putchar('\n');
        return DTQ_OK;
    }
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "jobId", job_id);
    cJSON_AddNumberToObject(value, "count", (double)count);
    list = exact_numbers(weights, count);
    cJSON_AddItemToObject(value, "weights", list);
    err = app_print_json(list ? value : NULL, why);
    cJSON_Delete(value);
    return err;
}

int command_weights(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct dtq_why why;
    double *weights = NULL;
    size_t weight_count = 0;
    enum dtq_err err = open_job(app, words[0], &q, &job, &why);

    (void)count;
    if (err == DTQ_OK) err = queue_weights(q, words[0], &weights, &weight_count, &why);
    if (err == DTQ_OK) err = print_weights(app, words[0], weights, weight_count, &why);
    free(weights);
    queue_job_clear(&job);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

int command_cancel(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct dtq_why why;
    char by[ID_MAX + 20];
    enum dtq_err err = open_job(app, words[0], &q, &job, &why);
    bool found = err == DTQ_OK;
    int code;

    (void)count;
    snprintf(by, sizeof by, "producer%s%s", app->producer[0] ? " " : "", app->producer);
    if (err == DTQ_OK) err = queue_cancel(q, words[0], by, &why);
    queue_job_clear(&job);
    if (err == DTQ_OK && app->program.json) {
        cJSON *value = NULL;

        err = queue_job_read(q, words[0], &job, &why);
        if (err == DTQ_OK) value = job_json(&job, NULL);
        if (err == DTQ_OK) err = app_print_json(value, &why);
        cJSON_Delete(value);
    } else if (err == DTQ_OK) {
        printf("%s cancelled\n", words[0]);
    }
    code = err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
    if (err == DTQ_JOB_GONE && found) code = APP_FAILED; /* a good id, only too late */
    queue_job_clear(&job);
    queue_free(q);
    return code;
}

int command_workers(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *workers = NULL, *masters = NULL, *value = NULL;
    enum dtq_err err = app_connect(app, &q, &why);

    (void)count;
    (void)words;
    if (err == DTQ_OK) err = queue_workers(q, &workers, &why);
    if (err == DTQ_OK) err = queue_masters(q, &masters, &why);
    if (err == DTQ_OK && !app->program.json) {
        render_members(workers, masters, &screen, &text);
        err = app_print_text(&text, &why);
    } else if (err == DTQ_OK) {
        value = cJSON_CreateObject();
        cJSON_AddItemToObject(value, "workers", records_json(workers, member_json));
        cJSON_AddItemToObject(value, "masters", records_json(masters, member_json));
        err = app_print_json(value, &why);
    }
    cJSON_Delete(workers);
    cJSON_Delete(masters);
    cJSON_Delete(value);
    buf_clear(&text);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

/* An event as a line, or with --json as a value on a line of its own. */
static enum dtq_err print_event(const struct app *app, const cJSON *event, struct dtq_why *why)
{
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *value = NULL;
    enum dtq_err err;

    if (app->program.json) {
        value = event_json(event);
        err = app_print_json(value, why);
        cJSON_Delete(value);
        return err;
    }
    render_event(event, &screen, &text);
    err = app_print_text(&text, why);
    fflush(stdout);
    buf_clear(&text);
    return err;
}

/* Events are gone that this was too late for. */
static enum dtq_err print_missed(const struct app *app, int64_t missed, struct dtq_why *why)
{
    struct buf text = {0};
    cJSON *value;
    enum dtq_err err = DTQ_OK;

    if (!missed) return DTQ_OK;
    render_missed(missed, &text);
    if (!text.failed) app_note(app, "%s", text.data);
    buf_clear(&text);
    if (!app->program.json || !app->follow) return DTQ_OK;
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "event", "trimmed");
    if (missed > 0) cJSON_AddNumberToObject(value, "events", (double)missed);
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

/* What the stream still holds; with --follow what comes, a line each, until Ctrl-C. */
int command_events(const struct app *app, int count, const char *const *words)
{
    enum { FOLLOW_MS = 60000 };
    struct queue *q = NULL;
    struct queue_follower at = {.at.id = "0-0"};
    struct dtq_why why;
    bool whole = app->program.json && !app->follow; /* one value of all there is */
    cJSON *all = cJSON_CreateArray();
    enum dtq_err err = app_connect(app, &q, &why);

    (void)count;
    (void)words;
    while (err == DTQ_OK && !ferror(stdout)) {
        cJSON *events = NULL, *event;
        int64_t missed = 0;

        err = queue_events_follow(q, &at, app->follow ? FOLLOW_MS : 0, &events, &missed, &why);
        if (err == DTQ_OK) err = print_missed(app, missed, &why);
        while (err == DTQ_OK && (event = cJSON_DetachItemFromArray(events, 0))) {
            if (whole)
                cJSON_AddItemToArray(all, event_json(event));
            else
                err = print_event(app, event, &why);
            cJSON_Delete(event);
        }
        cJSON_Delete(events);
        if (err == DTQ_NONE && app->follow) err = DTQ_OK;
    }
    if (err == DTQ_NONE) err = whole ? app_print_json(all, &why) : DTQ_OK;
    cJSON_Delete(all);
    queue_free(q);
    if (interrupt_seen()) return APP_SIGNAL + interrupt_seen();
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
