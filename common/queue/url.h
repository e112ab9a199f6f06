/* url.h: where a Redis server is, or the sentinels or cluster nodes that know. */
#ifndef DTQ_URL_H
#define DTQ_URL_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

enum url_kind {
    URL_SERVER,   /* one server: hosts[0], or path */
    URL_SENTINEL, /* the hosts are sentinels, which know the primary of a service */
    URL_CLUSTER,  /* the hosts are nodes of a cluster, which know who has a slot */
};

struct url_host {
    char name[256];
    int port;
};

enum { URL_HOSTS_MOST = 8 };

struct url {
    enum url_kind kind;
    bool tls;
    struct url_host hosts[URL_HOSTS_MOST];
    size_t host_count; /* 0 for a unix socket */
    char path[256];    /* of a unix socket; "" for TCP */
    char service[128]; /* that sentinels watch */
    char user[128];    /* "" for the default user */
    char password[512];
    int database;
    char shown[600]; /* the same as text, without the password */
};

/* redis://[user:password@]host[:port][/database], rediss:// for the same over TLS,
 * redis+sentinel://[user:password@]host[:port],host.../service[/database],
 * redis+cluster://[user:password@]host[:port],host..., and
 * unix://[user:password@]/path/of/socket[?db=n]. A password missing from the URL is read from the
 * file named by DTQ_REDIS_PASSWORD_FILE, if set. DTQ_INPUT with a sentence that never shows a
 * password. */
enum dtq_err url_parse(const char *text, struct url *out, struct dtq_why *why);

/* host:port as text, an IPv6 address in brackets; returns to. */
enum { URL_HOST_SHOWN = 280 };
const char *url_host_shown(const struct url_host *host, char to[URL_HOST_SHOWN]);

#endif
