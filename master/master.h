/* master.h: a master of one queue: it owns jobs and fires what is due. */
#ifndef DTQ_MASTER_H
#define DTQ_MASTER_H

#include "common/queue/queue.h"

#include <stdatomic.h>

struct owned;
struct heal;
struct watch;

struct master {
    const char *name; /* the ids of its registrations are this and four random letters */
    struct queue_member member;
    struct queue *queue; /* owned; for all that answers at once */
    struct queue *wake;  /* owned; blocks on this master's wake list, and on that of all */
    struct owned *jobs;  /* owned; by id */
    bool wake_asked;
    bool intake;                 /* there may be jobs that nobody has */
    enum queue_wake_order order; /* in which it listens next */
    struct watch *watch;         /* owned; workers whose connection is gone */
    struct heal *heal;           /* owned; what Redis lost */
    int64_t heal_due, preside_due, reap_due, watch_due, tick_due; /* on this machine's clock, ms */
    int64_t rest_until; /* nothing is taken from others so long */
    bool known;         /* it has been registered before */
    const atomic_bool *stop;
    int stop_fd; /* readable from then on */
};

/* Serves until *m->stop, then hands its jobs over. DTQ_OK; DTQ_SERVER when Redis refuses from the
 * start. */
enum dtq_err master_run(struct master *m, struct dtq_why *why);

#endif
