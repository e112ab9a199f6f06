/* main.c: dtq-master, the command line. */
#include "common/clock.h"
#include "common/console/console.h"
#include "common/fleet.h"
#include "common/log.h"
#include "common/opt.h"
#include "common/program.h"
#include "master/master.h"
#include "master/master_console.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PRESENCE_MS = 2000 /* a master silent for so long has lost its jobs to another */ };

struct settings {
    struct program program;
    const char *id;
    long long replicas;
    bool health, console, verbose;
};

/* What the masters of this process share: one for each queue. */
struct crew {
    const struct settings *settings;
    struct queue_member member; /* without an id: each registration has its own */
    char name[ID_MAX + 1];
    atomic_bool stop;
    int stop_fd; /* readable from the stop on */
    struct master_console about;
    pthread_mutex_t lock; /* guards desk and its queue */
    struct desk *desk;    /* owned; the console, about the first queue that is served */
    struct queue *shown;  /* owned; that queue */
};

static void usage(const struct opt *opts, size_t count, FILE *to)
{
    fputs(
        "usage: dtq-master [options]\n\n"
        "Splits the jobs of a queue into tasks, folds their results, and gives back what dead\n"
        "workers held. --queue takes several queues (a,b,c), or '*' for all there are, those to\n"
        "come too. Any number of masters may serve a queue; when one dies, another takes its\n"
        "jobs over. Runs until SIGTERM. On a terminal it has a console: help lists the commands.\n"
        "Without one it never reads standard input.\n\n",
        to);
    opt_help(opts, count, to);
    fputs("\nExit status: 0 stopped, 1 cannot go on, 2 bad usage.\n", to);
}

/* Is a master (the one of this id, or any) registered and alive? For supervisors. */
static enum dtq_err health(void *ctx, struct queue *q, struct dtq_why *why)
{
    const char *id = ((const struct settings *)ctx)->id;
    cJSON *list = NULL;
    const cJSON *row;
    bool found = false;
    enum dtq_err err = queue_masters(q, &list, why);

    if (err != DTQ_OK) return err;
    cJSON_ArrayForEach(row, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(row, "master"));
        double alive = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "aliveMs"));
        if (name && (!id || strncmp(name, id, strlen(id)) == 0) && alive > 0) found = true;
    }
    cJSON_Delete(list);
    if (found) return DTQ_OK;
    return err_set(why, DTQ_NONE, "no living master %s in queue %s", id ? id : "", queue_name(q));
}

static void on_stop(void *ctx)
{
    struct crew *c = ctx;
    uint64_t one = 1;

    atomic_store(&c->stop, true);
    if (write(c->stop_fd, &one, sizeof one) < 0) { /* it is readable already */
    }
}

/* The first queue that is served gets the console, if there is to be one. */
static enum dtq_err open_desk(struct crew *c, const struct queue *q, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    pthread_mutex_lock(&c->lock);
    if (!c->desk && (c->settings->console || console_on_terminal()))
        err = queue_clone(q, &c->shown, why);
    if (err == DTQ_OK && c->shown && !c->desk)
        err = master_console_new(c->shown, &c->about, &c->desk, why);
    pthread_mutex_unlock(&c->lock);
    return err;
}

static enum dtq_err serve(void *ctx, struct queue *q, struct dtq_why *why)
{
    struct crew *c = ctx;
    struct master m = {
        .name = c->name, .member = c->member, .queue = q, .stop = &c->stop, .stop_fd = c->stop_fd};
    enum dtq_err err = queue_clone(q, &m.wake, why);

    if (err == DTQ_OK) err = open_desk(c, q, why);
    if (err == DTQ_OK) err = master_run(&m, why);
    queue_free(m.wake);
    return err;
}

static int run(const struct settings *s)
{
    struct crew c = {.settings = s,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    const struct fleet_spec fleet = {&s->program, serve, on_stop, &c};
    struct queue_member *me = &c.member;
    struct dtq_why why = {""};
    enum dtq_err err = DTQ_OK;

    log_init("dtq-master", s->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (s->program.json) log_as_json();
    if (gethostname(me->host, sizeof me->host) != 0) strcpy(me->host, "localhost");
    me->host[sizeof me->host - 1] = '\0';
    me->pid = getpid();
    me->lease_ms = PRESENCE_MS;
    me->replicas = (unsigned)s->replicas;
    if (s->id)
        snprintf(c.name, sizeof c.name, "%s", s->id);
    else
        snprintf(c.name, sizeof c.name, "%.40s-%d", me->host, me->pid);
    c.about = (struct master_console){c.name, me->host, me->pid, clock_ms()};
    if (c.stop_fd < 0)
        err = err_set(&why, DTQ_NOMEM, "cannot make an eventfd: %s", strerror(errno));
    if (err == DTQ_OK) err = fleet_run(&fleet, &why);
    desk_free(c.desk);
    queue_free(c.shown);
    if (err != DTQ_OK)
        log_error("%s: %s", c.name, why.text);
    else
        log_info("%s: stopped", c.name);
    if (c.stop_fd >= 0) close(c.stop_fd);
    return err == DTQ_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct settings s = {.program = PROGRAM_INIT};
    const struct opt opts[] = {
        PROGRAM_OPTS(&s.program),
        {"id", 0, OPT_TEXT, &s.id, 0, 0, "ID",
         "name of this master; its registrations add four letters (host and process)"},
        {"wait-replicas", 0, OPT_INT, &s.replicas, 0, 100, "N",
         "a commit counts only when N replicas of Redis have it; a job waits for them (0)"},
        {"health", 0, OPT_FLAG, &s.health, 0, 0, NULL,
         "leave with 0 when the master ID, or any master, is alive, else with 1"},
        {"console", 0, OPT_FLAG, &s.console, 0, 0, NULL,
         "read commands from standard input, also when that is no terminal"},
        {"verbose", 'v', OPT_FLAG, &s.verbose, 0, 0, NULL, "log more"},
    };
    size_t count = sizeof opts / sizeof *opts;
    struct queue *q = NULL;
    struct queue_names names = {0};
    struct dtq_why why = {""};
    int left = 0;
    enum dtq_err err;

    program_begin();
    err = opt_parse(opts, count, argc, argv, &left, &why);
    if (err == DTQ_OK && s.program.help) {
        usage(opts, count, stdout);
        return 0;
    }
    if (err == DTQ_OK && s.program.version) {
        puts("dtq-master " DTQ_VERSION);
        return 0;
    }
    if (err == DTQ_OK && left > 0)
        err = err_set(&why, DTQ_INPUT, "\"%s\" is not understood: a master takes only options",
                      argv[1]);
    if (err == DTQ_OK && s.id) err = id_check("master id", s.id, &why);
    if (err == DTQ_OK) err = queue_names_parse(s.program.queue, &names, &why);
    queue_names_clear(&names);
    if (err == DTQ_OK)
        err = queue_new(program_url(&s.program), PROGRAM_QUEUE, &q, &why); /* the URL */
    queue_free(q);
    if (err != DTQ_OK) {
        fprintf(stderr, "dtq-master: %s\nTry dtq-master --help.\n", why.text);
        return 2;
    }
    if (!s.health) return run(&s);
    err = fleet_each(&s.program, health, &s, &why);
    if (err != DTQ_OK) fprintf(stderr, "dtq-master: %s\n", why.text);
    return err == DTQ_OK ? 0 : 1;
}
