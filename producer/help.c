/* help.c: what there is and how it is used, out of the tables that parsing uses. */
#include "producer/help.h"

#include "common/wrap.h"
#include "jobs/job.h"
#include "producer/command.h"
#include "producer/commands.h"
#include "producer/order.h"
#include "producer/suggest.h"

#include <stdio.h>
#include <string.h>

enum { NAMES = 9 }; /* columns for the name of a command */

static void paragraph(const char *text)
{
    wrap_text(stdout, wrap_columns(stdout), 0, 0, text);
}

static void list_commands(bool console)
{
    for (int group = 0; group < COMMAND_GROUPS; group++) {
        printf("%s%s\n", group ? "\n" : "", commands_groups[group]);
        for (size_t i = 0; i < commands_count; i++) {
            const struct command *c = &commands_all[i];

            if ((int)c->group == group)
                wrap_row(stdout, wrap_columns(stdout), NAMES, c->name, c->help);
        }
    }
    if (console) wrap_row(stdout, wrap_columns(stdout), NAMES, "exit", "leave; jobs go on");
    fputc('\n', stdout);
}

/* For those who are at a console: how the program is called is not their question. */
static void console_help(void)
{
    list_commands(true);
    paragraph("help COMMAND has examples, the options of a command and the fields of a job. % "
              "stands for the job that was submitted last. Tab completes commands, ids of jobs, "
              "fields and files. Jobs run in the background; how they end is printed here.");
}

void help_all(const struct app *app)
{
    struct opt opts[COMMANDS_OPTS];
    struct app scratch = commands_defaults;
    size_t count = commands_options(FOR_SESSION, &scratch, opts);

    printf("usage: %s COMMAND [ARGUMENTS] [OPTIONS]\n"
           "       %s            a console, on a terminal\n"
           "       %s <FILE      commands from a file, one a line\n\n",
           app->name, app->name, app->name);
    paragraph("Submits jobs to a queue in Redis and shows what becomes of them.");
    fputc('\n', stdout);
    list_commands(false);
    printf("%s COMMAND --help has examples, options and fields.\n\nOptions\n", app->name);
    opt_help(opts, count, stdout);
    fputc('\n', stdout);
    paragraph("A number in front is the producer: dtq 1 sum 1 100");
    paragraph("Without --redis, DTQ_REDIS_URL, then REDIS_URL is used, then " PROGRAM_URL
              ", and when nothing answers there, a running `dtq up`.");
    paragraph("Exit: 0 done, 1 the job failed, 2 bad usage or input, 3 no Redis, 4 cancelled or "
              "timed out, 130 interrupted (the job goes on).");
}

/* The type of the job that a command submits; NULL: it submits none. */
static const struct job_type *type_of(const struct command *c)
{
    bool trains = c->run == command_resume || c->run == command_speedup;

    return job_find(trains ? "train" : c->name);
}

/* A command line; where it is too long for the screen it goes on behind a \ as a shell has it. */
static void example(const struct app *app, const char *words)
{
    enum { INDENT = 6, BEHIND = 2 }; /* blanks before what goes on; " \" */
    int at = printf("  $ %s", app->name), columns = wrap_columns(stdout);

    while (*words) {
        int len = (int)strcspn(words, " ");

        if (at + 1 + len + BEHIND > columns) at = printf(" \\\n%*s", INDENT - 1, "") - 3;
        at += printf(" %.*s", len, words);
        words += len + (words[len] == ' ');
    }
    fputc('\n', stdout);
}

static void help_one(const struct app *app, const struct command *command)
{
    struct opt opts[COMMANDS_OPTS];
    struct app scratch = commands_defaults;
    size_t count = commands_options_of(command, &scratch, opts);
    const struct job_type *type = type_of(command);
    bool based = command->run == command_resume;

    for (size_t i = 0; i < COMMAND_EXAMPLES && command->examples[i]; i++)
        example(app, command->examples[i]);
    printf("\nusage: %s %s%s%s [OPTIONS]\n\n", app->name, command->name,
           command->args[0] ? " " : "", command->args);
    paragraph(command->help);
    if (type) {
        fputc('\n', stdout);
        paragraph(based ? "Fields, as arguments of their own or separated by '|'; those that are "
                          "not given are as in that job:"
                        : "Fields, as arguments of their own or separated by '|':");
        order_help(type, based, stdout);
    }
    printf("\nOptions\n");
    opt_help(opts, count, stdout);
}

/* --- for programs ----------------------------------------------------------------------------- */

static cJSON *option_json(const struct opt *o)
{
    const char letter[] = {o->letter, '\0'};
    cJSON *out = cJSON_CreateObject();

    cJSON_AddStringToObject(out, "name", o->name);
    if (o->letter) cJSON_AddStringToObject(out, "letter", letter);
    if (o->arg) cJSON_AddStringToObject(out, "arg", o->arg);
    cJSON_AddStringToObject(out, "help", o->help);
    return out;
}

static cJSON *command_json(const struct app *app, const struct command *c)
{
    struct opt opts[COMMANDS_OPTS];
    struct app scratch = commands_defaults;
    size_t count = commands_options_of(c, &scratch, opts);
    const struct job_type *type = type_of(c);
    cJSON *out = cJSON_CreateObject(), *list;

    cJSON_AddStringToObject(out, "name", c->name);
    cJSON_AddStringToObject(out, "group", commands_groups[c->group]);
    cJSON_AddStringToObject(out, "args", c->args);
    cJSON_AddStringToObject(out, "help", c->help);
    list = cJSON_AddArrayToObject(out, "examples");
    for (size_t i = 0; i < COMMAND_EXAMPLES && c->examples[i]; i++) {
        struct buf line = {0};

        buf_printf(&line, "%s %s", app->name, c->examples[i]);
        cJSON_AddItemToArray(list, cJSON_CreateString(line.failed ? "" : line.data));
        buf_clear(&line);
    }
    list = cJSON_AddArrayToObject(out, "options");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, option_json(&opts[i]));
    if (type) cJSON_AddItemToObject(out, "fields", order_fields(type));
    return out;
}

static int print_json(const struct app *app, const struct command *only)
{
    cJSON *value = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(value, "commands");
    struct dtq_why why;
    enum dtq_err err;

    for (size_t i = 0; i < commands_count; i++)
        if (!only || only == &commands_all[i])
            cJSON_AddItemToArray(list, command_json(app, &commands_all[i]));
    err = app_print_json(value, &why);
    cJSON_Delete(value);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}

int command_help(const struct app *app, int count, const char *const *words)
{
    const struct command *command = count ? commands_find(words[0]) : NULL;
    struct dtq_why why;

    if (count && !command) return app_fail(app, suggest_command(app, words[0], &why), &why);
    if (app->program.json) return print_json(app, command);
    if (command)
        help_one(app, command);
    else if (app->session && app->session->follow)
        console_help();
    else
        help_all(app);
    return APP_DONE;
}
