/* obey.c: from words to a command that runs. */
#include "producer/obey.h"

#include "common/parse.h"
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/suggest.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The commands that take this option, as a list. */
static void name_takers(const char *option, char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < commands_count; i++) {
        struct app scratch = commands_defaults;
        struct opt opts[COMMANDS_OPTS];
        size_t count = commands_options_of(&commands_all[i], &scratch, opts);
        bool takes = false;

        for (size_t k = 0; k < count; k++)
            takes = takes || !strcmp(opts[k].name, option);
        if (takes && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     commands_all[i].name);
    }
}

enum dtq_err obey_options(const struct command *c, int argc, char **argv, struct app *app,
                          int *left, struct dtq_why *why)
{
    const unsigned groups = c ? c->options : FOR_SESSION;
    const char *elsewhere = NULL;
    char takers[300] = "";
    struct opt opts[2 * COMMANDS_OPTS];
    struct app scratch = *app;
    size_t own = commands_options(groups, app, opts);
    size_t count = own + commands_options(~groups, &scratch, opts + own);
    enum dtq_err err;

    for (size_t i = own; i < count; i++) {
        opts[i].kind = OPT_ELSEWHERE;
        opts[i].to = &elsewhere;
    }
    err = opt_parse(opts, count, argc, argv, left, why);
    if (!elsewhere) return err;
    name_takers(elsewhere, takers, sizeof takers);
    return err_set(why, DTQ_INPUT, "%s takes no --%s; it is for %s", c ? c->name : "a console",
                   elsewhere, takers);
}

enum dtq_err obey_check(const struct app *app, const struct command *c, int count,
                        char *const *words, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (count < c->least)
        return err_set(why, DTQ_INPUT, "%s needs more words: %s %s %s%s", c->name, app->name,
                       c->name, c->args, job_find(c->name) ? "; its --help lists the fields" : "");
    if (app->program.redis && commands_alone(c))
        return err_set(why, DTQ_INPUT,
                       "%s starts a Redis of its own and takes no --redis; for a server that runs "
                       "already start dtq-master and dtq-worker",
                       c->name);
    if (count > c->most)
        return err_set(why, DTQ_INPUT, "\"%s\" is one word too many: %s %s%s%s",
                       parse_shown(words[c->most], shown), app->name, c->name,
                       c->args[0] ? " " : "", c->args);
    return DTQ_OK;
}

int obey_run(const struct app *app, const struct command *c, int count, char **words)
{
    bool typed = c->run == command_submit; /* wants its own name, too: the type of the job */

    return c->run(app, typed ? count + 1 : count, (const char *const *)words + (typed ? 0 : 1));
}

/* Runs a command as a process of its own and waits for it. words end with NULL. */
static int spawn(const struct app *app, char *const *words)
{
    struct dtq_why why;
    size_t count = 0;
    char **argv;
    pid_t pid;
    int status = 0, failed;

    while (words[count])
        count++;
    argv = calloc(count + 2, sizeof *argv);
    if (!argv) return app_fail(app, err_set(&why, DTQ_NOMEM, "out of memory"), &why);
    argv[0] = (char *)app->name;
    memcpy(argv + 1, words, count * sizeof *argv);
    fflush(stdout);
    failed = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
    free(argv);
    if (failed) {
        err_set(&why, DTQ_IO, "%s cannot be started: %s", words[0], strerror(failed));
        return app_fail(app, DTQ_IO, &why);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : APP_SIGNAL + WTERMSIG(status);
}

int obey_words(const struct app *base, size_t count, char **words)
{
    const struct command *command = commands_find(words[0]);
    struct app app = *base;
    struct dtq_why why;
    char **argv = calloc(count + 2, sizeof *argv);
    int left = 0, code;
    enum dtq_err err = DTQ_OK;

    if (!argv) err = err_set(&why, DTQ_NOMEM, "out of memory for a command");
    if (err == DTQ_OK && !command) err = suggest_command(&app, words[0], &why);
    if (err == DTQ_OK) {
        memcpy(argv + 1, words, count * sizeof *argv);
        err = obey_options(command, (int)count + 1, argv, &app, &left, &why);
    }
    if (err == DTQ_OK && app.producer[0]) err = id_check("producer id", app.producer, &why);
    if (err == DTQ_OK && !app.program.help)
        err = obey_check(&app, command, left - 1, argv + 2, &why);
    if (err != DTQ_OK)
        code = app_fail(&app, err, &why);
    else if (app.program.help)
        code = command_help(&app, 1, (const char *const *)words);
    else if (commands_alone(command))
        code = spawn(&app, words);
    else
        code = obey_run(&app, command, left - 1, argv + 1);
    free(argv);
    return code;
}
