/* settle.c: commits that count only once replicas have them. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

enum dtq_err queue_replicated(struct queue *q, unsigned replicas, int64_t wait_ms,
                              struct dtq_why *why)
{
    struct command *c = conn_command(q, "WAIT");
    redisReply *reply = NULL;
    int64_t have = 0;
    enum dtq_err err;

    command_int(c, replicas);
    command_int(c, wait_ms > 0 ? wait_ms : 1); /* 0 would be for ever */
    err = conn_call(q, wait_ms, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_int(reply, &have))
        err = conn_odd_reply(q, "WAIT", why);
    else if (have < replicas)
        err = err_set(why, DTQ_NONE, "%d of %u replicas have it", (int)have, replicas);
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_settle(struct queue *q, const struct queue_ownership *owner, bool *ended,
                          struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_settle);
    redisReply *reply = NULL;
    int64_t over = 0;
    enum dtq_err err, code;

    command_text(c, owner->job);
    command_text(c, owner->nonce);
    command_text(c, owner->master);
    command_int(c, (int64_t)owner->fence);
    command_int(c, (int64_t)owner->commits);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) || (code == DTQ_OK && !reply_int(reply->element[1], &over)))
        code = conn_odd_reply(q, "settle", why);
    if (code == DTQ_OK) *ended = over != 0;
    freeReplyObject(reply);
    return code;
}
