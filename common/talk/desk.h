/* desk.h: the console of a long-lived program, in a thread of its own with connections of its own,
 * so that the program's loops need not know of it. Log lines go through it while it is there. What
 * every console has (help, chat, exit) is here; the rest is a table of the program. */
#ifndef DTQ_DESK_H
#define DTQ_DESK_H

#include "common/buf.h"
#include "common/queue/queue.h"

#include <stdbool.h>
#include <stddef.h>

struct desk;

struct desk_command {
    const char *name;
    const char *args; /* as help shows them */
    const char *help;
    size_t most; /* words after the name */
    /* q is connected. Writes whole lines to out. After DTQ_CONN it is called once more. */
    enum dtq_err (*run)(void *ctx, struct queue *q, size_t count, char *const *words,
                        struct buf *out, struct dtq_why *why);
};

/* All borrowed until desk_free. */
struct desk_spec {
    const char *program; /* "dtq-master" */
    const char *kind;    /* "master" */
    const char *id;
    const struct queue *queue; /* to be cloned */
    const struct desk_command *commands;
    size_t count;
    bool chatty; /* what is no command is chat */
    void *ctx;
};

/* `exit` sends this process SIGTERM; the end of a pipe only ends the console. */
enum dtq_err desk_new(const struct desk_spec *spec, struct desk **out, struct dtq_why *why);
/* Ends the thread and gives the terminal back; NULL is fine. No other thread may still log. */
void desk_free(struct desk *d);

#endif
