/* admin.c: the commands for whoever looks after a queue: pause, drain, counts, dead letters. */
#include "producer/command.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/screen.h"
#include "producer/interrupt.h"
#include "producer/record_json.h"
#include "producer/render.h"

#include <stdlib.h>
#include <string.h>

enum { DEAD_MOST = 10000 };

/* Who did it, for the event. */
static const char *admin_name(const struct app *app)
{
    return app->producer[0] ? app->producer : "dtq";
}

/* One word of `words`, with the nearest named for another. */
static enum dtq_err admin_choice(const char *command, const char *word, const char *const *words,
                                 size_t count, size_t *out, struct dtq_why *why)
{
    const char *near = fields_nearest(word, words, count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = i;
            return DTQ_OK;
        }
    if (near)
        return err_set(why, DTQ_INPUT, "dtq %s knows no \"%s\"; did you mean \"%s\"?", command,
                       word, near);
    return err_set(why, DTQ_INPUT, "dtq %s knows no \"%s\"; see dtq %s --help", command, word,
                   command);
}

/* --- dtq queue -------------------------------------------------------------------------------- */

static enum dtq_err print_stats(const struct app *app, struct queue *q, struct dtq_why *why)
{
    cJSON *stats = NULL;
    const cJSON *item;
    enum dtq_err err = queue_stats(q, &stats, why);

    if (err != DTQ_OK) return err;
    if (app->program.json) {
        cJSON_AddStringToObject(stats, "queue", queue_name(q));
        err = app_print_json(stats, why);
    } else {
        cJSON_ArrayForEach(item, stats)
        {
            if (cJSON_IsBool(item))
                printf("%-9s %s\n", item->string, cJSON_IsTrue(item) ? "yes" : "no");
            else
                printf("%-9s %.0f\n", item->string, item->valuedouble);
        }
    }
    cJSON_Delete(stats);
    return err;
}

/* Waits for the queue to run empty, as far as --timeout allows. */
static enum dtq_err wait_drained(const struct app *app, struct queue *q, bool was,
                                 struct dtq_why *why)
{
    int64_t began = clock_ms();
    struct queue_cursor at;
    bool told = false;
    enum dtq_err err = queue_events_end(q, &at, why);

    while (err == DTQ_OK) {
        cJSON *stats = NULL, *events = NULL;
        double jobs;
        err = queue_stats(q, &stats, why);
        if (err != DTQ_OK) return err;
        jobs = fields_real(stats, "jobs", 0);
        cJSON_Delete(stats);
        if (jobs == 0) return DTQ_OK;
        if (!told)
            app_note(app, "queue %s is %s; waiting for %.0f job%s to end", queue_name(q),
                     was ? "being drained already" : "draining", jobs, jobs == 1 ? "" : "s");
        told = true;
        if (app->timeout_s >= 0 && (double)(clock_ms() - began) >= app->timeout_s * 1000)
            return err_set(why, DTQ_TIMEOUT, "%.0f job%s not ended yet; the queue goes on draining",
                           jobs, jobs == 1 ? " has" : "s have");
        err = queue_events(q, &at, 1000, &events, why);
        cJSON_Delete(events);
        if (err == DTQ_NONE) err = DTQ_OK;
        if (interrupt_seen())
            return err_set(why, DTQ_CANCELLED, "interrupted; the queue goes on draining");
    }
    return err;
}

enum { PAUSE, RESUME, DRAIN, STATS };

/* What a verb has done; was: it was so already. */
static void print_state(const struct app *app, const struct queue *q, size_t verb, bool was)
{
    static const char *const texts[][2] = {
        [PAUSE] = {"is paused: running tasks finish, no others start until dtq queue resume",
                   "is already paused; to end that: dtq queue resume"},
        [RESUME] = {"works as usual again", "is neither paused nor drained"},
        [DRAIN] = {"is empty, and takes no new jobs until dtq queue resume",
                   "is empty, and takes no new jobs until dtq queue resume"},
    };
    char option[APP_QUEUE_OPTION];

    printf("queue %s %s%s\n", queue_name(q), texts[verb][was],
           verb == RESUME ? "" : app_queue_option(app, option));
}

