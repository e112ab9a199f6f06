/* census.h: everything that is in a queue at one moment: where each task lies, who holds what, who
 * is there. For those who look after a queue; a part of queue.h's door to Redis. It judges nothing.
 * Of jobs that have ended it knows only that they have. */
#ifndef DTQ_CENSUS_H
#define DTQ_CENSUS_H

#include "common/queue/queue.h"

#include <uthash.h>

/* A number of a job that is found anywhere. */
struct census_task {
    uint64_t no;
    unsigned ready, parked, held; /* copies there */
    bool spec, arrived, dead;     /* its spec is kept; its result waits; it was given up */
    bool staged;                  /* kept back until its commit counts */
    int64_t due_ms;               /* of its retry, on Redis' clock; 0: it is not delayed */
    unsigned attempts, lost;      /* errors reported, workers lost */
    const char *slot;             /* the last one that was found to hold it; NULL: none */
    uint64_t before;              /* tasks that are claimed before it, when it is ready */
    UT_hash_handle hh;            /* by no */
};

struct census_job {
    char id[ID_MAX + 1];
    char state[16]; /* "" when there is no such job, "ended" of one that ended long ago */
    char owner[ID_MAX + 1];
    bool live;               /* submitted or running */
    bool keys;               /* keys with its name were found */
    bool doubled;            /* its tasks may lie in two places: second runs, or a replay */
    bool half;               /* half of a commit is in it */
    char entry[48];          /* in the stream of jobs, as its hash names it */
    char found[48];          /* newest entry of the stream that names it; "" none */
    bool delivered;          /* that entry was given to a master, */
    char reader[ID_MAX + 1]; /* who has still to answer for it; "" nobody has */
    int64_t idle_ms;         /* since that was given it */
    uint64_t total, done, specs;
    struct census_task *tasks; /* by number */
    UT_hash_handle hh;         /* by id */
};

struct census_slot {
    char name[ID_MAX + 16];
    char worker[ID_MAX + 1];
    size_t held;
    bool listed;               /* counts among the slots of the present workers */
    bool leased, token;        /* has a deadline, has a token */
    int64_t since_ms, ends_ms; /* of its hold; 0: not known */
    char first[ID_MAX + 24];   /* id of the task that it runs first */
    UT_hash_handle hh;         /* by name */
};

enum census_role { CENSUS_WORKER, CENSUS_MASTER };

struct census_member {
    char key[ID_MAX + 2]; /* 'w' or 'm', and the id */
    const char *id;       /* in key */
    enum census_role role;
    bool registered;
    int64_t until_ms;  /* counts as present until then */
    bool gone;         /* a worker that is looked at once more */
    bool client;       /* a worker's connection is remembered */
    bool wake;         /* a master's list of news is there */
    UT_hash_handle hh; /* by key */
};

struct census {
    int64_t now_ms; /* Redis' clock */
    bool paused, draining;
    uint64_t ready, parked;
    struct census_job *jobs;
    struct census_slot *slots;
    struct census_member *members;
};

/* Looks at all of it in one transaction, which takes Redis the longer the more tasks there are:
 * half a second for a million. DTQ_NONE with a sentence: so much comes and goes that it could not
 * be got whole. census_clear frees what is in *out. */
enum dtq_err census_read(struct queue *q, struct census *out, struct dtq_why *why);
void census_clear(struct census *c);

/* NULL: there is none. */
struct census_job *census_job(const struct census *c, const char *id);
struct census_task *census_task(const struct census_job *job, uint64_t no);
struct census_slot *census_slot(const struct census *c, const char *name);
struct census_member *census_member(const struct census *c, enum census_role role, const char *id);

/* How many of them are present. */
size_t census_present(const struct census *c, enum census_role role);

/* --- repairs: repair.c ------------------------------------------------------------------------ */

/* Each looks for itself, in the step in which it mends, whether it is still needed. did gets what
 * was done, in words. DTQ_NONE: nothing was wrong (any more). */
enum { REPAIR_TEXT = 200 };

/* A task is to be in one place: one that is nowhere becomes ready, copies beyond the first go, and
 * what is no task goes. */
enum dtq_err repair_task(struct queue *q, const struct census *c, const char *job, uint64_t no,
                         const char *by, char did[REPAIR_TEXT], struct dtq_why *why);

/* What a slot holds goes back if nobody answers for it. */
enum dtq_err repair_slot(struct queue *q, const char *slot, const char *by, char did[REPAIR_TEXT],
                         struct dtq_why *why);

/* A job that no master would ever hear of again is told of anew; one that lost tasks fails; what is
 * left of one that is gone goes. entry: the one in the stream that was found, "" for none. */
enum dtq_err repair_job(struct queue *q, const char *job, const char *entry, const char *by,
                        char did[REPAIR_TEXT], struct dtq_why *why);

/* A server that was started again with the end of its log of commands missing may have left half of
 * a transaction in it, and carries that out at its next start (Redis 7.0 does): the log is written
 * anew. Only within a minute of its start; refusals are no error. */
enum dtq_err repair_log(struct queue *q, struct dtq_why *why);

/* What is left of a worker or master that is gone goes. */
enum dtq_err repair_member(struct queue *q, enum census_role role, const char *id, const char *by,
                           char did[REPAIR_TEXT], struct dtq_why *why);

#endif
