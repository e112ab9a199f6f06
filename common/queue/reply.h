/* reply.h: what replies of Redis mean. Each read is false when the reply is not of that form. */
#ifndef DTQ_REPLY_H
#define DTQ_REPLY_H

#include "common/err.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

bool reply_is_array(const redisReply *r, size_t least);
bool reply_int(const redisReply *r, int64_t *out); /* an integer, or a text that is one */
/* The code of a script's reply, {code, ...}: at least `least` elements when the code is 0. */
bool reply_code(const redisReply *r, size_t least, enum dtq_err *out);
/* Copies a text reply into to; false when it does not fit. nil gives "". */
bool reply_copy(const redisReply *r, char *to, size_t size);

/* Does an error mean "not now, not here", so that the same call works after a reconnect? */
bool reply_is_passing(const char *error);

/* What an error reply means, as a sentence with its cure where it is about passwords and rights.
 * where: the server; script: the one that was called, NULL for a command. DTQ_DENIED or DTQ_SERVER.
 */
enum dtq_err reply_refusal(const char *where, const char *script, const char *error,
                           struct dtq_why *why);

#endif
