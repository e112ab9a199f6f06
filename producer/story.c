/* story.c: events as sentences. */
#include "producer/story.h"

#include "common/buf.h"
#include "common/fields.h"
#include "common/show/render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The event being told. */
struct telling {
    const struct story_of *of;
    const cJSON *event;
    struct buf *out;
};

static const char *word(const struct telling *t, const char *name)
{
    return fields_text(t->event, name, "");
}

/* Texts that came from outside. */
static void plain(const struct telling *t, const char *name)
{
    render_plain(word(t, name), t->out);
}

static void span(const struct telling *t, const char *name)
{
    render_duration(strtoll(word(t, name), NULL, 10), t->out);
}

/* "task 12 " in the story of a job; nothing in that of the task itself. */
static void subject(const struct telling *t)
{
    if (!t->of->task) buf_printf(t->out, "task %s ", word(t, "task"));
}

static void by(const struct telling *t)
{
    if (!word(t, "by")[0]) return;
    buf_text(t->out, " by ");
    plain(t, "by");
}

static void tell_submitted(const struct telling *t)
{
    buf_text(t->out, "submitted");
    if (word(t, "producer")[0]) buf_printf(t->out, " by %s", word(t, "producer"));
    buf_printf(t->out, " as a %s job", word(t, "type"));
}

static void tell_running(const struct telling *t)
{
    buf_printf(t->out, "adopted by master %s", word(t, "by"));
}

static void tell_taken_over(const struct telling *t)
{
    buf_printf(t->out, "taken over by master %s, for master %s was gone", word(t, "by"),
               word(t, "from"));
}

static void tell_end(const struct telling *t)
{
    buf_text(t->out, word(t, "event") + strlen("job_"));
    if (!word(t, "code")[0]) return;
    buf_printf(t->out, " (%s): ", word(t, "code"));
    plain(t, "message");
}

static void tell_replayed(const struct telling *t)
{
    buf_printf(t->out, "replayed, with %s tasks that were open", word(t, "tasks"));
    by(t);
}

static void tell_retry(const struct telling *t)
{
    subject(t);
    buf_printf(t->out, "failed on worker %s, attempt %s: ", word(t, "worker"), word(t, "attempts"));
    plain(t, "message");
    buf_text(t->out, "; to be tried again after ");
    span(t, "delayMs");
}

static void tell_dead(const struct telling *t)
{
    subject(t);
    buf_printf(t->out, "given up (%s): ", word(t, "code"));
    plain(t, "message");
}

static void tell_dropped(const struct telling *t)
{
    subject(t);
    buf_text(t->out, "forgotten as a dead letter");
    by(t);
}

static void tell_reclaimed(const struct telling *t)
{
    bool one = strcmp(word(t, "tasks"), "1") == 0;

    buf_printf(t->out, "%s task%s, %s%s, taken back from slot %s: %s", word(t, "tasks"),
               one ? "" : "s", word(t, "first"), one ? "" : " first", word(t, "slot"),
               word(t, "reason"));
}

static void tell_speculation(const struct telling *t)
{
    subject(t);
    buf_printf(t->out, "had been running on slot %s for ", word(t, "slot"));
    span(t, "ageMs");
    buf_text(t->out, ", much longer than its siblings: a second slot may run it, too");
}

static void tell_won(const struct telling *t)
{
    subject(t);
    buf_printf(t->out, "handed in first by slot %s after ", word(t, "slot"));
    span(t, "winnerMs");
    if (!word(t, "loser")[0]) return;
    buf_printf(t->out, "; slot %s, at it for ", word(t, "loser"));
    span(t, "loserMs");
    buf_text(t->out, ", was told to stop");
}

static void tell_repaired(const struct telling *t)
{
    if (word(t, "task")[0]) subject(t);
    buf_text(t->out, "repaired");
    by(t);
    buf_text(t->out, ": ");
    plain(t, "what");
}

static void tell_queue(const struct telling *t)
{
    bool paused = strcmp(word(t, "event"), "queue_paused") == 0;

    buf_printf(t->out, "the queue was %s", paused ? "paused" : "resumed");
    by(t);
    if (paused) buf_text(t->out, ": nothing is handed out");
}

/* Where an event belongs: to a job, to a task of it, to every job there is. */
enum about { ABOUT_JOB, ABOUT_TASK, ABOUT_HOLD, ABOUT_ALL };

