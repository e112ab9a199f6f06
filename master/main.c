/* main.c: dtq-master, the command line. */
#include "common/clock.h"
#include "common/console/console.h"
#include "common/log.h"
#include "common/opt.h"
#include "common/program.h"
#include "master/master.h"
#include "master/master_console.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PRESENCE_MS = 2000 /* a master silent for so long has lost its jobs to another */ };

struct settings {
    struct program program;
    const char *id;
    bool health, console, verbose;
};

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
    (void)sig;
    stop = 1;
}

static void usage(const struct opt *opts, size_t count, FILE *to)
{
    fputs(
        "usage: dtq-master [options]\n\n"
        "Splits the jobs of a queue into tasks, folds their results, and gives back what dead\n"
        "workers held. Any number of masters may serve a queue; when one dies, another takes its\n"
        "jobs over. Runs until SIGTERM. On a terminal it has a console: help\n"
        "lists the commands. Without one it never reads standard input.\n\n",
        to);
    opt_help(opts, count, to);
    fputs("\nExit status: 0 stopped, 1 cannot go on, 2 bad usage.\n", to);
}

/* Is a master (the one of this id, or any) registered and alive? For supervisors. */
static int health(struct queue *q, const char *id, struct dtq_why *why)
{
    cJSON *list = NULL;
    const cJSON *row;
    int status = 1;

    if (queue_connect(q, why) != DTQ_OK || queue_masters(q, &list, why) != DTQ_OK) return 1;
    err_set(why, DTQ_NONE, "no living master %s in queue %s", id ? id : "", queue_name(q));
    cJSON_ArrayForEach(row, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(row, "master"));
        double alive = cJSON_GetNumberValue(cJSON_GetObjectItem(row, "aliveMs"));
        if (name && (!id || strncmp(name, id, strlen(id)) == 0) && alive > 0) status = 0;
    }
    cJSON_Delete(list);
    return status;
}

/* Signals are let in only while the master waits, so that none is missed before it does. */
static void watch_signals(sigset_t *unblocked)
{
    struct sigaction action = {.sa_handler = on_stop};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, unblocked);
    sigdelset(unblocked, SIGTERM);
    sigdelset(unblocked, SIGINT);
    sigdelset(unblocked, SIGHUP);
}

static int run(struct queue *q, const struct settings *s)
{
    sigset_t unblocked;
    struct master m = {.queue = q, .stop = &stop, .unblocked = &unblocked};
    struct queue_member *me = &m.member;
    struct dtq_why why = {""};
    char name[ID_MAX + 1];
    enum dtq_err err;

    log_init("dtq-master", s->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (gethostname(me->host, sizeof me->host) != 0) strcpy(me->host, "localhost");
    me->host[sizeof me->host - 1] = '\0';
    me->pid = getpid();
    me->lease_ms = PRESENCE_MS;
    if (!s->id) snprintf(name, sizeof name, "%.40s-%d", me->host, me->pid);
    m.name = s->id ? s->id : name;
    err = queue_clone(q, &m.intake, &why);
    if (err == DTQ_OK) err = queue_clone(q, &m.wake, &why);
    if (err == DTQ_OK) {
        struct master_console about = {m.name, me->host, me->pid, clock_ms()};
        struct desk *desk = NULL;

        watch_signals(&unblocked);
        if (s->console || console_on_terminal()) err = master_console_new(q, &about, &desk, &why);
        if (err == DTQ_OK) err = master_run(&m, &why);
        desk_free(desk);
    }
    if (err != DTQ_OK)
        log_error("%s: %s", m.name, why.text);
    else
        log_info("%s: stopped", m.name);
    queue_free(m.intake);
    queue_free(m.wake);
    return err == DTQ_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct settings s = {.program = PROGRAM_INIT};
    const struct opt opts[] = {
        PROGRAM_OPTS(&s.program),
        {"id", 0, OPT_TEXT, &s.id, 0, 0, "ID",
         "name of this master; its registrations add four letters (host and process)"},
        {"health", 0, OPT_FLAG, &s.health, 0, 0, NULL,
         "leave with 0 when the master ID, or any master, is alive, else with 1"},
        {"console", 0, OPT_FLAG, &s.console, 0, 0, NULL,
         "read commands from standard input, also when that is no terminal"},
        {"verbose", 'v', OPT_FLAG, &s.verbose, 0, 0, NULL, "log more"},
    };
    size_t count = sizeof opts / sizeof *opts;
    struct queue *q = NULL;
    struct dtq_why why = {""};
    int left = 0, status = 2;
    enum dtq_err err = opt_parse(opts, count, argc, argv, &left, &why);

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
    if (err == DTQ_OK) err = queue_new(program_url(&s.program), s.program.queue, &q, &why);
    if (err == DTQ_OK) {
        status = s.health ? health(q, s.id, &why) : run(q, &s);
        if (s.health && status) fprintf(stderr, "dtq-master: %s\n", why.text);
    } else {
        fprintf(stderr, "dtq-master: %s\nTry dtq-master --help.\n", why.text);
    }
    queue_free(q);
    return status;
}
