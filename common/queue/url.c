/* url.c: reads a Redis URL. */
#include "common/queue/url.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

static const char url_forms[] =
    "expected redis://[user:password@]host[:port][/database] or unix:///path/of/socket[?db=n]";

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

static enum dtq_err url_tcp(const char *rest, struct url *u, struct dtq_why *why)
{
    const char *slash = strchr(rest, '/'), *query = strchr(rest, '?');
    const char *end = slash ? slash : query ? query : rest + strlen(rest);
    const char *colon = NULL, *host_end, *at = strrchr(rest, '@');

    if (at && at > end)
        return err_set(why, DTQ_INPUT,
                       "the user or password in the Redis URL has a '/' or '?'; write %%2F for '/' "
                       "and %%3F for '?'");
    if (query)
        return err_set(why, DTQ_INPUT, "the Redis URL has a query \"%s\"; %s", query, url_forms);
    if (!url_account(&rest, end, u)) goto bad;
    if (*rest == '[') { /* an IPv6 address in brackets */
        host_end = memchr(rest, ']', (size_t)(end - rest));
        if (!host_end ||
            !url_copy(u->host, sizeof u->host, rest + 1, (size_t)(host_end - rest - 1)))
            goto bad;
        if (host_end + 1 < end) {
            if (host_end[1] != ':') goto bad;
            colon = host_end + 1;
        }
    } else {
        colon = memchr(rest, ':', (size_t)(end - rest));
        host_end = colon ? colon : end;
        if (!url_copy(u->host, sizeof u->host, rest, (size_t)(host_end - rest))) goto bad;
    }
    u->port = 6379;
    if (colon && (!url_number(colon + 1, (size_t)(end - colon - 1), 65535, &u->port) || !u->port))
        return err_set(why, DTQ_INPUT, "port \"%.*s\" in the Redis URL is not between 1 and 65535",
                       (int)(end - colon - 1), colon + 1);
    if (!u->host[0]) snprintf(u->host, sizeof u->host, "127.0.0.1");
    if (slash && slash[1] && !url_number(slash + 1, strlen(slash + 1), 65535, &u->database))
        return err_set(why, DTQ_INPUT, "database \"%s\" in the Redis URL is not a number; %s",
                       slash + 1, url_forms);
    snprintf(u->shown, sizeof u->shown,
             strchr(u->host, ':') ? "redis://[%s]:%d/%d" : "redis://%s:%d/%d", u->host, u->port,
             u->database);
    return DTQ_OK;
bad:
    return err_set(why, DTQ_INPUT, "the Redis URL cannot be read; %s", url_forms);
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

enum dtq_err url_parse(const char *text, struct url *out, struct dtq_why *why)
{
    struct url u = {0};
    enum dtq_err err;

    if (strncmp(text, "redis://", 8) == 0)
        err = url_tcp(text + 8, &u, why);
    else if (strncmp(text, "unix://", 7) == 0)
        err = url_unix(text + 7, &u, why);
    else
        err = err_set(why, DTQ_INPUT, "the Redis URL starts with neither redis:// nor unix://; %s",
                      url_forms);
    if (err == DTQ_OK) err = url_password_file(&u, why);
    if (err == DTQ_OK) *out = u;
    return err;
}
