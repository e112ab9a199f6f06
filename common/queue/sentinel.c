/* sentinel.c: the primary of a service, as sentinels tell it. After
 * https://redis.io/docs/latest/develop/reference/sentinel-clients/ */
#include "common/queue/sentinel.h"

#include "common/queue/link.h"
#include "common/queue/reply.h"

#include <string.h>

enum { SENTINEL_MS = 500 }; /* for one of them to answer: there are others */

/* {address, port} */
static bool read_primary(const redisReply *r, struct url_host *out)
{
    int64_t port;

    if (!reply_is_array(r, 2) || !reply_copy(r->element[0], out->name, sizeof out->name) ||
        !out->name[0] || !reply_int(r->element[1], &port) || port < 1 || port > 65535)
        return false;
    out->port = (int)port;
    return true;
}

/* Sentinels often have no password though the servers do: theirs is said only when asked for. */
static enum dtq_err sentinel_say(redisContext *c, const struct url *u, const char *where,
                                 redisReply **out, struct dtq_why *why)
{
    const char *words[] = {"SENTINEL", "get-master-addr-by-name", u->service};
    struct url account = *u;
    struct dtq_why refusal = {""};
    enum dtq_err err = link_ask(c, where, 3, words, out, &refusal);

    if (err == DTQ_DENIED && strstr(refusal.text, "NOAUTH") && u->password[0]) {
        account.database = 0;
        err = link_login(c, &account, where, &refusal);
        if (err == DTQ_OK) err = link_ask(c, where, 3, words, out, &refusal);
    }
    if (err != DTQ_OK && why) *why = refusal;
    return err;
}

static enum dtq_err sentinel_ask(const struct url *u, const struct url_host *sentinel,
                                 struct url_host *out, struct dtq_why *why)
{
    char where[URL_HOST_SHOWN];
    redisContext *c = NULL;
    redisReply *reply = NULL;
    enum dtq_err err;

    url_host_shown(sentinel, where);
    err = link_open(u, sentinel, where, SENTINEL_MS, SENTINEL_MS, &c, why);
    if (err != DTQ_OK) return err;
    err = sentinel_say(c, u, where, &reply, why);
    if (err == DTQ_OK && !read_primary(reply, out))
        err = err_set(why, DTQ_SERVER,
                      "the sentinel at %s knows no service \"%s\"; see SENTINEL MASTERS there for "
                      "those it watches",
                      where, u->service);
    freeReplyObject(reply);
    redisFree(c);
    return err;
}

enum dtq_err sentinel_find(const struct url *u, size_t *first, struct url_host *out,
                           struct dtq_why *why)
{
    enum dtq_err err = DTQ_CONN;

    for (size_t i = 0; i < u->host_count; i++) {
        size_t n = (*first + i) % u->host_count;
        struct dtq_why one = {""};
        enum dtq_err now = sentinel_ask(u, &u->hosts[n], out, &one);
        if (now == DTQ_OK) {
            *first = n;
            return DTQ_OK;
        }
        /* A refusal tells more than that nobody was there. */
        if (i == 0 || err_is_refusal(now)) {
            err = now;
            if (why) *why = one;
        }
    }
    return err;
}
