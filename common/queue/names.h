/* names.h: the set of the names of all queues. In a cluster it has a slot of its own, so that it is
 * reached by a connection of its own. */
#ifndef DTQ_NAMES_H
#define DTQ_NAMES_H

#include "common/queue/route.h"

#define NAMES_KEY "dtq:queues"

/* In a cluster: adds a name. */
enum dtq_err names_add(const struct url *u, struct route *route, const char *name,
                       struct dtq_why *why);

#endif
