/* explain.c: `dtq explain ID`: the story of a job or of one of its tasks, and why it waits now. */
#include "producer/command.h"
#include "producer/story.h"

#include "common/clock.h"
#include "common/parse.h"
#include "common/queue/census.h"
#include "common/screen.h"
#include "common/show/render.h"
#include "common/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_SHOWN = 8 };

struct explain {
    struct queue *q;
    char id[ID_MAX + 1]; /* of the job */
    bool task;
    uint64_t no;
    struct queue_job job;
    struct census census;
    cJSON *story; /* owned; objects with atMs and text */
    cJSON *now;   /* owned; sentences */
};

static void say(struct explain *x, struct buf *text)
{
    if (!text->failed && text->len) cJSON_AddItemToArray(x->now, cJSON_CreateString(text->data));
    buf_clear(text);
}

static void ago(const struct explain *x, int64_t then_ms, struct buf *out)
{
    int64_t ms = x->census.now_ms - then_ms;

    render_duration(ms > 0 ? ms : 0, out);
}

/* --- why it waits ----------------------------------------------------------------------------- */

/* What keeps ready tasks from being claimed; before: tasks of others in front. */
static void say_unclaimed(struct explain *x, uint64_t before)
{
    const struct census *c = &x->census;
    struct buf text = {0};
    size_t workers = census_present(c, CENSUS_WORKER), slots = 0, busy = 0;
    const struct census_slot *slot;

    for (slot = c->slots; slot; slot = slot->hh.next) {
        slots += slot->listed;
        busy += slot->listed && slot->held > 0;
    }
    if (c->paused)
        buf_text(&text, "it waits because the queue is paused: dtq queue resume goes on");
    else if (!workers)
        buf_text(&text, "it waits because no worker is there: start dtq-worker");
    else if (before)
        buf_printf(&text, "%" PRIu64 " tasks are claimed before it", before);
    if (!c->paused && workers && busy == slots)
        buf_printf(&text, "%s %zu slots are busy", text.len ? "; all" : "it waits because all",
                   slots);
    say(x, &text);
}

static void say_master(struct explain *x)
{
    const struct census_member *m = census_member(&x->census, CENSUS_MASTER, x->job.owner);
    size_t masters = census_present(&x->census, CENSUS_MASTER);
    struct buf text = {0};

    if (m && m->registered && m->until_ms > x->census.now_ms) return;
    if (!masters)
        buf_text(&text, "no master is there, who would split it and fold its results: start "
                        "dtq-master");
    else if (!x->job.owner[0])
        buf_printf(&text, "it waits to be adopted by one of %zu masters", masters);
    else
        buf_printf(&text, "its master %s is gone; another one takes it over within seconds",
                   x->job.owner);
    say(x, &text);
}

/* --- a job ------------------------------------------------------------------------------------ */

struct open {
    uint64_t ready, parked, held, delayed, arrived, dead, before;
    int64_t due_ms; /* the first retry */
};

static struct open count_open(const struct census_job *job)
{
    struct open n = {.before = UINT64_MAX, .due_ms = INT64_MAX};
    const struct census_task *t;

    for (t = job->tasks; t; t = t->hh.next) {
        n.ready += t->ready > 0;
        n.parked += t->parked > 0;
        n.held += t->held > 0;
        n.delayed += t->due_ms > 0;
        n.arrived += t->arrived;
        n.dead += t->dead;
        if (t->ready && t->before < n.before) n.before = t->before;
        if (t->due_ms && t->due_ms < n.due_ms) n.due_ms = t->due_ms;
    }
    return n;
}

static void say_slots(struct explain *x)
{
    size_t len = strlen(x->id);
    const struct census_slot *slot;
    unsigned shown = 0;

    for (slot = x->census.slots; slot && shown < SLOTS_SHOWN; slot = slot->hh.next) {
        struct buf text = {0};
        if (!slot->held || strncmp(slot->first, x->id, len) != 0 || slot->first[len] != '/')
            continue;
        buf_printf(&text, "slot %s holds %zu task%s, %s first", slot->name, slot->held,
                   slot->held == 1 ? "" : "s", slot->first);
        if (slot->since_ms) {
            buf_text(&text, ", for ");
            ago(x, slot->since_ms, &text);
        }
        if (!slot->leased) buf_text(&text, ", not claimed yet");
        say(x, &text);
        shown++;
    }
}

static void say_open(struct explain *x, const struct open *n)
{
    const struct {
        uint64_t count;
        const char *what;
    } rows[] = {{n->ready, "ready"},   {n->parked, "parked (the queue is paused)"},
                {n->held, "held"},     {n->delayed, "delayed for a retry"},
                {n->dead, "given up"}, {n->arrived, "handed in, to be folded"}};
    struct buf text = {0};

    buf_printf(&text, "%s: ", x->job.state);
    render_count(x->job.done, &text);
    buf_text(&text, " of ");
    render_count(x->job.total, &text);
    buf_text(&text, " tasks split off so far are folded");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].count) continue;
        buf_text(&text, ", ");
        render_count(rows[i].count, &text);
        buf_printf(&text, " %s", rows[i].what);
    }
    say(x, &text);
    if (n->delayed && n->due_ms > x->census.now_ms) {
        buf_text(&text, "the next retry is due in ");
        render_duration(n->due_ms - x->census.now_ms, &text);
        say(x, &text);
    }
}