static const struct teller {
    const char *event;
    enum about about;
    void (*tell)(const struct telling *t);
} tellers[] = {
    {"job_submitted", ABOUT_JOB, tell_submitted},
    {"job_running", ABOUT_JOB, tell_running},
    {"job_taken_over", ABOUT_JOB, tell_taken_over},
    {"job_completed", ABOUT_JOB, tell_end},
    {"job_failed", ABOUT_JOB, tell_end},
    {"job_cancelled", ABOUT_JOB, tell_end},
    {"job_replayed", ABOUT_JOB, tell_replayed},
    {"task_retry", ABOUT_TASK, tell_retry},
    {"task_dead", ABOUT_TASK, tell_dead},
    {"dead_dropped", ABOUT_TASK, tell_dropped},
    {"reclaimed", ABOUT_HOLD, tell_reclaimed},
    {"speculation", ABOUT_TASK, tell_speculation},
    {"speculation_won", ABOUT_TASK, tell_won},
    {"repaired", ABOUT_TASK, tell_repaired},
    {"queue_paused", ABOUT_ALL, tell_queue},
    {"queue_resumed", ABOUT_ALL, tell_queue},
};

static const struct teller *teller_of(const cJSON *event)
{
    const char *name = fields_text(event, "event", "");

    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        if (strcmp(tellers[i].event, name) == 0) return &tellers[i];
    return NULL;
}

/* Of a hold the event names only the first task; the others are known by what they have lost. */
static bool in_hold(const struct story_of *of, const cJSON *event)
{
    char id[ID_MAX + 24];

    snprintf(id, sizeof id, "%s/%" PRIu64, of->job, of->no);
    if (strcmp(fields_text(event, "first", ""), id) == 0) return true;
    return !of->no_loss && strcmp(fields_text(event, "tasks", "1"), "1") != 0;
}

static bool belongs(const struct story_of *of, enum about about, const cJSON *event)
{
    const char *task = fields_text(event, "task", "");

    if (about == ABOUT_ALL) return true;
    if (strcmp(fields_text(event, "job", ""), of->job) != 0) return false;
    if (!of->task || about == ABOUT_JOB) return true;
    if (about == ABOUT_HOLD) return in_hold(of, event);
    return !task[0] || strtoull(task, NULL, 10) == of->no;
}

/* Puts a sentence at this place. */
static bool insert(cJSON *to, int at, double at_ms, struct buf *text)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddNumberToObject(row, "atMs", at_ms);
    cJSON_AddStringToObject(row, "text", text->data ? text->data : "");
    if (text->failed || !cJSON_InsertItemInArray(to, at, row)) return false;
    buf_reset(text);
    return true;
}

static bool add(cJSON *to, double at_ms, struct buf *text)
{
    return insert(to, cJSON_GetArraySize(to), at_ms, text);
}

/* Epochs that nothing came between. */
struct epochs {
    const char *first, *last;
    const char *loss, *running; /* running: the loss is a mean over the epoch's batches */
    double at_ms;
};

static bool add_epochs(struct epochs *e, cJSON *to, struct buf *text)
{
    if (!e->first) return true;
    if (e->first == e->last)
        buf_printf(text, "epoch %s ended", e->first);
    else
        buf_printf(text, "epochs %s to %s ended", e->first, e->last);
    if (e->loss[0])
        buf_printf(text, ", loss %.6g", strtod(e->loss, NULL));
    else if (e->running[0])
        buf_printf(text, ", running loss %.6g", strtod(e->running, NULL));
    e->first = NULL;
    return add(to, e->at_ms, text);
}

bool story_tell(const struct story_of *of, const cJSON *events, cJSON *to)
{
    struct epochs epochs = {0};
    struct buf text = {0};
    const cJSON *event;
    bool good = true, begun = false;
    int first = cJSON_GetArraySize(to); /* of the story, among the sentences */
    int start = first;                  /* of what came after the last end of a job of this id */

    cJSON_ArrayForEach(event, events)
    {
        const struct teller *teller = teller_of(event);
        double at_ms = fields_real(event, "atMs", 0);
        const char *job = fields_text(event, "job", "");
        if (!good) break;
        begun = begun || strcmp(job, of->job) == 0;
        if (!begun) continue; /* pauses before it was submitted */
        if (!teller && !of->task && strcmp(job, of->job) == 0 &&
            strcmp(fields_text(event, "event", ""), "epoch") == 0) {
            epochs.last = fields_text(event, "epoch", "?");
            epochs.loss = fields_text(event, "loss", "");
            epochs.running = fields_text(event, "runningLoss", "");
            epochs.at_ms = at_ms;
            if (!epochs.first) epochs.first = epochs.last;
        }
        if (!teller || !belongs(of, teller->about, event)) continue;
        good = add_epochs(&epochs, to, &text);
        teller->tell(&(const struct telling){of, event, &text});
        if (teller->tell == tell_submitted) { /* a master tells it later, of then */
            for (; start > first; start--)    /* the story of a former job of this id */
                cJSON_DeleteItemFromArray(to, first);
            const char *ms = fields_text(event, "submittedMs", "");
            good = good && insert(to, start, ms[0] ? strtod(ms, NULL) : at_ms, &text);
        } else {
            good = good && add(to, at_ms, &text);
        }
        if (teller->tell != tell_end) continue;
        begun = false; /* what comes later is no story of it */
        start = cJSON_GetArraySize(to);
    }
    good = good && add_epochs(&epochs, to, &text);
    buf_clear(&text);
    return good;
}
