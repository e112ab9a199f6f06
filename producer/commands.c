/* commands.c: the table of commands and their options. */
#include "producer/commands.h"

#include "producer/command.h"

#include <stdio.h>
#include <string.h>

enum { MANY = 1 << 20 };

static const double LONGEST_MS = 3650 * 864e5; /* ten years; a slip of the hand is longer */

const char *const commands_groups[COMMAND_GROUPS] = {
    [GROUP_JOBS] = "Jobs",
    [GROUP_MODELS] = "Models and data",
    [GROUP_QUEUE] = "Queue",
    [GROUP_HERE] = "This machine",
};

/* clang-format off */
const struct command commands_all[] = {
    {"sum", "START END", "exact sum of START..END, of any size",
     1, MANY, FOR_WAIT | FOR_SUBMIT, command_submit, GROUP_JOBS,
     {"sum 1 1000000", "sum '1|100000000000000000002' -d"}},
    {"sumsq", "START END", "exact sum of the squares of START..END",
     1, MANY, FOR_WAIT | FOR_SUBMIT, command_submit, GROUP_JOBS,
     {"sumsq 1 1000", "sumsq start=-5 end=5"}},
    {"noop", "tasks=N [FIELD=VALUE...]", "load for tests and benchmarks",
     1, MANY, FOR_WAIT | FOR_SUBMIT, command_submit, GROUP_JOBS,
     {"noop tasks=100 ms=5", "noop tasks=20 ms=100 -d"}},
    {"jobs", "", "list the jobs, or those of a state, type or producer",
     0, 0, FOR_LIST | FOR_JOBS, command_jobs, GROUP_JOBS,
     {"jobs", "jobs --state failed -n 10"}},
    {"job", "ID", "everything about a job",
     1, 1, 0, command_job, GROUP_JOBS,
     {"job J1", "job J2 --json"}},
    {"wait", "ID", "wait for a job and print its result",
     1, 1, FOR_WAIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_wait, GROUP_JOBS,
     {"wait J2", "wait J2 --timeout 60"}},
    {"result", "ID", "print the result of a job that has ended",
     1, 1, 0, command_result, GROUP_JOBS,
     {"result J1", "result J2 --json"}},
    {"explain", "ID", "the story of a job or a task (J7/12), and why it waits",
     1, 1, 0, command_explain, GROUP_JOBS,
     {"explain J2", "explain J2/0"}},
    {"cancel", "ID", "end a job",
     1, 1, 0, command_cancel, GROUP_JOBS,
     {"cancel J3", "cancel J4 --json"}},
    {"rm", "ID...", "forget jobs that have ended, with all that Redis keeps of them",
     1, MANY, 0, command_rm, GROUP_JOBS,
     {"rm J3", "rm J4 --json"}},
    {"train", "FIELD=VALUE...", "train a linear, logistic or softmax model",
     1, MANY, FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_submit,
     GROUP_MODELS,
     {"train model=logreg task=binary_is_zero dataRef=digits.csv hasHeader=true epochs=10",
      "train model=softmax dataRef=digits.csv hasHeader=true normalize=16 holdout=5 -d"}},
    {"resume", "ID [FIELD=VALUE...]", "train on from the weights of a job",
     1, MANY, FOR_WAIT | FOR_SUBMIT | FOR_FILES | FOR_DIR | FOR_IMAGE | FOR_WEIGHTS, command_resume,
     GROUP_MODELS,
     {"resume J2 epochs=5 lr=0.01", "resume J2 continue=true epochs=5"}},
    {"predict", "ID TABLE [FIELD=VALUE...]", "score the rows of a table with a trained model",
     1, MANY, FOR_WAIT | FOR_SUBMIT | FOR_OUT, command_predict, GROUP_MODELS,
     {"predict J2 digits.csv rows=3", "predict J2 digits.csv --out scores.csv"}},
    {"export", "ID", "print a trained model for other programs",
     1, 1, FOR_OUT | FOR_EXPORT, command_export, GROUP_MODELS,
     {"export J2", "export J2 --format csv --out model.csv"}},
    {"stats", "TABLE [FIELD=VALUE...]", "count, mean, deviation, range of each column",
     1, MANY, FOR_WAIT | FOR_SUBMIT, command_submit, GROUP_MODELS,
     {"stats digits.csv hasHeader=true", "stats digits.csv hasHeader=true --json"}},
    {"weights", "ID", "print the weights of a training as CSV",
     1, 1, 0, command_weights, GROUP_MODELS,
     {"weights J2", "weights J2 --json"}},
    {"artifacts", "ID", "write the files of a training: logs, weights, all its pictures",
     1, 1, FOR_DIR | FOR_IMAGE | FOR_CHART | FOR_WEIGHTS, command_artifacts, GROUP_MODELS,
     {"artifacts J2 --dir out", "artifacts J2 --format svg"}},
    {"plot", "[ID...]", "draw curves, ROC, confusion, weights of jobs; without ID: speedups",
     0, MANY, FOR_DIR | FOR_IMAGE | FOR_CHART | FOR_PLOT, command_plot, GROUP_MODELS,
     {"plot J2", "plot J2 J5 --format svg"}},
    {"speedup", "FIELD=VALUE...", "measure a training with several numbers of workers",
     1, MANY, FOR_DIR | FOR_CHART | FOR_SPEEDUP, command_speedup, GROUP_MODELS,
     {"speedup model=logreg dataRef=digits.csv hasHeader=true --workers 1,2",
      "speedup model=logreg dataRef=digits.csv hasHeader=true --modes sync --repeat 5"}},
    {"workers", "", "list masters and workers",
     0, 0, 0, command_workers, GROUP_QUEUE,
     {"workers", "workers --json"}},
    {"events", "", "what happened in the queue",
     0, 0, FOR_EVENTS, command_events, GROUP_QUEUE,
     {"events", "events --follow"}},
    {"queue", "[pause|resume|drain|stats]", "hold a queue, let it run empty, count",
     0, 1, FOR_WAIT, command_queue, GROUP_QUEUE,
     {"queue", "queue pause"}},
    {"queues", "", "all queues: what waits and runs in each, and who serves it",
     0, 0, 0, command_queues, GROUP_QUEUE,
     {"queues", "queues --json"}},
    {"retries", "", "tasks that failed and wait to be tried again",
     0, 0, FOR_LIST, command_retries, GROUP_QUEUE,
     {"retries", "retries -n 10"}},
    {"dead", "[list|show ID|replay ID|drop ID]", "tasks that were given up; ID may be all",
     0, 2, FOR_DEAD, command_dead, GROUP_QUEUE,
     {"dead", "dead replay all"}},
    {"fsck", "", "is every task in one place, and nothing left lying about?",
     0, 0, FOR_FSCK, command_fsck, GROUP_QUEUE,
     {"fsck", "fsck --repair"}},
    {"chat", "TEXT", "say something to all consoles",
     1, MANY, 0, command_chat, GROUP_QUEUE,
     {"chat good morning", "chat the queue will be paused at noon"}},
    {"up", "", "run Redis, a master and workers here until Ctrl-C",
     0, 0, FOR_UP, command_up, GROUP_HERE,
     {"up", "up --workers 4 --data-dir data"}},
    {"demo", "", "show it all in half a minute, and clean up",
     0, 0, FOR_DEMO, command_demo, GROUP_HERE,
     {"demo", "demo --chaos"}},
    {"help", "[COMMAND]", "what there is, or how to use a command",
     0, 1, 0, command_help, GROUP_HERE,
     {"help train", "help --json"}},
};
/* clang-format on */
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
