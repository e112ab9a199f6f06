/* complete.c: what slots hand in, and what they have then. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <string.h>

/* A result is kept as "<worker> <microseconds> <bytes>". */
static void add_result(struct command *c, const char *worker, size_t worker_len,
                       const struct queue_result *r)
{
    char number[24], *end = number + sizeof number, *start = end;
    uint64_t us = r->run_us > 0 ? (uint64_t)r->run_us : 0;
    char *to;

    *--start = ' ';
    do
        *--start = (char)('0' + us % 10);
    while (us /= 10);
    *--start = ' ';
    to = command_room(c, worker_len + (size_t)(end - start) + r->len);
    if (!to) return;
    memcpy(to, worker, worker_len);
    memcpy(to + worker_len, start, (size_t)(end - start));
    if (r->len) memcpy(to + worker_len + (end - start), r->data, r->len);
}

static bool has_helpers(const struct queue_result *r)
{
    return r->outcome == QUEUE_DONE && r->helpers && r->helpers[0];
}

static void add_hand_in(struct command *c, const struct queue_member *m,
                        const struct queue_hand_in *row)
{
    const struct queue_result *results = row->results;
    size_t done = 0, helped = 0;

    for (size_t i = 0; i < row->count; i++) {
        done += results[i].outcome == QUEUE_DONE;
        helped += has_helpers(&results[i]);
    }
    command_text(c, row->slot);
    command_int(c, (int64_t)row->held->token);
    command_text(c, row->held->job);
    command_text(c, row->held->nonce);
    command_int(c, row->most);
    command_int(c, (int64_t)done);
    for (size_t i = 0; i < row->count; i++) {
        if (results[i].outcome != QUEUE_DONE) continue;
        command_int(c, (int64_t)results[i].no);
        add_result(c, m->id, strlen(m->id), &results[i]);
    }
    command_int(c, (int64_t)(row->count - done));
    for (size_t i = 0; i < row->count; i++) {
        if (results[i].outcome == QUEUE_DONE) continue;
        command_int(c, (int64_t)results[i].no);
        command_text(c, results[i].outcome == QUEUE_RETRY ? "retry" : "fatal");
        command_text(c, results[i].code);
        command_add(c, results[i].data, results[i].len);
    }
    command_int(c, (int64_t)helped);
    for (size_t i = 0; i < row->count; i++)
        if (has_helpers(&results[i])) command_text(c, results[i].helpers);
}

/* Takes {code, claim} out of the whole reply; the next claim keeps it. */
static bool take_hand_in(redisReply **reply, struct queue_hand_in *row)
{
    redisReply *r = *reply;
    enum dtq_err claimed;

    if (!reply_code(r, 2, &row->answer) || r->elements < 2 ||
        !reply_code(r->element[1], 9, &claimed))
        return false;
    if (claimed != DTQ_OK) return true;
    if (!shared_read_claim(r->element[1], r, row->next)) return false;
    *reply = NULL;
    return true;
}

enum dtq_err queue_hand_in(struct queue *q, const struct queue_member *m,
                           struct queue_hand_in *rows, size_t count, struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_complete);
    redisReply *reply = NULL;
    bool good;
    enum dtq_err err, code;

    command_text(c, m->id);
    command_text(c, m->nonce);
    command_int(c, m->lease_ms);
    for (size_t i = 0; i < count; i++) {
        queue_claim_clear(rows[i].next);
        rows[i].next->token = rows[i].held->token;
        add_hand_in(c, m, &rows[i]);
    }
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    good = reply_code(reply, count + 1, &code);
    for (size_t i = 0; good && code == DTQ_OK && i < count; i++)
        good = take_hand_in(&reply->element[i + 1], &rows[i]);
    if (!good) {
        for (size_t i = 0; i < count; i++)
            queue_claim_clear(rows[i].next);
        code = conn_odd_reply(q, "complete", why);
    }
    freeReplyObject(reply);
    return code;
}

enum dtq_err queue_complete(struct queue *q, const struct queue_member *m, const char *slot,
                            const struct queue_claim *held, const struct queue_result *results,
                            size_t count, unsigned most, struct queue_claim *next,
                            struct dtq_why *why)
{
    struct queue_hand_in row = {slot, held, results, count, most, next, DTQ_OK};
    enum dtq_err err = queue_hand_in(q, m, &row, 1, why);

    return err == DTQ_OK ? row.answer : err;
}
