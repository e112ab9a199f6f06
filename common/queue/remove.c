/* remove.c: a job that has ended is forgotten before its time. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

enum dtq_err queue_remove(struct queue *q, const char *job_id, const char *by, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    char state[16] = "";
    enum dtq_err err = id_check("job id", job_id, why), code;

    if (err != DTQ_OK) return err;
    c = conn_script(q, &script_remove);
    command_text(c, job_id);
    command_text(c, by);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code) ||
        (code == DTQ_EXISTS &&
         (reply->elements < 2 || !reply_copy(reply->element[1], state, sizeof state))))
        code = conn_odd_reply(q, "remove", why);
    freeReplyObject(reply);
    if (code == DTQ_EXISTS)
        err_set(why, code, "job \"%s\" is %s; cancel it first: dtq cancel %s", job_id, state,
                job_id);
    else if (code == DTQ_JOB_GONE)
        err_set(why, code, "there is no job \"%s\" in queue \"%s\"; see dtq jobs", job_id, q->name);
    return code;
}
