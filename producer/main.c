/* main.c: dtq-producer, short name dtq: the command line, and the table of commands. */
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/interrupt.h"
#include "producer/order.h"

#include "common/parse.h"

#include <libgen.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* Which commands an option is for. */
enum {
    FOR_ALL = 1,
    FOR_WAIT = 2,
    FOR_SUBMIT = 4,
    FOR_LIST = 8,
    FOR_EVENTS = 16,
    FOR_UP = 32,
    FOR_DEMO = 64,
    FOR_DIR = 128,   /* writes files */
    FOR_IMAGE = 256, /* a picture of weights among them */
    FOR_FILES = 512, /* unless told not to */
    FOR_CHART = 1024,
    FOR_PLOT = 2048,
    FOR_SPEEDUP = 4096,
};

struct command {
    const char *name;
    const char *args;
    const char *help;
    int least, most; /* words after the name */
    unsigned options;
    int (*run)(const struct app *app, int count, const char *const *words);
};

enum { MANY = 1 << 20 };

static const struct command commands[] = {
    {"sum", "START END", "exact sum of START..END, of any size", 1, MANY, FOR_WAIT | FOR_SUBMIT,
     command_submit},
    {"sumsq", "START END", "exact sum of the squares of START..END", 1, MANY, FOR_WAIT | FOR_SUBMIT,
     command_submit},
    {"train", "FIELD=VALUE...", "train a linear or logistic model", 1, MANY,
     FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE, command_submit},
    {"resume", "ID [FIELD=VALUE...]", "train on from the weights of a job", 1, MANY,
     FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE, command_resume},
    {"noop", "tasks=N [FIELD=VALUE...]", "load for tests and benchmarks", 1, MANY,
     FOR_WAIT | FOR_SUBMIT, command_submit},
    {"jobs", "", "list the jobs", 0, 0, FOR_LIST, command_jobs},
    {"job", "ID", "everything about a job", 1, 1, 0, command_job},
    {"wait", "ID", "wait for a job and print its result", 1, 1,
     FOR_WAIT | FOR_FILES | FOR_DIR | FOR_IMAGE, command_wait},
    {"result", "ID", "print the result of a job that has ended", 1, 1, 0, command_result},
    {"weights", "ID", "print the weights of a training as CSV", 1, 1, 0, command_weights},
    {"artifacts", "ID", "write the files of a training: logs, weights, their picture", 1, 1,
     FOR_DIR | FOR_IMAGE, command_artifacts},
    {"plot", "[ID...]", "draw loss and accuracy of jobs; without ID: speedups", 0, MANY,
     FOR_DIR | FOR_CHART | FOR_PLOT, command_plot},
    {"speedup", "FIELD=VALUE...", "measure a training with several numbers of workers", 1, MANY,
     FOR_DIR | FOR_CHART | FOR_SPEEDUP, command_speedup},
    {"cancel", "ID", "end a job", 1, 1, 0, command_cancel},
    {"workers", "", "list masters and workers", 0, 0, 0, command_workers},
    {"events", "", "what happened in the queue", 0, 0, FOR_EVENTS, command_events},
    {"up", "", "run Redis, a master and workers here until Ctrl-C", 0, 0, FOR_UP, command_up},
    {"demo", "", "show it all in half a minute, and clean up", 0, 0, FOR_DEMO, command_demo},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const struct app app_defaults = {.name = "dtq",
                                        .producer = "",
                                        .program = PROGRAM_INIT,
                                        .timeout_s = -1,
                                        .most = 50,
                                        .repeat = 3,
                                        .workers = 2,
                                        .slots = 1};

enum { OPTS_MAX = 40 };

/* Writes the rows of the options for these commands. */
static size_t options_of(unsigned groups, struct app *app, struct opt *out)
{
    const struct {
        unsigned groups;
        struct opt opt;
    } rows[] = {
        {FOR_WAIT,
         {"timeout", 0, OPT_REAL, &app->timeout_s, 0, 1e9, "SECONDS",
          "wait no longer; the job goes on"}},
        {FOR_SUBMIT,
         {"detach", 'd', OPT_FLAG, &app->detach, 0, 0, NULL, "print the job's id and do not wait"}},
        {FOR_LIST, {"most", 'n', OPT_INT, &app->most, 1, 100000, "N", "jobs to list; default 50"}},
        {FOR_EVENTS,
         {"follow", 'f', OPT_FLAG, &app->follow, 0, 0, NULL,
          "go on until Ctrl-C (with --json: one value a line)"}},
        {FOR_FILES,
         {"no-files", 0, OPT_FLAG, &app->no_files, 0, 0, NULL,
          "write no logs, weights and pictures of a training"}},
        {FOR_DIR,
         {"dir", 0, OPT_TEXT, &app->out, 0, 0, "DIR",
          "where files go; default DTQ_OUT, or the working folder"}},
        {FOR_IMAGE,
         {"width", 0, OPT_INT, &app->width, 1, 1000000, "N",
          "weights in a row of their picture; not needed for a square"}},
        {FOR_IMAGE,
         {"gray", 0, OPT_FLAG, &app->gray, 0, 0, NULL,
          "picture in gray from least to most, not in blue and red around zero"}},
        {FOR_CHART,
         {"format", 0, OPT_TEXT, &app->format, 0, 0, "png|svg", "of the charts; default png"}},
        {FOR_PLOT,
         {"only", 0, OPT_TEXT, &app->only, 0, 0, "TEXT",
          "speedups of jobs whose id begins so; default all"}},
        /* Before those of `up` with the same name: what stands before the command may be either,
         * and a text can be both. */
        {FOR_SPEEDUP,
         {"workers", 0, OPT_TEXT, &app->worker_list, 0, 0, "N,N,...",
          "numbers of workers; default 1,2,4"}},
        {FOR_SPEEDUP,
         {"repeat", 0, OPT_INT, &app->repeat, 1, 1000, "N", "runs of each; default 3"}},
        {FOR_SPEEDUP, {"modes", 0, OPT_TEXT, &app->modes, 0, 0, "MODE,...", "default sync,async"}},
        {FOR_UP,
         {"workers", 0, OPT_INT, &app->workers, 1, 256, "N", "worker processes; default 2"}},
        {FOR_UP,
         {"slots", 0, OPT_INT, &app->slots, 1, 256, "N", "tasks at a time in each; default 1"}},
        {FOR_UP,
         {"dir", 0, OPT_TEXT, &app->dir, 0, 0, "DIR",
          "where the state lies; default dtq in XDG_STATE_HOME or ~/.local/state"}},
        {FOR_UP | FOR_SPEEDUP,
         {"data-dir", 0, OPT_TEXT, &app->data_dir, 0, 0, "DIR",
          "one more folder for file: references, besides . and data"}},
        {FOR_UP,
         {"verbose", 'v', OPT_FLAG, &app->verbose, 0, 0, NULL,
          "logs to standard error, not to DIR/logs"}},
        {FOR_DEMO, {"keep", 0, OPT_FLAG, &app->keep, 0, 0, NULL, "keep the demo's files"}},
    };
    const struct opt shared[] = {PROGRAM_OPTS(&app->program)};
    size_t used = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].groups & groups) out[used++] = rows[i].opt;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        out[used++] = shared[i];
    return used;
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i].name, name)) return &commands[i];
    return NULL;
}

