/* follow.c: what becomes of the jobs of this producer. A producer with an id hears of all its jobs,
 * whoever submitted them; one without of those that were submitted at its console. */
#include "producer/follow.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/screen.h"
#include "common/show/render.h"
#include "common/talk/listener.h"
#include "producer/artifacts.h"
#include "producer/nearby.h"
#include "producer/render.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
    JOBS_LOOKED_AT = 2000, /* when the console begins */
    CHECK_MS = 1000,       /* between two looks at jobs that are followed */
};

struct followed {
    char id[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of its submission */
    bool waited;             /* a command tells of its end */
    bool ended;              /* meanwhile */
    UT_hash_handle hh;
};

struct follow {
    const struct app *app;
    struct console *console;
    struct listener *listener; /* owned */
    struct screen screen;
    struct queue_cursor told; /* the events up to here are told of; of the listener's thread */
    int64_t newest_ms;        /* when the newest job ended that was told of, likewise */
    int64_t check_ms;         /* when to look at the next of the jobs, likewise */

    pthread_mutex_t lock;  /* guards what follows; held during a submission */
    struct followed *jobs; /* owned; that have not ended */
    bool connected;
};

/* --- output ----------------------------------------------------------------------------------- */

/* Prints text, whole lines, and empties it. */
static void say(struct follow *f, enum tone tone, struct buf *text)
{
    struct buf out = {0};

    if (text->len) {
        screen_paint(&f->screen, tone, text->data, text->len - 1, &out);
        buf_text(&out, "\n");
    }
    if (!out.failed && out.len) console_print(f->console, out.data, out.len);
    buf_clear(&out);
    buf_clear(text);
}

static void say_epoch(struct follow *f, const cJSON *event)
{
    static const struct {
        const char *name, *format;
    } numbers[] = {{"runningLoss", "  running loss %.8g"},   {"loss", "  loss %.8g"},
                   {"accuracy", "  accuracy %.4f"},          {"testLoss", "  test loss %.8g"},
                   {"testAccuracy", "  test accuracy %.4f"}, {"throughput", "  %.0f rows/s"}};
    struct buf text = {0};

    buf_printf(&text, "%s epoch %s", fields_text(event, "job", "?"),
               fields_text(event, "epoch", "?"));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *value = fields_text(event, numbers[i].name, NULL);

        if (!value) continue;
        buf_printf(&text, numbers[i].format, strtod(value, NULL));
    }
    buf_text(&text, "\n");
    say(f, TONE_PLAIN, &text);
}

/* How a job ended, in a line, with what it found. */
static void say_end(struct follow *f, const struct queue_job *job)
{
    cJSON *report = cJSON_Parse(job->report);
    const char *result = fields_text(report, "result", NULL);
    bool completed = !strcmp(job->state, "completed"), trained = !strcmp(job->type, "train");
    struct buf line = {0}, text = {0};

    if (job->finished_ms > f->newest_ms) f->newest_ms = job->finished_ms;
    render_summary(job, &line);
    if (completed && result) buf_printf(&line, "; result %s", result);
    if (completed && !strcmp(job->type, "stats")) buf_printf(&line, "; see result %s", job->id);
    if (completed && !strcmp(job->type, "predict")) buf_printf(&line, "; see predict %s", job->id);
    if (completed && trained && cJSON_HasObjectItem(report, "loss"))
        buf_printf(&line, "; loss %.8g", fields_real(report, "loss", 0));
    if (completed && trained && cJSON_HasObjectItem(report, "accuracy"))
        buf_printf(&line, ", accuracy %.4f", fields_real(report, "accuracy", 0));
    if (completed && trained && cJSON_HasObjectItem(report, "testAccuracy"))
        buf_printf(&line, ", test accuracy %.4f", fields_real(report, "testAccuracy", 0));
    if (!line.failed) render_plain(line.data, &text);
    buf_text(&text, "\n");
    if (!completed) {
        buf_reset(&line);
        nearby_hint(job->error, &line);
        if (!line.failed && line.len) buf_printf(&text, "%s\n", line.data);
    }
    say(f, completed ? TONE_GOOD : strcmp(job->state, "failed") ? TONE_CALM : TONE_BAD, &text);
    buf_clear(&line);
    cJSON_Delete(report);
}

