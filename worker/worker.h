/* worker.h: a worker of one queue: some slots, each a thread that runs tasks, and one thread that
 * keeps their leases. A process that serves several queues has one for each, all of the same id and
 * with all the slots; a turnstile sees to it that no more tasks than one worker's slots run at a
 * time. */
#ifndef DTQ_WORKER_H
#define DTQ_WORKER_H

#include "common/dataset/dataset.h"
#include "common/queue/queue.h"
#include "common/team/team.h"
#include "worker/handover.h"
#include "worker/hands.h"
#include "worker/tables.h"
#include "worker/turnstile.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { TEAMS_MOST = 8 /* one more each time that Redis loses all it knew */ };

struct worker;
struct helpers;

struct slot {
    struct worker *worker; /* borrowed */
    char name[ID_MAX + 16];
    struct queue *queue; /* owned; used by the slot's thread alone */
    pthread_t thread;
    bool started;
    atomic_ulong progress;   /* moves while the task gets on */
    atomic_bool cancelled;   /* leave the present task: its lease or job is gone */
    atomic_int idle_fd;      /* the socket on which the slot blocks, or -1: to be shut at the end */
    atomic_bool timed_out;   /* the present task ran longer than its limit; set with cancelled */
    atomic_llong started_ms; /* when the present task began, on this machine's clock */

    pthread_mutex_t lock; /* guards what follows, read by the beat */
    bool busy;
    uint64_t token;
    char job[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of its submission */
    uint64_t first;          /* number of the first task held */
    size_t held;             /* tasks held */
    int64_t claimed_ms;      /* when, on this machine's clock */
    int64_t limit_ms;        /* of a task; 0: none */
};

struct worker {
    struct queue_member member;
    struct queue *queue;            /* owned; the beat's connection */
    struct slot *slots;             /* owned; member.slots of them */
    struct tables *tables;          /* borrowed; data sets that are open */
    struct handover *handover;      /* owned; NULL: so few slots that each completes by itself */
    struct hands *hands;            /* borrowed; slots of the process that have nothing to do */
    const char *team_dir;           /* borrowed; NULL: this worker is to be alone */
    char identity[QUEUE_IDENTITY];  /* of the queue, when it registered last; "" not known */
    struct team *teams[TEAMS_MOST]; /* owned; boards of former ones may still be in use */
    unsigned team_count;
    _Atomic(struct team *) team; /* the last of them; NULL: this worker is alone */
    struct helpers *helpers;     /* owned; NULL: none */
    struct turnstile *turnstile; /* borrowed; NULL: the process serves this queue only */
    pthread_mutex_t watch; /* with a turnstile: held by the slot that watches the ready list */
    int64_t beat_ms;       /* a third of the lease */
    int64_t grace_ms;      /* how long tasks may go on after the stop */
    atomic_int stop;       /* how often it was asked for: at once the second time */
    int64_t stop_ms;       /* when it was first seen; 0: not yet */
    atomic_int running;    /* slots whose thread has not ended */
    bool stuck;            /* a task does not leave: the threads cannot be joined */

    pthread_mutex_t lock; /* guards joined, with its condition */
    pthread_cond_t changed;
    uint64_t joined;  /* how often the process registered; 0: not yet */
    atomic_bool lost; /* a slot was told that the process is not registered */

    atomic_ullong completed, failed, assigned; /* of this id, over all restarts */
    atomic_ullong run_us, run_tasks;           /* of this process: for the mean time of a task */
    char last_error[200];                      /* guarded by lock */
    char last_task[ID_MAX + 32];               /* guarded by lock */

    struct worker *next; /* of the process */
};

/* Registers, starts the slots, beats until w->stop, then hands back what is left and leaves.
 * Returns DTQ_OK, or DTQ_EXISTS when the id is in use and stays so, DTQ_SERVER when Redis refuses.
 */
enum dtq_err beat_run(struct worker *w, struct dtq_why *why);

/* The thread of a slot; arg is the struct slot. */
void *slot_run(void *arg);

/* Blocks until the process is registered again (its number of registrations passes `seen`) or is to
 * stop; returns the number. */
uint64_t worker_wait_joined(struct worker *w, uint64_t seen);

/* Waits before try number `tries` to reconnect: 50 ms doubling to 1 s, cut short by w->stop. */
void worker_backoff(struct worker *w, unsigned tries);

#endif
