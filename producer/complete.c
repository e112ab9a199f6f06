/* complete.c: what may be typed next, out of the tables that parsing uses. */
#include "producer/complete.h"

#include "jobs/job.h"
#include "producer/command.h"
#include "producer/commands.h"
#include "producer/complete_files.h"
#include "producer/follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_OFFERED = 200 };

static void add_commands(const struct app *app, struct console_words *to)
{
    for (size_t i = 0; i < commands_count; i++)
        console_word(to, commands_all[i].name);
    if (app->session) console_word(to, "exit");
}

static void add_options(const struct command *c, struct console_words *to)
{
    struct app scratch = commands_defaults;
    struct opt opts[COMMANDS_OPTS];
    size_t count = commands_options_of(c, &scratch, opts);
    char word[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(word, sizeof word, "--%s", opts[i].name);
        console_word(to, word);
    }
}

static void add_jobs(const struct app *app, struct console_words *to)
{
    struct queue *q = NULL;
    char(*ids)[ID_MAX + 1] = NULL;
    size_t count = 0;

    /* A console knows whether anybody answers. */
    if (app->session && (!app->session->follow || !follow_connected(app->session->follow))) return;
    if (app_open(app, false, &q, NULL) == DTQ_OK &&
        queue_job_ids(q, JOBS_OFFERED, &ids, &count, NULL) == DTQ_OK)
        for (size_t i = 0; i < count; i++)
            console_word(to, ids[i]);
    free(ids);
    queue_free(q);
}

/* What a field that names a file asks for; 0 for others. */
static unsigned files_of(const struct field *f)
{
    return f->names == FIELD_NAMES_DATA   ? COMPLETE_DATA
           : f->names == FIELD_NAMES_FILE ? COMPLETE_FILES
                                          : 0;
}

/* key=, or key=value for the values of a field that has but a few, or some that are usual, or that
 * names a file. */
static void add_field(const struct field *f, const char *typed, unsigned plain,
                      struct console_words *to)
{
    const char *at = f->kind == FIELD_BOOL ? "true false" : f->choices;
    size_t len = strlen(f->name);
    char word[128];

    snprintf(word, sizeof word, "%s=", f->name);
    if (strncmp(typed, word, len + 1) != 0) {
        console_word(to, word);
        return;
    }
    if (files_of(f)) complete_files(word, typed + len + 1, files_of(f) | plain, to);
    for (; at && *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");

        snprintf(word, sizeof word, "%s=%.*s", f->name, (int)size, at);
        console_word(to, word);
        at += size;
    }
}

/* The fields of a type; at the place of its first positional one, the value of that alone, too. */
static void add_fields(const struct job_type *type, const char *typed, bool first, unsigned plain,
                       struct console_words *to)
{
    const char *name = first && type && type->positional ? type->positional[0] : "";

    for (size_t i = 0; type && i < type->field_count; i++) {
        const struct field *f = &type->fields[i];

        if (!f->hidden) add_field(f, typed, plain, to);
        if (!strcmp(f->name, name) && files_of(f) && !strchr(typed, '='))
            complete_files("", typed, files_of(f) | plain, to);
    }
    console_word(to, "jobId=");
}

/* The first words of [pause|resume] and the like. */
static void add_choices(const struct command *c, struct console_words *to)
{
    for (const char *at = c->args + 1; *at && *at != ']'; at += strspn(at, "|")) {
        char word[32] = "";
        size_t len = strcspn(at, " |]");

        memcpy(word, at, len < sizeof word ? len : sizeof word - 1);
        console_word(to, word);
        at += strcspn(at, "|]");
    }
}

/* Does the command take the id of a job, or several? */
static bool takes_jobs(const struct command *c)
{
    return !strncmp(c->args, "ID", 2) || !strncmp(c->args, "[ID", 3);
}

void complete_line(const struct app *app, const char *line, size_t start, unsigned plain,
                   struct console_words *to)
{
    const struct command *command;
    size_t begin = strspn(line, " \t!"), len = strcspn(line + begin, " \t");
    size_t second = begin + len + strspn(line + begin + len, " \t");
    size_t third = second + strcspn(line + second, " \t|");
    const char *typed = line + start;
    char *name;

    third += strspn(line + third, " \t|");
    if (start <= begin) {
        add_commands(app, to);
        return;
    }
    name = strndup(line + begin, len);
    command = name ? commands_find(name) : NULL;
    if (!command) goto out;
    if (typed[0] == '-') {
        add_options(command, to);
    } else if (command->run == command_help) {
        add_commands(app, to);
    } else if (command->run == command_submit) {
        add_fields(job_find(name), typed, start == second, plain, to);
    } else if (takes_jobs(command) && (start == second || command->most > 1)) {
        if (start > second && command->run == command_resume)
            add_fields(job_find("train"), typed, false, plain, to);
        else if (start > second && command->run == command_predict)
            add_fields(job_find("predict"), typed, start == third, plain, to);
        else
            add_jobs(app, to);
    } else if (start == second && command->args[0] == '[' && strchr(command->args, '|')) {
        add_choices(command, to);
    } else if (command->run == command_speedup) {
        add_fields(job_find("train"), typed, false, plain, to);
    }
out:
    free(name);
}

void complete_words(void *ctx, const char *line, size_t start, struct console_words *to)
{
    complete_line(ctx, line, start, COMPLETE_PLAIN, to);
}
