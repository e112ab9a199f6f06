/* main.c: dtq-worker, the command line. */
#include "common/console/console.h"
#include "common/fleet.h"
#include "common/log.h"
#include "common/opt.h"
#include "common/program.h"
#include "common/shipped.h"
#include "worker/cache_list.h"
#include "worker/mates.h"
#include "worker/worker.h"
#include "worker/worker_console.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLOTS_MOST = 1024,
    HANDOVER_SLOTS = 8, /* from which on they complete together */
    ROOTS_MOST = 16,
    LEASE_MS = 9000,
    GRACE_S = 5,
};

struct settings {
    struct program program;
    const char *id;
    const char *cache_dir;
    uint64_t cache_bytes; /* 0: the usual bound */
    const char *roots[ROOTS_MOST];
    char shipped[PATH_MAX]; /* the last of the usual roots */
    size_t root_count;
    long long slots, lease_ms;
    double grace;
    bool alone, health, cache, console, verbose;
};

/* What the workers of this process share: one for each queue. */
struct crew {
    const struct settings *settings;
    struct queue_member member; /* the nonce is each registration's own */
    struct tables *tables;
    struct hands *hands;
    struct turnstile *turnstile; /* NULL: there is one queue only */
    const char *team_dir;
    pthread_mutex_t lock;   /* guards what follows */
    struct worker *workers; /* owned; linked */
    struct desk *desk;      /* owned; the console, about the first queue that is served */
    int stop;               /* how often it was asked for */
};

static void usage(const struct opt *opts, size_t count, FILE *to)
{
    fputs("usage: dtq-worker [ID [SLOTS [TIMEOUT_MS]]] [options]\n\n"
          "Runs tasks of a queue until it is told to stop (SIGTERM). ID names the worker\n"
          "(default: host and process number), SLOTS is how many tasks run at the same time\n"
          "(default 1), TIMEOUT_MS is the lease: how long a task that makes no progress, or a\n"
          "worker that is silent, keeps its tasks (default 9000). --queue takes several queues\n"
          "(a,b,c), or '*' for all there are, those to come too: they take turns in the SLOTS.\n\n",
          to);
    opt_help(opts, count, to);
    fputs("\nExit status: 0 stopped, 1 cannot go on, 2 bad usage or the ID is in use.\n", to);
}

/* A whole number of a positional argument. */
static enum dtq_err read_number(const char *what, const char *text, long long least, long long most,
                                long long *out, struct dtq_why *why)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most)
        return err_set(why, DTQ_INPUT, "%s is \"%s\"; expected a whole number from %lld to %lld",
                       what, text, least, most);
    *out = value;
    return DTQ_OK;
}

/* --data-dir may be given several times, which a table of single values cannot say: its rows are
 * taken out of argv first. */
static enum dtq_err take_roots(struct settings *s, int *argc, char **argv, struct dtq_why *why)
{
    int kept = 1;

    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;
        if (strncmp(argv[i], "--data-dir=", 11) == 0)
            value = argv[i] + 11;
        else if (strcmp(argv[i], "--data-dir") == 0 && i + 1 < *argc)
            value = argv[++i];
        else
            argv[kept++] = argv[i];
        if (!value) continue;
        if (s->root_count == ROOTS_MOST)
            return err_set(why, DTQ_INPUT, "more than %d --data-dir", ROOTS_MOST);
        if (access(value, R_OK | X_OK) != 0)
            return err_set(why, DTQ_INPUT, "--data-dir %s: %s", value, strerror(errno));
        s->roots[s->root_count++] = value;
    }
    *argc = kept;
    argv[kept] = NULL;
    if (s->root_count == 0) {
        s->roots[s->root_count++] = ".";
        if (access("data", R_OK | X_OK) == 0) s->roots[s->root_count++] = "data";
        if (shipped_data(s->shipped, sizeof s->shipped)) s->roots[s->root_count++] = s->shipped;
    }
    return DTQ_OK;
}