int command_queue(const struct app *app, int count, const char *const *words)
{
    static const char *const verbs[] = {"pause", "resume", "drain", "stats"};
    struct queue *q = NULL;
    struct dtq_why why = {""};
    size_t verb = STATS;
    enum dtq_err err = DTQ_OK, done = DTQ_OK;

    if (count > 0) err = admin_choice("queue", words[0], verbs, 4, &verb, &why);
    if (err == DTQ_OK)
        err = verb == STATS ? app_connect(app, &q, &why) : app_connect_change(app, &q, &why);
    if (err == DTQ_OK && verb == PAUSE) err = done = queue_pause(q, admin_name(app), &why);
    if (err == DTQ_OK && verb == RESUME) err = done = queue_resume(q, admin_name(app), &why);
    if (err == DTQ_OK && verb == DRAIN) err = done = queue_drain(q, admin_name(app), &why);
    if (err == DTQ_NONE) err = DTQ_OK;
    if (err == DTQ_OK && verb == DRAIN) err = wait_drained(app, q, done == DTQ_NONE, &why);
    if (err == DTQ_OK && (verb == STATS || app->program.json)) err = print_stats(app, q, &why);
    if (err == DTQ_OK && verb != STATS && !app->program.json)
        print_state(app, q, verb, done == DTQ_NONE);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

/* --- dtq dead --------------------------------------------------------------------------------- */

static const char *letter_text(const cJSON *letter, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(letter, name));

    return text ? text : "";
}

/* Prints a text, and empties it. */
static enum dtq_err print_out(struct buf *text, struct dtq_why *why)
{
    bool failed = text->failed;

    if (!failed) fputs(text->data, stdout);
    buf_clear(text);
    return failed ? err_set(why, DTQ_NOMEM, "out of memory for the output") : DTQ_OK;
}

/* Whether a letter is meant by what was named: "all", a job's id, or a task's "J7/12". */
static bool letter_meant(const cJSON *letter, const char *named)
{
    const char *id = letter_text(letter, "id");
    size_t len = strlen(named);

    return strcmp(named, "all") == 0 || strcmp(id, named) == 0 ||
           (strncmp(id, named, len) == 0 && id[len] == '/');
}

static enum dtq_err drop_letter(const struct app *app, struct queue *q, const cJSON *letter,
                                struct dtq_why *why)
{
    char job[ID_MAX + 1];
    const char *id = letter_text(letter, "id"), *slash = strrchr(id, '/');
    enum dtq_err err;

    if (!slash || slash - id > ID_MAX) return DTQ_OK;
    snprintf(job, sizeof job, "%.*s", (int)(slash - id), id);
    err = queue_drop(q, job, strtoull(slash + 1, NULL, 10), admin_name(app), why);
    return err == DTQ_NONE ? DTQ_OK : err;
}

/* Replays the job of a letter, once for all its letters: after the first the job runs. */
static enum dtq_err replay_letter(const struct app *app, struct queue *q, const cJSON *letter,
                                  char last[ID_MAX + 1], struct dtq_why *why)
{
    char job[ID_MAX + 1];
    const char *id = letter_text(letter, "id"), *slash = strrchr(id, '/');

    if (!slash || slash - id > ID_MAX) return DTQ_OK;
    snprintf(job, sizeof job, "%.*s", (int)(slash - id), id);
    if (strcmp(job, last) == 0) return DTQ_OK;
    memcpy(last, job, sizeof job);
    return queue_replay(q, job, admin_name(app), why);
}

static bool is_replayable(const cJSON *letter)
{
    return fields_bool(letter, "replayable", false);
}

