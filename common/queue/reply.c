/* reply.c: what replies of Redis mean. */
#include "common/queue/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool reply_is_array(const redisReply *r, size_t least)
{
    return r && r->type == REDIS_REPLY_ARRAY && r->elements >= least;
}

bool reply_int(const redisReply *r, int64_t *out)
{
    char *end;

    if (!r) return false;
    if (r->type == REDIS_REPLY_INTEGER) {
        *out = r->integer;
        return true;
    }
    if (r->type != REDIS_REPLY_STRING || r->len == 0) return false;
    errno = 0;
    *out = strtoll(r->str, &end, 10);
    return errno == 0 && end == r->str + r->len;
}

bool reply_code(const redisReply *r, size_t least, enum dtq_err *out)
{
    int64_t code;

    if (!reply_is_array(r, 1) || !reply_int(r->element[0], &code) || code < 0 || code > 9)
        return false;
    if (code == 0 && r->elements < least) return false;
    *out = (enum dtq_err)code;
    return true;
}

bool reply_copy(const redisReply *r, char *to, size_t size)
{
    if (!r) return false;
    if (r->type == REDIS_REPLY_NIL) {
        to[0] = '\0';
        return true;
    }
    if (r->type != REDIS_REPLY_STRING || (size_t)r->len >= size ||
        memchr(r->str, 0, (size_t)r->len))
        return false;
    memcpy(to, r->str, (size_t)r->len + 1);
    return true;
}

enum dtq_err reply_refusal(const char *where, const char *script, const char *error,
                           struct dtq_why *why)
{
    static const struct {
        const char *begins, *means;
    } denials[] = {
        {"NOAUTH", "wants a password: write user:password@ into the URL, or put the password into "
                   "a file and name that in DTQ_REDIS_PASSWORD_FILE"},
        {"WRONGPASS", "did not accept the password: check user:password@ in the URL, or the file "
                      "that DTQ_REDIS_PASSWORD_FILE names"},
        {"ERR AUTH <password> called without", "has no password: omit it from the URL, and do not "
                                               "set DTQ_REDIS_PASSWORD_FILE"},
        {"NOPERM",
         "does not permit this to its user: grant the rights that docs/OPERATIONS.md lists"},
    };

    for (size_t i = 0; i < sizeof denials / sizeof *denials; i++)
        if (strncmp(error, denials[i].begins, strlen(denials[i].begins)) == 0)
            return err_set(why, DTQ_DENIED, "Redis at %s %s (%.200s)", where, denials[i].means,
                           error);
    return err_set(why, DTQ_SERVER, "Redis at %s answered%s%s: %s", where, script ? " to " : "",
                   script ? script : "", error);
}

bool reply_is_passing(const char *error)
{
    static const char *const words[] = {"LOADING",  "READONLY",  "MASTERDOWN", "CLUSTERDOWN",
                                        "TRYAGAIN", "UNBLOCKED", "MOVED",      "ASK"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(error, words[i], strlen(words[i])) == 0) return true;
    return strstr(error, "-READONLY") || strstr(error, "-LOADING");
}
