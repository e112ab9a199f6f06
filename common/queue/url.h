/* url.h: where a Redis server is. */
#ifndef DTQ_URL_H
#define DTQ_URL_H

#include "common/err.h"

struct url {
    char host[256]; /* "" for a unix socket */
    int port;
    char path[256]; /* of a unix socket; "" for TCP */
    char user[128]; /* "" for the default user */
    char password[512];
    int database;
    char shown[600]; /* the same as text, without the password */
};

/* redis://[user:password@]host[:port][/database], redis://[:password@]..., and
 * unix://[user:password@]/path/of/socket[?db=n]. A password missing from the URL is read from the
 * file named by DTQ_REDIS_PASSWORD_FILE, if set. DTQ_INPUT with a sentence that never shows a
 * password. */
enum dtq_err url_parse(const char *text, struct url *out, struct dtq_why *why);

#endif
