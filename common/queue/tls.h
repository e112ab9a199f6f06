/* tls.h: TLS on a connection of hiredis. */
#ifndef DTQ_TLS_H
#define DTQ_TLS_H

#include "common/err.h"

#include <hiredis/hiredis.h>

/* DTQ_INPUT with a sentence when this was built without TLS. */
enum dtq_err tls_check(const char *where, struct dtq_why *why);

/* Shakes hands and checks that the server's certificate is for `host` and signed by the system's
 * authorities, or by those in the file that DTQ_REDIS_CACERT names. DTQ_REDIS_CERT and
 * DTQ_REDIS_KEY, both or none, name our own certificate. DTQ_CONN, or DTQ_SERVER with a sentence
 * when trying again is no use. */
enum dtq_err tls_start(redisContext *c, const char *host, const char *where, struct dtq_why *why);

#endif
