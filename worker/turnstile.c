/* turnstile.c: a fair counting semaphore: numbers are drawn on arrival, and let in in their order.
 */
#include "worker/turnstile.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t drawn;    /* numbers given so far */
    uint64_t admitted; /* numbers below this one may be inside */
};

struct turnstile *turnstile_new(unsigned places)
{
    struct turnstile *t = calloc(1, sizeof *t);

    if (!t) return NULL;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    t->admitted = places;
    return t;
}

void turnstile_free(struct turnstile *t)
{
    if (!t) return;
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

bool turnstile_enter(struct turnstile *t, const atomic_int *stop)
{
    uint64_t number;
    bool inside;

    pthread_mutex_lock(&t->lock);
    number = t->drawn++;
    while (number >= t->admitted && !atomic_load(stop))
        pthread_cond_wait(&t->changed, &t->lock);
    inside = !atomic_load(stop);
    if (!inside) t->admitted++; /* the place that this number would have left */
    pthread_mutex_unlock(&t->lock);
    return inside;
}

void turnstile_leave(struct turnstile *t)
{
    pthread_mutex_lock(&t->lock);
    t->admitted++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

bool turnstile_awaited(struct turnstile *t)
{
    bool awaited;

    pthread_mutex_lock(&t->lock);
    awaited = t->drawn > t->admitted;
    pthread_mutex_unlock(&t->lock);
    return awaited;
}

void turnstile_wake(struct turnstile *t)
{
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}
