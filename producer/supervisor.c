/* supervisor.c: keeps child processes running until a signal asks to stop. */
#include "producer/supervisor.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum dtq_err supervisor_init(struct supervisor *s, const struct app *app, struct dtq_why *why)
{
    static const int signals[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    sigset_t set;

    *s = (struct supervisor){.app = app, .signal_fd = -1};
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        return err_set(why, DTQ_IO, "no descriptor for signals: %s", strerror(errno));
    return DTQ_OK;
}

void supervisor_clear(struct supervisor *s)
{
    for (size_t i = 0; i < s->count; i++)
        child_clear(&s->children[i]);
    free(s->children);
    if (s->signal_fd >= 0) close(s->signal_fd);
    *s = (struct supervisor){.signal_fd = -1};
}

enum dtq_err supervisor_add(struct supervisor *s, const char *name, char **words, const char *log,
                            struct dtq_why *why)
{
    struct child child, *more;
    enum dtq_err err = child_init(&child, name, words, log, why);

    if (err != DTQ_OK) return err;
    more = realloc(s->children, (s->count + 1) * sizeof *more);
    if (!more) {
        child_clear(&child);
        return err_set(why, DTQ_NOMEM, "out of memory for %s", name);
    }
    s->children = more;
    s->children[s->count++] = child;
    return DTQ_OK;
}

static void start(struct supervisor *s, struct child *c)
{
    struct dtq_why why;

    if (child_start(c, &why) == DTQ_OK) {
        if (c->deaths) app_note(s->app, "%s started again, pid %ld", c->name, (long)c->pid);
        return;
    }
    c->started_ms = clock_ms();
    app_note(s->app, "%s; trying again in %lld ms", why.text,
             (long long)child_died(c, c->started_ms));
}

static void tell_death(const struct supervisor *s, const struct child *c, pid_t pid, int status,
                       int64_t pause_ms)
{
    char ending[80], again[60] = "";

    child_ending(status, ending, sizeof ending);
    if (pause_ms)
        snprintf(again, sizeof again, "; starting it again in %lld ms", (long long)pause_ms);
    app_note(s->app, "%s (pid %ld) %s%s%s%s", c->name, (long)pid, ending, again,
             pause_ms && c->log ? ", see " : "", pause_ms && c->log ? c->log : "");
}

/* Collects those that have ended. quiet: we asked them to. */
static void reap(struct supervisor *s, bool quiet)
{
    for (size_t i = 0; i < s->count; i++) {
        struct child *c = &s->children[i];
        pid_t pid = c->pid;
        int status;

        if (!pid || waitpid(pid, &status, WNOHANG) != pid) continue;
        if (quiet)
            c->pid = 0;
        else
            tell_death(s, c, pid, status, child_died(c, clock_ms()));
    }
}

static void wait_signal(struct supervisor *s, int64_t wait_ms, bool quiet)
{
    struct pollfd poller = {.fd = s->signal_fd, .events = POLLIN};
    struct signalfd_siginfo info;

    poll(&poller, 1, (int)(wait_ms > 0 ? wait_ms : 0));
    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD) s->stops++;
    reap(s, quiet);
}

void supervisor_step(struct supervisor *s, int64_t wait_ms)
{
    for (size_t i = 0; i < s->count; i++) {
        struct child *c = &s->children[i];
        int64_t left = c->due_ms - clock_ms();

        if (c->pid) continue;
        if (left <= 0)
            start(s, c);
        else if (left < wait_ms)
            wait_ms = left;
    }
    wait_signal(s, wait_ms, false);
}

static size_t running(const struct supervisor *s, size_t from, size_t until)
{
    size_t count = 0;

    for (size_t i = from; i < until && i < s->count; i++)
        count += s->children[i].pid != 0;
    return count;
}

static void signal_all(const struct supervisor *s, size_t from, size_t until, int number)
{
    for (size_t i = from; i < until && i < s->count; i++)
        if (s->children[i].pid) kill(s->children[i].pid, number);
}

void supervisor_stop(struct supervisor *s, size_t from, size_t until, int64_t patience_ms)
{
    int64_t end_ms = clock_ms() + patience_ms;
    int stops = s->stops;

    reap(s, true);
    signal_all(s, from, until, SIGTERM);
    while (running(s, from, until) && s->stops == stops && clock_ms() < end_ms)
        wait_signal(s, end_ms - clock_ms(), true);
    for (size_t i = from; i < until && i < s->count; i++)
        if (s->children[i].pid)
            app_note(s->app, "%s (pid %ld) does not end; killed", s->children[i].name,
                     (long)s->children[i].pid);
    signal_all(s, from, until, SIGKILL);
    while (running(s, from, until))
        wait_signal(s, patience_ms, true);
}
