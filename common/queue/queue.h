/* queue.h: the only door to Redis. Every call is one transition of docs/PROTOCOL.md or one look at
 * the data. A call that returns DTQ_CONN has closed its connection: what it asked for may or may
 * not have happened; call queue_connect and say it again (every transition is safe to repeat). A
 * struct queue is one connection: one thread at a time; blocking calls want one of their own. */
#ifndef DTQ_QUEUE_H
#define DTQ_QUEUE_H

#include "common/buf.h"
#include "common/err.h"
#include "common/id.h"
#include "common/round.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;

/* --- connections ------------------------------------------------------------------------------ */

/* Checks URL and name (DTQ_INPUT); does not connect yet. */
enum dtq_err queue_new(const char *url, const char *name, struct queue **out, struct dtq_why *why);
/* Another, unconnected, to the same queue. */
enum dtq_err queue_clone(const struct queue *q, struct queue **out, struct dtq_why *why);
void queue_free(struct queue *q); /* NULL is fine */

/* Connects anew, logs in, checks the version of the data. DTQ_CONN: nobody there, or it is loading;
 * DTQ_SERVER: it refuses (password, version). */
enum dtq_err queue_connect(struct queue *q, struct dtq_why *why);
/* To be said before queue_connect by who only looks: connecting then writes nothing, and a queue
 * that is not there is as one that is empty. */
void queue_only_looks(struct queue *q);
bool queue_connected(const struct queue *q);
const char *queue_where(const struct queue *q); /* the URL without its password */
const char *queue_name(const struct queue *q);
int queue_fd(const struct queue *q); /* -1 when not connected */

/* A random name of the queue that Redis keeps: the same for all who reach it, however they spell
 * its URL. identity: in, the one that was told last, or ""; where Redis knows none (any more), that
 * becomes its name again. */
enum { QUEUE_IDENTITY = 17 };
enum dtq_err queue_identity(struct queue *q, char identity[QUEUE_IDENTITY], struct dtq_why *why);

/* --- names: names.c --------------------------------------------------------------------------- */

/* The queues that a program serves. */
struct queue_names {
    char (*rows)[ID_MAX + 1]; /* owned */
    size_t count;
    bool all; /* "*": those that there are; rows are those known so far */
};

/* "a,b,c", or "*". DTQ_INPUT: a bad name, or one given twice. */
enum dtq_err queue_names_parse(const char *text, struct queue_names *out, struct dtq_why *why);
/* Adds the queues that there are at the server and that are not among the rows yet. */
enum dtq_err queue_names_look(const char *url, struct queue_names *n, struct dtq_why *why);
/* The names of all queues at the server that q is connected to, sorted. */
enum dtq_err queue_names_read(struct queue *q, struct queue_names *out, struct dtq_why *why);
bool queue_names_have(const struct queue_names *n, const char *name);
void queue_names_clear(struct queue_names *n);

/* What tells a submission from all others, also from a former one whose id it has: its nonce. */
enum { QUEUE_NONCE = 65 };

/* --- producers: submit.c ---------------------------------------------------------------------- */

struct queue_submission {
    const char *job_id;   /* NULL: the next of this producer */
    const char *producer; /* id, may be "" */
    const char *type;
    const char *params;    /* JSON; at most QUEUE_PARAMS_MAX bytes */
    const double *weights; /* weight_count doubles to start from, or NULL */
    size_t weight_count;
    const char *former; /* NULL, or the id of a job whose checkpoint and vectors (as many of its
                           weights, best, state, trial, last, scaling, fill, classes, columns as
                           there are) this one goes on from */
    const char *former_nonce;  /* of that job's submission; NULL: whichever has the id */
    const struct round *first; /* the job's first round, at most 1,000 tasks, none with former; NULL
                                  or without a task: its master makes it */
    unsigned claim_max;
    unsigned max_attempts;   /* 0: 5 */
    unsigned max_lost;       /* 0: 5 */
    int64_t backoff_ms;      /* 0: 2000 */
    int64_t retention_ms;    /* 0: seven days */
    int64_t task_timeout_ms; /* a task that runs longer has failed; 0: no limit */
    int64_t timeout_ms;      /* a job that takes longer has failed; 0: no limit */
    char *nonce;             /* out, QUEUE_NONCE bytes: of this submission; NULL: not wanted */
};

