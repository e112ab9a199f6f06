/* home.c: the folder of a `dtq up`. */
#include "producer/home.h"

#include "common/clock.h"
#include "producer/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 10000 /* for the Redis of an `up` that was killed to end */, LOOK_MS = 20 };

static enum dtq_err make_folder(struct home *h, struct dtq_why *why)
{
    char path[PATHS_MAX], *real;
    enum dtq_err err = DTQ_OK;

    if (h->app->dir)
        snprintf(path, sizeof path, "%s", h->app->dir);
    else
        err = paths_state(path, sizeof path, why);
    if (err == DTQ_OK) err = paths_make(path, why);
    if (err != DTQ_OK) return err;
    real = realpath(path, NULL);
    if (!real || (size_t)snprintf(h->dir, sizeof h->dir, "%s", real) >= sizeof h->dir)
        err = err_set(why, DTQ_INPUT, "--dir %.200s: %s", path,
                      real ? "the path is too long" : strerror(errno));
    free(real);
    if (err != DTQ_OK) return err;
    snprintf(path, sizeof path, "%s/logs", h->dir);
    return paths_make(path, why);
}

/* The process that wrote its number into the lock file; 0: none. */
static long holder(int fd)
{
    char text[24] = "";

    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static enum dtq_err lock_folder(struct home *h, struct dtq_why *why)
{
    int64_t until = clock_ms() + LOCK_WAIT_MS;
    char path[PATHS_MAX];
    bool told = false;

    snprintf(path, sizeof path, "%s/up.lock", h->dir);
    h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (h->lock < 0)
        return err_set(why, DTQ_INPUT, "%s cannot be written: %s", path, strerror(errno));
    while (flock(h->lock, LOCK_EX | LOCK_NB) != 0) {
        long pid = holder(h->lock);

        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_set(why, DTQ_IO, "%s cannot be locked: %s", path, strerror(errno));
        if ((pid > 0 && kill((pid_t)pid, 0) == 0) || clock_ms() >= until)
            return err_set(why, DTQ_INPUT,
                           "%s is in use by a running `dtq up` with process id %ld; use that one, "
                           "stop it, or give another --dir",
                           h->dir, pid);
        if (interrupt_seen()) return err_set(why, DTQ_CANCELLED, "interrupted");
        if (!told) app_note(h->app, "the Redis of an earlier `dtq up` is still ending; waiting");
        told = true;
        interrupt_nap(LOOK_MS);
    }
    if (ftruncate(h->lock, 0) != 0 || dprintf(h->lock, "%ld\n", (long)getpid()) < 0)
        return err_set(why, DTQ_INPUT, "%s cannot be written: %s", path, strerror(errno));
    return DTQ_OK;
}

/* The socket lies with the state, or in the runtime folder when that path is too long for one. */
static enum dtq_err choose_socket(struct home *h, struct dtq_why *why)
{
    char path[PATHS_MAX], folder[FIND_PATH];
    enum dtq_err err;

    snprintf(path, sizeof path, "%s/redis.sock", h->dir);
    if (strlen(path) >= sizeof h->socket) {
        err = find_folder(folder, sizeof folder, why);
        if (err != DTQ_OK) return err;
        snprintf(path, sizeof path, "%.3000s/%ld.sock", folder, (long)getpid());
    }
    if (strlen(path) >= sizeof h->socket || !paths_socket_url(path, h->url, sizeof h->url))
        return err_set(why, DTQ_INPUT,
                       "%s is too long a path for a socket; set XDG_RUNTIME_DIR or "
                       "--dir to a shorter one",
                       path);
    memcpy(h->socket, path, strlen(path) + 1);
    return DTQ_OK;
}

enum dtq_err home_open(struct home *h, const struct app *app, struct dtq_why *why)
{
    enum dtq_err err;

    *h = (struct home){.app = app, .lock = -1};
    err = make_folder(h, why);
    if (err == DTQ_OK) err = lock_folder(h, why);
    if (err == DTQ_OK) err = choose_socket(h, why);
    return err;
}

void home_close(struct home *h)
{
    if (h->lock >= 0) close(h->lock);
    h->lock = -1;
}