/* The files of a training that has ended, unless it is not one. */
static void write_files(struct follow *f, struct queue *q, const struct queue_job *job)
{
    cJSON *files = NULL;
    struct dtq_why why;
    struct buf text = {0};
    enum dtq_err err;

    if (f->app->no_files || strcmp(job->type, "train") || strcmp(job->state, "completed")) return;
    err = artifacts_write(f->app, q, job, &files, &why);
    if (err != DTQ_OK && err != DTQ_NONE) {
        buf_printf(&text, "%s: its files could not be written: %s\n", job->id, why.text);
        say(f, TONE_BAD, &text);
    } else if (cJSON_GetArraySize(files)) {
        const char *comma = "";
        const cJSON *file;

        buf_printf(&text, "%s wrote", job->id);
        cJSON_ArrayForEach(file, files)
        {
            if (strstr(file->valuestring, "_weights.csv")) continue; /* one for each epoch */
            buf_printf(&text, "%s %s", comma, file->valuestring);
            comma = ",";
        }
        buf_text(&text, "\n");
        say(f, TONE_PLAIN, &text);
    }
    cJSON_Delete(files);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static struct followed *find_job(struct follow *f, const char *id)
{
    struct followed *job;

    HASH_FIND_STR(f->jobs, id, job);
    return job;
}

static void add_job(struct follow *f, const char *id, const char *nonce)
{
    struct followed *job = find_job(f, id) ? NULL : calloc(1, sizeof *job);

    if (!job) return;
    snprintf(job->id, sizeof job->id, "%s", id);
    snprintf(job->nonce, sizeof job->nonce, "%s", nonce);
    HASH_ADD_STR(f->jobs, id, job);
}

static void drop_job(struct follow *f, struct followed *job)
{
    HASH_DEL(f->jobs, job);
    free(job);
}

/* A job has ended: tells of it, unless somebody else does. */
static void end_of(struct follow *f, struct queue *q, struct followed *job,
                   const struct queue_job *look)
{
    job->ended = true;
    if (job->waited) return;
    say_end(f, look);
    write_files(f, q, look);
    drop_job(f, job);
}

static bool is_end(const char *event)
{
    return !strcmp(event, "job_completed") || !strcmp(event, "job_failed") ||
           !strcmp(event, "job_cancelled");
}

/* The job is not there any more: tells of it, unless somebody else does, and follows it no longer.
 */
static void lose(struct follow *f, struct followed *job, const struct dtq_why *why)
{
    struct buf text = {0};

    buf_printf(&text, "%s\n", why->text);
    if (!job->waited) say(f, TONE_BAD, &text);
    buf_clear(&text);
    drop_job(f, job);
}

/* Looks at a job that is followed: whether it has ended, or is gone, by which it is dropped. */
static enum dtq_err look_at(struct follow *f, struct queue *q, struct followed *job,
                            struct dtq_why *why)
{
    struct queue_job look = {0};
    enum dtq_err err = queue_job_of(q, job->id, job->nonce, &look, why);

    if (err == DTQ_OK && queue_job_ended(&look)) end_of(f, q, job, &look);
    if (err == DTQ_JOB_GONE) lose(f, job, why);
    queue_job_clear(&look);
    return err == DTQ_JOB_GONE ? DTQ_OK : err;
}

/* --- what ended while nobody was there -------------------------------------------------------- */

/* Is the end of the job told of in the stream behind the cursor? */
static enum dtq_err ended_behind(struct queue *q, struct queue_cursor at, const char *id,
                                 bool *found, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    *found = false;
    while (err == DTQ_OK && !*found) {
        cJSON *events = NULL;
        const cJSON *event;

        err = queue_events(q, &at, 0, &events, why);
        cJSON_ArrayForEach(event, events)
        {
            *found |= is_end(fields_text(event, "event", "")) &&
                      !strcmp(fields_text(event, "job", ""), id);
        }
        cJSON_Delete(events);
    }
    return err == DTQ_NONE ? DTQ_OK : err;
}

/* Looks at one job: follows it, or tells of its end when that came after `told`. The states of the
 * jobs are what counts, for the stream of events may be cut; it only decides about an end in the
 * very millisecond of the last event. */
static enum dtq_err catch_up_with(struct follow *f, struct queue *q, const char *id,
                                  const struct queue_cursor *told, bool *any, struct dtq_why *why)
{
    struct queue_job job = {0};
    int64_t told_ms = strtoll(told->id, NULL, 10);
    bool news = false;
    enum dtq_err err = queue_job_read(q, id, &job, why);

    if (err == DTQ_JOB_GONE) return DTQ_OK;
    if (err == DTQ_OK && !strcmp(job.producer, f->app->producer)) {
        struct followed *here = find_job(f, id); /* submitted here, before we got so far */

        if (!queue_job_ended(&job)) {
            add_job(f, id, job.nonce);
        } else if (here) {
            end_of(f, q, here, &job);
        } else if (told->id[0] && job.finished_ms == told_ms) {
            err = ended_behind(q, *told, id, &news, why);
        } else {
            news = told->id[0] && job.finished_ms > told_ms;
        }
    }
    if (err == DTQ_OK && news) {
        struct buf text = {0};

        if (!*any) buf_text(&text, "While you were away:\n");
        *any = true;
        say(f, TONE_PLAIN, &text);
        say_end(f, &job);
        write_files(f, q, &job);
    }
    queue_job_clear(&job);
    return err;
}

/* After a lost connection: ends that the events may not have told of. */
static enum dtq_err check_jobs(struct follow *f, struct queue *q, struct dtq_why *why)
{
    struct followed *job, *after;
    enum dtq_err err = DTQ_OK;

    pthread_mutex_lock(&f->lock);
    HASH_ITER(hh, f->jobs, job, after)
    {
        if (err == DTQ_OK) err = look_at(f, q, job, why);
    }
    pthread_mutex_unlock(&f->lock);
    return err;
}

/* Is the job still there? Whether it has ended is for the events to tell, in their order. */
static enum dtq_err check_job(struct follow *f, struct queue *q, struct followed *job,
                              struct dtq_why *why)
{
    enum dtq_err err = queue_job_still(q, job->id, job->nonce, why);

    if (err != DTQ_JOB_GONE) return err;
    lose(f, job, why);
    return DTQ_OK;
}

/* Now and then one of the jobs, each in its turn: of data that Redis lost no event tells. Where one
 * is gone, the others are looked at, too. */
static enum dtq_err check_some(struct follow *f, struct queue *q, struct dtq_why *why)
{
    struct followed *job, *after;
    unsigned before;
    enum dtq_err err = DTQ_OK;

    if (clock_ms() < f->check_ms) return DTQ_OK;
    f->check_ms = clock_ms() + CHECK_MS;
    pthread_mutex_lock(&f->lock);
    job = f->jobs;
    before = HASH_COUNT(f->jobs);
    if (job) {
        HASH_DEL(f->jobs, job);
        HASH_ADD_STR(f->jobs, id, job);
        err = check_job(f, q, job, why);
    }
    if (HASH_COUNT(f->jobs) < before) {
        HASH_ITER(hh, f->jobs, job, after)
        {
            if (err == DTQ_OK) err = check_job(f, q, job, why);
        }
    }
    pthread_mutex_unlock(&f->lock);
    return err;
}

/* A job of this producer, or one that has the id of a job that is followed, was submitted. */
static enum dtq_err take_submitted(struct follow *f, struct queue *q, const cJSON *event,
                                   struct dtq_why *why)
{
    const char *id = fields_text(event, "job", "");
    struct followed *job = find_job(f, id);
    bool ours = f->app->producer[0] &&
                !strcmp(fields_text(event, "producer", ""), f->app->producer);
    struct queue_job look = {0};
    enum dtq_err err = DTQ_OK;

    if (job) err = check_job(f, q, job, why);
    if (err != DTQ_OK || !ours || find_job(f, id)) return err;
    err = queue_job_read(q, id, &look, why);
    if (err == DTQ_OK) add_job(f, id, look.nonce);
    queue_job_clear(&look);
    return err == DTQ_JOB_GONE ? DTQ_OK : err;
}

/* The first connection: where the events begin, and what came before them. */
static enum dtq_err catch_up(struct follow *f, struct queue *q, struct queue_cursor *from,
                             struct dtq_why *why)
{
    struct queue_cursor told = {""};
    char(*ids)[ID_MAX + 1] = NULL;
    size_t count = 0;
    bool any = false;
    enum dtq_err err = queue_events_end(q, from, why);

    if (err != DTQ_OK || !f->app->producer[0]) return err;
    err = queue_attend(q, f->app->producer, true, NULL, &told, why);
    if (err == DTQ_OK) err = queue_job_ids(q, JOBS_LOOKED_AT, &ids, &count, why);
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; err == DTQ_OK && i < count; i++)
        err = catch_up_with(f, q, ids[i], &told, &any, why);
    pthread_mutex_unlock(&f->lock);
    free(ids);
    if (err == DTQ_OK) f->told = *from;
    /* A stream that was emptied no longer knows how far we came. */
    if (err == DTQ_OK && strtoll(from->id, NULL, 10) < f->newest_ms)
        snprintf(f->told.id, sizeof f->told.id, "%" PRId64 "-0", f->newest_ms);
    return err;
}

