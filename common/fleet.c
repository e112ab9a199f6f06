/* fleet.c: a thread for each queue. The first thread waits for signals, for threads that end, and
 * looks for new queues. */
#include "common/fleet.h"

#include "common/log.h"
#include "common/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LOOK_MS = 1000 }; /* between two looks for new queues */

struct ship {
    struct fleet *fleet; /* borrowed */
    struct queue *queue; /* owned */
    pthread_t thread;
    struct ship *next;
};

struct fleet {
    const struct fleet_spec *spec;
    const char *url;
    char up[FIND_URL]; /* what url is, when it is that of a `dtq up` */
    struct queue_names names;
    struct ship *ships;   /* owned */
    int ended;            /* counts threads that have ended */
    unsigned sailing;     /* threads that have not */
    bool stopping, blind; /* blind: the last look for new queues failed */

    pthread_mutex_t lock; /* guards what follows */
    enum dtq_err err;     /* the first */
    struct dtq_why why;
};

static int signalled = -1; /* counts signals; open for the rest of the process' life */

static void on_stop(int sig)
{
    int error = errno;
    uint64_t one = 1;

    (void)sig;
    if (write(signalled, &one, sizeof one) < 0) { /* it counts up to 2^64 */
    }
    errno = error;
}

static enum dtq_err watch_signals(struct dtq_why *why)
{
    struct sigaction action = {.sa_handler = on_stop};

    if (signalled < 0) signalled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signalled < 0)
        return err_set(why, DTQ_NOMEM, "cannot wait for signals: %s", strerror(errno));
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    return DTQ_OK;
}

static void fleet_fail(struct fleet *f, enum dtq_err err, const struct dtq_why *why)
{
    pthread_mutex_lock(&f->lock);
    if (f->err == DTQ_OK) {
        f->err = err;
        f->why = *why;
    }
    pthread_mutex_unlock(&f->lock);
}

static void *ship_run(void *arg)
{
    struct ship *ship = arg;
    struct fleet *f = ship->fleet;
    struct dtq_why why = {""};
    uint64_t one = 1;
    enum dtq_err err = f->spec->serve(f->spec->ctx, ship->queue, &why);

    if (err != DTQ_OK) fleet_fail(f, err, &why);
    while (write(f->ended, &one, sizeof one) < 0 && errno == EINTR)
        ;
    return NULL;
}

static enum dtq_err fleet_start(struct fleet *f, const char *name, struct dtq_why *why)
{
    struct ship *ship = calloc(1, sizeof *ship);
    enum dtq_err err;
    int failed;

    if (!ship) return err_set(why, DTQ_NOMEM, "out of memory for queue %s", name);
    ship->fleet = f;
    err = queue_new(f->url, name, &ship->queue, why);
    if (err == DTQ_OK && (failed = pthread_create(&ship->thread, NULL, ship_run, ship)) != 0)
        err = err_set(why, DTQ_NOMEM, "cannot start a thread for queue %s: %s", name,
                      strerror(failed));
    if (err != DTQ_OK) {
        queue_free(ship->queue);
        free(ship);
        return err;
    }
    ship->next = f->ships;
    f->ships = ship;
    f->sailing++;
    return DTQ_OK;
}

/* Starts a thread for each queue from number `from` on. */
static enum dtq_err fleet_start_from(struct fleet *f, size_t from, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (size_t i = from; i < f->names.count && err == DTQ_OK; i++)
        err = fleet_start(f, f->names.rows[i], why);
    return err;
}

/* New queues, for "*". A server that is gone is looked at again, but refuses only once. */
static void fleet_look(struct fleet *f)
{
    size_t known = f->names.count;
    struct dtq_why why = {""};
    enum dtq_err err = queue_names_look(f->url, &f->names, &why);

    if (err != DTQ_OK && !f->blind) log_warn("looking for queues: %s; trying again", why.text);
    if (err_is_refusal(err) && known == 0) fleet_fail(f, err, &why);
    f->blind = err != DTQ_OK;
    err = fleet_start_from(f, known, &why);
    if (err != DTQ_OK) fleet_fail(f, err, &why);
}

