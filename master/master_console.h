/* master_console.h: the console of a master. */
#ifndef DTQ_MASTER_CONSOLE_H
#define DTQ_MASTER_CONSOLE_H

#include "common/talk/desk.h"
#include "master/master.h"

/* What the console may tell of without asking the queue; nothing of it changes. */
struct master_console {
    const char *name, *host;
    int pid;
    int64_t started_ms;
};

/* about is borrowed until desk_free. */
enum dtq_err master_console_new(const struct queue *q, const struct master_console *about,
                                struct desk **out, struct dtq_why *why);

#endif
