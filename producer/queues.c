/* queues.c: the commands that look over all queues, and at what waits to be tried again. */
#include "producer/command.h"

#include "common/fields.h"
#include "producer/record_json.h"
#include "producer/render.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* --- dtq queues ------------------------------------------------------------------------------- */

/* What one queue holds, with its name. */
static enum dtq_err count_queue(const struct app *app, const char *name, cJSON *list,
                                struct dtq_why *why)
{
    struct app other = *app;
    struct queue *q = NULL;
    cJSON *row = cJSON_CreateObject(), *stats = NULL, *item;
    enum dtq_err err;

    other.program.queue = name;
    err = app_connect(&other, &q, why);
    if (err == DTQ_OK) err = queue_stats(q, &stats, why);
    if (err == DTQ_OK) {
        cJSON_AddStringToObject(row, "queue", name);
        while ((item = cJSON_DetachItemFromArray(stats, 0)))
            cJSON_AddItemToObject(row, item->string, item);
        cJSON_AddItemToArray(list, row);
    } else {
        cJSON_Delete(row);
    }
    cJSON_Delete(stats);
    queue_free(q);
    return err;
}

int command_queues(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_names names = {0};
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *list = cJSON_CreateArray();
    enum dtq_err err = app_open(app, false, &q, &why); /* whether --queue is among them or not */

    (void)count;
    (void)words;
    if (err == DTQ_OK) err = queue_names_read(q, &names, &why);
    queue_free(q);
    for (size_t i = 0; err == DTQ_OK && i < names.count; i++)
        err = count_queue(app, names.rows[i], list, &why);
    if (err == DTQ_OK && !app->program.json) {
        render_queues(list, &screen, &text);
        err = app_print_text(&text, &why);
    } else if (err == DTQ_OK) {
        err = app_print_json(list, &why);
    }
    buf_clear(&text);
    queue_names_clear(&names);
    cJSON_Delete(list);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

/* --- dtq retries ------------------------------------------------------------------------------ */

struct retry {
    const char *id; /* borrowed from row */
    cJSON *row;     /* borrowed */
    UT_hash_handle hh;
};

/* A task failed: what it said, if it is one of those that wait. */
static void take_event(const struct retry *waiting, const cJSON *event)
{
    const struct retry *retry;
    char id[ID_MAX + 32];

    if (strcmp(fields_text(event, "event", ""), "task_retry")) return;
    snprintf(id, sizeof id, "%s/%s", fields_text(event, "job", ""), fields_text(event, "task", ""));
    HASH_FIND_STR(waiting, id, retry);
    if (!retry) return;
    cJSON_DeleteItemFromObjectCaseSensitive(retry->row, "message");
    cJSON_AddStringToObject(retry->row, "message", fields_text(event, "message", ""));
}

/* What each task said when it failed last, as far as the events still tell. */
static enum dtq_err add_messages(struct queue *q, cJSON *tasks, struct dtq_why *why)
{
    struct queue_cursor at = {.id = "0-0"};
    struct retry *rows = calloc((size_t)cJSON_GetArraySize(tasks) + 1, sizeof *rows), *next = rows;
    struct retry *waiting = NULL;
    cJSON *task;
    enum dtq_err err = rows ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for tasks");

    cJSON_ArrayForEach(task, tasks)
    {
        if (!rows) break;
        *next = (struct retry){.id = fields_text(task, "task", ""), .row = task};
        HASH_ADD_KEYPTR(hh, waiting, next->id, strlen(next->id), next);
        next++;
    }
    while (err == DTQ_OK) {
        cJSON *events = NULL;
        const cJSON *event;

        err = queue_events(q, &at, 0, &events, why);
        cJSON_ArrayForEach(event, events) take_event(waiting, event);
        cJSON_Delete(events);
    }
    HASH_CLEAR(hh, waiting);
    free(rows);
    return err == DTQ_NONE ? DTQ_OK : err;
}

int command_retries(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct dtq_why why;
    const struct screen screen = screen_of(stdout);
    struct buf text = {0};
    cJSON *tasks = NULL;
    enum dtq_err err = app_connect(app, &q, &why);

    (void)count;
    (void)words;
    if (err == DTQ_OK) err = queue_retries(q, (size_t)app->most, &tasks, &why);
    if (err == DTQ_OK && cJSON_GetArraySize(tasks)) err = add_messages(q, tasks, &why);
    if (err == DTQ_OK && !app->program.json) {
        render_retries(tasks, &screen, &text);
        err = app_print_text(&text, &why);
    } else if (err == DTQ_OK) {
        cJSON *list = records_json(tasks, retry_json);

        err = app_print_json(list, &why);
        cJSON_Delete(list);
    }
    buf_clear(&text);
    cJSON_Delete(tasks);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
