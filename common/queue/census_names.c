/* census_names.c: the names of what is in a queue: its jobs, slots and masters. */
#include "common/queue/census_read.h"

#include <stdlib.h>
#include <string.h>

enum { SCAN_STEP = 1000, ASK_STEP = 1000 };

struct census_name *census_name_find(struct census_name *set, const char *text)
{
    struct census_name *n;

    HASH_FIND_STR(set, text, n);
    return n;
}

bool census_name_add(struct census_name **set, const char *text, size_t len, bool *failed)
{
    struct census_name *n;

    if (len == 0 || len >= sizeof n->text) return false;
    HASH_FIND(hh, *set, text, len, n);
    if (n) return false;
    n = calloc(1, sizeof *n);
    if (!n) {
        *failed = true;
        return false;
    }
    memcpy(n->text, text, len);
    HASH_ADD_STR(*set, text, n);
    return true;
}

void census_names_clear(struct census_name **set)
{
    struct census_name *n, *after;

    HASH_ITER(hh, *set, n, after)
    {
        HASH_DEL(*set, n);
        free(n);
    }
}

static void note_name(struct census_names *names, struct census_name **set, const char *text,
                      size_t len)
{
    struct census_name *n;

    census_name_add(set, text, len, &names->failed);
    HASH_FIND(hh, *set, text, len, n);
    if (n) n->keyed = true;
}

/* A key without the base of the queue. */
static void note_key(struct census_names *names, const char *key)
{
    if (strncmp(key, "held:", 5) == 0)
        note_name(names, &names->helds, key + 5, strlen(key + 5));
    else if (strncmp(key, "wake:", 5) == 0)
        note_name(names, &names->wakes, key + 5, strlen(key + 5));
    else if (strncmp(key, "job:", 4) == 0)
        note_name(names, &names->jobs, key + 4, strcspn(key + 4, ":"));
}

static enum dtq_err scan_keys(struct queue *q, struct census_names *names, struct dtq_why *why)
{
    size_t skip = strlen(q->base);
    char cursor[24] = "0";
    enum dtq_err err = DTQ_OK;

    do {
        redisReply *reply = NULL;
        struct command *c = conn_command(q, "SCAN");
        command_text(c, cursor);
        command_text(c, "MATCH");
        command_key(c, q, "*", "");
        command_text(c, "COUNT");
        command_int(c, SCAN_STEP);
        err = conn_call(q, 0, &reply, why);
        if (err != DTQ_OK) return err;
        if (!reply_is_array(reply, 2) || !reply_copy(reply->element[0], cursor, sizeof cursor) ||
            !reply_is_array(reply->element[1], 0))
            err = conn_odd_reply(q, "SCAN", why);
        for (size_t i = 0; err == DTQ_OK && i < reply->element[1]->elements; i++) {
            const redisReply *key = reply->element[1]->element[i];
            if (key->type == REDIS_REPLY_STRING && (size_t)key->len > skip)
                note_key(names, key->str + skip);
        }
        freeReplyObject(reply);
    } while (err == DTQ_OK && strcmp(cursor, "0") != 0);
    return err;
}

bool census_state_ended(const char *state)
{
    return state[0] && strcmp(state, "submitted") != 0 && strcmp(state, "running") != 0;
}

static enum dtq_err ask_states(struct queue *q, struct census_names *names, struct dtq_why *why)
{
    struct census_name *from = names->jobs, *n;
    enum dtq_err err = DTQ_OK;

    while (from && err == DTQ_OK) {
        redisReply *replies[ASK_STEP] = {0};
        size_t count = 0;
        for (n = from; n && count < ASK_STEP && err == DTQ_OK; n = n->hh.next, count++) {
            conn_command(q, "HGET");
            command_key(&q->command, q, "job:", n->text);
            command_text(&q->command, "state");
            err = conn_send(q, why);
        }
        if (err == DTQ_OK) err = conn_receive_all(q, count, replies, why);
        for (size_t i = 0; i < count; i++) {
            char state[16] = "";
            if (err == DTQ_OK && reply_copy(replies[i], state, sizeof state))
                from->ended = census_state_ended(state);
            freeReplyObject(replies[i]);
            from = from->hh.next;
        }
    }
    return err;
}

enum dtq_err census_names_scan(struct queue *q, struct census_names *names, struct dtq_why *why)
{
    enum dtq_err err = scan_keys(q, names, why);

    return err == DTQ_OK ? ask_states(q, names, why) : err;
}
