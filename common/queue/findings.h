/* findings.h: what is wrong in a queue, judged from a census alone. */
#ifndef DTQ_FINDINGS_H
#define DTQ_FINDINGS_H

#include "common/queue/census.h"

/* What may be wrong: its name, its word. */
#define FINDINGS(X)                         \
    X(TASK_NOWHERE, "task_nowhere")         \
    X(TASK_TWICE, "task_twice")             \
    X(TASK_UNKNOWN, "task_unknown")         \
    X(HOLD_ORPHANED, "hold_orphaned")       \
    X(HOLD_DISAGREES, "hold_disagrees")     \
    X(JOB_UNHEARD, "job_unheard")           \
    X(JOB_LOST_DATA, "job_lost_data")       \
    X(JOB_LEFTOVERS, "job_leftovers")       \
    X(MASTER_LEFTOVERS, "master_leftovers") \
    X(WORKER_LEFTOVERS, "worker_leftovers")

enum finding_kind {
#define X(name, word) FINDING_##name,
    FINDINGS(X)
#undef X
};

struct finding {
    enum finding_kind kind;
    char id[ID_MAX + 24]; /* of the job, task, slot, worker or master */
    uint64_t no;          /* of the task; id is then that of its job */
    bool task;
    char text[240];        /* what is wrong, a sentence */
    char did[REPAIR_TEXT]; /* "" : not repaired */
};

struct findings {
    struct finding *rows; /* owned */
    size_t count, room;
};

const char *finding_word(enum finding_kind kind);

/* All that is wrong, jobs first. DTQ_NOMEM. findings_clear frees. */
enum dtq_err findings_judge(const struct census *c, struct findings *out, struct dtq_why *why);
void findings_clear(struct findings *f);

/* Keeps what is in both: what was seen once only was on its way. */
void findings_keep(struct findings *f, const struct findings *other);

/* Mends what was found, and tells in each row what was done. `by` is for the events. */
enum dtq_err findings_mend(struct queue *q, const struct census *c, struct findings *f,
                           const char *by, struct dtq_why *why);

#endif
