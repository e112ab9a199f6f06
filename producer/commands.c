/* commands.c: the table of commands, their options, their help. */
#include "producer/commands.h"

#include "common/wrap.h"
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/order.h"
#include "producer/suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    MANY = 1 << 20,
    HEADS = 29, /* columns for a command and its arguments */
};

static const double LONGEST_MS = 3650 * 864e5; /* ten years; a slip of the hand is longer */

const struct command commands_all[] = {
    {"sum", "START END", "exact sum of START..END, of any size", 1, MANY, FOR_WAIT | FOR_SUBMIT,
     command_submit},
    {"sumsq", "START END", "exact sum of the squares of START..END", 1, MANY, FOR_WAIT | FOR_SUBMIT,
     command_submit},
    {"train", "FIELD=VALUE...", "train a linear, logistic or softmax model", 1, MANY,
     FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_submit},
    {"resume", "ID [FIELD=VALUE...]", "train on from the weights of a job", 1, MANY,
     FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_resume},
    {"predict", "ID file:TABLE [FIELD=VALUE...]", "score the rows of a table with a trained model",
     1, MANY, FOR_WAIT | FOR_SUBMIT | FOR_OUT, command_predict},
    {"export", "ID", "print a trained model for other programs", 1, 1, FOR_OUT | FOR_EXPORT,
     command_export},
    {"stats", "TABLE [FIELD=VALUE...]", "count, mean, deviation, range of each column", 1, MANY,
     FOR_WAIT | FOR_SUBMIT, command_submit},
    {"noop", "tasks=N [FIELD=VALUE...]", "load for tests and benchmarks", 1, MANY,
     FOR_WAIT | FOR_SUBMIT, command_submit},
    {"jobs", "", "list the jobs, or those of a state, type or producer", 0, 0, FOR_LIST | FOR_JOBS,
     command_jobs},
    {"job", "ID", "everything about a job", 1, 1, 0, command_job},
    {"wait", "ID", "wait for a job and print its result", 1, 1,
     FOR_WAIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_wait},
    {"result", "ID", "print the result of a job that has ended", 1, 1, 0, command_result},
    {"weights", "ID", "print the weights of a training as CSV", 1, 1, 0, command_weights},
    {"artifacts", "ID", "write the files of a training: logs, weights, all its pictures", 1, 1,
     FOR_DIR | FOR_IMAGE | FOR_CHART | FOR_WEIGHTS, command_artifacts},
    {"plot", "[ID...]", "draw curves, ROC, confusion, weights of jobs; without ID: speedups", 0,
     MANY, FOR_DIR | FOR_IMAGE | FOR_CHART | FOR_PLOT, command_plot},
    {"speedup", "FIELD=VALUE...", "measure a training with several numbers of workers", 1, MANY,
     FOR_DIR | FOR_CHART | FOR_SPEEDUP, command_speedup},
    {"chat", "TEXT", "say something to all consoles", 1, MANY, 0, command_chat},
    {"cancel", "ID", "end a job", 1, 1, 0, command_cancel},
    {"rm", "ID...", "forget jobs that have ended, with all that Redis keeps of them", 1, MANY, 0,
     command_rm},
    {"workers", "", "list masters and workers", 0, 0, 0, command_workers},
    {"events", "", "what happened in the queue", 0, 0, FOR_EVENTS, command_events},
    {"queue", "[pause|resume|drain|stats]", "hold a queue, let it run empty, count", 0, 1, FOR_WAIT,
     command_queue},
    {"queues", "", "all queues: what waits and runs in each, and who serves it", 0, 0, 0,
     command_queues},
    {"retries", "", "tasks that failed and wait to be tried again", 0, 0, FOR_LIST,
     command_retries},
    {"dead", "[list|show ID|replay ID|drop ID]", "tasks that were given up; ID may be all", 0, 2,
     FOR_DEAD, command_dead},
    {"fsck", "", "is every task in one place, and nothing left lying about?", 0, 0, FOR_FSCK,
     command_fsck},
    {"explain", "ID", "the story of a job or a task (J7/12), and why it waits", 1, 1, 0,
     command_explain},
    {"help", "[COMMAND]", "what there is, or how to use a command", 0, 1, 0, command_help},
    {"up", "", "run Redis, a master and workers here until Ctrl-C", 0, 0, FOR_UP, command_up},
    {"demo", "", "show it all in half a minute, and clean up", 0, 0, FOR_DEMO, command_demo},
};
enum { COMMANDS = sizeof commands_all / sizeof *commands_all };
const size_t commands_count = COMMANDS;