static void explain_job(struct explain *x, const struct census_job *job)
{
    const struct open n = count_open(job);

    say_open(x, &n);
    say_slots(x);
    say_master(x);
    if ((n.ready || n.parked) && !n.held) say_unclaimed(x, n.ready ? n.before : 0);
}

/* --- a task ----------------------------------------------------------------------------------- */

static void say_held(struct explain *x, const struct census_task *t)
{
    const struct census_slot *slot = census_slot(&x->census, t->slot);
    struct buf text = {0};

    buf_printf(&text, "held by slot %s", slot->name);
    if (slot->since_ms) {
        buf_text(&text, " for ");
        ago(x, slot->since_ms, &text);
    }
    if (slot->held > 1) buf_printf(&text, ", one of %zu tasks, %s first", slot->held, slot->first);
    if (slot->leased && slot->ends_ms > x->census.now_ms) {
        buf_text(&text, "; taken back when nothing is heard of it for ");
        render_duration(slot->ends_ms - x->census.now_ms, &text);
    } else if (slot->leased) {
        buf_text(&text, "; its lease is over");
    } else {
        buf_text(&text, ", not claimed yet");
    }
    say(x, &text);
}

static void say_tries(struct explain *x, const struct census_task *t)
{
    struct buf text = {0};

    if (!t->attempts && !t->lost) return;
    buf_printf(&text, "it failed %u time%s and lost %u worker%s so far", t->attempts,
               t->attempts == 1 ? "" : "s", t->lost, t->lost == 1 ? "" : "s");
    say(x, &text);
}

static void explain_task(struct explain *x, const struct census_task *t)
{
    struct buf text = {0};

    if (t->held) say_held(x, t);
    if (t->ready || t->parked) {
        buf_text(&text, "ready to be claimed");
        say(x, &text);
        say_unclaimed(x, t->before);
    }
    if (t->due_ms) {
        buf_text(&text, "delayed; it is ready again in ");
        render_duration(t->due_ms > x->census.now_ms ? t->due_ms - x->census.now_ms : 0, &text);
        say(x, &text);
    }
    if (t->arrived) {
        buf_text(&text, "handed in; its result waits to be folded");
        say(x, &text);
        say_master(x);
    }
    if (t->dead) {
        buf_printf(&text, "given up; see dtq dead show %s/%" PRIu64, x->id, x->no);
        say(x, &text);
    }
    if (!t->held && !t->ready && !t->parked && !t->due_ms && !t->arrived && !t->dead) {
        buf_text(&text, "in no place at all: see dtq fsck");
        say(x, &text);
    }
    say_tries(x, t);
}

/* A task that is no task now: it is done, or has never been one. */
static enum dtq_err explain_no_task(struct explain *x, struct dtq_why *why)
{
    struct buf text = {0};

    if (x->no >= x->job.total)
        return err_set(why, DTQ_INPUT, "job %s has no task %" PRIu64 "; %s%" PRIu64 "%s", x->id,
                       x->no, x->job.total ? "its tasks are 0 to " : "it has ",
                       x->job.total ? x->job.total - 1 : 0,
                       queue_job_ended(&x->job) ? "" : " so far");
    buf_text(&text, queue_job_ended(&x->job) && strcmp(x->job.state, "completed") != 0
                        ? "folded into the job's state, or dropped when that ended"
                        : "done: its result is folded into the job's state");
    say(x, &text);
    return DTQ_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

/* "J7" or "J7/12" */
static enum dtq_err explain_id(struct explain *x, const char *id, struct dtq_why *why)
{
    const char *slash = strchr(id, '/');
    size_t len = slash ? (size_t)(slash - id) : strlen(id);
    char *end, shown[PARSE_SHOWN];

    if (slash) {
        errno = 0;
        x->no = strtoull(slash + 1, &end, 10);
        x->task = true;
        if (errno || *end || slash[1] < '0' || slash[1] > '9' || len > ID_MAX)
            return err_set(why, DTQ_INPUT,
                           "\"%s\" is no task; expected a job and the number of a task of it, "
                           "such as J7/12",
                           parse_shown(id, shown));
    } else if (len > ID_MAX) {
        return id_check("job id", id, why);
    }
    snprintf(x->id, sizeof x->id, "%.*s", (int)len, id);
    return id_check("job id", x->id, why);
}

static enum dtq_err read_events(struct queue *q, cJSON *all, struct dtq_why *why)
{
    struct queue_cursor at = {.id = "0-0"};
    enum dtq_err err = DTQ_OK;

