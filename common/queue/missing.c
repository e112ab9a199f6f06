/* missing.c: finds workers whose connection is gone. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The ids "id=<n> " that start the lines of CLIENT LIST, in ascending order as Redis gives them or
 * not: sorted here. */
static size_t read_clients(const redisReply *list, int64_t **out)
{
    size_t count = 0, room = 0;
    int64_t *ids = NULL;

    for (const char *line = list->str; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n' && !*++line) break;
        if (strncmp(line, "id=", 3) != 0) continue;
        if (count == room) {
            int64_t *more = realloc(ids, (room = room ? 2 * room : 64) * sizeof *more);
            if (!more) break;
            ids = more;
        }
        ids[count++] = strtoll(line + 3, NULL, 10);
    }
    *out = ids;
    return count;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Those of clients (worker, id, worker, id ...) that are not in list. */
static enum dtq_err pick_missing(const redisReply *clients, const redisReply *list,
                                 struct queue_missing **out, size_t *count, struct dtq_why *why)
{
    struct queue_missing *missing = malloc((clients->elements / 2 + 1) * sizeof *missing);
    int64_t *ids = NULL;
    size_t known = read_clients(list, &ids), used = 0;

    if (!missing) {
        free(ids);
        return err_set(why, DTQ_NOMEM, "out of memory for the list of connections");
    }
    if (known) qsort(ids, known, sizeof *ids, by_number);
    for (size_t i = 0; i + 1 < clients->elements; i += 2) {
        int64_t id;
        if (!reply_int(clients->element[i + 1], &id) || id == 0 ||
            (known && bsearch(&id, ids, known, sizeof *ids, by_number)) ||
            !reply_copy(clients->element[i], missing[used].worker, sizeof missing[used].worker))
            continue;
        snprintf(missing[used].client, sizeof missing[used].client, "%" PRId64, id);
        used++;
    }
    free(ids);
    *out = missing;
    *count = used;
    return DTQ_OK;
}

enum dtq_err queue_find_missing(struct queue *q, struct queue_missing **out, size_t *count,
                                struct dtq_why *why)
{
    redisReply *replies[2] = {0}, *list = NULL; /* are there leases, clients */
    const redisReply *clients;
    int64_t any = 0;
    enum dtq_err err;

    *out = NULL;
    *count = 0;
    conn_command(q, "EXISTS");
    command_key(&q->command, q, "leases", "");
    err = conn_send(q, why);
    conn_command(q, "HGETALL");
    command_key(&q->command, q, "clients", "");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 2, replies, why);
    clients = replies[1];
    if (err != DTQ_OK || !reply_int(replies[0], &any) || !any || !reply_is_array(clients, 2))
        goto out;
    conn_command(q, "CLIENT");
    command_text(&q->command, "LIST");
    command_text(&q->command, "ID");
    for (size_t i = 1; i < clients->elements; i += 2)
        command_add(&q->command, clients->element[i]->str, (size_t)clients->element[i]->len);
    err = conn_call(q, 0, &list, why);
    if (err == DTQ_OK && list->type == REDIS_REPLY_STRING)
        err = pick_missing(clients, list, out, count, why);
out:
    freeReplyObject(replies[0]);
    freeReplyObject(replies[1]);
    freeReplyObject(list);
    return err;
}

enum dtq_err queue_dismiss(struct queue *q, const struct queue_missing *missing,
                           struct dtq_why *why)
{
    struct command *c = conn_script(q, &script_dismiss);
    redisReply *reply = NULL;
    enum dtq_err err, code;

    command_text(c, missing->worker);
    command_text(c, missing->client);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "dismiss", why);
    freeReplyObject(reply);
    return code;
}
