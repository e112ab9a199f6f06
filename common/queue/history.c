/* history.c: the weights that each epoch of a training left, and the pages of a prediction. */
#include "common/queue/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dtq_err queue_history(struct queue *q, const char *job_id, uint64_t epoch, double **out,
                           size_t *count, struct dtq_why *why)
{
    redisReply *reply = NULL;
    char key[ID_MAX + 16];
    enum dtq_err err = id_check("job id", job_id, why);
    double *w = NULL;
    size_t len;

    if (err != DTQ_OK) return err;
    conn_command(q, "HGET");
    snprintf(key, sizeof key, "%s:history", job_id);
    command_key(&q->command, q, "job:", key);
    command_int(&q->command, (int64_t)epoch);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    len = reply->type == REDIS_REPLY_STRING ? (size_t)reply->len : 0;
    if (len % sizeof *w != 0) {
        err = err_set(why, DTQ_SERVER,
                      "the weights of epoch %llu of job \"%s\" have %zu bytes, no multiple of 8",
                      (unsigned long long)epoch, job_id, len);
        goto out;
    }
    if (len && !(w = malloc(len))) {
        err = err_set(why, DTQ_NOMEM, "out of memory for %zu bytes of weights", len);
        goto out;
    }
    if (len) memcpy(w, reply->str, len);
    *out = w;
    *count = len / sizeof *w;
out:
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_history_drop(struct queue *q, const char *job_id, struct dtq_why *why)
{
    redisReply *reply = NULL;
    char key[ID_MAX + 16];
    enum dtq_err err = id_check("job id", job_id, why);

    if (err != DTQ_OK) return err;
    conn_command(q, "UNLINK");
    snprintf(key, sizeof key, "%s:history", job_id);
    command_key(&q->command, q, "job:", key);
    err = conn_call(q, 0, &reply, why);
    if (err == DTQ_OK) freeReplyObject(reply);
    return err;
}