enum { QUEUE_PARAMS_MAX = 1 << 20 };

/* Writes the job's id into job_id. DTQ_EXISTS: the given id is taken; DTQ_FULL: 100,000 jobs
 * wait; DTQ_INPUT: id or size. Reconnects and repeats by itself for a few seconds, safely. */
enum dtq_err queue_submit(struct queue *q, const struct queue_submission *s,
                          char job_id[ID_MAX + 1], struct dtq_why *why);

/* DTQ_JOB_GONE with a sentence when it has ended or is not known. */
enum dtq_err queue_cancel(struct queue *q, const char *job_id, const char *by, struct dtq_why *why);

/* All that is kept of a job that has ended goes: remove.c. DTQ_JOB_GONE, DTQ_EXISTS with a sentence
 * when it is not known, or has not ended. */
enum dtq_err queue_remove(struct queue *q, const char *job_id, const char *by, struct dtq_why *why);

/* No more tasks are handed out; those that run go on. DTQ_NONE: it was so already. */
enum dtq_err queue_pause(struct queue *q, const char *by, struct dtq_why *why);
enum dtq_err queue_resume(struct queue *q, const char *by, struct dtq_why *why);
/* No new jobs are taken until queue_resume; what is there ends. */
enum dtq_err queue_drain(struct queue *q, const char *by, struct dtq_why *why);

/* What the queue holds, one flat object of numbers and booleans: jobs (that have not ended), of
 * them waiting (for a master) and running, ready, parked, delayed, held (slots with a lease), dead,
 * slots, workers, masters, paused, draining; cJSON_Delete. */
enum dtq_err queue_stats(struct queue *q, cJSON **out, struct dtq_why *why);

/* Tasks that wait to be tried again, those that are due first, at most `most`: objects with task
 * ("J7/12"), jobId, dueMs (Redis' clock), dueInMs, attempts, maxAttempts; cJSON_Delete. */
enum dtq_err queue_retries(struct queue *q, size_t most, cJSON **out, struct dtq_why *why);

/* Dead letters, newest first: objects with id ("J7/12"), code, message, worker, attempts, lost,
 * atMs, spec, and replayable: a retry may mend what gave the task up; cJSON_Delete. */
enum dtq_err queue_dead(struct queue *q, size_t most, cJSON **out, struct dtq_why *why);
/* The job goes on with the tasks that were given up. DTQ_JOB_GONE with a sentence when it cannot.
 */
enum dtq_err queue_replay(struct queue *q, const char *job_id, const char *by, struct dtq_why *why);
/* Forgets a dead letter. DTQ_NONE: there is none. */
enum dtq_err queue_drop(struct queue *q, const char *job_id, uint64_t no, const char *by,
                        struct dtq_why *why);

/* --- looking: read.c -------------------------------------------------------------------------- */

