/* gate.c: a queue as a whole: paused, drained, resumed, counted, told from others. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <string.h>

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

enum dtq_err queue_drain(struct queue *q, const char *by, struct dtq_why *why)
{
    return gate_call(q, &script_drain, by, why);
}

/* What queue_stats tells: the command that counts, and the key. */
static const struct {
    const char *name, *command, *key;
} gate_counts[] = {
    {"ready", "LLEN", "ready"},      {"parked", "LLEN", "parked"},
    {"delayed", "ZCARD", "delayed"}, {"held", "ZCARD", "leases"},
    {"dead", "ZCARD", "dead"},       {"slots", "SCARD", "slots"},
    {"workers", "ZCARD", "workers"}, {"masters", "ZCARD", "masters"},
    {"paused", "EXISTS", "paused"},  {"draining", "EXISTS", "draining"},
};
enum { GATE_COUNTS = sizeof gate_counts / sizeof *gate_counts };

/* Jobs that have not ended; running are those that a master was given, which the group of masters
 * has as pending. */
static enum dtq_err count_jobs(struct queue *q, cJSON *to, struct dtq_why *why)
{
    redisReply *reply = NULL;
    int64_t jobs = 0, running = 0;
    enum dtq_err err;

    conn_command(q, "XPENDING");
    command_key(&q->command, q, "jobs", "");
    command_text(&q->command, "masters");
    err = conn_call(q, 0, &reply, why); /* DTQ_SERVER: no master has been there yet */
    if (err != DTQ_OK && err != DTQ_SERVER) return err;
    if (err == DTQ_OK && reply_is_array(reply, 1)) reply_int(reply->element[0], &running);
    freeReplyObject(reply);
    reply = NULL;
    conn_command(q, "XLEN");
    command_key(&q->command, q, "jobs", "");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    reply_int(reply, &jobs);
    freeReplyObject(reply);
    if (running > jobs) running = jobs; /* one ended between the two */
    cJSON_AddNumberToObject(to, "jobs", (double)jobs);
    cJSON_AddNumberToObject(to, "waiting", (double)(jobs - running));
    cJSON_AddNumberToObject(to, "running", (double)running);
    return DTQ_OK;
}

enum dtq_err queue_stats(struct queue *q, cJSON **out, struct dtq_why *why)
{
    redisReply *replies[GATE_COUNTS] = {0};
    cJSON *stats = cJSON_CreateObject();
    enum dtq_err err = stats ? count_jobs(q, stats, why)
                             : err_set(why, DTQ_NOMEM, "out of memory for numbers");

    for (size_t i = 0; i < GATE_COUNTS && err == DTQ_OK; i++) {
        conn_command(q, gate_counts[i].command);
        command_key(&q->command, q, gate_counts[i].key, "");
        err = conn_send(q, why);
    }
    if (err == DTQ_OK) err = conn_receive_all(q, GATE_COUNTS, replies, why);
    for (size_t i = 0; i < GATE_COUNTS; i++) {
        int64_t number = 0;

        if (err == DTQ_OK) reply_int(replies[i], &number);
        if (strcmp(gate_counts[i].command, "EXISTS") == 0)
            cJSON_AddBoolToObject(stats, gate_counts[i].name, number != 0);
        else
            cJSON_AddNumberToObject(stats, gate_counts[i].name, (double)number);
        freeReplyObject(replies[i]);
    }
    if (err == DTQ_OK)
        *out = stats;
    else
        cJSON_Delete(stats);
    return err;
}

enum dtq_err queue_identity(struct queue *q, char identity[QUEUE_IDENTITY], struct dtq_why *why)
{
    redisReply *replies[2] = {0};
    char nonce[QUEUE_IDENTITY];
    enum dtq_err err;

    id_nonce(nonce);
    conn_command(q, "SET");
    command_key(&q->command, q, "identity", "");
    command_text(&q->command, identity[0] ? identity : nonce);
    command_text(&q->command, "NX");
    err = conn_send(q, why);
    if (err == DTQ_OK) {
        conn_command(q, "GET");
        command_key(&q->command, q, "identity", "");
        err = conn_send(q, why);
    }
    if (err == DTQ_OK) err = conn_receive_all(q, 2, replies, why);
    if (err == DTQ_OK && (!reply_copy(replies[1], nonce, sizeof nonce) || !nonce[0]))
        err = conn_odd_reply(q, "GET", why);
    if (err == DTQ_OK) memcpy(identity, nonce, sizeof nonce);
    for (size_t i = 0; i < 2; i++)
        freeReplyObject(replies[i]);
    return err;
}
