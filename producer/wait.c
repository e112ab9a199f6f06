/* wait.c: waits for the end of a job. Events say when to look; a look now and then besides makes up
 * for events that were trimmed away. */
#include "producer/wait.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/screen.h"
#include "producer/artifacts.h"
#include "producer/follow.h"
#include "producer/interrupt.h"
#include "producer/job_json.h"
#include "producer/nearby.h"
#include "producer/render.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BAR_MS = 100,
    BAR_LATE_MS = 200, /* what is quick needs no bar */
    LOOK_MS = 5000,    /* without any event */
    HINT_MS = 2000,    /* of silence before asking whether anybody works */
    RETRY_MS = 100,    /* first pause before a new connection, doubled up to: */
    RETRY_MAX_MS = 2000,
};

/* A wait on its way. */
struct waiting {
    const struct app *app;
    struct queue *q;
    struct queue_cursor at;
    const char *job_id;
    char *nonce;          /* borrowed */
    struct queue_job job; /* the last look */
    bool looked;          /* job holds one */
    bool bar;
    bool hinted; /* since it last got on */
    int64_t start_ms;
    int64_t progress_ms; /* when a task was done last, as far as it was looked at */
    int64_t next_look_ms;
};

static void bar_erase(const struct waiting *w)
{
    if (w->bar) fputs("\r\033[K", stderr);
}

static void bar_draw(const struct waiting *w)
{
    struct buf line = {0};

    if (!w->bar || queue_job_ended(&w->job) || clock_ms() < w->start_ms + BAR_LATE_MS) return;
    render_progress(&w->job, screen_of(stderr).columns - 1, &line);
    if (!line.failed) fprintf(stderr, "\r%s\033[K", line.data);
    fflush(stderr);
    buf_clear(&line);
}

/* Milliseconds until --timeout; a long time when there is none. */
static int64_t time_left(const struct waiting *w)
{
    if (w->app->timeout_s < 0) return INT32_MAX;
    return w->start_ms + (int64_t)(w->app->timeout_s * 1000) - clock_ms();
}

static enum dtq_err look(struct waiting *w, struct dtq_why *why)
{
    struct queue_job job = {0};
    enum dtq_err err = queue_job_of(w->q, w->job_id, w->nonce, &job, why);

    if (err != DTQ_OK) return err;
    memcpy(w->nonce, job.nonce, sizeof job.nonce);
    if (job.done != w->job.done) {
        w->progress_ms = clock_ms();
        w->hinted = false;
    }
    queue_job_clear(&w->job);
    w->job = job;
    w->looked = true;
    w->next_look_ms = clock_ms() + (w->bar ? BAR_MS : LOOK_MS);
    bar_draw(w);
    return DTQ_OK;
}

/* Nobody is there to work at the job, or nobody may: why. "" when somebody can. */
static enum dtq_err find_obstacle(struct waiting *w, char *text, size_t size, struct dtq_why *why)
{
    cJSON *stats = NULL, *masters = NULL, *workers = NULL;
    char option[APP_QUEUE_OPTION];
    enum dtq_err err = queue_stats(w->q, &stats, why);
    bool master, worker;

    if (err == DTQ_OK) err = queue_masters(w->q, &masters, why);
    if (err == DTQ_OK) err = queue_workers(w->q, &workers, why);
    master = queue_living(masters) > 0;
    worker = queue_living(workers) > 0;
    text[0] = '\0';
    app_queue_option(w->app, option);
    if (err == DTQ_OK && fields_bool(stats, "paused", false))
        snprintf(text, size, "queue %s is paused; dtq queue resume%s lets it go on",
                 queue_name(w->q), option);
    else if (err == DTQ_OK && !(master && worker))
        snprintf(text, size, "no %s runs on queue %s; start %s",
                 master   ? "worker"
                 : worker ? "master"
                          : "master and no worker",
                 queue_name(w->q),
                 master   ? "dtq-worker"
                 : worker ? "dtq-master"
                          : "both");
    cJSON_Delete(stats);
    cJSON_Delete(masters);
    cJSON_Delete(workers);
    return err;
}