/* argv[1..count] */
static enum dtq_err read_arguments(struct settings *s, int count, char **argv, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    if (count > 3)
        return err_set(why, DTQ_INPUT, "too many arguments, the first one too many is \"%s\"",
                       argv[4]);
    if (count > 0) s->id = argv[1];
    if (count > 1) err = read_number("SLOTS", argv[2], 1, SLOTS_MOST, &s->slots, why);
    if (count > 2 && err == DTQ_OK)
        err = read_number("TIMEOUT_MS", argv[3], 300, 3600000, &s->lease_ms, why);
    if (err == DTQ_OK && s->id) err = id_check("worker id", s->id, why);
    return err;
}

static const char *default_cache_dir(char *text, size_t size)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

    if (base && base[0] == '/')
        snprintf(text, size, "%s/dtq", base);
    else if (home && home[0] == '/')
        snprintf(text, size, "%s/.cache/dtq", home);
    else
        snprintf(text, size, "/tmp/dtq-cache-%ld", (long)getuid());
    return text;
}

/* text: room for the usual cache folder. */
static struct dataset_place place_of(const struct settings *s, char *text, size_t size)
{
    return (struct dataset_place){.roots = s->roots,
                                  .root_count = s->root_count,
                                  .cache_dir = s->cache_dir ? s->cache_dir
                                                            : default_cache_dir(text, size),
                                  .cache_max_bytes = s->cache_bytes};
}

static int list_cache(const struct settings *s)
{
    char text[PATH_MAX];
    const struct dataset_place place = place_of(s, text, sizeof text);
    struct dtq_why why;
    enum dtq_err err = cache_list(&place, s->program.json, &why);

    if (err != DTQ_OK) fprintf(stderr, "dtq-worker: %s\n", why.text);
    return err == DTQ_OK ? 0 : 1;
}

/* Is a worker of this host (or of this id) registered and alive? For supervisors. */
static enum dtq_err health(void *ctx, struct queue *q, struct dtq_why *why)
{
    const struct crew *c = ctx;
    bool any = c->settings->id == NULL, found = false;
    cJSON *list = NULL;
    const cJSON *row;
    enum dtq_err err = queue_workers(q, &list, why);

    if (err != DTQ_OK) return err;
    cJSON_ArrayForEach(row, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(row, any ? "host" : "worker"));
        double alive = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "aliveMs"));
        if (name && strcmp(name, any ? c->member.host : c->member.id) == 0 && alive > 0)
            found = true;
    }
    cJSON_Delete(list);
    if (found) return DTQ_OK;
    return err_set(why, DTQ_NONE, "no living worker %s%s in queue %s", any ? "on host " : "",
                   any ? c->member.host : c->member.id, queue_name(q));
}

static void fill_member(struct queue_member *m, const struct settings *s)
{
    if (gethostname(m->host, sizeof m->host) != 0) strcpy(m->host, "localhost");
    m->host[sizeof m->host - 1] = '\0';
    m->pid = getpid();
    m->slots = (unsigned)s->slots;
    m->lease_ms = s->lease_ms;
    if (s->id)
        snprintf(m->id, sizeof m->id, "%s", s->id);
    else
        snprintf(m->id, sizeof m->id, "%.40s-%d", m->host, m->pid);
}

static enum dtq_err make_slots(struct worker *w, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    w->slots = calloc(w->member.slots, sizeof *w->slots);
    if (!w->slots) return err_set(why, DTQ_NOMEM, "out of memory for %u slots", w->member.slots);
    for (unsigned i = 0; err == DTQ_OK && i < w->member.slots; i++) {
        struct slot *slot = &w->slots[i];
        slot->worker = w;
        snprintf(slot->name, sizeof slot->name, "%s.%u", w->member.id, i);
        pthread_mutex_init(&slot->lock, NULL);
        atomic_store(&slot->idle_fd, -1);
        err = queue_clone(w->queue, &slot->queue, why);
    }
    if (err != DTQ_OK || w->member.slots < HANDOVER_SLOTS) return err;
    w->handover = handover_new(w->queue);
    return w->handover ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for a worker");
}

