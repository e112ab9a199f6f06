/* handover.c: see handover.h. The slot that finds nobody on the way goes, and takes along what
 * waits by then. */
#include "worker/handover.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SLOTS_MOST = 32, /* in one call: a script must not take long */
    RESULTS_MOST = 512,
    CLAIMS_MOST = 512,    /* tasks that they ask for; a slot alone may go beyond both */
    BYTES_MOST = 1 << 20, /* on the way and waiting: nobody waits for more than that of others */
};

/* A slot that waits; on the stack of its thread. */
struct waiting {
    struct queue_hand_in *row;
    struct dtq_why *why;
    enum dtq_err err;
    bool done;
    pthread_cond_t changed;
    struct waiting *next;
};

struct handover {
    pthread_mutex_t lock;
    struct queue *queue;          /* owned; used by who is on the way */
    bool busy;                    /* somebody is on the way */
    struct waiting *first, *last; /* those who have not been taken along */
    size_t bytes;                 /* of those and of who is on the way */
};

struct handover *handover_new(const struct queue *q)
{
    struct handover *h = calloc(1, sizeof *h);
    struct dtq_why why;

    if (!h) return NULL;
    pthread_mutex_init(&h->lock, NULL);
    if (queue_clone(q, &h->queue, &why) == DTQ_OK) return h;
    handover_free(h);
    return NULL;
}

void handover_free(struct handover *h)
{
    if (!h) return;
    queue_free(h->queue);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static size_t bytes_of(const struct queue_hand_in *row)
{
    size_t bytes = 0;

    for (size_t i = 0; i < row->count; i++)
        bytes += row->results[i].len;
    return bytes;
}

/* Takes as many as fit into one call off the list, at least one. */
static size_t handover_gather(struct handover *h, struct waiting *taken[SLOTS_MOST])
{
    size_t count = 0, results = 0, claims = 0;

    while (h->first && count < SLOTS_MOST) {
        struct waiting *w = h->first;
        results += w->row->count;
        claims += w->row->most;
        if (count && (results > RESULTS_MOST || claims > CLAIMS_MOST)) break;
        taken[count++] = w;
        h->first = w->next;
    }
    if (!h->first) h->last = NULL;
    return count;
}

/* Goes once. The lock is held before and after, not on the way. */
static void handover_go(struct handover *h, const struct queue_member *m)
{
    struct waiting *taken[SLOTS_MOST];
    struct queue_hand_in rows[SLOTS_MOST];
    size_t count = handover_gather(h, taken);
    struct dtq_why why = {""};
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; i < count; i++)
        rows[i] = *taken[i]->row;
    h->busy = true;
    pthread_mutex_unlock(&h->lock);
    if (!queue_connected(h->queue)) err = queue_connect(h->queue, &why);
    if (err == DTQ_OK) err = queue_hand_in(h->queue, m, rows, count, &why);
    pthread_mutex_lock(&h->lock);
    h->busy = false;
    for (size_t i = 0; i < count; i++) {
        taken[i]->err = err == DTQ_OK ? rows[i].answer : err;
        *taken[i]->why = why;
        h->bytes -= bytes_of(&rows[i]);
        taken[i]->done = true;
        pthread_cond_signal(&taken[i]->changed);
    }
}

/* On the slot's own connection, beside all others. */
static enum dtq_err go_alone(struct queue *own, const struct queue_member *m,
                             struct queue_hand_in *row, struct dtq_why *why)
{
    enum dtq_err err = queue_hand_in(own, m, row, 1, why);

    return err == DTQ_OK ? row->answer : err;
}

enum dtq_err handover_complete(struct handover *h, struct queue *own, const struct queue_member *m,
                               struct queue_hand_in *row, struct dtq_why *why)
{
    struct waiting me = {.row = row, .why = why, .changed = PTHREAD_COND_INITIALIZER};
    size_t bytes = bytes_of(row);

    pthread_mutex_lock(&h->lock);
    if (bytes > BYTES_MOST - h->bytes) {
        pthread_mutex_unlock(&h->lock);
        return go_alone(own, m, row, why);
    }
    h->bytes += bytes;
    if (h->last)
        h->last->next = &me;
    else
        h->first = &me;
    h->last = &me;
    while (!me.done) {
        if (h->busy)
            pthread_cond_wait(&me.changed, &h->lock);
        else
            handover_go(h, m);
    }
    if (!h->busy && h->first) pthread_cond_signal(&h->first->changed);
    pthread_mutex_unlock(&h->lock);
    pthread_cond_destroy(&me.changed);
    return me.err;
}
