/* url.c: reads a Redis URL. */
#include "common/queue/url.h"

#include "common/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static const char url_forms[] =
    "expected redis://[user:password@]host[:port][/database] (rediss:// with TLS), "
    "unix:///path/of/socket[?db=n], redis+sentinel://host[:port],host.../service or "
    "redis+cluster://host[:port],host...";

static const struct url_scheme {
    const char *text;
    enum url_kind kind;
    bool tls;
    int port; /* when the URL names none */
} url_schemes[] = {
    {"redis://", URL_SERVER, false, 6379},
    {"rediss://", URL_SERVER, true, 6379},
    {"redis+sentinel://", URL_SENTINEL, false, 26379},
    {"rediss+sentinel://", URL_SENTINEL, true, 26379},
    {"redis+cluster://", URL_CLUSTER, false, 6379},
    {"rediss+cluster://", URL_CLUSTER, true, 6379},
};

/* The value of a hexadecimal digit; -1 for anything else. */
static int url_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Copies text[0..len) with %xx decoded. */
static bool url_copy(char *to, size_t size, const char *text, size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        int value = (unsigned char)text[i];
        if (text[i] == '%') {
            int high = i + 2 < len ? url_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? url_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            value = 16 * high + low;
            if (value == 0) return false;
            i += 2;
        }
        if (used + 1 >= size) return false;
        to[used++] = (char)value;
    }
    to[used] = '\0';
    return true;
}

static bool url_number(const char *text, size_t len, int most, int *out)
{
    long value = 0;

    if (len == 0 || len > 6) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (text[i] - '0');
    }
    if (value > most) return false;
    *out = (int)value;
    return true;
}

/* user:password@ in front of rest; *rest moves behind it. */
static bool url_account(const char **rest, const char *end, struct url *u)
{
    const char *at = NULL, *colon;

    for (const char *p = *rest; p < end; p++)
        if (*p == '@') at = p;
    if (!at) return true;
    colon = memchr(*rest, ':', (size_t)(at - *rest));
    if (!colon) {
        if (!url_copy(u->user, sizeof u->user, *rest, (size_t)(at - *rest))) return false;
    } else if (!url_copy(u->user, sizeof u->user, *rest, (size_t)(colon - *rest)) ||
               !url_copy(u->password, sizeof u->password, colon + 1, (size_t)(at - colon - 1))) {
        return false;
    }
    *rest = at + 1;
    return true;
}

static enum dtq_err url_password_file(struct url *u, struct dtq_why *why)
{
    const char *name = getenv("DTQ_REDIS_PASSWORD_FILE");
    FILE *f;
    size_t len;

    if (u->password[0] || !name || !name[0]) return DTQ_OK;
    f = fopen(name, "r");
    if (!f)
        return err_set(why, DTQ_INPUT, "DTQ_REDIS_PASSWORD_FILE=%s cannot be read: %s", name,
                       strerror(errno));
    len = fread(u->password, 1, sizeof u->password - 1, f);
    if (ferror(f)) {
        err_set(why, DTQ_INPUT, "DTQ_REDIS_PASSWORD_FILE=%s cannot be read: %s", name,
                strerror(errno));
        fclose(f);
        return DTQ_INPUT;
    }
    fclose(f);
    u->password[len] = '\0';
    u->password[strcspn(u->password, "\r\n")] = '\0';
    return DTQ_OK;
}

const char *url_host_shown(const struct url_host *host, char to[URL_HOST_SHOWN])
{
    snprintf(to, URL_HOST_SHOWN, strchr(host->name, ':') ? "[%s]:%d" : "%s:%d", host->name,
             host->port);
    return to;
}

/* One host[:port] of text[0..len); no name is this machine. */
static enum dtq_err url_host(const char *text, size_t len, int port, struct url_host *out,
                             struct dtq_why *why)
{
    const char *end = text + len, *colon = NULL, *name_end;

