/* attend.c: consoles in the queue: who sits at one, and what a producer was told. Also what the
 * server tells of itself. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <stdlib.h>
#include <string.h>

enum dtq_err queue_attend(struct queue *q, const char *producer, bool there,
                          const struct queue_cursor *told, struct queue_cursor *before,
                          struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    enum dtq_err err = id_check("producer id", producer, why), code;
    struct queue_cursor found;

    if (err != DTQ_OK) return err;
    c = conn_script(q, &script_attend);
    command_text(c, producer);
    command_text(c, there ? "1" : "0");
    command_text(c, told ? told->id : "");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) || !reply_copy(reply->element[1], found.id, sizeof found.id))
        code = conn_odd_reply(q, "attend", why);
    else if (before)
        *before = found;
    freeReplyObject(reply);
    return code;
}

static int64_t score_of(const redisReply *r)
{
    return r->type == REDIS_REPLY_STRING ? strtoll(r->str, NULL, 10) : 0;
}

/* The age of a producer's console, -1 when it has none. */
static double age_of(const redisReply *consoles, const char *producer, int64_t now_ms)
{
    for (size_t i = 0; i + 1 < consoles->elements; i += 2)
        if (!strcmp(consoles->element[i]->str, producer))
            return (double)(now_ms - score_of(consoles->element[i + 1]));
    return -1;
}

/* Sends the three questions of queue_producers. */
static enum dtq_err ask_producers(struct queue *q, struct dtq_why *why)
{
    enum dtq_err err;

    conn_command(q, "HGETALL");
    command_key(&q->command, q, "producers", "");
    err = conn_send(q, why);
    if (err != DTQ_OK) return err;
    conn_command(q, "ZRANGE");
    command_key(&q->command, q, "consoles", "");
    command_text(&q->command, "0");
    command_text(&q->command, "-1");
    command_text(&q->command, "WITHSCORES");
    err = conn_send(q, why);
    if (err != DTQ_OK) return err;
    conn_command(q, "TIME");
    return conn_send(q, why);
}

static void add_producer(cJSON *list, const char *name, double jobs, double age_ms)
{
    cJSON *row = cJSON_CreateObject();

    cJSON_AddStringToObject(row, "producer", name);
    cJSON_AddNumberToObject(row, "jobs", jobs);
    if (age_ms >= 0) cJSON_AddNumberToObject(row, "ageMs", age_ms);
    cJSON_AddItemToArray(list, row);
}

enum dtq_err queue_producers(struct queue *q, cJSON **out, struct dtq_why *why)
{
    redisReply *replies[3] = {0}; /* jobs by producer, consoles, time */
    const redisReply *jobs, *consoles, *now;
    cJSON *list = NULL;
    int64_t now_ms;
    enum dtq_err err = ask_producers(q, why);

    if (err == DTQ_OK) err = conn_receive_all(q, 3, replies, why);
    if (err != DTQ_OK) goto out;
    jobs = replies[0], consoles = replies[1], now = replies[2];
    if (!reply_is_array(now, 2)) {
        err = conn_odd_reply(q, "TIME", why);
        goto out;
    }
    now_ms = score_of(now->element[0]) * 1000 + score_of(now->element[1]) / 1000;
    list = cJSON_CreateArray();
    for (size_t i = 0; i + 1 < jobs->elements; i += 2)
        add_producer(list, jobs->element[i]->str, (double)score_of(jobs->element[i + 1]),
                     age_of(consoles, jobs->element[i]->str, now_ms));
    for (size_t i = 0; i + 1 < consoles->elements; i += 2) {
        bool known = false;

        for (size_t k = 0; k + 1 < jobs->elements; k += 2)
            known |= !strcmp(jobs->element[k]->str, consoles->element[i]->str);
        if (!known)
            add_producer(list, consoles->element[i]->str, 0,
                         age_of(consoles, consoles->element[i]->str, now_ms));
    }
    *out = list;
out:
    for (size_t i = 0; i < 3; i++)
        freeReplyObject(replies[i]);
    return err;
}

enum dtq_err queue_ready(struct queue *q, uint64_t *count, struct dtq_why *why)
{
    redisReply *reply = NULL;
    int64_t length;
    enum dtq_err err;

    conn_command(q, "LLEN");
    command_key(&q->command, q, "ready", "");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply_int(reply, &length) && length >= 0)
        *count = (uint64_t)length;
    else
        err = conn_odd_reply(q, "LLEN", why);
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_server(struct queue *q, cJSON **out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    cJSON *facts;
    char *rest, *row;
    enum dtq_err err;

    conn_command(q, "INFO");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply->type != REDIS_REPLY_STRING) {
        freeReplyObject(reply);
        return conn_odd_reply(q, "INFO", why);
    }
    facts = cJSON_CreateObject();
    rest = reply->str;
    while ((row = strsep(&rest, "\n"))) {
        char *colon = strchr(row, ':');

        if (row[0] == '#' || !colon) continue;
        *colon = '\0';
        colon[1 + strcspn(colon + 1, "\r")] = '\0';
        cJSON_AddStringToObject(facts, row, colon + 1);
    }
    freeReplyObject(reply);
    *out = facts;
    return DTQ_OK;
}
