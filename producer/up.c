/* up.c: `dtq up`, the embedded default: a private Redis, a master and workers on this machine, kept
 * running, with all state in one folder. */
#include "common/find.h"
#include "producer/command.h"
#include "producer/home.h"
#include "producer/interrupt.h"
#include "producer/paths.h"
#include "producer/roots.h"
#include "producer/supervisor.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/id.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REDIS_WAIT_MS = 120000, /* a long log of commands takes its time to load */
    JOIN_WAIT_MS = 5000,
    LOOK_MS = 20,
    PATIENCE_MS = 15000, /* a worker finishes what it is at */
    WORDS_MAX = 40,
};

/* Places of the children: stopped from the last to the first. */
enum { REDIS, MASTER, FIRST_WORKER };

struct up {
    const struct app *app;
    struct home home;
    struct roots roots;
    char redis[PATHS_MAX], master[PATHS_MAX], worker[PATHS_MAX];
    int announce; /* of find_announce */
    struct supervisor supervisor;
};

/* A command line being put together. */
struct words {
    char **list; /* WORDS_MAX + 1 */
    size_t count;
    bool failed;
};

static void words_add(struct words *w, const char *text)
{
    if (!w->list) w->list = calloc(WORDS_MAX + 1, sizeof *w->list);
    if (!w->list || w->count == WORDS_MAX || !(w->list[w->count] = strdup(text)))
        w->failed = true;
    else
        w->count++;
}

static enum dtq_err find_programs(struct up *up, struct dtq_why *why)
{
    static const char *const servers[] = {"redis-server", "valkey-server"};
    bool found = false;

    for (size_t i = 0; i < sizeof servers / sizeof *servers && !found; i++)
        found = paths_program(servers[i], up->redis, sizeof up->redis);
    if (!found)
        return err_set(why, DTQ_INPUT,
                       "redis-server is not installed; on Debian or Ubuntu: apt-get install "
                       "redis-server (valkey-server will do, too)");
    if (!paths_program("dtq-master", up->master, sizeof up->master) ||
        !paths_program("dtq-worker", up->worker, sizeof up->worker))
        return err_set(why, DTQ_INPUT,
                       "dtq-master and dtq-worker were found neither beside this "
                       "program nor in PATH; build or install them");
    return DTQ_OK;
}

static enum dtq_err add(struct up *up, const char *name, struct words *w, struct dtq_why *why)
{
    char log[PATHS_MAX];

    snprintf(log, sizeof log, "%s/logs/%s.log", up->home.dir, name);
    if (!w->failed)
        return supervisor_add(&up->supervisor, name, w->list, up->app->verbose ? NULL : log, why);
    for (size_t i = 0; i < w->count; i++)
        free(w->list[i]);
    free(w->list);
    return err_set(why, DTQ_NOMEM, "out of memory for %s", name);
}

static enum dtq_err add_redis(struct up *up, struct dtq_why *why)
{
    const char *const settings[] = {up->redis,
                                    "--port",
                                    "0",
                                    "--unixsocket",
                                    up->home.socket,
                                    "--unixsocketperm",
                                    "700",
                                    "--dir",
                                    up->home.dir,
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "everysec",
                                    "--maxmemory-policy",
                                    "noeviction",
                                    "--save",
                                    ""};
    struct words w = {0};
    enum dtq_err err;

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        words_add(&w, settings[i]);
    err = add(up, "redis", &w, why);
    if (err != DTQ_OK) return err;
    up->supervisor.children[REDIS].inherited_fd = up->home.lock;
    up->supervisor.children[REDIS].orphan_signal = SIGTERM;
    return DTQ_OK;
}

static void add_server(const struct up *up, struct words *w)
{
    const char *const settings[] = {"--redis", up->home.url, "--queue", up->app->program.queue};

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        words_add(w, settings[i]);
}

static enum dtq_err add_master(struct up *up, struct dtq_why *why)
{
    struct words w = {0};

    words_add(&w, up->master);
    add_server(up, &w);
    words_add(&w, "--id");
    words_add(&w, "m1");
    return add(up, "m1", &w, why);
}

static enum dtq_err add_worker(struct up *up, long long number, struct dtq_why *why)
{
    struct words w = {0};
    char name[24], slots[24], bytes[24];

    snprintf(name, sizeof name, "w%lld", number);
    snprintf(slots, sizeof slots, "%lld", up->app->slots);
    words_add(&w, up->worker);
    words_add(&w, name);
    words_add(&w, slots);
    add_server(up, &w);
    for (size_t i = 0; i < up->roots.count; i++) {
        words_add(&w, "--data-dir");
        words_add(&w, up->roots.paths[i]);
    }
    if (up->app->cache_dir) {
        words_add(&w, "--cache-dir");
        words_add(&w, up->app->cache_dir);
    }
    if (up->app->cache_bytes) {
        snprintf(bytes, sizeof bytes, "%" PRIu64, up->app->cache_bytes);
        words_add(&w, "--cache-size");
        words_add(&w, bytes);
    }
    return add(up, name, &w, why);
}

static bool asked_to_stop(const struct up *up)
{
    return up->supervisor.stops > 0 || interrupt_seen();
}

/* Until Redis answers. DTQ_CANCELLED: asked to stop. */
static enum dtq_err wait_redis(struct up *up, struct dtq_why *why)
{
    int64_t until = clock_ms() + REDIS_WAIT_MS;
    struct queue *q = NULL;
    enum dtq_err err = queue_new(up->home.url, up->app->program.queue, &q, why);