    if (len && *text == '[') { /* an IPv6 address in brackets */
        name_end = memchr(text, ']', len);
        if (!name_end ||
            !url_copy(out->name, sizeof out->name, text + 1, (size_t)(name_end - text - 1)))
            goto bad;
        if (name_end + 1 < end) {
            if (name_end[1] != ':') goto bad;
            colon = name_end + 1;
        }
    } else {
        colon = memchr(text, ':', len);
        name_end = colon ? colon : end;
        if (!url_copy(out->name, sizeof out->name, text, (size_t)(name_end - text))) goto bad;
    }
    out->port = port;
    if (colon &&
        (!url_number(colon + 1, (size_t)(end - colon - 1), 65535, &out->port) || !out->port))
        return err_set(why, DTQ_INPUT, "port \"%.*s\" in the Redis URL is not between 1 and 65535",
                       (int)(end - colon - 1), colon + 1);
    if (!out->name[0]) snprintf(out->name, sizeof out->name, "127.0.0.1");
    return DTQ_OK;
bad:
    return err_set(why, DTQ_INPUT, "the Redis URL cannot be read; %s", url_forms);
}

/* The hosts, divided by commas; one where only one makes sense. */
static enum dtq_err url_hosts(const char *text, const char *end, const struct url_scheme *scheme,
                              struct url *u, struct dtq_why *why)
{
    size_t most = scheme->kind == URL_SERVER ? 1 : URL_HOSTS_MOST;
    enum dtq_err err = DTQ_OK;

    for (const char *comma = text; err == DTQ_OK && comma; text = comma + 1) {
        comma = memchr(text, ',', (size_t)(end - text));
        if (u->host_count == most)
            return err_set(why, DTQ_INPUT, "the Redis URL names more than %zu host%s; %s", most,
                           most == 1 ? "" : "s", url_forms);
        err = url_host(text, (size_t)((comma ? comma : end) - text), scheme->port,
                       &u->hosts[u->host_count++], why);
        if (!comma) break;
    }
    return err;
}

/* What follows the hosts: "/database", for sentinels "/service[/database]", for a cluster
 * nothing. */
static enum dtq_err url_tail(const char *tail, struct url *u, struct dtq_why *why)
{
    const char *slash;

    if (u->kind == URL_SENTINEL) {
        slash = strchr(tail, '/');
        if (!url_copy(u->service, sizeof u->service, tail,
                      slash ? (size_t)(slash - tail) : strlen(tail)) ||
            !u->service[0])
            return err_set(why, DTQ_INPUT,
                           "the Redis URL does not say which service the sentinels watch; %s",
                           url_forms);
        tail = slash ? slash + 1 : "";
    }
    if (*tail && u->kind == URL_CLUSTER)
        return err_set(why, DTQ_INPUT,
                       "a cluster has one database only, \"/%s\" in the Redis URL "
                       "is not understood; %s",
                       tail, url_forms);
    if (*tail && !url_number(tail, strlen(tail), 65535, &u->database))
        return err_set(why, DTQ_INPUT, "database \"%s\" in the Redis URL is not a number; %s", tail,
                       url_forms);
    return DTQ_OK;
}

static void url_show(const struct url_scheme *scheme, struct url *u)
{
    char host[URL_HOST_SHOWN];
    size_t used = (size_t)snprintf(u->shown, sizeof u->shown, "%s", scheme->text);

    for (size_t i = 0; i < u->host_count && used < sizeof u->shown; i++)
        used += (size_t)snprintf(u->shown + used, sizeof u->shown - used, "%s%s", i ? "," : "",
                                 url_host_shown(&u->hosts[i], host));
    if (used < sizeof u->shown && u->service[0])
        used += (size_t)snprintf(u->shown + used, sizeof u->shown - used, "/%s", u->service);
    if (used < sizeof u->shown && u->kind != URL_CLUSTER)
        snprintf(u->shown + used, sizeof u->shown - used, "/%d", u->database);
}

