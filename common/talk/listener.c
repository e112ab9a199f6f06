/* listener.c: a thread that reads events. */
#include "common/talk/listener.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY_MS = 100,
    RETRY_MAX_MS = 2000
}; /* first pause before a new connection, and the last */

struct listener {
    struct listener_spec spec;
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool stop;
    int fd; /* a second descriptor of the connection, ours to shut down; -1: none */
};

static bool stopped(struct listener *l)
{
    bool stop;

    pthread_mutex_lock(&l->lock);
    stop = l->stop;
    pthread_mutex_unlock(&l->lock);
    return stop;
}

static void set_fd(struct listener *l, int fd)
{
    pthread_mutex_lock(&l->lock);
    if (l->fd >= 0) close(l->fd);
    l->fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (l->stop && l->fd >= 0) shutdown(l->fd, SHUT_RDWR);
    pthread_mutex_unlock(&l->lock);
}

/* Waits before another try, or for the end. */
static void nap(struct listener *l, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&l->lock);
    while (!l->stop && pthread_cond_timedwait(&l->changed, &l->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&l->lock);
}

/* Follows on a good connection until an error or the end. */
static enum dtq_err follow(struct listener *l, struct queue *q, struct queue_follower *at,
                           struct dtq_why *why)
{
    const struct listener_spec *s = &l->spec;
    struct queue_cursor begin = at->at;
    enum dtq_err err = DTQ_OK;

    if (s->begin)
        err = s->begin(s->ctx, q, &begin, why);
    else if (!begin.id[0])
        err = queue_events_end(q, &begin, why);
    if (err == DTQ_OK) at->at = begin;
    while (err == DTQ_OK && !stopped(l)) {
        cJSON *events = NULL;
        int64_t missed = 0;

        if (s->idle) err = s->idle(s->ctx, q, why);
        if (err == DTQ_OK)
            err = queue_events_follow(q, at, LISTENER_IDLE_MS, &events, &missed, why);
        if (err == DTQ_OK && missed && s->missed) err = s->missed(s->ctx, q, missed, why);
        if (err == DTQ_OK) err = s->events(s->ctx, q, events, why);
        if (err == DTQ_NONE) err = DTQ_OK;
        cJSON_Delete(events);
    }
    return err;
}

static void *listen_for(void *arg)
{
    struct listener *l = arg;
    struct queue_follower at = {.at.id = ""};
    bool told = false;
    int64_t pause_ms = RETRY_MS;

    while (!stopped(l)) {
        struct queue *q = NULL;
        struct dtq_why why = {""};
        enum dtq_err err = l->spec.open(l->spec.ctx, &q, &why);

        if (err == DTQ_OK) {
            set_fd(l, queue_fd(q));
            if (told) l->spec.back(l->spec.ctx, q);
            told = false;
            pause_ms = RETRY_MS;
            err = follow(l, q, &at, &why);
            set_fd(l, -1);
            queue_free(q);
        }
        if (err == DTQ_OK || stopped(l)) break;
        if (!told) l->spec.lost(l->spec.ctx, &why);
        told = true;
        nap(l, pause_ms);
        pause_ms = pause_ms * 2 < RETRY_MAX_MS ? pause_ms * 2 : RETRY_MAX_MS;
    }
    return NULL;
}

enum dtq_err listener_new(const struct listener_spec *spec, struct listener **out,
                          struct dtq_why *why)
{
    struct listener *l = calloc(1, sizeof *l);
    pthread_condattr_t clock;
    sigset_t all, old;
    int failed;

    if (!l) return err_set(why, DTQ_NOMEM, "out of memory for a listener");
    l->spec = *spec;
    l->fd = -1;
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->changed, &clock);
    pthread_condattr_destroy(&clock);
    sigfillset(&all); /* signals are for those who wait for them */
    pthread_sigmask(SIG_BLOCK, &all, &old);
    failed = pthread_create(&l->thread, NULL, listen_for, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed) {
        free(l);
        return err_set(why, DTQ_NOMEM, "cannot start the thread of a console: %s",
                       strerror(failed));
    }
    *out = l;
    return DTQ_OK;
}

void listener_free(struct listener *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->changed);
    if (l->fd >= 0) shutdown(l->fd, SHUT_RDWR);
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