struct queue_job {
    char id[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of its submission */
    char type[ID_MAX + 1];
    char state[16]; /* submitted running completed failed cancelled */
    char producer[ID_MAX + 1];
    char owner[ID_MAX + 1];
    char error_code[32];
    char *error;  /* owned; "" when none */
    char *params; /* owned; JSON */
    char *report; /* owned; JSON of what the type tells of the job so far, "" before there is any */
    int64_t submitted_ms, started_ms, finished_ms; /* Redis' clock; 0: not yet */
    int64_t now_ms;                                /* Redis' clock at the look */
    uint64_t total, done, retried, reclaimed, late;
    uint64_t workers; /* that handed in a result */
    /* Its settings, or their fallbacks; a limit of 0: none. */
    uint64_t max_attempts;
    int64_t backoff_ms, task_timeout_ms, timeout_ms, retention_ms;
};

bool queue_job_ended(const struct queue_job *job);
/* Milliseconds from the submission to the end, or to the look. */
int64_t queue_job_wall_ms(const struct queue_job *job);
void queue_job_clear(struct queue_job *job);

/* DTQ_JOB_GONE with a sentence when there is no such job. The caller clears *out. */
enum dtq_err queue_job_read(struct queue *q, const char *job_id, struct queue_job *out,
                            struct dtq_why *why);

/* The same of one submission (its nonce; "": any). DTQ_JOB_GONE with a sentence also when its id is
 * that of another job now. */
enum dtq_err queue_job_of(struct queue *q, const char *job_id, const char *nonce,
                          struct queue_job *out, struct dtq_why *why);

/* Is the job still that submission? What was read of it in pieces is then all of one job. Errors as
 * above. */
enum dtq_err queue_job_still(struct queue *q, const char *job_id, const char *nonce,
                             struct dtq_why *why);

/* Ids of live jobs (oldest first) and then of ended ones (newest first), at most `most`. The array
 * and its rows are one allocation: free(*out). */
enum dtq_err queue_job_ids(struct queue *q, size_t most, char (**out)[ID_MAX + 1], size_t *count,
                           struct dtq_why *why);

/* Array of one object an epoch, as the job type wrote them and with "atMs", when it was committed;
 * cJSON_Delete. */
enum dtq_err queue_epochs(struct queue *q, const char *job_id, cJSON **out, struct dtq_why *why);

/* count doubles; *out NULL and count 0 when the job has none. free(*out). */
enum dtq_err queue_weights(struct queue *q, const char *job_id, double **out, size_t *count,
                           struct dtq_why *why);

/* The weights that an epoch (from 1) left; *out NULL and count 0 when they are not kept: of a long
 * training only the newest that fit 64 MiB are. free(*out). */
enum dtq_err queue_history(struct queue *q, const char *job_id, uint64_t epoch, double **out,
                           size_t *count, struct dtq_why *why);

/* All that queue_history reads of a job goes: of a prediction, whose pages lie there, when they
 * have been fetched. */
enum dtq_err queue_history_drop(struct queue *q, const char *job_id, struct dtq_why *why);

/* Array of one object a worker: its hash, with "worker" and "aliveMs" (time until it counts as
 * gone), in the order of their ids, w2 before w10; cJSON_Delete. */
enum dtq_err queue_workers(struct queue *q, cJSON **out, struct dtq_why *why);
/* The same of masters, with "master". */
enum dtq_err queue_masters(struct queue *q, cJSON **out, struct dtq_why *why);

/* How many of such rows are of members that are present, not only listed. */
size_t queue_living(const cJSON *members);

/* Adds to the row of each worker that has tasks in hand "holds": an object for each busy slot, with
 * "slot", "task" (the first one), "tasks" (how many) and "ageMs" (since they were claimed). */
enum dtq_err queue_holds(struct queue *q, cJSON *workers, struct dtq_why *why);

/* Place in the event stream. */
struct queue_cursor {
    char id[48];
};

/* The end of the stream: only what happens from now on. */
enum dtq_err queue_events_end(struct queue *q, struct queue_cursor *out, struct dtq_why *why);

/* The events after the cursor, waiting at most wait_ms for the first; the cursor moves behind them.
 * Array of flat objects of texts, each with "id" and "atMs"; DTQ_NONE when the time is up. */
enum dtq_err queue_events(struct queue *q, struct queue_cursor *cursor, int64_t wait_ms,
                          cJSON **out, struct dtq_why *why);

/* The same for who wants to know what was trimmed away before it could be read: *missed events
 * between the cursor and the first of these; -1: perhaps some, but the server does not count. */
struct queue_follower {
    struct queue_cursor at;
    int64_t passed; /* how many events there were up to here, and 1; 0: not known (yet) */
};
enum dtq_err queue_events_follow(struct queue *q, struct queue_follower *f, int64_t wait_ms,
                                 cJSON **out, int64_t *missed, struct dtq_why *why);

/* A word to all consoles: an event "chat" with "from" and "text" (at most QUEUE_CHAT_MAX bytes). */
enum { QUEUE_CHAT_MAX = 4096 };
enum dtq_err queue_chat(struct queue *q, const char *from, const char *text, struct dtq_why *why);

/* --- consoles: attend.c ----------------------------------------------------------------------- */

/* The console of a producer is there, or leaves; told (may be NULL): the newest event that it has
 * told its user of. *before (may be NULL) is what was kept until now, with an empty id when nothing
 * was. To be called every few seconds. */
enum dtq_err queue_attend(struct queue *q, const char *producer, bool there,
                          const struct queue_cursor *told, struct queue_cursor *before,
                          struct dtq_why *why);

/* Array of one object a producer that ever submitted a job or has a console: "producer", "jobs"
 * (how many it submitted), and "ageMs" (since its console's last sign of life) when it has one. */
enum dtq_err queue_producers(struct queue *q, cJSON **out, struct dtq_why *why);

/* How many tasks lie in the ready list. */
enum dtq_err queue_ready(struct queue *q, uint64_t *count, struct dtq_why *why);

/* What the server tells of itself (INFO), a flat object of texts. */
enum dtq_err queue_server(struct queue *q, cJSON **out, struct dtq_why *why);

/* --- workers: work.c -------------------------------------------------------------------------- */

/* A process that registered under an id. */
struct queue_member {
    char id[ID_MAX + 1];
    char nonce[17];
    char host[65];
    int pid;
    unsigned slots;    /* 0 for a master */
    unsigned replicas; /* of a master: that must have a commit before it counts */
    int64_t lease_ms;
};

/* Who has an id that was asked for. */
struct queue_rival {
    char host[65];
    int64_t pid;
    int64_t left_ms;
};

/* What workers of an id have done so far, over all restarts. */
struct queue_counts {
    uint64_t completed, failed, assigned;
};

/* DTQ_EXISTS: a living instance has the id, see *rival; replace: it is known to be dead. */
enum dtq_err queue_join(struct queue *q, const struct queue_member *m, bool replace,
                        struct queue_counts *counts, struct queue_rival *rival,
                        struct dtq_why *why);
/* Hands back all that the slots hold. */
enum dtq_err queue_leave(struct queue *q, const struct queue_member *m, const char *reason,
                         struct dtq_why *why);

struct queue_task {
    uint64_t no;
    const void *spec;
    size_t len;
};

/* What a slot holds: tasks of one job under one lease. */
struct queue_claim {
    uint64_t token; /* of the hold; when nothing is held, of the slot's last one, which each claim
                       and clear leaves there for the next; 0: it had none */
    char job[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of the job's submission */
    char type[ID_MAX + 1];
    const char *params;
    int64_t task_timeout_ms;  /* 0: no limit */
    struct queue_task *tasks; /* owned */
    size_t count;             /* 0: nothing is held */
    void *keep;               /* owned; params and specs lie in it */
};

void queue_claim_clear(struct queue_claim *claim);

/* Blocks until a task lies in the slot's held list, or wait_ms pass (DTQ_NONE). */
enum dtq_err queue_wait_ready(struct queue *q, const char *slot, int64_t wait_ms,
                              struct dtq_why *why);

/* Blocks until something is ready, and takes nothing: for one who may not run it yet. */
enum dtq_err queue_watch_ready(struct queue *q, int64_t wait_ms, struct dtq_why *why);

/* Takes the lease over what lies in the held list and tops it up: at most `most` tasks if they are
 * of the submission `known` (its nonce; "": none), else one. DTQ_NONE; DTQ_UNKNOWN_WORKER: join
 * again. *out is cleared first. */
enum dtq_err queue_claim(struct queue *q, const struct queue_member *m, const char *slot,
                         const char *known, unsigned most, struct queue_claim *out,
                         struct dtq_why *why);

/* Both in one round trip: the claim follows the wait, also when that timed out, and Redis carries
 * it out as soon as it has moved the task. */
enum dtq_err queue_wait_claim(struct queue *q, const struct queue_member *m, const char *slot,
                              const char *known, unsigned most, int64_t wait_ms,
                              struct queue_claim *out, struct dtq_why *why);

enum queue_outcome { QUEUE_DONE, QUEUE_RETRY, QUEUE_FATAL };

struct queue_result {
    uint64_t no;
    enum queue_outcome outcome;
    const void *data; /* the result, or the error's sentence */
    size_t len;
    const char *code; /* of an error */
    int64_t run_us;
    const char *helpers; /* other workers that helped, divided by blanks; NULL: nobody did */
};

/* What one slot hands in, and what it has then. */
struct queue_hand_in {
    const char *slot;
    const struct queue_claim *held;
    const struct queue_result *results;
    size_t count;
    unsigned most;
    struct queue_claim *next; /* out */
    enum dtq_err answer;      /* out: DTQ_OK, DTQ_LEASE_LOST, DTQ_JOB_GONE */
};

/* What several slots of one worker hand in, each as below, in one round trip. An error concerns all
 * of them. */
enum dtq_err queue_hand_in(struct queue *q, const struct queue_member *m,
                           struct queue_hand_in *rows, size_t count, struct dtq_why *why);

/* Hands in the results of `held` and takes what is next (at most `most` tasks; 0: nothing, leave
 * the slot empty). Tasks of `held` that are not among the results go back to the ready list.
 * DTQ_OK; DTQ_LEASE_LOST or DTQ_JOB_GONE: the results were dropped; in all three *next says what
 * is held now (count 0: nothing). DTQ_UNKNOWN_WORKER: dropped, join again. */
enum dtq_err queue_complete(struct queue *q, const struct queue_member *m, const char *slot,
                            const struct queue_claim *held, const struct queue_result *results,
                            size_t count, unsigned most, struct queue_claim *next,
                            struct dtq_why *why);

struct queue_busy {
    char slot[ID_MAX + 16];
    char job[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of the job's submission */
    uint64_t token;
    bool renew;          /* it got on since the last beat */
    enum dtq_err answer; /* out: DTQ_OK, DTQ_LEASE_LOST, DTQ_JOB_GONE */
};

/* Renews presence and leases; stats is a flat object of texts and numbers for the worker's hash, or
 * NULL. DTQ_UNKNOWN_WORKER: join again. */
enum dtq_err queue_beat(struct queue *q, const struct queue_member *m, const cJSON *stats,
                        struct queue_busy *busy, size_t count, struct dtq_why *why);

enum queue_order { QUEUE_CANCEL_JOB, QUEUE_DROP_SLOT };

/* A word to workers. */
struct queue_control {
    enum queue_order order;
    char id[ID_MAX + 16]; /* of the job that is over, or of the slot whose task another has done */
    char nonce[QUEUE_NONCE]; /* of that job's submission */
    uint64_t token;          /* of that slot's lease */
};

/* Waits at most wait_ms for the next word after the cursor. DTQ_NONE when time is up. An empty
 * cursor means "from now on". */
enum dtq_err queue_listen(struct queue *q, struct queue_cursor *cursor, int64_t wait_ms,
                          struct queue_control *out, struct dtq_why *why);

/* A vector of the job ("weights", "best" ...) and the version of all, read together. *out (owned by
 * the caller) is reallocated as needed; count 0 when there are none. */
enum dtq_err queue_weights_read(struct queue *q, const char *job_id, const char *name, double **out,
                                size_t *count, uint64_t *version, struct dtq_why *why);

/* --- masters: own.c --------------------------------------------------------------------------- */

/* Entries of the job stream, to be adopted. */
struct queue_entries {
    char (*ids)[48]; /* owned */
    size_t count;
};

void queue_entries_clear(struct queue_entries *e);

/* Presence for m->lease_ms (m->id, host and pid count); entries of masters that are gone come back,
 * and when to call again at the latest. */
enum dtq_err queue_preside(struct queue *q, const struct queue_member *m, struct queue_entries *out,
                           int64_t *next_ms, struct dtq_why *why);

/* This master leaves, or is known to be dead: its jobs may be adopted at once. DTQ_NONE: there is
 * no such master. */
enum dtq_err queue_abdicate(struct queue *q, const char *master, struct dtq_why *why);

/* What is new for this master, in two halves so that it can wait for other things as well: ask on a
 * connection of its own, poll queue_fd, then take when readable; DTQ_NONE after wait_ms. Either the
 * ring for all masters, which sets *intake: there are jobs that nobody has. Or a job of its own; an
 * empty id says that a worker has joined, whose deadlines may come before those known. One id is
 * taken; queue_wake_more then gives those that wait besides, without waiting (DTQ_NONE: no more).
 * The order says which of the two goes first when both are there. */
enum queue_wake_order { QUEUE_WAKE_FIRST, QUEUE_INTAKE_FIRST, QUEUE_WAKE_ONLY };
enum dtq_err queue_wake_ask(struct queue *q, const struct queue_member *m,
                            enum queue_wake_order order, int64_t wait_ms, struct dtq_why *why);
enum dtq_err queue_wake_take(struct queue *q, char job_id[ID_MAX + 1], bool *intake,
                             struct dtq_why *why);
enum dtq_err queue_wake_more(struct queue *q, const struct queue_member *m,
                             char (**out)[ID_MAX + 1], size_t *count, struct dtq_why *why);

/* A worker whose connection to Redis is not there any more. */
struct queue_missing {
    char worker[ID_MAX + 1];
    char client[24]; /* id of that connection */
};

/* Those among the registered workers, while any tasks are held (else none). The server must be the
 * one that the workers are connected to. free(*out). */
enum dtq_err queue_find_missing(struct queue *q, struct queue_missing **out, size_t *count,
                                struct dtq_why *why);

/* What it holds goes back at once. DTQ_UNKNOWN_WORKER: it has registered anew meanwhile. */
enum dtq_err queue_dismiss(struct queue *q, const struct queue_missing *missing,
                           struct dtq_why *why);

/* What an owner holds in hand to speak for its job. */
struct queue_ownership {
    char job[ID_MAX + 1];
    char nonce[QUEUE_NONCE]; /* of its submission */
    char master[ID_MAX + 1];
    uint64_t fence;
    uint64_t commits;
};

struct queue_adopted {
    struct queue_ownership owner;
    char type[ID_MAX + 1];
    char *params;     /* owned */
    char *checkpoint; /* owned; checkpoint_len bytes; NULL for a new job */
    size_t checkpoint_len;
    char *former; /* owned; former_len bytes: the checkpoint of the job that this one goes on from;
                     NULL: it does not */
    size_t former_len;
    unsigned slots;       /* worker slots alive */
    uint64_t total, done; /* tasks emitted, and of these folded */
    int64_t left_ms;      /* until the job's time limit; -1: it has none */
    unsigned replicas;    /* that must have a commit before it counts */
    bool unsettled;       /* a commit waits for queue_settle */
    bool quiet;           /* nothing waits to be collected */
};

void queue_adopted_clear(struct queue_adopted *a);

/* The job of an entry, or of the oldest one that no master was given (NULL; DTQ_NONE: there is
 * none). DTQ_FENCED: somebody else has it; DTQ_JOB_GONE: it has ended. */
enum dtq_err queue_adopt(struct queue *q, const struct queue_member *m, const char *entry,
                         struct queue_adopted *out, struct dtq_why *why);

/* Numbers of the tasks that are emitted and not folded. free(*out). */
enum dtq_err queue_open_tasks(struct queue *q, const char *job_id, uint64_t **out, size_t *count,
                              struct dtq_why *why);

/* Throws results away that no open task waits for. DTQ_FENCED or DTQ_JOB_GONE: the job is not ours
 * any more, and nothing is thrown away. */
enum dtq_err queue_discard(struct queue *q, const struct queue_ownership *owner,
                           const uint64_t *nos, size_t count, struct dtq_why *why);

struct queue_arrival {
    uint64_t no;
    const void *data;
    size_t len;
    char worker[ID_MAX + 1];
    int64_t run_us;
};

/* All results that wait to be folded, and whether the job is still there and to go on. */
struct queue_arrivals {
    struct queue_arrival *rows; /* owned */
    size_t count;
    bool running;
    unsigned slots;      /* worker slots alive */
    uint64_t retried;    /* how often a task of the job was delayed for a retry so far */
    char fatal_code[32]; /* "" : none; else a task was given up for this reason */
    char *fatal_message; /* owned */
    void *keep;          /* owned; results lie in it */
};

void queue_arrivals_clear(struct queue_arrivals *a);
enum dtq_err queue_collect(struct queue *q, const struct queue_ownership *owner,
                           struct queue_arrivals *out, struct dtq_why *why);

enum { QUEUE_VECTORS_MAX = 10 };

/* Numbers under `job:<id>:<name>`. */
struct queue_vector {
    char name[16];
    struct buf doubles;
};

/* One commit, being put together. Everything is copied into it. */
struct queue_commit {
    struct buf folded; /* uint64_t each */
    struct buf tasks;  /* struct queue_piece and the spec, each */
    size_t task_count;
    struct buf epochs;  /* cJSON * each, owned */
    struct buf history; /* of epochs, as tasks: struct queue_piece and the doubles, each */
    size_t history_count;
    struct queue_vector vectors[QUEUE_VECTORS_MAX];
    size_t vector_count;
    uint64_t version; /* of the vectors */
    uint64_t total;
};

void queue_commit_fold(struct queue_commit *c, uint64_t no);
void queue_commit_task(struct queue_commit *c, uint64_t no, const void *spec, size_t len);
void queue_commit_epoch(struct queue_commit *c, const cJSON *metrics);
void queue_commit_history(struct queue_commit *c, uint64_t epoch, const double *w, size_t count);
/* Vectors that are not put stay as they are. */
void queue_commit_vector(struct queue_commit *c, const char *name, const double *v, size_t count);
void queue_commit_clear(struct queue_commit *c);

/* Sends the commit; on DTQ_OK owner->commits has grown and *waiting is how many results wait by
 * now. DTQ_FENCED or DTQ_JOB_GONE: the job is not ours any more, drop it. */
enum dtq_err queue_commit(struct queue *q, struct queue_ownership *owner,
                          const struct queue_commit *c, const struct buf *checkpoint,
                          const char *report, uint64_t *waiting, struct dtq_why *why);

/* The last commit and the end of the job in one: state "completed" or "failed". */
enum dtq_err queue_finish(struct queue *q, struct queue_ownership *owner,
                          const struct queue_commit *c, const struct buf *checkpoint,
                          const char *report, const char *state, const char *code,
                          const char *message, struct dtq_why *why);

/* With m->replicas commits are careful: their tasks do not become ready, and the job does not end,
 * until replicas have the commit and queue_settle says so. */

/* Waits until so many replicas have all that was written on this connection; DTQ_NONE when fewer
 * have after wait_ms. */
enum dtq_err queue_replicated(struct queue *q, unsigned replicas, int64_t wait_ms,
                              struct dtq_why *why);
/* Lets out what the commits of this owner kept back. *ended: it was the end of the job. Errors as
 * for queue_commit. */
enum dtq_err queue_settle(struct queue *q, const struct queue_ownership *owner, bool *ended,
                          struct dtq_why *why);

/* Makes at most `most` tasks of the job that have been running for age_ms ready once more, as long
 * as slots are idle and nothing else is ready. *next_ms until one may be that old, -1: none is
 * held. DTQ_JOB_GONE. */
enum dtq_err queue_speculate(struct queue *q, const struct queue_ownership *owner, int64_t age_ms,
                             unsigned most, int64_t *next_ms, struct dtq_why *why);

/* Gives back what is due; *next_ms until more may be due, -1: nothing known. */
enum dtq_err queue_reap(struct queue *q, int64_t *next_ms, struct dtq_why *why);

#endif