/* Where this console is, who is there, and where help is. */
static enum dtq_err greet(struct follow *f, struct queue *q, struct dtq_why *why)
{
    struct queue_names names = {0};
    cJSON *masters = NULL, *workers = NULL;
    struct buf text = {0};
    size_t master_count, worker_count;
    enum dtq_err err = queue_names_read(q, &names, why);

    if (err == DTQ_OK) err = queue_masters(q, &masters, why);
    if (err == DTQ_OK) err = queue_workers(q, &workers, why);
    master_count = queue_living(masters);
    worker_count = queue_living(workers);
    if (err == DTQ_OK) {
        buf_printf(&text, "%s " DTQ_VERSION ", queue %s at %s, %zu master%s, %zu worker%s",
                   f->app->name, queue_name(q), queue_where(q), master_count,
                   master_count == 1 ? "" : "s", worker_count, worker_count == 1 ? "" : "s");
        if (!queue_names_have(&names, queue_name(q)))
            for (size_t i = 0; i < names.count; i++)
                buf_printf(&text, "%s%s", i ? ", " : " (new; other queues: ", names.rows[i]);
        if (!queue_names_have(&names, queue_name(q)) && names.count) buf_text(&text, ")");
        buf_text(&text, "; help lists the commands\n");
        say(f, TONE_PLAIN, &text);
    }
    cJSON_Delete(masters);
    cJSON_Delete(workers);
    queue_names_clear(&names);
    return err;
}