static uint64_t fleet_count(int fd)
{
    uint64_t count = 0;

    return read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

static bool fleet_failed(struct fleet *f)
{
    bool failed;

    pthread_mutex_lock(&f->lock);
    failed = f->err != DTQ_OK;
    pthread_mutex_unlock(&f->lock);
    return failed;
}

/* How long to wait for something to happen: not at all when a failure is still to be acted on. */
static int fleet_patience(struct fleet *f)
{
    if (f->stopping) return -1;
    if (fleet_failed(f)) return 0;
    return f->names.all ? LOOK_MS : -1;
}

/* Nobody named a server: waits until there is one at the usual place, or a `dtq up`. Where one is
 * named each queue waits for it by itself. */
static enum dtq_err fleet_find(struct fleet *f, struct dtq_why *why)
{
    struct queue *q = NULL;
    enum dtq_err err = DTQ_CONN;

    f->url = program_url(f->spec->program);
    if (program_url_given(f->spec->program)) return DTQ_OK;
    for (unsigned tries = 0; !f->stopping; tries++) {
        struct pollfd fd = {signalled, POLLIN, 0};

        err = server_open(f->spec->program, PROGRAM_QUEUE, false, &q, f->up, why);
        if (err != DTQ_CONN) break;
        log_line(log_worth(tries) ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "%s; trying again",
                 why->text);
        while (poll(&fd, 1, tries < 5 ? 50 << tries : 1000) < 0 && errno == EINTR)
            ;
        f->stopping = fd.revents != 0;
    }
    queue_free(q);
    if (f->up[0]) f->url = f->up;
    /* That a server refuses us is for those to tell who serve its queues. */
    return err == DTQ_NOMEM ? err : DTQ_OK;
}

static void fleet_watch(struct fleet *f)
{
    for (;;) {
        struct pollfd fds[2] = {{signalled, POLLIN, 0}, {f->ended, POLLIN, 0}};
        uint64_t stops;
        if (f->names.all && !f->stopping) fleet_look(f);
        if (!f->sailing && (f->stopping || !f->names.all || fleet_failed(f))) return;
        poll(fds, 2, fleet_patience(f));
        f->sailing -= (unsigned)fleet_count(f->ended);
        stops = fleet_count(signalled);
        if (!f->stopping && fleet_failed(f)) stops++;
        f->stopping = f->stopping || stops > 0;
        for (; stops > 0; stops--)
            f->spec->stop(f->spec->ctx);
    }
}

enum dtq_err fleet_run(const struct fleet_spec *spec, struct dtq_why *why)
{
    struct fleet f = {.spec = spec, .ended = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct dtq_why first = {""};
    enum dtq_err err = queue_names_parse(spec->program->queue, &f.names, why);

    if (err != DTQ_OK) return err;
    f.ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (f.ended < 0) err = err_set(why, DTQ_NOMEM, "cannot wait for threads: %s", strerror(errno));
    if (err == DTQ_OK) err = watch_signals(why);
    if (err == DTQ_OK) err = fleet_find(&f, why);
    if (err == DTQ_OK && !f.stopping) {
        err = fleet_start_from(&f, 0, &first);
        if (err != DTQ_OK) fleet_fail(&f, err, &first);
        fleet_watch(&f);
        err = f.err;
        if (err != DTQ_OK) *why = f.why;
    }
    while (f.ships) {
        struct ship *ship = f.ships;
        f.ships = ship->next;
        pthread_join(ship->thread, NULL);
        queue_free(ship->queue);
        free(ship);
    }
    queue_names_clear(&f.names);
    if (f.ended >= 0) close(f.ended);
    return err;
}

enum dtq_err fleet_each(const struct program *program,
                        enum dtq_err (*look)(void *ctx, struct queue *q, struct dtq_why *why),
                        void *ctx, struct dtq_why *why)
{
    struct queue_names names = {0};
    struct queue *any = NULL;
    enum dtq_err err = queue_names_parse(program->queue, &names, why);
    char up[FIND_URL] = "";

    if (err == DTQ_OK && !program_url_given(program))
        err = server_open(program, PROGRAM_QUEUE, false, &any, up, why);
    queue_free(any);
    if (err == DTQ_OK && names.all)
        err = queue_names_look(up[0] ? up : program_url(program), &names, why);
    if (err == DTQ_OK && names.count == 0)
        err = err_set(why, DTQ_NONE, "there is no queue yet; the first job makes one");
    for (size_t i = 0; i < names.count && err == DTQ_OK; i++) {
        struct queue *q = NULL;
        err = queue_new(up[0] ? up : program_url(program), names.rows[i], &q, why);
        if (err == DTQ_OK) queue_only_looks(q);
        if (err == DTQ_OK) err = queue_connect(q, why);
        if (err == DTQ_OK) err = look(ctx, q, why);
        queue_free(q);
    }
    queue_names_clear(&names);
    return err;
}