static void free_worker(struct worker *w)
{
    for (unsigned i = 0; w->slots && i < w->member.slots; i++)
        queue_free(w->slots[i].queue);
    free(w->slots);
    handover_free(w->handover);
    queue_free(w->queue);
    mates_leave(w);
    free(w);
}

static void on_stop(void *ctx)
{
    struct crew *c = ctx;

    pthread_mutex_lock(&c->lock);
    c->stop++;
    for (struct worker *w = c->workers; w; w = w->next)
        atomic_fetch_add(&w->stop, 1);
    pthread_mutex_unlock(&c->lock);
}

/* A worker for a queue; the first one gets the console, if there is to be one. */
static enum dtq_err add_worker(struct crew *c, const struct queue *q, struct worker **out,
                               struct dtq_why *why)
{
    struct worker *w = calloc(1, sizeof *w);
    enum dtq_err err;

    if (!w) return err_set(why, DTQ_NOMEM, "out of memory for a worker");
    w->member = c->member;
    id_nonce(w->member.nonce);
    w->tables = c->tables;
    w->hands = c->hands;
    w->turnstile = c->turnstile;
    w->team_dir = c->settings->alone ? NULL : c->team_dir;
    w->beat_ms = c->settings->lease_ms / 3;
    w->grace_ms = (int64_t)(c->settings->grace * 1000);
    pthread_mutex_init(&w->lock, NULL);
    pthread_mutex_init(&w->watch, NULL);
    pthread_cond_init(&w->changed, NULL);
    err = queue_clone(q, &w->queue, why);
    if (err == DTQ_OK) err = make_slots(w, why);
    if (err != DTQ_OK) {
        free_worker(w);
        return err;
    }
    pthread_mutex_lock(&c->lock);
    w->next = c->workers;
    c->workers = w;
    atomic_store(&w->stop, c->stop);
    if (!c->desk && (c->settings->console || console_on_terminal()))
        err = worker_console_new(w, &c->desk, why);
    pthread_mutex_unlock(&c->lock);
    *out = w; /* the crew owns it */
    return err;
}

static enum dtq_err serve(void *ctx, struct queue *q, struct dtq_why *why)
{
    struct worker *w = NULL;
    enum dtq_err err = add_worker(ctx, q, &w, why);

    if (err != DTQ_OK) return err;
    err = beat_run(w, why);
    mates_part(w);
    return err;
}

/* Serves the queues; what is left to free is freed. */
static enum dtq_err run_crew(struct crew *c, struct dtq_why *why)
{
    const char *queues = c->settings->program.queue;
    const struct fleet_spec fleet = {&c->settings->program, serve, on_stop, c};
    unsigned long long completed = 0;
    bool stuck = false;
    enum dtq_err err;

    if (strcmp(queues, "*") == 0 || strchr(queues, ',')) {
        c->turnstile = turnstile_new(c->member.slots);
        if (!c->turnstile) return err_set(why, DTQ_NOMEM, "out of memory for a turnstile");
    }
    err = fleet_run(&fleet, why);
    desk_free(c->desk);
    for (struct worker *w = c->workers; w; w = w->next) {
        completed += atomic_load(&w->completed);
        stuck = stuck || w->stuck;
    }
    if (err != DTQ_OK)
        log_error("%s: %s", c->member.id, why->text);
    else
        log_info("%s: stopped, %llu tasks completed", c->member.id, completed);
    if (stuck) _exit(0); /* a thread is still at work in what would be freed */
    while (c->workers) {
        struct worker *w = c->workers;
        c->workers = w->next;
        free_worker(w);
    }
    turnstile_free(c->turnstile);
    return err;
}

