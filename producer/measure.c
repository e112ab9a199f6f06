/* measure.c: `dtq speedup`: one training with several numbers of workers, on private systems of its
 * own, one after the other, and the picture of it. */
#include "producer/measure.h"

#include "producer/command.h"
#include "producer/describe.h"
#include "producer/interrupt.h"
#include "producer/nest.h"
#include "producer/order.h"
#include "producer/outdir.h"
#include "producer/plot.h"
#include "producer/speedup.h"
#include "producer/submit.h"
#include "producer/wait.h"

#include "common/clock.h"
#include "common/parse.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LISTED_MAX = 16, WORKERS_MAX = 256 };

struct measure {
    struct app app; /* as the commands would have it */
    struct outdir out;
    struct order order;
    unsigned workers[LISTED_MAX];
    size_t worker_count;
    char modes[SPEEDUP_SERIES][SPEEDUP_MODE_MAX + 1];
    size_t mode_count;
    char prefix[ID_MAX + 1]; /* of the ids of all jobs */
    struct speedup table;
};

/* Cuts a list at its commas; the next word, or NULL. */
static char *next_word(char **rest)
{
    return *rest ? strsep(rest, ",") : NULL;
}

static enum dtq_err read_workers(struct measure *m, const char *text, struct dtq_why *why)
{
    char *copy = strdup(text), *rest = copy, shown[PARSE_SHOWN];
    enum dtq_err err = copy ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for --workers");

    for (char *word; err == DTQ_OK && (word = next_word(&rest));) {
        long long number = 0;

        if (!parse_int(word, &number) || number < 1 || number > WORKERS_MAX)
            err = err_set(why, DTQ_INPUT,
                          "--workers %s: \"%s\" is no number from 1 to %d; give a list as in "
                          "--workers 1,2,4",
                          text, parse_shown(word, shown), WORKERS_MAX);
        else if (m->worker_count == LISTED_MAX)
            err = err_set(why, DTQ_INPUT, "--workers names more than %d numbers", LISTED_MAX);
        else
            m->workers[m->worker_count++] = (unsigned)number;
    }
    free(copy);
    return err;
}

/* The modes of --modes; else the one of the fields, when it was given; else sync and async. */
static enum dtq_err read_modes(struct measure *m, bool given, struct dtq_why *why)
{
    const char *text = m->app.modes ? m->app.modes
                       : given      ? fields_text(m->order.params, "mode", "sync")
                                    : "sync,async";
    char *copy = strdup(text), *rest = copy;
    enum dtq_err err = copy ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for --modes");

    if (err == DTQ_OK && given && m->app.modes)
        err = err_set(why, DTQ_INPUT, "mode= and --modes are both given; leave one of them away");
    for (char *word; err == DTQ_OK && (word = next_word(&rest));) {
        cJSON *params = cJSON_Duplicate(m->order.params, true);

        if (m->mode_count == SPEEDUP_SERIES || strlen(word) > SPEEDUP_MODE_MAX) {
            err = err_set(why, DTQ_INPUT, "--modes %.60s: expected a list as in sync,async", text);
        } else {
            snprintf(m->modes[m->mode_count++], sizeof *m->modes, "%s", word);
            cJSON_ReplaceItemInObjectCaseSensitive(params, "mode", cJSON_CreateString(word));
            err = job_check(m->order.type, params, why);
        }
        cJSON_Delete(params);
    }
    free(copy);
    return err;
}

/* Whether the words give this field. */
static bool gives(const char *const *words, int count, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < count; i++)
        for (const char *at = words[i]; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
            if (!strncasecmp(at, name, len) && at[len] == '=') return true;
    return false;
}

static enum dtq_err read_all(struct measure *m, const char *const *words, int count,
                             struct dtq_why *why)
{
    time_t now = time(NULL);
    struct tm tm;
    enum dtq_err err = outdir_choose(m->app.out, &m->out, why);

