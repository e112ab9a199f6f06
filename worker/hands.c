/* hands.c: a count of free slots. */
#include "worker/hands.h"

#include <pthread.h>
#include <stdlib.h>

struct hands {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned slots;
    atomic_uint used; /* slots that are busy, and hands that are taken */
};

struct hands *hands_new(unsigned slots)
{
    struct hands *h = calloc(1, sizeof *h);

    if (!h) return NULL;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->freed, NULL);
    h->slots = slots;
    return h;
}

void hands_free(struct hands *h)
{
    if (!h) return;
    pthread_cond_destroy(&h->freed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static void release(struct hands *h)
{
    pthread_mutex_lock(&h->lock);
    atomic_fetch_sub(&h->used, 1);
    pthread_cond_signal(&h->freed);
    pthread_mutex_unlock(&h->lock);
}

void hands_busy(struct hands *h, bool busy)
{
    if (busy)
        atomic_fetch_add(&h->used, 1);
    else
        release(h);
}

bool hands_take(struct hands *h, const atomic_bool *stop)
{
    bool taken = false;

    pthread_mutex_lock(&h->lock);
    while (!atomic_load(stop) && !taken) {
        unsigned used = atomic_load(&h->used);

        if (used >= h->slots)
            pthread_cond_wait(&h->freed, &h->lock);
        else
            taken = atomic_compare_exchange_strong(&h->used, &used, used + 1);
    }
    pthread_mutex_unlock(&h->lock);
    return taken;
}

void hands_give(struct hands *h)
{
    release(h);
}

bool hands_short(struct hands *h)
{
    return atomic_load_explicit(&h->used, memory_order_relaxed) > h->slots;
}

void hands_wake(struct hands *h)
{
    pthread_mutex_lock(&h->lock);
    pthread_cond_broadcast(&h->freed);
    pthread_mutex_unlock(&h->lock);
}