const struct app commands_defaults = {.name = "dtq",
                                      .called = "dtq",
                                      .producer = "",
                                      .program = PROGRAM_INIT,
                                      .timeout_s = -1,
                                      .most = 50,
                                      .repeat = 3,
                                      .workers = 2,
                                      .slots = 1};

/* Writes the rows of the options for these commands. */
size_t commands_options(unsigned groups, struct app *app, struct opt *out)
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
        {FOR_SUBMIT,
         {"attempts", 0, OPT_INT, &app->attempts, 1, 1000, "N",
          "give up on a task after N errors; default 5"}},
        {FOR_SUBMIT,
         {"backoff", 0, OPT_TIME, &app->backoff_ms, 1, LONGEST_MS, "TIME",
          "wait before the first retry of a task, doubled each time up to 30s; default 2s"}},
        {FOR_SUBMIT,
         {"task-timeout", 0, OPT_TIME, &app->task_timeout_ms, 1, LONGEST_MS, "TIME",
          "a task that runs longer counts as failed; default: no limit"}},
        {FOR_SUBMIT,
         {"time-limit", 0, OPT_TIME, &app->time_limit_ms, 1, LONGEST_MS, "TIME",
          "fail the job when it takes longer; default: no limit"}},
        {FOR_SUBMIT,
         {"keep", 0, OPT_TIME, &app->keep_ms, 1, LONGEST_MS, "TIME",
          "how long Redis keeps the job after its end; default 7d"}},
        {FOR_LIST,
         {"most", 'n', OPT_INT, &app->most, 1, 100000, "N", "how many to list; default 50"}},
        {FOR_JOBS,
         {"state", 0, OPT_TEXT, &app->state, 0, 0, "STATE",
          "only those that are submitted, running, completed, failed or cancelled"}},
        {FOR_JOBS, {"type", 0, OPT_TEXT, &app->type, 0, 0, "TYPE", "only those of this type"}},
        {FOR_JOBS, {"producer", 'p', OPT_TEXT, &app->of, 0, 0, "NAME", "only those of a producer"}},
        {FOR_EVENTS,
         {"follow", 'f', OPT_FLAG, &app->follow, 0, 0, NULL,
          "go on until Ctrl-C (with --json: one value a line)"}},
        {FOR_FILES,
         {"no-files", 0, OPT_FLAG, &app->no_files, 0, 0, NULL,
          "write no logs, weights and pictures of a training"}},
        {FOR_WEIGHTS,
         {"epoch-weights", 0, OPT_FLAG, &app->epoch_weights, 0, 0, NULL,
          "write the weights that each epoch left, too"}},
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
        {FOR_EXPORT,
         {"format", 0, OPT_TEXT, &app->format, 0, 0, "json|csv|vw|sklearn-json",
          "of the model; default json"}},
        {FOR_OUT,
         {"out", 0, OPT_TEXT, &app->file, 0, 0, "FILE", "where it goes; default standard output"}},
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
         {"cache-dir", 0, OPT_TEXT, &app->cache_dir, 0, 0, "DIR",
          "folder for parsed data sets; default dtq in XDG_CACHE_HOME or ~/.cache"}},
        {FOR_UP,
         {"cache-size", 0, OPT_BYTES, &app->cache_bytes, 0, 0, "SIZE",
          "what it may hold, as in 10G; default 4G, or a tenth of the disk if that is less"}},
        {FOR_UP,
         {"verbose", 'v', OPT_FLAG, &app->verbose, 0, 0, NULL,
          "logs to standard error, not to DIR/logs"}},
        {FOR_CONSOLE,
         {"keep-going", 'k', OPT_FLAG, &app->keep_going, 0, 0, NULL,
          "commands from a file: go on after one that failed"}},
        {FOR_DEAD,
         {"all", 0, OPT_FLAG, &app->all, 0, 0, NULL,
          "also list those that a replay cannot fix, such as a missing file"}},
        {FOR_FSCK,
         {"repair", 0, OPT_FLAG, &app->repair, 0, 0, NULL,
          "mend what is found, while everything runs"}},
        {FOR_DEMO,
         {"chaos", 0, OPT_FLAG, &app->chaos, 0, 0, NULL,
          "kill everything in turn while jobs run, and check that nothing is lost"}},
        {FOR_DEMO,
         {"keep", 0, OPT_FLAG, &app->keep, 0, 0, NULL, "keep Redis' data and the logs, too"}},
        {FOR_DEMO,
         {"dir", 0, OPT_TEXT, &app->out, 0, 0, "DIR",
          "where its pictures go; default DTQ_OUT, or dtq-demo in the working folder"}},
    };
    const struct opt shared[] = {{"producer", 'p', OPT_TEXT, &app->producer, 0, 0, "NAME",
                                  "producer to act as; its jobs are numbered separately"},
                                 PROGRAM_OPTS(&app->program)};
    size_t used = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].groups & groups) out[used++] = rows[i].opt;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (i > 0 || !(groups & FOR_JOBS)) out[used++] = shared[i]; /* jobs has its own first */
    return used;
}