    if (err == DTQ_OK) err = outdir_make(&m->out, why);
    if (err == DTQ_OK && gives(words, count, "jobId"))
        err = err_set(why, DTQ_INPUT,
                      "a measurement is many jobs and names them itself; leave "
                      "jobId away");
    if (err == DTQ_OK) err = order_read(job_find("train"), words, (size_t)count, &m->order, why);
    if (err == DTQ_OK)
        err = read_workers(m, m->app.worker_list ? m->app.worker_list : "1,2,4", why);
    if (err == DTQ_OK) err = read_modes(m, gives(words, count, "mode"), why);
    gmtime_r(&now, &tm);
    strftime(m->prefix, sizeof m->prefix, "speedup-%Y%m%dT%H%M%SZ", &tm);
    return err;
}

/* One job to its end. The caller clears *job. */
static enum dtq_err run_job(struct measure *m, struct queue *q, const char *mode, const char *name,
                            struct queue_job *job, struct dtq_why *why)
{
    struct awaited submitted;
    enum dtq_err err;

    free(m->order.job_id);
    m->order.job_id = strdup(name);
    if (!m->order.job_id) return err_set(why, DTQ_NOMEM, "out of memory for a job id");
    cJSON_ReplaceItemInObjectCaseSensitive(m->order.params, "mode", cJSON_CreateString(mode));
    err = submit_order(&m->app, q, &m->order, &submitted, why);
    if (err == DTQ_OK) err = wait_job(&m->app, q, &submitted, job, why);
    if (err == DTQ_OK && strcmp(job->state, "completed"))
        err = err_set(why, DTQ_IO, "the training %s: %s", job->state, job->error);
    return err;
}

/* Of this machine, as far as this process may use them. */
static unsigned count_cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 0;
}

static enum dtq_err log_run(struct measure *m, const struct queue_job *job, unsigned workers,
                            const char *mode, struct dtq_why *why)
{
    cJSON *params = cJSON_Parse(job->params), *report = cJSON_Parse(job->report);
    char path[OUTDIR_MAX], stamp[25], digest[DESCRIBE_DIGEST_MAX], words[DESCRIBE_MAX];
    struct speedup_row run = {.stamp = stamp,
                              .job_id = job->id,
                              .mode = mode,
                              .workers = workers,
                              .wall_ms = (double)queue_job_wall_ms(job),
                              .params = digest,
                              .words = words,
                              .cores = count_cores()};
    struct describe d;
    enum dtq_err err;

    if (run.wall_ms < 1) run.wall_ms = 1; /* Redis' clock tells milliseconds */
    describe_training(params, &d);
    d.parts[DESCRIBE_MODE][0] = '\0'; /* has a column of its own */
    describe_join(&d, 0, DESCRIBE_PARTS, words);
    describe_digest(params, report, digest);
    clock_stamp(stamp, job->finished_ms);
    outdir_path(&m->out, path, "logs/speedup.csv");
    err = speedup_log(path, &run, why);
    if (err == DTQ_OK) err = speedup_add(&m->table, &run, why);
    cJSON_Delete(params);
    cJSON_Delete(report);
    return err;
}

/* All runs on one system. The first run of a mode there counts for nothing: files are read in it.
 */
static enum dtq_err run_all(struct measure *m, struct queue *q, unsigned workers,
                            struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (long long i = 0; err == DTQ_OK && i <= m->app.repeat; i++)
        for (size_t mode = 0; err == DTQ_OK && mode < m->mode_count; mode++) {
            struct queue_job job = {0};
            char name[ID_MAX + 16];

            snprintf(name, sizeof name, "%.30s-%.12s-%u-%lld", m->prefix, m->modes[mode], workers,
                     i);
            err = run_job(m, q, m->modes[mode], name, &job, why);
            if (err == DTQ_OK && i) err = log_run(m, &job, workers, m->modes[mode], why);
            queue_job_clear(&job);
        }
    return err;
}

/* A system of its own for each number of workers: nobody idles beside those who work. */
static enum dtq_err measure(struct measure *m, unsigned workers, struct dtq_why *why)
{
    struct nest nest = {0};
    struct queue *q = NULL;
    enum dtq_err err = nest_open(&nest, workers, m->app.data_dir ? m->app.data_dir : ".", why);