static enum dtq_err on_begin(void *ctx, struct queue *q, struct queue_cursor *at,
                             struct dtq_why *why)
{
    struct follow *f = ctx;

    enum dtq_err err;

    if (at->id[0]) return check_jobs(f, q, why);
    err = greet(f, q, why);
    return err == DTQ_OK ? catch_up(f, q, at, why) : err;
}

/* --- the listener's calls --------------------------------------------------------------------- */

static enum dtq_err on_open(void *ctx, struct queue **out, struct dtq_why *why)
{
    struct follow *f = ctx;
    enum dtq_err err = app_open(f->app, f->app->producer[0] != 0, out, why);

    pthread_mutex_lock(&f->lock);
    f->connected = err == DTQ_OK;
    pthread_mutex_unlock(&f->lock);
    return err;
}

static enum dtq_err take_event(struct follow *f, struct queue *q, const cJSON *event,
                               struct dtq_why *why)
{
    const char *name = fields_text(event, "event", ""), *id = fields_text(event, "job", "");
    struct followed *job = find_job(f, id);
    struct buf text = {0};
    enum dtq_err err = DTQ_OK;

    if (!strcmp(name, "chat")) {
        render_chat(event, &text);
        say(f, TONE_VOICE, &text);
    } else if (!strcmp(name, "job_submitted")) {
        err = take_submitted(f, q, event, why);
    } else if (job && !strcmp(name, "epoch")) {
        say_epoch(f, event);
    } else if (job && is_end(name)) {
        err = look_at(f, q, job, why);
    }
    return err;
}

static enum dtq_err on_events(void *ctx, struct queue *q, const cJSON *events, struct dtq_why *why)
{
    struct follow *f = ctx;
    const cJSON *event;
    enum dtq_err err = DTQ_OK;

    pthread_mutex_lock(&f->lock);
    cJSON_ArrayForEach(event, events)
    {
        if (err == DTQ_OK) err = take_event(f, q, event, why);
        if (err == DTQ_OK)
            snprintf(f->told.id, sizeof f->told.id, "%s", fields_text(event, "id", ""));
    }
    pthread_mutex_unlock(&f->lock);
    return err;
}

/* Fell behind, as when the terminal was stopped: ends among what is gone are told from the jobs. */
static enum dtq_err on_missed(void *ctx, struct queue *q, int64_t count, struct dtq_why *why)
{
    struct follow *f = ctx;
    struct buf text = {0};