/* Nothing was done for a while: says so when that is because nobody is there, or nobody may. */
static enum dtq_err hint(struct waiting *w, struct dtq_why *why)
{
    char text[2 * ID_MAX + 100];
    int64_t since = w->progress_ms > w->start_ms ? w->progress_ms : w->start_ms;
    enum dtq_err err;

    if (w->hinted || clock_ms() < since + HINT_MS) return DTQ_OK;
    err = find_obstacle(w, text, sizeof text, why);
    if (err != DTQ_OK) return err;
    w->hinted = true;
    if (!text[0]) return DTQ_OK;
    bar_erase(w);
    app_note(w->app, "%s waits: %s", w->job_id, text);
    return DTQ_OK;
}

static bool tells_of(const cJSON *events, const char *job_id)
{
    const cJSON *event;

    cJSON_ArrayForEach(event, events)
    {
        const cJSON *job = cJSON_GetObjectItemCaseSensitive(event, "job");

        if (cJSON_IsString(job) && !strcmp(job->valuestring, job_id)) return true;
    }
    return false;
}

/* Waits for the next reason to look. */
static enum dtq_err doze(struct waiting *w, struct dtq_why *why)
{
    int64_t now = clock_ms(), left = time_left(w), nap = w->next_look_ms - now;
    cJSON *events = NULL;
    enum dtq_err err;

    if (!w->hinted && nap > HINT_MS) nap = HINT_MS;
    if (nap > left) nap = left;
    err = queue_events(w->q, &w->at, nap > 0 ? nap : 0, &events, why);
    if (err == DTQ_OK && tells_of(events, w->job_id)) w->next_look_ms = 0;
    cJSON_Delete(events);
    return err == DTQ_NONE ? DTQ_OK : err;
}

/* The connection is gone: tries until there is one again. */
static enum dtq_err reconnect(struct waiting *w, struct dtq_why *why)
{
    int64_t pause_ms = RETRY_MS;
    enum dtq_err err = DTQ_CONN;

    bar_erase(w);
    app_note(w->app, "%s; waiting for it (job %s is kept there)", why->text, w->job_id);
    while (!interrupt_seen() && time_left(w) > 0) {
        err = queue_connect(w->q, why);
        interrupt_wakes(queue_fd(w->q));
        if (err != DTQ_CONN) break;
        interrupt_nap(pause_ms < time_left(w) ? pause_ms : time_left(w));
        pause_ms = pause_ms * 2 < RETRY_MAX_MS ? pause_ms * 2 : RETRY_MAX_MS;
    }
    if (err == DTQ_OK) app_note(w->app, "connected to Redis again");
    w->next_look_ms = 0;
    return err == DTQ_CONN ? DTQ_OK : err; /* the caller sees the signal or the time */
}

static enum dtq_err wait_loop(struct waiting *w, struct dtq_why *why)
{
    for (;;) {
        enum dtq_err err = DTQ_OK;

        if (clock_ms() >= w->next_look_ms || time_left(w) <= 0) err = look(w, why);
        if (interrupt_seen())
            return err_set(why, DTQ_CANCELLED,
                           "interrupted; job %s goes on (dtq wait %s, dtq job %s, dtq cancel %s)",
                           w->job_id, w->job_id, w->job_id, w->job_id);
        if (err == DTQ_OK && queue_job_ended(&w->job)) return DTQ_OK;
        if (time_left(w) <= 0)
            return err_set(why, DTQ_NONE,
                           "job %s is %s after %g s; it goes on (dtq wait %s, dtq cancel %s)",
                           w->job_id, w->looked ? w->job.state : "not known to have ended",
                           w->app->timeout_s, w->job_id, w->job_id);
        if (err == DTQ_OK) err = hint(w, why);
        if (err == DTQ_OK) err = doze(w, why);
        if (err == DTQ_CONN && !interrupt_seen()) err = reconnect(w, why);
        if (err != DTQ_OK && err != DTQ_CONN) return err;
    }
}

