/* retries.c: tasks that failed and wait to be tried again. */
#include "common/queue/shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "J7/12": its job and number. False: it is no id of a task. */
static bool split_id(const char *id, char job[ID_MAX + 1], const char **no)
{
    const char *slash = strrchr(id, '/');

    if (!slash || slash - id > ID_MAX) return false;
    snprintf(job, ID_MAX + 1, "%.*s", (int)(slash - id), id);
    *no = slash + 1;
    return true;
}

/* How often it failed so far, and how often it may. */
static enum dtq_err read_tries(struct queue *q, const char *job, const char *no, cJSON *row,
                               struct dtq_why *why)
{
    redisReply *replies[2] = {0};
    char key[ID_MAX + 16];
    int64_t most = 5;
    enum dtq_err err;

    snprintf(key, sizeof key, "%s:tries", job);
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", key);
    command_text(&q->command, no);
    err = conn_send(q, why);
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", job);
    command_text(&q->command, "max_attempts");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 2, replies, why);
    if (err == DTQ_OK) {
        const char *tries = replies[0]->type == REDIS_REPLY_STRING ? replies[0]->str : "0";

        reply_int(replies[1], &most);
        cJSON_AddNumberToObject(row, "attempts", strtod(tries, NULL));
        cJSON_AddNumberToObject(row, "maxAttempts", (double)most);
    }
    for (size_t i = 0; i < 2; i++)
        freeReplyObject(replies[i]);
    return err;
}

static enum dtq_err read_delayed(struct queue *q, size_t most, redisReply **ids, int64_t *now_ms,
                                 struct dtq_why *why)
{
    redisReply *now = NULL;
    int64_t s = 0, us = 0;
    enum dtq_err err;

    conn_command(q, "TIME");
    err = conn_call(q, 0, &now, why);
    if (err != DTQ_OK) return err;
    if (reply_is_array(now, 2)) {
        reply_int(now->element[0], &s);
        reply_int(now->element[1], &us);
    }
    *now_ms = s * 1000 + us / 1000;
    freeReplyObject(now);
    conn_command(q, "ZRANGE");
    command_key(&q->command, q, "delayed", "");
    command_text(&q->command, "0");
    command_int(&q->command, (int64_t)most - 1);
    command_text(&q->command, "WITHSCORES");
    return conn_call(q, 0, ids, why);
}

enum dtq_err queue_retries(struct queue *q, size_t most, cJSON **out, struct dtq_why *why)
{
    redisReply *ids = NULL;
    cJSON *list = cJSON_CreateArray();
    int64_t now_ms = 0;
    enum dtq_err err = read_delayed(q, most, &ids, &now_ms, why);

    for (size_t i = 0; err == DTQ_OK && i + 1 < ids->elements; i += 2) {
        const char *id = ids->element[i]->str, *no;
        char job[ID_MAX + 1];
        int64_t due_ms = 0;
        cJSON *row;

        if (!split_id(id, job, &no) || !(row = cJSON_CreateObject())) continue;
        cJSON_AddItemToArray(list, row);
        reply_int(ids->element[i + 1], &due_ms);
        cJSON_AddStringToObject(row, "task", id);
        cJSON_AddStringToObject(row, "jobId", job);
        cJSON_AddNumberToObject(row, "dueMs", (double)due_ms);
        cJSON_AddNumberToObject(row, "dueInMs", due_ms > now_ms ? (double)(due_ms - now_ms) : 0);
        err = read_tries(q, job, no, row, why);
    }
    freeReplyObject(ids);
    if (err == DTQ_OK && !list) err = err_set(why, DTQ_NOMEM, "out of memory for a list of tasks");
    if (err == DTQ_OK)
        *out = list;
    else
        cJSON_Delete(list);
    return err;
}
