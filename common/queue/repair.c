/* repair.c: what a census showed to be wrong is mended, by scripts that look for themselves. */
#include "common/queue/census.h"
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <stdlib.h>
#include <string.h>

enum { YOUNG_S = 60 };

/* Sends what was built, and takes {0, what was done}. */
static enum dtq_err repair_call(struct queue *q, char did[REPAIR_TEXT], struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err = conn_call(q, 0, &reply, why), code;

    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) ||
        (code == DTQ_OK && !reply_copy(reply->element[1], did, REPAIR_TEXT)))
        code = conn_odd_reply(q, "repair", why);
    freeReplyObject(reply);
    return code;
}

enum dtq_err repair_task(struct queue *q, const struct census *c, const char *job, uint64_t no,
                         const char *by, char did[REPAIR_TEXT], struct dtq_why *why)
{
    struct command *command = conn_script(q, &script_repair_task);
    const struct census_slot *slot;

    command_text(command, job);
    command_int(command, (int64_t)no);
    command_text(command, by);
    for (slot = c->slots; slot; slot = slot->hh.next)
        command_text(command, slot->name);
    return repair_call(q, did, why);
}

enum dtq_err repair_slot(struct queue *q, const char *slot, const char *by, char did[REPAIR_TEXT],
                         struct dtq_why *why)
{
    struct command *command = conn_script(q, &script_repair_slot);

    command_text(command, slot);
    command_text(command, by);
    return repair_call(q, did, why);
}

enum dtq_err repair_job(struct queue *q, const char *job, const char *entry, const char *by,
                        char did[REPAIR_TEXT], struct dtq_why *why)
{
    struct command *command = conn_script(q, &script_repair_job);

    command_text(command, job);
    command_text(command, entry);
    command_text(command, by);
    return repair_call(q, did, why);
}

enum dtq_err repair_member(struct queue *q, enum census_role role, const char *id, const char *by,
                           char did[REPAIR_TEXT], struct dtq_why *why)
{
    struct command *command = conn_script(q, &script_repair_member);

    command_text(command, role == CENSUS_WORKER ? "worker" : "master");
    command_text(command, id);
    command_text(command, by);
    return repair_call(q, did, why);
}

enum dtq_err repair_log(struct queue *q, struct dtq_why *why)
{
    redisReply *reply = NULL;
    cJSON *facts = NULL;
    const char *up, *log;
    enum dtq_err err = queue_server(q, &facts, why);

    if (err != DTQ_OK) return err_is_refusal(err) ? DTQ_OK : err;
    up = cJSON_GetStringValue(cJSON_GetObjectItem(facts, "uptime_in_seconds"));
    log = cJSON_GetStringValue(cJSON_GetObjectItem(facts, "aof_enabled"));
    if (up && strtol(up, NULL, 10) < YOUNG_S && log && strcmp(log, "1") == 0) {
        conn_command(q, "BGREWRITEAOF");
        err = conn_call(q, 0, &reply, why);
        if (err == DTQ_OK) freeReplyObject(reply);
    }
    cJSON_Delete(facts);
    return err_is_refusal(err) ? DTQ_OK : err;
}
