/* dispatch.c: from words to a command that runs. */
#include "producer/dispatch.h"

#include "common/parse.h"
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/commands.h"
#include "producer/session.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* argv[1..*left] are the words that are no options. */
static enum dtq_err read_options(unsigned groups, int argc, char **argv, struct app *app, int *left,
                                 struct dtq_why *why)
{
    struct opt opts[COMMANDS_OPTS];

    return opt_parse(opts, commands_options(groups, app, opts), argc, argv, left, why);
}

static bool is_number(const char *text)
{
    return isdigit((unsigned char)text[0]) && !text[strspn(text, "0123456789")];
}

/* The words before the command: none, or the id of the producer. */
static enum dtq_err read_producer(struct app *app, int *left, char ***words, struct dtq_why *why)
{
    const char *first = (*words)[0];

    if (!*left || commands_find(first)) return DTQ_OK;
    if (!commands_near(first) &&
        (*left > 1 ? commands_find((*words)[1]) != NULL
                   : is_number(first) || !strcmp(app->name, "dtq-producer"))) {
        app->producer = first;
        ++*words;
        --*left;
        return id_check("producer id", first, why);
    }
    return commands_unknown(app, first, why);
}

static enum dtq_err check_words(const struct app *app, const struct command *c, int count,
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

/* Runs a command with what stands behind its name. */
static int run(const struct app *app, const struct command *c, int count, char **words)
{
    bool typed = c->run == command_submit; /* wants its own name, too: the type of the job */

    return c->run(app, typed ? count + 1 : count, (const char *const *)words + (typed ? 0 : 1));
}

int dispatch(struct app *app, int argc, char **argv)
{
    const struct command *command = NULL;
    char **copy = calloc((size_t)argc + 1, sizeof *copy), **words = argv + 1;
    struct app scratch = *app;
    struct dtq_why why;
    int left = 0, code = APP_DONE;
    enum dtq_err err;

    if (!copy) return app_fail(app, err_set(&why, DTQ_NOMEM, "out of memory"), &why);
    /* Twice: options may stand before the command that says which ones there are. */
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    err = read_options(~0u, argc, copy, &scratch, &left, &why);
    words = copy + 1;
    if (err == DTQ_OK) err = read_producer(app, &left, &words, &why);
    if (err == DTQ_OK) {
        command = left ? commands_find(words[0]) : NULL;
        err = read_options(command ? command->options : FOR_SESSION, argc, argv, app, &left, &why);
        words = argv + 1 + (app->producer[0] ? 1 : 0);
        left -= (int)(words - argv);
        if (err == DTQ_OK && command && !app->program.help && !app->program.version)
            err = check_words(app, command, left, words + 1, &why);
    }
    if (err != DTQ_OK)
        code = app_fail(app, err, &why);
    else if (scratch.program.version)
        printf("%s %s\n", app->name, DTQ_VERSION);
    else if (app->program.help)
        code = command_help(app, command != NULL, (const char *const *)words);
    else if (command)
        code = run(app, command, left, words);
    else
        code = session_run(app);
    free(copy);
    return code;
}

int dispatch_words(const struct app *base, size_t count, char **words)
{
    const struct command *command = commands_find(words[0]);
    struct app app = *base;
    struct dtq_why why;
    char **argv = calloc(count + 2, sizeof *argv);
    int left = 0, code;
    enum dtq_err err = DTQ_OK;

    if (!argv) err = err_set(&why, DTQ_NOMEM, "out of memory for a command");
    if (err == DTQ_OK && !command) err = commands_unknown(&app, words[0], &why);
    if (err == DTQ_OK) {
        memcpy(argv + 1, words, count * sizeof *argv);
        err = read_options(command->options, (int)count + 1, argv, &app, &left, &why);
    }
    if (err == DTQ_OK && !app.program.help)
        err = check_words(&app, command, left - 1, argv + 2, &why);
    if (err != DTQ_OK)
        code = app_fail(&app, err, &why);
    else if (app.program.help)
        code = command_help(&app, 1, (const char *const *)words);
    else if (commands_alone(command))
        code = session_spawn(&app, words);
    else
        code = run(&app, command, left - 1, argv + 1);
    free(argv);
    return code;
}
