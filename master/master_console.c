/* master_console.c: the commands of a master's console. They look at the queue, as those of any
 * other master would; the loop of this one is not asked. */
#include "master/master_console.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/show/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_SHOWN = 50, JOBS_LOOKED_AT = 1000 };

/* Calls show for the jobs of the queue, at most `most` of them. */
static enum dtq_err each_job(struct queue *q, size_t most,
                             void (*show)(void *to, const struct queue_job *job), void *to,
                             struct dtq_why *why)
{
    char(*ids)[ID_MAX + 1] = NULL;
    size_t count = 0;
    enum dtq_err err = queue_job_ids(q, most, &ids, &count, why);

    for (size_t i = 0; err == DTQ_OK && i < count; i++) {
        struct queue_job job = {0};

        err = queue_job_read(q, ids[i], &job, why);
        if (err == DTQ_OK) show(to, &job);
        if (err == DTQ_JOB_GONE) err = DTQ_OK; /* it expired since */
        queue_job_clear(&job);
    }
    free(ids);
    return err;
}

static void show_job(void *to, const struct queue_job *job)
{
    render_jobs_add(to, job);
}

static enum dtq_err run_jobs(void *ctx, struct queue *q, size_t count, char *const *words,
                             struct buf *out, struct dtq_why *why)
{
    const struct screen screen = screen_of(stdout);
    struct table t;
    enum dtq_err err;

    (void)ctx;
    (void)count;
    (void)words;
    render_jobs_init(&t);
    err = each_job(q, JOBS_SHOWN, show_job, &t, why);
    if (err == DTQ_OK) table_draw(&t, &screen, out);
    table_clear(&t);
    return err;
}

static enum dtq_err run_list(void *ctx, struct queue *q, size_t count, char *const *words,
                             struct buf *out, struct dtq_why *why)
{
    const struct screen screen = screen_of(stdout);
    cJSON *workers = NULL, *masters = NULL, *producers = NULL;
    enum dtq_err err = queue_workers(q, &workers, why);

    (void)ctx;
    (void)count;
    (void)words;
    if (err == DTQ_OK) err = queue_masters(q, &masters, why);
    if (err == DTQ_OK) err = queue_producers(q, &producers, why);
    if (err == DTQ_OK) render_ages(workers, masters, producers, &screen, out);
    cJSON_Delete(workers);
    cJSON_Delete(masters);
    cJSON_Delete(producers);
    return err;
}

static enum dtq_err run_info(void *ctx, struct queue *q, size_t count, char *const *words,
                             struct buf *out, struct dtq_why *why)
{
    const struct master_console *about = ctx;
    cJSON *server = NULL;
    enum dtq_err err = queue_server(q, &server, why);

    (void)count;
    (void)words;
    if (err != DTQ_OK) return err;
    buf_printf(out, "master   %s, process %d on %s, version " DTQ_VERSION ", up ", about->name,
               about->pid, about->host);
    render_duration(clock_ms() - about->started_ms, out);
    buf_printf(out, "\nqueue    %s\nredis    %s, version %s, up ", queue_name(q), queue_where(q),
               fields_text(server, "redis_version", "?"));
    render_duration(strtoll(fields_text(server, "uptime_in_seconds", "0"), NULL, 10) * 1000, out);
    buf_printf(out, "\n         %s clients, %s of memory, append-only file %s\n",
               fields_text(server, "connected_clients", "?"),
               fields_text(server, "used_memory_human", "?"),
               strcmp(fields_text(server, "aof_enabled", "0"), "0") ? "on" : "off");
    cJSON_Delete(server);
    return DTQ_OK;
}

static void show_running(void *to, const struct queue_job *job)
{
    if (!queue_job_ended(job)) render_running(job, to);
}

static enum dtq_err run_workers(void *ctx, struct queue *q, size_t count, char *const *words,
                                struct buf *out, struct dtq_why *why)
{
    const struct screen screen = screen_of(stdout);
    bool verbose = count > 0;
    uint64_t ready = 0;
    cJSON *workers = NULL;
    enum dtq_err err;

    (void)ctx;
    if (verbose && strcmp(words[0], "verbose"))
        return err_set(why, DTQ_INPUT, "workers takes nothing, or the word verbose: workers %s",
                       "[verbose]");
    err = each_job(q, JOBS_LOOKED_AT, show_running, out, why);
    if (err == DTQ_OK) err = queue_ready(q, &ready, why);
    if (err == DTQ_OK) err = queue_workers(q, &workers, why);
    if (err == DTQ_OK) err = queue_holds(q, workers, why);
    if (err == DTQ_OK) {
        buf_printf(out, "%llu task%s ready and wait%s for a worker\n", (unsigned long long)ready,
                   ready == 1 ? " is" : "s are", ready == 1 ? "s" : "");
        render_workers(workers, verbose, &screen, out);
    }
    cJSON_Delete(workers);
    return err;
}

enum dtq_err master_console_new(const struct queue *q, const struct master_console *about,
                                struct desk **out, struct dtq_why *why)
{
    static const struct desk_command commands[] = {
        {"jobs", "", "the jobs, their states and producers", 0, run_jobs},
        {"list", "", "masters, workers and producers, when seen last and how long they count", 0,
         run_list},
        {"info", "", "addresses, Redis, version, uptime", 0, run_info},
        {"workers", "[verbose]", "running jobs, and what each worker has done and is at", 1,
         run_workers},
    };
    const struct desk_spec spec = {.program = "dtq-master",
                                   .kind = "master",
                                   .id = about->name,
                                   .queue = q,
                                   .commands = commands,
                                   .count = sizeof commands / sizeof *commands,
                                   .ctx = (void *)about};

    return desk_new(&spec, out, why);
}
