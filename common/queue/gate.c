/* gate.c: a queue as a whole is paused and resumed. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

static enum dtq_err gate_call(struct queue *q, const struct script *script, const char *by,
                              struct dtq_why *why)
{
    struct command *c = conn_script(q, script);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, by);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, script->name, why);
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_pause(struct queue *q, const char *by, struct dtq_why *why)
{
    return gate_call(q, &script_pause, by, why);
}

enum dtq_err queue_resume(struct queue *q, const char *by, struct dtq_why *why)
{
    return gate_call(q, &script_resume, by, why);
}
