/* link.h: a socket to one server, be it a server with queues, a sentinel or any node of a cluster.
 * where is what sentences call it. */
#ifndef DTQ_LINK_H
#define DTQ_LINK_H

#include "common/queue/url.h"

#include <hiredis/hiredis.h>
#include <stdint.h>

/* Connects within connect_ms; every reply after that comes within reply_ms or the link is broken.
 * at NULL: the unix socket of the URL. DTQ_CONN; DTQ_SERVER: TLS was not to be had. */
enum dtq_err link_open(const struct url *u, const struct url_host *at, const char *where,
                       int64_t connect_ms, int64_t reply_ms, redisContext **out,
                       struct dtq_why *why);

/* Password and database of the URL, if it has them. */
enum dtq_err link_login(redisContext *c, const struct url *u, const char *where,
                        struct dtq_why *why);

/* One command of a few words. DTQ_CONN: broken, or an error that passes; DTQ_SERVER: an error. The
 * caller frees *out. */
enum dtq_err link_ask(redisContext *c, const char *where, size_t count, const char **words,
                      redisReply **out, struct dtq_why *why);

/* Why a call of hiredis failed. */
const char *link_reason(const redisContext *c);

#endif
