/* connect.c: queues and their connections: finding the server, logging in, the version of the data.
 */
#include "common/queue/link.h"
#include "common/queue/names.h"
#include "common/queue/shared.h"
#include "common/queue/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 2000, CALL_MS = 5000 };

static const char queue_version[] = "1"; /* of the data */

/* A plain command of a few words, for setting a connection up. *out may be NULL: the reply is
 * dropped. */
static enum dtq_err connect_say(struct queue *q, redisReply **out, struct dtq_why *why,
                                size_t count, const char *const *words)
{
    redisReply *reply = NULL;
    enum dtq_err err;

    conn_command(q, words[0]);
    for (size_t i = 1; i < count; i++)
        command_text(&q->command, words[i]);
    err = conn_call(q, 0, &reply, why);
    if (err == DTQ_OK && out)
        *out = reply;
    else
        freeReplyObject(reply);
    return err;
}

/* Sentinels may name a server that has just lost its role, or has not got it yet. */
static enum dtq_err connect_check_role(struct queue *q, struct dtq_why *why)
{
    const char *const words[] = {"ROLE"};
    redisReply *reply = NULL;
    char role[16] = "";
    enum dtq_err err = connect_say(q, &reply, why, 1, words);

    if (err != DTQ_OK) return err;
    if (!reply_is_array(reply, 1) || !reply_copy(reply->element[0], role, sizeof role) ||
        strcmp(role, "master") != 0)
        err = conn_lost(q, "the sentinels name it, but it is no primary (yet)", why);
    freeReplyObject(reply);
    return err;
}

/* One version for all that lies in a server; in a cluster, for each queue. */
static enum dtq_err connect_check_version(struct queue *q, struct dtq_why *why)
{
    char key[ID_MAX + 32] = "dtq:version";
    const char *const set[] = {"SET", key, queue_version, "NX"};
    const char *const get[] = {"GET", key};
    redisReply *reply = NULL;
    enum dtq_err err = DTQ_OK;

    if (q->url.kind == URL_CLUSTER) snprintf(key, sizeof key, "%sversion", q->base);
    if (!q->only_looks) err = connect_say(q, NULL, why, 4, set);
    if (err == DTQ_OK) err = connect_say(q, &reply, why, 2, get);
    if (err != DTQ_OK) return err;
    if (q->only_looks && reply->type == REDIS_REPLY_NIL) { /* nothing is there yet */
        freeReplyObject(reply);
        return DTQ_OK;
    }
    if (reply->type != REDIS_REPLY_STRING || strcmp(reply->str, queue_version) != 0)
        err = err_set(
            why, DTQ_SERVER,
            "the data in Redis at %s is of version \"%s\", this program knows version %s; "
            "use a program of that version or another database",
            q->where, reply->type == REDIS_REPLY_STRING ? reply->str : "?", queue_version);
    freeReplyObject(reply);
    return err;
}

/* The name of the queue enters the list of all queues, which in a cluster lies elsewhere. */
static enum dtq_err connect_announce(struct queue *q, struct dtq_why *why)
{
    const char *const words[] = {"SADD", NAMES_KEY, q->name};

    if (q->url.kind != URL_CLUSTER) return connect_say(q, NULL, why, 3, words);
    if (!route_announce(q->route, q->turn)) return DTQ_OK;
    return names_add(&q->url, q->route, q->name, why);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum dtq_err queue_connect(struct queue *q, struct dtq_why *why)
{
    struct url_host at;
    enum dtq_err err = DTQ_OK;

    conn_close(q);
    q->numbered = false;
    q->nonce[0] = '\0'; /* a process that was forked connects anew, and needs its own */
    if (q->route) {
        err = route_find(q->route, &at, &q->turn, why);
        if (err == DTQ_OK) url_host_shown(&at, q->where);
    } else if (q->url.host_count) {
        at = q->url.hosts[0];
    }
    if (err == DTQ_OK)
        err = link_open(&q->url, q->url.host_count ? &at : NULL, q->where, CONNECT_MS, CALL_MS,
                        &q->redis, why);
    if (err == DTQ_OK) err = link_login(q->redis, &q->url, q->where, why);
    if (err == DTQ_OK && q->url.kind == URL_SENTINEL) err = connect_check_role(q, why);
    if (err == DTQ_OK) err = connect_check_version(q, why);
    if (err == DTQ_OK && !q->only_looks) err = connect_announce(q, why);
    if (err != DTQ_OK) conn_close(q);
    return err;
}

enum dtq_err queue_names_read(struct queue *q, struct queue_names *out, struct dtq_why *why)
{
    const char *const words[] = {"SMEMBERS", NAMES_KEY};
    redisReply *reply = NULL;
    enum dtq_err err = q->url.kind == URL_CLUSTER ? names_ask(&q->url, q->route, &reply, why)
                                                  : connect_say(q, &reply, why, 2, words);

    *out = (struct queue_names){0};
    if (err == DTQ_OK) err = names_take(reply, out, why);
    if (out->count) qsort(out->rows, out->count, sizeof *out->rows, by_name);
    freeReplyObject(reply);
    return err;
}

void queue_only_looks(struct queue *q)
{
    q->only_looks = true;
}

enum dtq_err queue_new(const char *url, const char *name, struct queue **out, struct dtq_why *why)
{
    struct queue *q;
    enum dtq_err err = id_check("queue name", name, why);

    if (err != DTQ_OK) return err;
    q = calloc(1, sizeof *q);
    if (!q) return err_set(why, DTQ_NOMEM, "out of memory for a queue");
    snprintf(q->name, sizeof q->name, "%s", name);
    snprintf(q->base, sizeof q->base, "dtq:{%s}:", name);
    q->timeout_ms = CALL_MS;
    err = url_parse(url, &q->url, why);
    if (err == DTQ_OK && q->url.tls) err = tls_check(q->url.shown, why);
    if (err == DTQ_OK && q->url.kind != URL_SERVER)
        err = route_new(&q->url, q->base, &q->route, why);
    if (err != DTQ_OK) {
        queue_free(q);
        return err;
    }
    memcpy(q->where, q->url.shown, sizeof q->where);
    *out = q;
    return DTQ_OK;
}

enum dtq_err queue_clone(const struct queue *q, struct queue **out, struct dtq_why *why)
{
    struct queue *copy = calloc(1, sizeof *copy);

    if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for a queue");
    copy->url = q->url;
    memcpy(copy->name, q->name, sizeof copy->name);
    memcpy(copy->base, q->base, sizeof copy->base);
    memcpy(copy->where, q->url.shown, sizeof copy->where);
    copy->timeout_ms = q->timeout_ms;
    copy->route = route_share(q->route);
    *out = copy;
    return DTQ_OK;
}

void queue_free(struct queue *q)
{
    if (!q) return;
    conn_close(q);
    route_free(q->route);
    buf_clear(&q->command.text);
    free(q);
}

bool queue_connected(const struct queue *q)
{
    return q->redis != NULL;
}

const char *queue_where(const struct queue *q)
{
    return q->url.shown;
}

const char *queue_name(const struct queue *q)
{
    return q->name;
}

int queue_fd(const struct queue *q)
{
    return q->redis ? q->redis->fd : -1;
}
