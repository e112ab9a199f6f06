/* route.h: which server has a queue, where the URL names sentinels or nodes of a cluster. A queue
 * and its clones share one route: what one of them finds out the others know. */
#ifndef DTQ_ROUTE_H
#define DTQ_ROUTE_H

#include "common/queue/url.h"

#include <stdbool.h>

struct route;

/* key: any key of the queue. */
enum dtq_err route_new(const struct url *u, const char *key, struct route **out,
                       struct dtq_why *why);
struct route *route_share(struct route *r); /* returns r; NULL is fine */
void route_free(struct route *r);           /* the last one frees it; NULL is fine */

/* Asks for the server that has the queue; *turn is the number of the answer, the same as long as
 * the answers are. DTQ_CONN: nobody can tell now; DTQ_SERVER: there is no such service, or these
 * servers are no sentinels or no cluster. */
enum dtq_err route_find(struct route *r, struct url_host *out, unsigned *turn, struct dtq_why *why);

/* The same for another key; of a cluster only. */
enum dtq_err route_ask(struct route *r, const char *key, struct url_host *out, struct dtq_why *why);

/* "MOVED <slot> <host:port>": the next route_find says so. */
void route_moved(struct route *r, const char *error);

/* Is the queue at another server than the one of answer `turn`? Asks again, at most every half
 * second for all who share the route; as long as nobody can tell, it is where it was. */
bool route_left(struct route *r, unsigned turn);

/* True once for each answer: to be told somewhere by one of those who share the route. */
bool route_announce(struct route *r, unsigned turn);

#endif
