/* names.h: the set of the names of all queues. In a cluster it has a slot of its own, so that it is
 * reached by a connection of its own. */
#ifndef DTQ_NAMES_H
#define DTQ_NAMES_H

#include "common/queue/queue.h"
#include "common/queue/route.h"

#include <hiredis/hiredis.h>

#define NAMES_KEY "dtq:queues"

/* In a cluster: adds a name. */
enum dtq_err names_add(const struct url *u, struct route *route, const char *name,
                       struct dtq_why *why);

/* In a cluster: asks for all names. The caller frees *out. */
enum dtq_err names_ask(const struct url *u, struct route *route, redisReply **out,
                       struct dtq_why *why);

/* Adds the names of a reply that are not there yet. */
enum dtq_err names_take(const redisReply *reply, struct queue_names *to, struct dtq_why *why);

#endif
