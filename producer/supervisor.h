/* supervisor.h: keeps child processes running until a signal asks to stop. One loop, woken by
 * signals and by the next start that is due. It knows no Redis. */
#ifndef DTQ_SUPERVISOR_H
#define DTQ_SUPERVISOR_H

#include "producer/app.h"
#include "producer/child.h"

#include <stddef.h>

struct supervisor {
    const struct app *app;  /* for notes */
    struct child *children; /* owned */
    size_t count;
    int signal_fd;
    int stops; /* how often we were asked to stop */
};

/* Signals come through signal_fd from now on. */
enum dtq_err supervisor_init(struct supervisor *s, const struct app *app, struct dtq_why *why);
void supervisor_clear(struct supervisor *s);

/* One more child, not started yet. words and log as for child_init. */
enum dtq_err supervisor_add(struct supervisor *s, const char *name, char **words, const char *log,
                            struct dtq_why *why);

/* Starts those that are due, then waits for a signal, at most wait_ms. */
void supervisor_step(struct supervisor *s, int64_t wait_ms);

/* Stops children[from..until) with SIGTERM and waits for their end; those that are still there
 * after patience_ms, or when we are asked to stop once more, are killed. */
void supervisor_stop(struct supervisor *s, size_t from, size_t until, int64_t patience_ms);

#endif
