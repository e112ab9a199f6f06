/* worker_console.h: the console of a worker. */
#ifndef DTQ_WORKER_CONSOLE_H
#define DTQ_WORKER_CONSOLE_H

#include "common/talk/desk.h"
#include "worker/worker.h"

/* w is borrowed until desk_free; its slots are made. */
enum dtq_err worker_console_new(struct worker *w, struct desk **out, struct dtq_why *why);

#endif
