/* dead.c: dead letters: tasks that were given up. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <stdio.h>
#include <string.h>

/* The letter behind an id "J7/12" as an object; NULL when it is gone or no JSON. */
static enum dtq_err dead_read(struct queue *q, const char *id, cJSON **out, struct dtq_why *why)
{
    const char *slash = strrchr(id, '/');
    redisReply *replies[2] = {0}; /* the letter, and whether its job can be replayed */
    char job[ID_MAX + 1], key[ID_MAX + 16];
    cJSON *letter = NULL;
    enum dtq_err err;

    *out = NULL;
    if (!slash || slash - id > ID_MAX) return DTQ_OK;
    snprintf(job, sizeof job, "%.*s", (int)(slash - id), id);
    snprintf(key, sizeof key, "%s:dead", job);
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", key);
    command_text(&q->command, slash + 1);
    err = conn_send(q, why);
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", job);
    command_text(&q->command, "replayable");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 2, replies, why);
    if (err == DTQ_OK && replies[0]->type == REDIS_REPLY_STRING)
        letter = cJSON_Parse(replies[0]->str);
    if (cJSON_IsObject(letter)) {
        int64_t replayable = 0;

        reply_int(replies[1], &replayable);
        cJSON_AddStringToObject(letter, "id", id);
        cJSON_AddBoolToObject(letter, "replayable", replayable == 1);
    }
    for (size_t i = 0; i < 2; i++)
        freeReplyObject(replies[i]);
    *out = letter;
    return err;
}

enum dtq_err queue_dead(struct queue *q, size_t most, cJSON **out, struct dtq_why *why)
{
    redisReply *ids = NULL;
    cJSON *list;
    enum dtq_err err;

    conn_command(q, "ZREVRANGE");
    command_key(&q->command, q, "dead", "");
    command_text(&q->command, "0");
    command_int(&q->command, (int64_t)most - 1);
    err = conn_call(q, 0, &ids, why);
    if (err != DTQ_OK) return err;
    list = cJSON_CreateArray();
    for (size_t i = 0; i < ids->elements && err == DTQ_OK; i++) {
        cJSON *letter = NULL;
        err = dead_read(q, ids->element[i]->str, &letter, why);
        if (letter) cJSON_AddItemToArray(list, letter);
    }
    freeReplyObject(ids);
    if (err == DTQ_OK)
        *out = list;
    else
        cJSON_Delete(list);
    return err;
}

enum dtq_err queue_replay(struct queue *q, const char *job_id, const char *by, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    char state[16] = "";
    enum dtq_err err = id_check("job id", job_id, why), code;

    if (err != DTQ_OK) return err;
    c = conn_script(q, &script_replay);
    command_text(c, job_id);
    command_text(c, by);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) ||
        (code == DTQ_JOB_GONE &&
         (reply->elements < 2 || !reply_copy(reply->element[1], state, sizeof state))))
        code = conn_odd_reply(q, "replay", why);
    freeReplyObject(reply);
    if (code == DTQ_JOB_GONE && !state[0])
        err_set(why, code, "there is no job \"%s\" in queue \"%s\"; see dtq dead list", job_id,
                q->name);
    else if (code == DTQ_JOB_GONE)
        err_set(why, code,
                "job \"%s\" (%s) cannot go on: only one that failed because a task was tried too "
                "often can; mend the cause and submit it again",
                job_id, state);
    return code;
}

enum dtq_err queue_drop(struct queue *q, const char *job_id, uint64_t no, const char *by,
                        struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_drop);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, job_id);
    command_int(c, (int64_t)no);
    command_text(c, by);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "drop", why);
    freeReplyObject(reply);
    return code;
}
