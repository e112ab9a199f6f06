/* holds.c: what slots have in hand at this moment, from where tasks lie rather than from what
 * workers told of themselves some seconds ago. */
#include "common/queue/shared.h"

#include <stdlib.h>
#include <string.h>

/* The row of the worker that the slot belongs to; NULL when it is not among them. */
static cJSON *worker_of(cJSON *workers, const char *slot)
{
    const char *dot = strrchr(slot, '.');
    size_t len = dot ? (size_t)(dot - slot) : 0;
    cJSON *row;

    cJSON_ArrayForEach(row, workers)
    {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "worker"));

        if (id && strlen(id) == len && !memcmp(id, slot, len)) return row;
    }
    return NULL;
}

/* How many tasks the slot holds, and in *task the first of them ("" when there is none any more).
 */
static enum dtq_err read_held(struct queue *q, const char *slot, char *task, size_t size,
                              long long *count, struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err;

    *task = '\0';
    conn_command(q, "LINDEX");
    command_key(&q->command, q, "held:", slot);
    command_text(&q->command, "-1");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_STRING) snprintf(task, size, "%s", reply->str);
    freeReplyObject(reply);
    reply = NULL;
    conn_command(q, "LLEN");
    command_key(&q->command, q, "held:", slot);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    *count = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    return DTQ_OK;
}

enum dtq_err queue_holds(struct queue *q, cJSON *workers, struct dtq_why *why)
{
    redisReply *slots = NULL, *now = NULL;
    double now_ms;
    enum dtq_err err;

    conn_command(q, "ZRANGE");
    command_key(&q->command, q, "since", "");
    command_text(&q->command, "0");
    command_text(&q->command, "-1");
    command_text(&q->command, "WITHSCORES");
    err = conn_call(q, 0, &slots, why);
    if (err != DTQ_OK) goto out;
    conn_command(q, "TIME");
    err = conn_call(q, 0, &now, why);
    if (err != DTQ_OK) goto out;
    now_ms = reply_is_array(now, 2) ? strtod(now->element[0]->str, NULL) * 1e3 +
                                          strtod(now->element[1]->str, NULL) / 1e3
                                    : 0;
    for (size_t i = 0; i + 1 < slots->elements; i += 2) {
        const char *slot = slots->element[i]->str;
        double age_ms = now_ms - strtod(slots->element[i + 1]->str, NULL) / 1e3;
        cJSON *row = worker_of(workers, slot), *holds, *hold;
        char task[ID_MAX + 32];
        long long count;

        if (!row) continue;
        err = read_held(q, slot, task, sizeof task, &count, why);
        if (err != DTQ_OK) goto out;
        if (!task[0] || !count) continue; /* just handed in */
        holds = cJSON_GetObjectItemCaseSensitive(row, "holds");
        if (!holds) holds = cJSON_AddArrayToObject(row, "holds");
        hold = cJSON_CreateObject();
        cJSON_AddStringToObject(hold, "slot", slot);
        cJSON_AddStringToObject(hold, "task", task);
        cJSON_AddNumberToObject(hold, "tasks", (double)count);
        cJSON_AddNumberToObject(hold, "ageMs", age_ms > 0 ? age_ms : 0);
        cJSON_AddItemToArray(holds, hold);
    }
out:
    freeReplyObject(slots);
    freeReplyObject(now);
    return err;
}
