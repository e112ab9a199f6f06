/* route.c: which server has a queue. Questions are asked without the lock, so that nobody waits for
 * a server that does not answer but the one who asks. */
#include "common/queue/route.h"

#include "common/clock.h"
#include "common/parse.h"
#include "common/queue/cluster.h"
#include "common/queue/sentinel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 500,   /* between two looks while the queue is in use */
    BLIND_MS = 5000, /* the same after one that told nothing and may have taken long */
};

struct route {
    struct url url;
    char key[200];
    pthread_mutex_t lock; /* guards what follows */
    unsigned users;
    unsigned turn;      /* of the last answer; 0: none yet */
    unsigned announced; /* turn */
    struct url_host at; /* the last answer */
    bool told;          /* it came with MOVED and is not used yet */
    size_t good;        /* the host of the URL that answered last */
    struct nodes nodes; /* of the cluster, as far as known */
    int64_t look_due;   /* when to ask again, on this machine's clock */
};

enum dtq_err route_new(const struct url *u, const char *key, struct route **out,
                       struct dtq_why *why)
{
    struct route *r = calloc(1, sizeof *r);

    if (!r) return err_set(why, DTQ_NOMEM, "out of memory for a route");
    r->url = *u;
    memcpy(r->key, key, strlen(key) + 1);
    r->users = 1;
    pthread_mutex_init(&r->lock, NULL);
    *out = r;
    return DTQ_OK;
}

struct route *route_share(struct route *r)
{
    if (!r) return NULL;
    pthread_mutex_lock(&r->lock);
    r->users++;
    pthread_mutex_unlock(&r->lock);
    return r;
}

void route_free(struct route *r)
{
    unsigned left;

    if (!r) return;
    pthread_mutex_lock(&r->lock);
    left = --r->users;
    pthread_mutex_unlock(&r->lock);
    if (left) return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* With the lock held: the queue is at this server. */
static void route_settle(struct route *r, const struct url_host *at)
{
    if (r->turn == 0 || r->at.port != at->port || strcmp(r->at.name, at->name) != 0) r->turn++;
    r->at = *at;
}

/* The nodes known from the cluster itself, then those of the URL. */
static void route_nodes(struct route *r, struct nodes *out)
{
    pthread_mutex_lock(&r->lock);
    *out = r->nodes;
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->url.host_count; i++)
        nodes_add(out, &r->url.hosts[i]);
}

static enum dtq_err route_cluster(struct route *r, const char *key, struct url_host *out,
                                  struct dtq_why *why)
{
    struct nodes ask, found = {0};
    enum dtq_err err;

    route_nodes(r, &ask);
    err = cluster_find(&r->url, &ask, cluster_slot(key), out, &found, why);
    if (err != DTQ_OK) return err;
    pthread_mutex_lock(&r->lock);
    r->nodes = found;
    pthread_mutex_unlock(&r->lock);
    return DTQ_OK;
}

static enum dtq_err route_sentinel(struct route *r, struct url_host *out, struct dtq_why *why)
{
    size_t good;
    enum dtq_err err;

    pthread_mutex_lock(&r->lock);
    good = r->good;
    pthread_mutex_unlock(&r->lock);
    err = sentinel_find(&r->url, &good, out, why);
    if (err != DTQ_OK) return err;
    pthread_mutex_lock(&r->lock);
    r->good = good;
    pthread_mutex_unlock(&r->lock);
    return DTQ_OK;
}

enum dtq_err route_ask(struct route *r, const char *key, struct url_host *out, struct dtq_why *why)
{
    return r->url.kind == URL_CLUSTER ? route_cluster(r, key, out, why)
                                      : route_sentinel(r, out, why);
}

enum dtq_err route_find(struct route *r, struct url_host *out, unsigned *turn, struct dtq_why *why)
{
    struct url_host at;
    bool told;
    enum dtq_err err = DTQ_OK;

    pthread_mutex_lock(&r->lock);
    told = r->told;
    r->told = false;
    at = r->at;
    pthread_mutex_unlock(&r->lock);
    if (!told) err = route_ask(r, r->key, &at, why);
    if (err != DTQ_OK) return err;
    pthread_mutex_lock(&r->lock);
    route_settle(r, &at);
    *turn = r->turn;
    pthread_mutex_unlock(&r->lock);
    *out = at;
    return DTQ_OK;
}

void route_moved(struct route *r, const char *error)
{
    const char *space = strrchr(error, ' '), *colon = space ? strrchr(space, ':') : NULL;
    struct url_host at = {.name = ""};
    long long port;

    if (!colon || !parse_int(colon + 1, &port) || port < 1 || port > 65535) return;
    if ((size_t)(colon - space) > sizeof at.name) return;
    memcpy(at.name, space + 1, (size_t)(colon - space) - 1);
    at.port = (int)port;
    pthread_mutex_lock(&r->lock);
    if (!at.name[0]) memcpy(at.name, r->at.name, sizeof at.name); /* "MOVED 1 :7000": as before */
    route_settle(r, &at);
    r->told = true;
    pthread_mutex_unlock(&r->lock);
}

bool route_left(struct route *r, unsigned turn)
{
    int64_t now = clock_ms();
    struct url_host at;
    bool look, left;
    enum dtq_err err;

    pthread_mutex_lock(&r->lock);
    left = r->turn != turn;
    look = !left && now >= r->look_due;
    if (look) r->look_due = now + BLIND_MS;
    pthread_mutex_unlock(&r->lock);
    if (!look) return left;
    err = route_ask(r, r->key, &at, NULL);
    pthread_mutex_lock(&r->lock);
    if (err == DTQ_OK && r->turn == turn) route_settle(r, &at);
    if (err == DTQ_OK) r->look_due = clock_ms() + LOOK_MS;
    left = r->turn != turn;
    pthread_mutex_unlock(&r->lock);
    return left;
}

bool route_announce(struct route *r, unsigned turn)
{
    bool first;

    pthread_mutex_lock(&r->lock);
    first = r->announced != turn;
    r->announced = turn;
    pthread_mutex_unlock(&r->lock);
    return first;
}
