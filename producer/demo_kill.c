/* demo_kill.c: kills a worker in the middle of a job. */
#include "producer/demo_kill.h"

#include "common/clock.h"
#include "common/fields.h"
#include "producer/interrupt.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 3,
    LOOK_MS = 10,
    UNDER_WAY = 20,   /* tasks done: the job is well under way */
    HAND_FILLS = 50,  /* tasks the others do while a stopped worker gets one */
    STOPPED_MS = 400, /* when they do no more: then they wait for the one it has */
    BACK_MS = 15000,  /* for its successor */
};

/* The process of a worker; 0 when there is none of that name. */
static pid_t worker_pid(struct queue *q, const char *worker)
{
    struct dtq_why why;
    cJSON *workers = NULL;
    const cJSON *row;
    pid_t pid = 0;

    if (queue_workers(q, &workers, &why) != DTQ_OK) return 0;
    cJSON_ArrayForEach(row, workers)
    {
        if (!strcmp(fields_text(row, "worker", ""), worker))
            pid = (pid_t)fields_real(row, "pid", 0);
    }
    cJSON_Delete(workers);
    return pid;
}

/* Tasks of the job that were taken from slots of the worker since the cursor. */
static int taken_back(struct queue *q, struct queue_cursor *at, const char *job_id,
                      const char *worker)
{
    struct dtq_why why;
    size_t len = strlen(worker);
    cJSON *events = NULL;
    int tasks = 0;

    while (queue_events(q, at, 0, &events, &why) == DTQ_OK) {
        const cJSON *event;

        cJSON_ArrayForEach(event, events)
        {
            const char *slot = fields_text(event, "slot", "");

            if (!strcmp(fields_text(event, "event", ""), "reclaimed") &&
                !strcmp(fields_text(event, "job", ""), job_id) && !strncmp(slot, worker, len) &&
                slot[len] == '.')
                tasks += atoi(fields_text(event, "tasks", "0"));
        }
        cJSON_Delete(events);
        events = NULL;
    }
    return tasks;
}

/* Waits until so many tasks of the job are done, until_ms, or its end. *done is how many are. */
static enum dtq_err wait_done(struct queue *q, const char *job_id, uint64_t least, int64_t until_ms,
                              uint64_t *done, bool *ended, struct dtq_why *why)
{
    for (;;) {
        struct queue_job job = {0};
        enum dtq_err err = queue_job_read(q, job_id, &job, why);

        *done = job.done;
        *ended = err == DTQ_OK && queue_job_ended(&job);
        queue_job_clear(&job);
        if (interrupt_seen()) return err_set(why, DTQ_CANCELLED, "interrupted");
        if (err != DTQ_OK || *ended || *done >= least || clock_ms() >= until_ms) return err;
        interrupt_nap(LOOK_MS);
    }
}

/* A worker that waits for work is given some by Redis itself, stopped or not: after some tasks of
 * the others it has one in hand, for certain, and cannot hand it in. */
static enum dtq_err kill_one(struct queue *q, const char *job_id, const char *worker, pid_t *killed,
                             bool *ended, struct dtq_why *why)
{
    int64_t until = clock_ms() + BACK_MS;
    uint64_t done = 0;
    pid_t pid = 0;
    enum dtq_err err = wait_done(q, job_id, UNDER_WAY, until, &done, ended, why);

    while (err == DTQ_OK && !*ended && (pid = worker_pid(q, worker)) <= 0 && clock_ms() < until &&
           !interrupt_seen())
        interrupt_nap(LOOK_MS);
    if (err != DTQ_OK || *ended || pid <= 0 || kill(pid, SIGSTOP) != 0) return err;
    err = wait_done(q, job_id, done + HAND_FILLS, clock_ms() + STOPPED_MS, &done, ended, why);
    kill(pid, SIGKILL);
    *killed = pid;
    while (worker_pid(q, worker) == pid && clock_ms() < until && !interrupt_seen())
        interrupt_nap(LOOK_MS);
    return err;
}

enum dtq_err demo_kill(struct queue *q, const char *job_id, const char *worker, pid_t *killed,
                       int *tasks, struct dtq_why *why)
{
    bool ended = false;
    enum dtq_err err = DTQ_OK;

    for (int i = 0; i < TRIES && err == DTQ_OK && !ended && !*tasks; i++) {
        struct queue_cursor at;

        err = queue_events_end(q, &at, why);
        if (err == DTQ_OK) err = kill_one(q, job_id, worker, killed, &ended, why);
        if (err == DTQ_OK) *tasks = taken_back(q, &at, job_id, worker);
    }
    return err;
}
