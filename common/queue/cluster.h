/* cluster.h: which node of a Redis Cluster has a key. */
#ifndef DTQ_CLUSTER_H
#define DTQ_CLUSTER_H

#include "common/queue/url.h"

enum { NODES_MOST = 32 };

/* Nodes that may be asked. */
struct nodes {
    struct url_host rows[NODES_MOST];
    size_t count;
};

/* Unless it is there, or there is no room. */
void nodes_add(struct nodes *nodes, const struct url_host *host);

/* The hash slot of a key: CRC16 of it, or of what stands in its first {}, modulo 16384. */
unsigned cluster_slot(const char *key);

/* Asks these nodes in turn for the primary of a slot, until one knows. *found: all nodes that it
 * names. DTQ_CONN: none can tell now; DTQ_SERVER: a refusal. */
enum dtq_err cluster_find(const struct url *u, const struct nodes *nodes, unsigned slot,
                          struct url_host *out, struct nodes *found, struct dtq_why *why);

#endif