    if (err == DTQ_OK) {
        m->app.program.redis = nest.url;
        err = app_connect_new(&m->app, &q, why);
    }
    if (err == DTQ_OK) err = run_all(m, q, workers, why);
    queue_free(q);
    interrupt_wakes(-1);
    nest_close(&nest, false);
    return err;
}

static size_t place(const struct speedup *s, unsigned workers)
{
    size_t at = 0;

    while (s->counts[at] != workers)
        at++;
    return at;
}

/* A line for each mode with so many workers. */
static void tell(const struct measure *m, unsigned workers)
{
    for (size_t i = 0; i < m->table.series_count; i++) {
        size_t at = place(&m->table, workers);
        struct speedup_span wall = speedup_wall(&m->table, i, at);
        struct speedup_span factor = speedup_factor(&m->table, i, at);
        char speedup[24] = "-";

        if (factor.runs) snprintf(speedup, sizeof speedup, "%.2f", factor.median);
        printf("%7u  %-8s  %10.0f  %10.0f  %10.0f  %7s\n", workers, m->table.series[i].mode,
               wall.median, wall.least, wall.most, speedup);
    }
    fflush(stdout);
}

static cJSON *to_json(const struct measure *m, cJSON *files)
{
    const struct speedup *s = &m->table;
    cJSON *value = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(value, "runs");

    for (size_t i = 0; i < s->series_count; i++)
        for (size_t at = 0; at < s->count_count; at++) {
            struct speedup_span wall = speedup_wall(s, i, at);
            cJSON *row = cJSON_CreateObject();

            cJSON_AddStringToObject(row, "mode", s->series[i].mode);
            cJSON_AddNumberToObject(row, "workers", s->counts[at]);
            cJSON_AddNumberToObject(row, "runs", (double)wall.runs);
            cJSON_AddNumberToObject(row, "wallMs", wall.median);
            cJSON_AddNumberToObject(row, "leastMs", wall.least);
            cJSON_AddNumberToObject(row, "mostMs", wall.most);
            if (speedup_factor(s, i, at).runs)
                cJSON_AddNumberToObject(row, "speedup", speedup_factor(s, i, at).median);
            cJSON_AddItemToArray(rows, row);
        }
    cJSON_AddStringToObject(value, "only", m->prefix);
    cJSON_AddItemToObject(value, "files", files);
    return value;
}

enum dtq_err measure_training(const struct app *app, const char *const *words, int count,
                              bool table, cJSON **value, struct dtq_why *why)
{
    struct measure m = {.app = *app};
    cJSON *files = cJSON_CreateArray();
    enum dtq_err err = read_all(&m, words, count, why);

    m.app.timeout_s = -1;
    m.app.program.queue = PROGRAM_QUEUE;
    unsetenv("DTQ_REDIS_PASSWORD_FILE"); /* a private server has no password, and refuses one */
    if (err == DTQ_OK && table)
        printf("%7s  %-8s  %10s  %10s  %10s  %7s\n", "workers", "mode", "median ms", "least ms",
               "most ms", "speedup");
    for (size_t i = 0; err == DTQ_OK && i < m.worker_count; i++) {
        err = measure(&m, m.workers[i], why);
        if (err == DTQ_OK && table) tell(&m, m.workers[i]);
    }
    if (err == DTQ_OK) err = plot_speedup(&m.app, &m.out, m.prefix, files, why);
    if (err == DTQ_OK) {
        *value = to_json(&m, files);
        files = NULL;
    }
    cJSON_Delete(files);
    order_clear(&m.order);
    speedup_clear(&m.table);
    return err;
}

int command_speedup(const struct app *app, int count, const char *const *words)
{
    struct dtq_why why;
    cJSON *value = NULL;
    const cJSON *item;
    enum dtq_err err = measure_training(app, words, count, !app->program.json, &value, &why);

    if (err == DTQ_OK && app->program.json) {
        err = app_print_json(value, &why);
    } else if (err == DTQ_OK) {
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(value, "files")) puts(item->valuestring);
        app_note(app, "these runs are drawn again by: %s plot --only %s", app->name,
                 fields_text(value, "only", ""));
    }
    cJSON_Delete(value);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