static const char *command_near(const char *name)
{
    const char *names[COMMANDS];

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    return fields_nearest(name, names, COMMANDS);
}

static void help_all(const struct app *app)
{
    struct opt opts[OPTS_MAX];
    struct app scratch = app_defaults;
    size_t count = options_of(FOR_WAIT | FOR_SUBMIT, &scratch, opts);

    printf("usage: %s COMMAND [ARGUMENTS] [OPTIONS]\n\n"
           "Submits jobs to a queue in Redis and shows what becomes of them.\n\n",
           app->name);
    for (size_t i = 0; i < COMMANDS; i++) {
        char head[60];

        snprintf(head, sizeof head, "%s %s", commands[i].name, commands[i].args);
        printf("  %-30s %s\n", head, commands[i].help);
    }
    printf("\nOptions; %s COMMAND --help has those of a command, and its fields:\n", app->name);
    opt_help(opts, count, stdout);
    printf(
        "\nWithout --redis, DTQ_REDIS_URL, then REDIS_URL is used, then " PROGRAM_URL ", and\n"
        "when nothing answers there, a running `dtq up`.\n"
        "Exit: 0 done, 1 the job failed, 2 bad usage or input, 3 no Redis, 4 cancelled or timed\n"
        "out, 130 interrupted (the job goes on).\n");
}