/* Leaves those that a replay may mend; how many went. */
static int take_out_fatal(cJSON **letters)
{
    cJSON *kept = cJSON_CreateArray(), *letter;
    int taken = 0;

    while ((letter = cJSON_DetachItemFromArray(*letters, 0))) {
        if (is_replayable(letter)) {
            cJSON_AddItemToArray(kept, letter);
        } else {
            cJSON_Delete(letter);
            taken++;
        }
    }
    cJSON_Delete(*letters);
    *letters = kept;
    return taken;
}

/* Prints those that can be replayed, or all. */
static enum dtq_err dead_list(const struct app *app, cJSON **letters, struct dtq_why *why)
{
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    int hidden = app->all ? 0 : take_out_fatal(letters);
    enum dtq_err err;

    if (app->program.json) {
        cJSON *list = records_json(*letters, letter_json);

        err = app_print_json(list, why);
        cJSON_Delete(list);
    } else {
        render_letters(*letters, &screen, &text);
        err = print_out(&text, why);
    }
    if (err == DTQ_OK && hidden)
        app_note(
            app,
            "%d task%s failed for a reason that a replay cannot fix, such as a missing file; dtq "
            "dead --all lists %s too",
            hidden, hidden == 1 ? "" : "s", hidden == 1 ? "it" : "them");
    return err;
}

/* show, replay or drop of the letters that are named. */
static enum dtq_err dead_each(const struct app *app, struct queue *q, size_t verb,
                              const char *named, const cJSON *letters, struct dtq_why *why)
{
    const cJSON *letter;
    cJSON *meant = cJSON_CreateArray();
    char last[ID_MAX + 1] = "";
    struct buf text = {0};
    int found = 0;
    enum dtq_err err = DTQ_OK;

    cJSON_ArrayForEach(letter, letters)
    {
        if (err != DTQ_OK || !letter_meant(letter, named)) continue;
        if (verb == 2 && strcmp(named, "all") == 0 && !is_replayable(letter)) continue;
        if (found++ && verb == 1 && !app->program.json) puts("");
        if (app->program.json) cJSON_AddItemToArray(meant, letter_json(letter));
        if (verb == 1 && !app->program.json) {
            render_letter(letter, &text);
            err = print_out(&text, why);
        }
        if (verb == 2) err = replay_letter(app, q, letter, last, why);
        if (verb == 3) err = drop_letter(app, q, letter, why);
        if (err == DTQ_OK && verb > 1 && !app->program.json)
            printf("%s %s\n", letter_text(letter, "id"), verb == 2 ? "goes on" : "dropped");
    }
    if (err == DTQ_OK && !found && strcmp(named, "all") != 0)
        err = err_set(why, DTQ_INPUT, "there is no dead letter \"%s\"; see dtq dead list", named);
    if (err == DTQ_OK && app->program.json) err = app_print_json(meant, why);
    cJSON_Delete(meant);
    return err;
}

int command_dead(const struct app *app, int count, const char *const *words)
{
    static const char *const verbs[] = {"list", "show", "replay", "drop"};
    struct queue *q = NULL;
    struct dtq_why why = {""};
    cJSON *letters = NULL;
    size_t verb = 0;
    enum dtq_err err = DTQ_OK;

    if (count > 0) err = admin_choice("dead", words[0], verbs, 4, &verb, &why);
    if (err == DTQ_OK && verb > 0 && count < 2)
        err = err_set(&why, DTQ_INPUT, "dtq dead %s needs a task (J7/12), a job (J7), or all",
                      words[0]);
    if (err == DTQ_OK && verb == 0 && count > 1)
        err = err_set(&why, DTQ_INPUT, "dtq dead list takes nothing more, not \"%s\"", words[1]);
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = queue_dead(q, DEAD_MOST, &letters, &why);
    if (err == DTQ_OK)
        err = verb > 0 ? dead_each(app, q, verb, words[1], letters, &why)
                       : dead_list(app, &letters, &why);
    cJSON_Delete(letters);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