    render_missed(count, &text);
    buf_text(&text, "\n");
    say(f, TONE_CALM, &text);
    return check_jobs(f, q, why);
}

static enum dtq_err on_idle(void *ctx, struct queue *q, struct dtq_why *why)
{
    struct follow *f = ctx;

    enum dtq_err err = check_some(f, q, why);

    if (err != DTQ_OK || !f->app->producer[0]) return err;
    return queue_attend(q, f->app->producer, true, &f->told, NULL, why);
}

static void on_lost(void *ctx, const struct dtq_why *why)
{
    struct follow *f = ctx;
    struct buf text = {0};

    pthread_mutex_lock(&f->lock);
    f->connected = false;
    pthread_mutex_unlock(&f->lock);
    buf_printf(&text, "%s; waiting for it\n", why->text);
    say(f, TONE_BAD, &text);
}

static void on_back(void *ctx, const struct queue *q)
{
    struct follow *f = ctx;
    struct buf text = {0};

    buf_printf(&text, "connected to Redis at %s\n", queue_where(q));
    say(f, TONE_GOOD, &text);
}

/* --- the whole -------------------------------------------------------------------------------- */

enum dtq_err follow_new(const struct app *app, struct console *console, struct follow **out,
                        struct dtq_why *why)
{
    struct follow *f = calloc(1, sizeof *f);
    const struct listener_spec spec = {.ctx = f,
                                       .open = on_open,
                                       .begin = on_begin,
                                       .events = on_events,
                                       .missed = on_missed,
                                       .idle = on_idle,
                                       .lost = on_lost,
                                       .back = on_back};
    enum dtq_err err;

    if (!f) return err_set(why, DTQ_NOMEM, "out of memory for a console");
    f->app = app;
    f->console = console;
    f->screen = screen_of(stdout);
    pthread_mutex_init(&f->lock, NULL);
    err = listener_new(&spec, &f->listener, why);
    if (err == DTQ_OK)
        *out = f;
    else
        follow_free(f);
    return err;
}

void follow_free(struct follow *f)
{
    struct followed *job, *after;
    struct queue *q = NULL;

    if (!f) return;
    listener_free(f->listener);
    if (f->app->producer[0] && f->told.id[0] && f->connected &&
        app_open(f->app, true, &q, NULL) == DTQ_OK)
        queue_attend(q, f->app->producer, false, &f->told, NULL, NULL);
    queue_free(q);
    HASH_ITER(hh, f->jobs, job, after)
    drop_job(f, job);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

void follow_submitting(struct follow *f)
{
    pthread_mutex_lock(&f->lock);
}

void follow_submitted(struct follow *f, const char *job_id, const char *nonce)
{
    struct followed *former = job_id ? find_job(f, job_id) : NULL;
    struct dtq_why why;

    if (former && strcmp(former->nonce, nonce) != 0) {
        err_set(&why, DTQ_JOB_GONE, "the former job %s is gone: Redis has lost its data", job_id);
        lose(f, former, &why);
    }
    if (job_id) add_job(f, job_id, nonce);
    pthread_mutex_unlock(&f->lock);
}

void follow_waiting(struct follow *f, const char *job_id)
{
    struct followed *job;

    pthread_mutex_lock(&f->lock);
    job = find_job(f, job_id);
    if (job) job->waited = true;
    pthread_mutex_unlock(&f->lock);
}

void follow_waited(struct follow *f, const char *job_id, enum dtq_err err)
{
    bool told = err == DTQ_OK || err == DTQ_JOB_GONE;
    struct followed *job;
    struct queue *q = NULL;
    struct dtq_why why;

    pthread_mutex_lock(&f->lock);
    job = find_job(f, job_id);
    if (job && !told) job->waited = false;
    /* Else its end is still to come, and not to be told. */
    if (job && told && (job->ended || err == DTQ_JOB_GONE))
        drop_job(f, job);
    else if (job && job->ended && app_open(f->app, false, &q, NULL) == DTQ_OK)
        look_at(f, q, job, &why);
    pthread_mutex_unlock(&f->lock);
    queue_free(q);
}

bool follow_connected(struct follow *f)
{
    bool connected;

    pthread_mutex_lock(&f->lock);
    connected = f->connected;
    pthread_mutex_unlock(&f->lock);
    return connected;
}