static void help_command(const struct app *app, const struct command *command)
{
    struct opt opts[OPTS_MAX];
    struct app scratch = app_defaults;
    size_t count = options_of(command->options, &scratch, opts);
    const struct job_type *type = job_find(command->name);

    if (command->run == command_resume || command->run == command_speedup) type = job_find("train");
    printf("usage: %s %s%s%s [OPTIONS]\n\n%s\n", app->name, command->name,
           command->args[0] ? " " : "", command->args, command->help);
    if (type) {
        printf("\nFields, as arguments of their own or divided by '|':\n");
        order_help(type, stdout);
    }
    printf("\nOptions:\n");
    opt_help(opts, count, stdout);
}

/* argv[1..*left] are the words that are no options. */
static enum dtq_err read_options(unsigned groups, int argc, char **argv, struct app *app, int *left,
                                 struct dtq_why *why)
{
    struct opt opts[OPTS_MAX];

    return opt_parse(opts, options_of(groups, app, opts), argc, argv, left, why);
}

/* The words before the command: none, or the id of the producer. */
static enum dtq_err read_producer(struct app *app, int *left, char ***words, struct dtq_why *why)
{
    const char *first = (*words)[0], *near;
    char shown[PARSE_SHOWN];

    if (!*left || command_find(first)) return DTQ_OK;
    near = command_near(first);
    if (!near &&
        (*left > 1 ? command_find((*words)[1]) != NULL : !strcmp(app->name, "dtq-producer"))) {
        app->producer = first;
        ++*words;
        --*left;
        return id_check("producer id", first, why);
    }
    if (near)
        return err_set(why, DTQ_INPUT, "unknown command \"%s\"; did you mean \"%s\"?",
                       parse_shown(first, shown), near);
    return err_set(why, DTQ_INPUT, "unknown command \"%s\"; %s --help lists the commands",
                   parse_shown(first, shown), app->name);
}

static enum dtq_err check_words(const struct app *app, const struct command *c, int count,
                                char *const *words, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (count < c->least)
        return err_set(why, DTQ_INPUT, "%s needs more words: %s %s %s", c->name, app->name, c->name,
                       c->args);
    if (app->program.redis && c->options & (FOR_UP | FOR_DEMO | FOR_SPEEDUP))
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

static int run(struct app *app, int argc, char **argv)
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
    if (err == DTQ_OK && left) {
        command = command_find(words[0]);
        err = read_options(command->options, argc, argv, app, &left, &why);
        words = argv + 1 + (app->producer[0] ? 1 : 0);
        left -= (int)(words - argv);
        if (err == DTQ_OK && !app->program.help && !app->program.version)
            err = check_words(app, command, left, words + 1, &why);
    }
    if (err != DTQ_OK)
        code = app_fail(app, err, &why);
    else if (scratch.program.version)
        printf("%s %s\n", app->name, DTQ_VERSION);
    else if (!command)
        help_all(app);
    else if (app->program.help)
        help_command(app, command);
    else
        code = command->run(app, command->run == command_submit ? left + 1 : left,
                            (const char *const *)words + (command->run == command_submit ? 0 : 1));
    free(copy);
    return code;
}

int main(int argc, char **argv)
{
    struct app app = app_defaults;
    int code;

    setlocale(LC_CTYPE, ""); /* texts only: numbers keep their points */
    if (argc > 0) app.name = basename(argv[0]);
    for (int i = 1; i < argc; i++) /* so that a bad option is told of as JSON, too */
        if (!strcmp(argv[i], "--json")) app.program.json = true;
    interrupt_catch();
    code = run(&app, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        app_note(&app, "standard output cannot be written");
        if (code == APP_DONE) code = APP_FAILED;
    }
    return code;
}