enum dtq_err wait_job(const struct app *app, struct queue *q, struct awaited *of,
                      struct queue_job *out, struct dtq_why *why)
{
    struct waiting w = {.app = app,
                        .q = q,
                        .at = of->from,
                        .job_id = of->id,
                        .nonce = of->nonce,
                        .bar = !app->quiet && isatty(STDERR_FILENO),
                        .start_ms = clock_ms()};
    struct follow *follow = app->session ? app->session->follow : NULL;
    enum dtq_err err;

    if (follow) follow_waiting(follow, of->id);
    err = wait_loop(&w, why);
    if (follow) follow_waited(follow, of->id, err);
    bar_erase(&w);
    if (err == DTQ_OK || err == DTQ_NONE || err == DTQ_CANCELLED)
        *out = w.job;
    else
        queue_job_clear(&w.job);
    return err;
}

static enum dtq_err read_epochs(struct queue *q, const struct queue_job *job, cJSON **out,
                                struct dtq_why *why)
{
    enum dtq_err err;

    if (strcmp(job->type, "train")) return DTQ_OK;
    err = queue_epochs(q, job->id, out, why);
    return err == DTQ_OK ? queue_job_still(q, job->id, job->nonce, why) : err;
}

static int exit_of_job(const struct queue_job *job)
{
    if (!strcmp(job->state, "completed")) return APP_DONE;
    return strcmp(job->state, "cancelled") ? APP_FAILED : APP_UNFINISHED;
}

int wait_tell(const struct app *app, struct queue *q, const struct queue_job *job)
{
    struct dtq_why why;
    cJSON *epochs = NULL, *value = NULL;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0}, summary = {0}, near = {0};
    bool completed = !strcmp(job->state, "completed");
    enum dtq_err err = read_epochs(q, job, &epochs, &why);

    if (err != DTQ_OK) goto out;
    render_summary(job, &summary);
    if (completed && !app->program.json) render_result(job, epochs, &screen, &text);
    if (text.failed || summary.failed) {
        err = err_set(&why, DTQ_NOMEM, "out of memory for the result of %s", job->id);
        goto out;
    }
    if (app->program.json) {
        value = job_json(job, epochs);
        err = app_print_json(value, &why);
    } else if (text.data) {
        fputs(text.data, stdout);
        fflush(stdout);
    }
    /* Once only: what has no result of its own has its summary on standard output. */
    if (!completed || (isatty(STDERR_FILENO) && !(text.data && strstr(text.data, summary.data))))
        app_note(app, "%s", summary.data);
    if (!completed) nearby_hint(job->error, &near);
    if (near.len && !near.failed) app_note(app, "%s", near.data);
out:
    cJSON_Delete(epochs);
    cJSON_Delete(value);
    buf_clear(&near);
    buf_clear(&text);
    buf_clear(&summary);
    return err == DTQ_OK ? exit_of_job(job) : app_fail(app, err, &why);
}

/* The wait was given up while the job goes on: the last look, with why it was given up. */
static int tell_unfinished(const struct app *app, const struct queue_job *job, enum dtq_err err,
                           const struct dtq_why *why)
{
    cJSON *value, *error;

    if (!app->program.json || !job->id[0]) return app_fail(app, err, why);
    app_note(app, "%s", why->text);
    value = job_json(job, NULL);
    error = cJSON_AddObjectToObject(value, "error");
    cJSON_AddStringToObject(error, "code", err == DTQ_NONE ? "timeout" : "interrupted");
    cJSON_AddStringToObject(error, "message", why->text);
    app_print_json(value, NULL);
    cJSON_Delete(value);
    return app_exit_of(err);
}

int wait_and_tell(const struct app *app, struct queue *q, struct awaited *of)
{
    struct queue_job job = {0};
    struct dtq_why why;
    enum dtq_err err = wait_job(app, q, of, &job, &why);
    int code;

    if (err == DTQ_OK)
        code = artifacts_after(app, q, &job, wait_tell(app, q, &job));
    else if (err == DTQ_NONE || err == DTQ_CANCELLED)
        code = tell_unfinished(app, &job, err, &why);
    else
        code = app_fail(app, err, &why);
    /* Gone while we waited: that is no mistake in the input. */
    if (err == DTQ_JOB_GONE && of->nonce[0]) code = APP_FAILED;
    queue_job_clear(&job);
    return code;
}
