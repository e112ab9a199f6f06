/* names.c: the names of queues: those that a person gives, and those that are there. */
#include "common/queue/names.h"

#include "common/queue/link.h"
#include "common/queue/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 2000, CALL_MS = 5000 };

/* One command at the server that has the set. route: NULL where the URL names one server. */
static enum dtq_err names_say(const struct url *u, struct route *route, size_t count,
                              const char **words, redisReply **out, struct dtq_why *why)
{
    struct url_host at;
    char where[sizeof u->shown];
    redisContext *c = NULL;
    enum dtq_err err = DTQ_OK;

    memcpy(where, u->shown, sizeof where);
    if (route) {
        err = route_ask(route, NAMES_KEY, &at, why);
        if (err == DTQ_OK) url_host_shown(&at, where);
    } else if (u->host_count) {
        at = u->hosts[0];
    }
    if (err == DTQ_OK)
        err = link_open(u, u->host_count ? &at : NULL, where, CONNECT_MS, CALL_MS, &c, why);
    if (err == DTQ_OK) err = link_login(c, u, where, why);
    if (err == DTQ_OK) err = link_ask(c, where, count, words, out, why);
    if (c) redisFree(c);
    return err;
}

enum dtq_err names_add(const struct url *u, struct route *route, const char *name,
                       struct dtq_why *why)
{
    const char *words[] = {"SADD", NAMES_KEY, name};
    redisReply *reply = NULL;
    enum dtq_err err = names_say(u, route, 3, words, &reply, why);

    freeReplyObject(reply);
    return err;
}

bool queue_names_have(const struct queue_names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->rows[i], name) == 0) return true;
    return false;
}

/* One more that is not there yet. */
static enum dtq_err names_put(struct queue_names *n, const char *name, struct dtq_why *why)
{
    char(*rows)[ID_MAX + 1] = realloc(n->rows, (n->count + 1) * sizeof *rows);

    if (!rows) return err_set(why, DTQ_NOMEM, "out of memory for the names of queues");
    n->rows = rows;
    snprintf(rows[n->count++], sizeof *rows, "%s", name);
    return DTQ_OK;
}

void queue_names_clear(struct queue_names *n)
{
    free(n->rows);
    memset(n, 0, sizeof *n);
}

enum dtq_err queue_names_parse(const char *text, struct queue_names *out, struct dtq_why *why)
{
    struct queue_names names = {.all = strcmp(text, "*") == 0};
    enum dtq_err err = DTQ_OK;

    for (const char *at = text, *comma = text; !names.all && comma && err == DTQ_OK;
         at = comma + 1) {
        char name[ID_MAX + 2];
        comma = strchr(at, ',');
        snprintf(name, sizeof name, "%.*s", (int)(comma ? comma - at : (int)strlen(at)), at);
        err = id_check("queue name", name, why);
        if (err == DTQ_OK && queue_names_have(&names, name))
            err = err_set(why, DTQ_INPUT, "queue \"%s\" is named twice in \"%s\"; once is enough",
                          name, text);
        if (err == DTQ_OK) err = names_put(&names, name, why);
        if (!comma) break;
    }
    if (err == DTQ_OK)
        *out = names;
    else
        queue_names_clear(&names);
    return err;
}

enum dtq_err names_ask(const struct url *u, struct route *route, redisReply **out,
                       struct dtq_why *why)
{
    const char *words[] = {"SMEMBERS", NAMES_KEY};

    return names_say(u, route, 2, words, out, why);
}

enum dtq_err names_take(const redisReply *reply, struct queue_names *to, struct dtq_why *why)
{
    char name[ID_MAX + 1];
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; err == DTQ_OK && reply_is_array(reply, 0) && i < reply->elements; i++) {
        if (!reply_copy(reply->element[i], name, sizeof name)) continue;
        if (id_check("queue name", name, NULL) != DTQ_OK || queue_names_have(to, name)) continue;
        err = names_put(to, name, why);
    }
    return err;
}

enum dtq_err queue_names_look(const char *url, struct queue_names *n, struct dtq_why *why)
{
    struct url *u = calloc(1, sizeof *u);
    struct route *route = NULL;
    redisReply *reply = NULL;
    enum dtq_err err = u ? url_parse(url, u, why) : err_set(why, DTQ_NOMEM, "out of memory");

    if (err == DTQ_OK && u->kind != URL_SERVER) err = route_new(u, NAMES_KEY, &route, why);
    if (err == DTQ_OK) err = names_ask(u, route, &reply, why);
    if (err == DTQ_OK) err = names_take(reply, n, why);
    freeReplyObject(reply);
    route_free(route);
    free(u);
    return err;
}