static enum dtq_err url_tcp(const char *rest, const struct url_scheme *scheme, struct url *u,
                            struct dtq_why *why)
{
    const char *slash = strchr(rest, '/'), *query = strchr(rest, '?');
    const char *end = slash ? slash : query ? query : rest + strlen(rest);
    const char *at = strrchr(rest, '@');
    enum dtq_err err;

    if (at && at > end)
        return err_set(why, DTQ_INPUT,
                       "the user or password in the Redis URL has a '/' or '?'; write %%2F for '/' "
                       "and %%3F for '?'");
    if (query)
        return err_set(why, DTQ_INPUT, "the Redis URL has a query \"%s\"; %s", query, url_forms);
    if (!url_account(&rest, end, u))
        return err_set(why, DTQ_INPUT, "the Redis URL cannot be read; %s", url_forms);
    u->kind = scheme->kind;
    u->tls = scheme->tls;
    err = url_hosts(rest, end, scheme, u, why);
    if (err == DTQ_OK) err = url_tail(slash ? slash + 1 : "", u, why);
    if (err == DTQ_OK) url_show(scheme, u);
    return err;
}

static enum dtq_err url_unix(const char *rest, struct url *u, struct dtq_why *why)
{
    const char *query = strchr(rest, '?');
    const char *end = query ? query : rest + strlen(rest);
    const char *slash = memchr(rest, '/', (size_t)(end - rest));

    if (!slash || (slash != rest && !url_account(&rest, slash, u)) || *rest != '/')
        return err_set(why, DTQ_INPUT, "a unix:// URL needs an absolute path; %s", url_forms);
    if (!url_copy(u->path, sizeof u->path, rest, (size_t)(end - rest)) ||
        strlen(u->path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return err_set(why, DTQ_INPUT,
                       "the socket path \"%.40s...\" is too long; the system allows 107 bytes",
                       rest);
    if (query && (strncmp(query, "?db=", 4) != 0 ||
                  !url_number(query + 4, strlen(query + 4), 65535, &u->database)))
        return err_set(why, DTQ_INPUT, "\"%s\" in the Redis URL is not understood; %s", query,
                       url_forms);
    snprintf(u->shown, sizeof u->shown, u->database ? "unix://%s?db=%d" : "unix://%s", u->path,
             u->database);
    return DTQ_OK;
}

/* The sentence shows no more of the text than cannot be part of a password. */
static enum dtq_err url_stranger(const char *text, struct dtq_why *why)
{
    const char *behind = strstr(text, "://");
    char word[PARSE_SHOWN] = "", shown[PARSE_SHOWN];

    if (!*text) return err_set(why, DTQ_INPUT, "the Redis URL is empty; %s", url_forms);
    if (behind)
        snprintf(word, sizeof word, "%.*s://", (int)(behind - text < 20 ? behind - text : 20),
                 text);
    else if (!strchr(text, '@'))
        snprintf(word, sizeof word, "%s", text);
    return err_set(why, DTQ_INPUT,
                   "the Redis URL %s%s%sstarts with none of the schemes there are; %s",
                   *word ? "\"" : "", parse_shown(word, shown), *word ? "\" " : "", url_forms);
}

enum dtq_err url_parse(const char *text, struct url *out, struct dtq_why *why)
{
    struct url u = {0};
    const struct url_scheme *scheme = NULL;
    enum dtq_err err;

    for (size_t i = 0; i < sizeof url_schemes / sizeof *url_schemes; i++)
        if (strncmp(text, url_schemes[i].text, strlen(url_schemes[i].text)) == 0)
            scheme = &url_schemes[i];
    if (scheme)
        err = url_tcp(text + strlen(scheme->text), scheme, &u, why);
    else if (strncmp(text, "unix://", 7) == 0)
        err = url_unix(text + 7, &u, why);
    else
        err = url_stranger(text, why);
    if (err == DTQ_OK) err = url_password_file(&u, why);
    if (err == DTQ_OK) *out = u;
    return err;
}
