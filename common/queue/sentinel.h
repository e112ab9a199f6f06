/* sentinel.h: the primary of a service, as sentinels tell it. */
#ifndef DTQ_SENTINEL_H
#define DTQ_SENTINEL_H

#include "common/queue/url.h"

/* Asks the sentinels of the URL in turn, beginning with number *first, until one knows; *first is
 * then that one. DTQ_CONN: none answers; DTQ_SERVER: none of those that answer knows the service,
 * or they refuse. */
enum dtq_err sentinel_find(const struct url *u, size_t *first, struct url_host *out,
                           struct dtq_why *why);

#endif
