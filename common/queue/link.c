/* link.c: a socket to one server. */
#include "common/queue/link.h"

#include "common/queue/reply.h"
#include "common/queue/tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *link_reason(const redisContext *c)
{
    if (c->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
        return "no answer in time";
    return c->errstr[0] ? c->errstr : "connection lost";
}

static struct timeval link_limit(int64_t ms)
{
    return (struct timeval){ms / 1000, ms % 1000 * 1000};
}

enum dtq_err link_open(const struct url *u, const struct url_host *at, const char *where,
                       int64_t connect_ms, int64_t reply_ms, redisContext **out,
                       struct dtq_why *why)
{
    redisContext *c = at ? redisConnectWithTimeout(at->name, at->port, link_limit(connect_ms))
                         : redisConnectUnixWithTimeout(u->path, link_limit(connect_ms));
    enum dtq_err err = DTQ_OK;

    if (!c) return err_set(why, DTQ_NOMEM, "out of memory for a connection");
    if (c->err) {
        err = err_set(why, DTQ_CONN, "Redis at %s: %s", where, link_reason(c));
        redisFree(c);
        return err;
    }
    redisSetTimeout(c, link_limit(reply_ms));
    if (at) redisEnableKeepAlive(c);
    if (u->tls) err = tls_start(c, at->name, where, why);
    if (err == DTQ_OK)
        *out = c;
    else
        redisFree(c);
    return err;
}

enum dtq_err link_ask(redisContext *c, const char *where, size_t count, const char **words,
                      redisReply **out, struct dtq_why *why)
{
    redisReply *reply = redisCommandArgv(c, (int)count, words, NULL);
    enum dtq_err err;

    if (!reply) return err_set(why, DTQ_CONN, "Redis at %s: %s", where, link_reason(c));
    if (reply->type != REDIS_REPLY_ERROR) {
        *out = reply;
        return DTQ_OK;
    }
    err = reply_refusal(where, NULL, reply->str, why);
    if (reply_is_passing(reply->str)) err = DTQ_CONN;
    freeReplyObject(reply);
    return err;
}

enum dtq_err link_login(redisContext *c, const struct url *u, const char *where,
                        struct dtq_why *why)
{
    const char *auth[] = {"AUTH", u->user[0] ? u->user : u->password, u->password};
    char number[16];
    const char *select[] = {"SELECT", number};
    redisReply *reply = NULL;
    enum dtq_err err = DTQ_OK;

    if (u->password[0]) {
        err = link_ask(c, where, u->user[0] ? 3 : 2, auth, &reply, why);
        if (err == DTQ_SERVER) return err_prefix(why, err, "the password was not accepted");
        if (err != DTQ_OK) return err;
        freeReplyObject(reply);
    }
    if (!u->database) return DTQ_OK;
    snprintf(number, sizeof number, "%d", u->database);
    err = link_ask(c, where, 2, select, &reply, why);
    if (err == DTQ_OK) freeReplyObject(reply);
    return err;
}