size_t commands_options_of(const struct command *c, struct app *app, struct opt *out)
{
    size_t count = commands_options(c->options, app, out), kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!commands_alone(c) || strcmp(out[i].name, "redis")) out[kept++] = out[i];
    return kept;
}

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(commands_all[i].name, name)) return &commands_all[i];
    return NULL;
}

bool commands_alone(const struct command *c)
{
    return c->options & (FOR_UP | FOR_DEMO | FOR_SPEEDUP);
}

static void list_commands(void)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *c = &commands_all[i];
        char head[60];

        snprintf(head, sizeof head, "%s%s%s", c->name, c->args[0] ? " " : "", c->args);
        wrap_row(stdout, wrap_columns(stdout), HEADS, head, c->help);
    }
}

/* For those who are at a console: how the program is called is not their question. */
static void console_help(void)
{
    list_commands();
    wrap_row(stdout, wrap_columns(stdout), HEADS, "exit", "leave; jobs go on");
    fputc('\n', stdout);
    wrap_text(stdout, wrap_columns(stdout), 0, 0,
              "help COMMAND has the options of a command and the fields of a job. % stands for the "
              "job that was submitted last. Tab completes commands, ids of jobs and fields; jobs "
              "are not waited for, their ends are told.");
}

void commands_help(const struct app *app)
{
    struct opt opts[COMMANDS_OPTS];
    struct app scratch = commands_defaults;
    size_t count = commands_options(FOR_SESSION, &scratch, opts);

    printf("usage: %s COMMAND [ARGUMENTS] [OPTIONS]\n"
           "       %s                     a console, on a terminal\n"
           "       %s <FILE               commands from a file, one a line\n"
           "A number in front is the producer: %s 1 sum 1 100\n\n"
           "Submits jobs to a queue in Redis and shows what becomes of them.\n\n",
           app->name, app->name, app->name, app->name);
    list_commands();
    printf("\nOptions; %s COMMAND --help has those of a command, and its fields:\n", app->name);
    opt_help(opts, count, stdout);
    fputc('\n', stdout);
    wrap_text(stdout, wrap_columns(stdout), 0, 0,
              "Without --redis, DTQ_REDIS_URL, then REDIS_URL is used, then " PROGRAM_URL
              ", and when nothing answers there, a running `dtq up`.");
    wrap_text(stdout, wrap_columns(stdout), 0, 0,
              "Exit: 0 done, 1 the job failed, 2 bad usage or input, 3 no Redis, 4 cancelled or "
              "timed out, 130 interrupted (the job goes on).");
}

static void help_one(const struct app *app, const struct command *command)
{
    struct opt opts[COMMANDS_OPTS];
    struct app scratch = commands_defaults;
    size_t count = commands_options_of(command, &scratch, opts);
    const struct job_type *type = job_find(command->name);
    bool based = command->run == command_resume;

    if (based || command->run == command_speedup) type = job_find("train");
    printf("usage: %s %s%s%s [OPTIONS]\n\n%s\n", app->name, command->name,
           command->args[0] ? " " : "", command->args, command->help);
    if (type) {
        printf("\nFields, as arguments of their own or divided by '|'%s:\n",
               based ? ";\nthose that are not given are as in that job" : "");
        order_help(type, based, stdout);
    }
    printf("\nOptions:\n");
    opt_help(opts, count, stdout);
}

int command_help(const struct app *app, int count, const char *const *words)
{
    const struct command *command = count ? commands_find(words[0]) : NULL;
    struct dtq_why why;

    if (app->program.json && !(app->session && app->session->follow)) {
        err_set(&why, DTQ_INPUT, "help has no JSON form; omit --json");
        return app_fail(app, DTQ_INPUT, &why);
    }
    if (count && !command) return app_fail(app, suggest_command(app, words[0], &why), &why);
    if (command)
        help_one(app, command);
    else if (app->session && app->session->follow)
        console_help();
    else
        commands_help(app);
    return APP_DONE;
}