    while (err == DTQ_OK) {
        cJSON *events = NULL, *event;
        err = queue_events(q, &at, 0, &events, why);
        while (err == DTQ_OK && (event = cJSON_DetachItemFromArray(events, 0)))
            cJSON_AddItemToArray(all, event);
        cJSON_Delete(events);
    }
    return err == DTQ_NONE ? DTQ_OK : err;
}

/* What the events do not tell, no longer or not yet, from the job itself. */
static void tell_beginning(struct explain *x)
{
    const cJSON *first = cJSON_GetArrayItem(x->story, 0);
    bool adopted = strcmp(x->job.state, "submitted") != 0;
    char text[2 * ID_MAX + 100];
    cJSON *row;

    if (first && cJSON_GetNumberValue(cJSON_GetObjectItem(first, "atMs")) <=
                     (double)x->job.submitted_ms + 1000)
        return;
    snprintf(text, sizeof text, "submitted%s%s as a %s job%s", x->job.producer[0] ? " by " : "",
             x->job.producer, x->job.type,
             adopted ? "; what happened next is not all kept in the events any more" : "");
    row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "atMs", (double)x->job.submitted_ms);
    cJSON_AddStringToObject(row, "text", text);
    cJSON_InsertItemInArray(x->story, 0, row);
}

static enum dtq_err tell(struct explain *x, struct dtq_why *why)
{
    const struct census_job *job = census_job(&x->census, x->id);
    const struct census_task *t = job && x->task ? census_task(job, x->no) : NULL;
    struct story_of of = {x->id, x->task, x->no, t && t->spec && !t->lost};
    struct buf text = {0};
    cJSON *events = cJSON_CreateArray();
    enum dtq_err err = read_events(x->q, events, why);

    if (err == DTQ_OK && !story_tell(&of, events, x->story))
        err = err_set(why, DTQ_NOMEM, "out of memory for the story of %s", x->id);
    cJSON_Delete(events);
    if (err != DTQ_OK) return err;
    tell_beginning(x);
    if (x->task && (!t || !t->spec || !job->live)) return explain_no_task(x, why);
    if (x->task) {
        explain_task(x, t);
    } else if (job && job->live) {
        explain_job(x, job);
    } else {
        buf_printf(&text, "%s after ", x->job.state);
        render_duration(queue_job_wall_ms(&x->job), &text);
        buf_printf(&text,
                   ": %" PRIu64 " of %" PRIu64 " tasks folded, %" PRIu64 " retried, %" PRIu64
                   " taken back from lost workers, %" PRIu64 " handed in too late",
                   x->job.done, x->job.total, x->job.retried, x->job.reclaimed, x->job.late);
        say(x, &text);
    }
    return DTQ_OK;
}

/* A sentence behind a time, or none; on a terminal it goes on below its beginning. */
static void print_line(const char *at, const char *text)
{
    enum { TIME = 24, GAP = 2, NARROW = 70, INDENT = 4 };
    int columns = screen_of(stdout).columns;

    if (!columns) {
        printf("%-*s  %s\n", TIME, at, text);
        return;
    }
    printf("%-*s  ", TIME, at);
    wrap_text(stdout, columns, TIME + GAP, columns < NARROW ? INDENT : TIME + GAP, text);
}

static enum dtq_err print(const struct app *app, struct explain *x, struct dtq_why *why)
{
    cJSON *value, *row;
    char stamp[25];
    enum dtq_err err;

    if (app->program.json) {
        value = cJSON_CreateObject();
        cJSON_AddStringToObject(value, "jobId", x->id);
        if (x->task) cJSON_AddNumberToObject(value, "task", (double)x->no);
        cJSON_AddStringToObject(value, "state", x->job.state);
        cJSON_AddItemReferenceToObject(value, "story", x->story);
        cJSON_AddItemReferenceToObject(value, "now", x->now);
        err = app_print_json(value, why);
        cJSON_Delete(value);
        return err;
    }
    cJSON_ArrayForEach(row, x->story)
    {
        clock_stamp(stamp, (int64_t)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "atMs")));
        print_line(stamp, cJSON_GetStringValue(cJSON_GetObjectItem(row, "text")));
    }
    cJSON_ArrayForEach(row, x->now) print_line(row == x->now->child ? "now" : "", row->valuestring);
    return DTQ_OK;
}

int command_explain(const struct app *app, int count, const char *const *words)
{
    struct explain x = {.story = cJSON_CreateArray(), .now = cJSON_CreateArray()};
    struct dtq_why why = {""};
    enum dtq_err err = explain_id(&x, words[0], &why);

    (void)count;
    if (err == DTQ_OK) err = app_connect(app, &x.q, &why);
    if (err == DTQ_OK) err = queue_job_read(x.q, x.id, &x.job, &why);
    if (err == DTQ_OK) err = census_read(x.q, &x.census, &why);
    if (err == DTQ_OK) err = tell(&x, &why);
    if (err == DTQ_OK) err = print(app, &x, &why);
    queue_job_clear(&x.job);
    census_clear(&x.census);
    cJSON_Delete(x.story);
    cJSON_Delete(x.now);
    queue_free(x.q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