    while (err == DTQ_OK) {
        supervisor_step(&up->supervisor, LOOK_MS);
        err = queue_connect(q, why);
        if (err != DTQ_CONN) break;
        err = DTQ_OK;
        if (asked_to_stop(up))
            err = err_set(why, DTQ_CANCELLED, "interrupted");
        else if (up->supervisor.children[REDIS].deaths >= 3 || clock_ms() > until)
            err = err_set(why, DTQ_IO, "redis-server does not come up; see %s/logs/redis.log",
                          up->home.dir);
    }
    queue_free(q);
    return err;
}

static bool is_member(const cJSON *list, pid_t pid)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, list)
    {
        if (pid && cJSON_GetNumberValue(cJSON_GetObjectItem(row, "pid")) == (double)pid)
            return true;
    }
    return false;
}

/* Whether master and workers have registered: these ones, not those of an earlier time. */
static bool all_joined(const struct up *up, struct queue *q)
{
    const struct supervisor *s = &up->supervisor;
    struct dtq_why why;
    cJSON *workers = NULL, *masters = NULL;
    bool all = queue_workers(q, &workers, &why) == DTQ_OK &&
               queue_masters(q, &masters, &why) == DTQ_OK;

    for (size_t i = MASTER; i < s->count && all; i++)
        all = is_member(i == MASTER ? masters : workers, s->children[i].pid);
    cJSON_Delete(workers);
    cJSON_Delete(masters);
    return all;
}

/* So that whoever reads the URL finds everybody at work. Not for ever: one that cannot start is
 * told of by the supervisor, time and again. */
static void wait_joined(struct up *up)
{
    int64_t until = clock_ms() + JOIN_WAIT_MS;
    struct dtq_why why;
    struct queue *q = NULL;

    if (queue_new(up->home.url, up->app->program.queue, &q, &why) != DTQ_OK) return;
    queue_connect(q, &why);
    while (queue_connected(q) && !all_joined(up, q) && clock_ms() < until && !asked_to_stop(up))
        supervisor_step(&up->supervisor, LOOK_MS);
    queue_free(q);
}

static enum dtq_err start_all(struct up *up, struct dtq_why *why)
{
    enum dtq_err err = supervisor_init(&up->supervisor, up->app, why);

    if (err == DTQ_OK) err = add_redis(up, why);
    if (err == DTQ_OK) err = wait_redis(up, why);
    if (err == DTQ_OK) err = add_master(up, why);
    for (long long i = 1; err == DTQ_OK && i <= up->app->workers; i++)
        err = add_worker(up, i, why);
    if (err != DTQ_OK) return err;
    wait_joined(up);
    return find_announce(up->home.url, &up->announce, why);
}

/* In this order nobody loses what it talks to. */
static void stop_all(struct up *up)
{
    struct supervisor *s = &up->supervisor;

    find_withdraw(up->announce);
    supervisor_stop(s, FIRST_WORKER, s->count, PATIENCE_MS);
    supervisor_stop(s, MASTER, FIRST_WORKER, PATIENCE_MS);
    supervisor_stop(s, REDIS, MASTER, PATIENCE_MS);
}

static void tell_roots(const struct up *up)
{
    struct buf text = {0};

    for (size_t i = 0; i < up->roots.count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", up->roots.paths[i]);
    if (!text.failed && text.data)
        app_note(up->app, "files of data are looked up below %s", text.data);
    buf_clear(&text);
}

static enum dtq_err tell_start(const struct up *up, struct dtq_why *why)
{
    const struct app *app = up->app;
    cJSON *value, *roots;
    enum dtq_err err;

    app_note(app, "Redis, a master and %lld worker%s run on queue %s; Ctrl-C stops them.",
             app->workers, app->workers == 1 ? "" : "s", app->program.queue);
    tell_roots(up);
    app_note(app, "state and logs lie in %s; other dtq commands find it by themselves, or with",
             up->home.dir);
    if (!app->program.json) {
        printf("%s\n", up->home.url);
        fflush(stdout);
        return DTQ_OK;
    }
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "url", up->home.url);
    cJSON_AddStringToObject(value, "queue", app->program.queue);
    cJSON_AddStringToObject(value, "dir", up->home.dir);
    cJSON_AddNumberToObject(value, "pid", (double)getpid());
    cJSON_AddNumberToObject(value, "workers", (double)app->workers);
    roots = cJSON_AddArrayToObject(value, "dataRoots");
    for (size_t i = 0; i < up->roots.count; i++)
        cJSON_AddItemToArray(roots, cJSON_CreateString(up->roots.paths[i]));
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

int command_up(const struct app *app, int count, const char *const *words)
{
    struct up up = {.app = app, .home.lock = -1, .announce = -1, .supervisor.signal_fd = -1};
    struct dtq_why why;
    enum dtq_err err = id_check("queue name", app->program.queue, &why);

    (void)count;
    (void)words;
    unsetenv("DTQ_REDIS_PASSWORD_FILE"); /* a private server has no password, and refuses one */
    if (err == DTQ_OK) err = roots_find(&up.roots, app->data_dir, &why);
    if (err == DTQ_OK) err = find_programs(&up, &why);
    if (err == DTQ_OK) err = home_open(&up.home, app, &why);
    if (err == DTQ_OK) err = start_all(&up, &why);
    if (err == DTQ_OK) err = tell_start(&up, &why);
    while (err == DTQ_OK && !asked_to_stop(&up))
        supervisor_step(&up.supervisor, 3600000);
    if (up.supervisor.count) {
        if (err == DTQ_OK) app_note(app, "stopping workers, master and Redis");
        stop_all(&up);
        if (err == DTQ_OK) app_note(app, "stopped; the next `dtq up` goes on from %s", up.home.dir);
    }
    supervisor_clear(&up.supervisor);
    roots_clear(&up.roots);
    home_close(&up.home);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