static int run(struct crew *c)
{
    const struct settings *s = c->settings;
    char cache[PATH_MAX], team[PATH_MAX];
    const struct dataset_place place = place_of(s, cache, sizeof cache);
    struct dtq_why why = {""};
    enum dtq_err err = DTQ_NOMEM;

    log_init("dtq-worker", s->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (s->program.json) log_as_json();
    dataset_cache_trim(&place); /* what a killed worker left, and a bound that is lower now */
    snprintf(team, sizeof team, "%.*s/team", (int)sizeof team - 8, place.cache_dir);
    c->team_dir = team;
    c->tables = tables_new(&place);
    c->hands = hands_new(c->member.slots);
    if (c->tables && c->hands) err = run_crew(c, &why);
    hands_free(c->hands);
    tables_free(c->tables);
    return err == DTQ_OK ? 0 : err == DTQ_EXISTS || err == DTQ_INPUT ? 2 : 1;
}

int main(int argc, char **argv)
{
    struct settings s = {
        .program = PROGRAM_INIT, .slots = 1, .lease_ms = LEASE_MS, .grace = GRACE_S};
    struct crew crew = {.settings = &s, .lock = PTHREAD_MUTEX_INITIALIZER};
    const struct opt opts[] = {
        PROGRAM_OPTS(&s.program),
        {"data-dir", 0, OPT_TEXT, NULL, 0, 0, "DIR",
         "folder below which file: references lie; may be repeated (., data, and the data sets "
         "that "
         "came with DTQ)"},
        {"cache-dir", 0, OPT_TEXT, &s.cache_dir, 0, 0, "DIR",
         "folder for parsed data sets ($XDG_CACHE_HOME/dtq)"},
        {"cache-size", 0, OPT_BYTES, &s.cache_bytes, 0, 0, "SIZE",
         "what it may hold, as in 500M or 10G; the least recently used files leave (4G, or a tenth "
         "of the disk if that is less)"},
        {"cache", 0, OPT_FLAG, &s.cache, 0, 0, NULL,
         "list the parsed files in that folder and leave; needs no Redis"},
        {"grace", 0, OPT_REAL, &s.grace, 0, 86400, "SECONDS",
         "how long tasks may go on after SIGTERM before they are handed back (5)"},
        {"alone", 0, OPT_FLAG, &s.alone, 0, 0, NULL,
         "neither help other workers of this machine with their tasks, nor be helped"},
        {"health", 0, OPT_FLAG, &s.health, 0, 0, NULL,
         "leave with 0 when the worker ID, or any worker of this host, is alive, else with 1"},
        {"console", 0, OPT_FLAG, &s.console, 0, 0, NULL,
         "read commands from standard input, also when that is no terminal"},
        {"verbose", 'v', OPT_FLAG, &s.verbose, 0, 0, NULL, "log more"},
    };
    size_t count = sizeof opts / sizeof *opts;
    struct dtq_why why = {""};
    struct queue_names names = {0};
    struct queue *q = NULL;
    int left = 0;
    enum dtq_err err;

    program_begin();
    err = take_roots(&s, &argc, argv, &why);
    if (err == DTQ_OK) err = opt_parse(opts, count, argc, argv, &left, &why);
    if (err == DTQ_OK && s.program.help) {
        usage(opts, count, stdout);
        return 0;
    }
    if (err == DTQ_OK && s.program.version) {
        puts("dtq-worker " DTQ_VERSION);
        return 0;
    }
    if (err == DTQ_OK) err = read_arguments(&s, left, argv, &why);
    if (err == DTQ_OK) err = queue_names_parse(s.program.queue, &names, &why);
    queue_names_clear(&names);
    if (err == DTQ_OK)
        err = queue_new(program_url(&s.program), PROGRAM_QUEUE, &q, &why); /* the URL */
    queue_free(q);
    if (err != DTQ_OK) {
        fprintf(stderr, "dtq-worker: %s\nTry dtq-worker --help.\n", why.text);
        return 2;
    }
    if (s.cache) return list_cache(&s);
    fill_member(&crew.member, &s);
    if (!s.health) return run(&crew);
    err = fleet_each(&s.program, health, &crew, &why);
    if (err != DTQ_OK) fprintf(stderr, "dtq-worker: %s\n", why.text);
    return err == DTQ_OK ? 0 : 1;
}
