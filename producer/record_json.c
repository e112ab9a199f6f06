/* record_json.c: records of the queue as JSON for programs. */
#include "producer/record_json.h"

#include "common/fields.h"
#include "common/id.h"
#include "common/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a value is, however it is kept. */
enum kind {
    TEXT,
    NUMBER,
    TASK,   /* "J7/12": jobId and task */
    LATEST, /* the same of the last one: lastJobId and lastTask */
    SECRET, /* not for others */
};

struct name {
    const char *event; /* NULL: of any */
    const char *kept;
    const char *name;
    enum kind kind;
};

/* Of an event the first row counts that fits. What is not named here is a text, and keeps its name;
 * of an epoch it is a number. */
static const struct name event_names[] = {
    {"job_running", "by", "master", TEXT},
    {"job_taken_over", "by", "master", TEXT},
    {"job_taken_over", "from", "formerMaster", TEXT},
    {"epoch", "mode", "mode", TEXT},
    {NULL, "job", "jobId", TEXT},
    {NULL, "first", NULL, TASK},
    {NULL, "task", "task", NUMBER},
    {NULL, "tasks", "tasks", NUMBER},
    {NULL, "submittedMs", "submittedMs", NUMBER},
    {NULL, "attempts", "attempts", NUMBER},
    {NULL, "delayMs", "delayMs", NUMBER},
    {NULL, "ageMs", "ageMs", NUMBER},
    {NULL, "winnerMs", "winnerMs", NUMBER},
    {NULL, "loser", "loserSlot", TEXT},
    {NULL, "loserMs", "loserMs", NUMBER},
    {NULL, "slots", "slots", NUMBER},
    {NULL, "pid", "pid", NUMBER},
    {NULL, "silentMs", "silentMs", NUMBER},
};

static const struct name member_names[] = {
    {NULL, "nonce", NULL, SECRET},
    {NULL, "since_ms", "sinceMs", NUMBER},
    {NULL, "presence_ms", "presenceMs", NUMBER},
    {NULL, "mean_us", "meanUs", NUMBER},
    {NULL, "last_task", NULL, LATEST},
    {NULL, "last_error", "lastError", TEXT},
};

static void add_number(cJSON *to, const char *name, const char *text)
{
    double value;

    if (parse_real(text, &value))
        cJSON_AddNumberToObject(to, name, value);
    else
        cJSON_AddStringToObject(to, name, text);
}

/* "J7/12" as a job and the number of its task. */
static void add_task(cJSON *to, const char *job_name, const char *task_name, const char *id)
{
    const char *slash = strrchr(id, '/');
    char job[ID_MAX + 1];

    if (!slash || slash - id > ID_MAX) return;
    snprintf(job, sizeof job, "%.*s", (int)(slash - id), id);
    if (!cJSON_HasObjectItem(to, job_name)) cJSON_AddStringToObject(to, job_name, job);
    add_number(to, task_name, slash + 1);
}

static void add(cJSON *to, const char *name, enum kind kind, const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);

    if (kind == SECRET || (text && !text[0])) return;
    if (!text)
        cJSON_AddItemToObject(to, name, cJSON_Duplicate(item, true));
    else if (kind == TASK)
        add_task(to, "jobId", "task", text);
    else if (kind == LATEST)
        add_task(to, "lastJobId", "lastTask", text);
    else if (kind == NUMBER)
        add_number(to, name, text);
    else
        cJSON_AddStringToObject(to, name, text);
}

static const struct name *find(const struct name *names, size_t count, const char *event,
                               const char *kept)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(names[i].kept, kept) && (!names[i].event || !strcmp(names[i].event, event)))
            return &names[i];
    return NULL;
}

cJSON *event_json(const cJSON *event)
{
    const char *what = fields_text(event, "event", "");
    cJSON *out = cJSON_CreateObject();
    const cJSON *item;

    cJSON_ArrayForEach(item, event)
    {
        const struct name *n = find(event_names, sizeof event_names / sizeof *event_names, what,
                                    item->string);
        bool metric = !strcmp(what, "epoch") && strcmp(item->string, "event") &&
                      strcmp(item->string, "id");

        if (n)
            add(out, n->name, n->kind, item);
        else
            add(out, item->string, metric ? NUMBER : TEXT, item);
    }
    return out;
}

/* "J7/120 8 35 4112": first task, tasks held, for how many ms, progress count. */
static void add_hold(cJSON *slot, const char *told)
{
    char id[ID_MAX + 32];
    double tasks, ms, progress;
    int got = sscanf(told, "%90s %lf %lf %lf", id, &tasks, &ms, &progress);

    if (got < 3) return;
    add_task(slot, "jobId", "task", id);
    cJSON_AddNumberToObject(slot, "tasks", tasks);
    cJSON_AddNumberToObject(slot, "ms", ms);
    if (got > 3) cJSON_AddNumberToObject(slot, "progress", progress);
}

static void add_slots(cJSON *out, const cJSON *worker)
{
    enum { MOST = 1 << 16 };
    double count = fields_real(worker, "slots", 0);
    cJSON *slots = cJSON_AddArrayToObject(out, "slots");

    for (int i = 0; i < count && i < MOST; i++) {
        cJSON *slot = cJSON_CreateObject();
        char name[ID_MAX + 16];

        snprintf(name, sizeof name, "%s.%d", fields_text(worker, "worker", "?"), i);
        cJSON_AddStringToObject(slot, "slot", name);
        snprintf(name, sizeof name, "slot%d", i);
        add_hold(slot, fields_text(worker, name, ""));
        cJSON_AddItemToArray(slots, slot);
    }
}

cJSON *member_json(const cJSON *member)
{
    cJSON *out = cJSON_CreateObject();
    const cJSON *item;

    cJSON_ArrayForEach(item, member)
    {
        const struct name *n = find(member_names, sizeof member_names / sizeof *member_names, "",
                                    item->string);

        if (!strncmp(item->string, "slot", 4)) continue;
        add(out, n ? n->name : item->string, n ? n->kind : TEXT, item);
    }
    if (cJSON_HasObjectItem(member, "worker")) add_slots(out, member);
    return out;
}

/* The same values behind the job and the task that the one called `id` names. */
static cJSON *of_task(const cJSON *row, const char *id)
{
    cJSON *out = cJSON_CreateObject();
    const cJSON *item;

    add(out, NULL, TASK, cJSON_GetObjectItemCaseSensitive(row, id));
    cJSON_ArrayForEach(item, row)
    {
        if (!cJSON_HasObjectItem(out, item->string) && strcmp(item->string, id) != 0)
            add(out, item->string, TEXT, item);
    }
    return out;
}

cJSON *letter_json(const cJSON *letter)
{
    return of_task(letter, "id");
}

cJSON *retry_json(const cJSON *retry)
{
    return of_task(retry, "task");
}

cJSON *records_json(const cJSON *rows, cJSON *(*one)(const cJSON *row))
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        cJSON_AddItemToArray(list, one(row));
    }
    return list;
}
