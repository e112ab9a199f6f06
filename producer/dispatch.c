/* dispatch.c: a command line: a command, or a console. */
#include "producer/dispatch.h"

#include "producer/command.h"
#include "producer/commands.h"
#include "producer/obey.h"
#include "producer/session.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
    err = obey_options(~0u, argc, copy, &scratch, &left, &why);
    words = copy + 1;
    if (err == DTQ_OK) err = read_producer(app, &left, &words, &why);
    if (err == DTQ_OK) {
        command = left ? commands_find(words[0]) : NULL;
        err = obey_options(command ? command->options : FOR_SESSION, argc, argv, app, &left, &why);
        words = argv + 1 + (app->producer[0] ? 1 : 0);
        left -= (int)(words - argv);
        if (err == DTQ_OK && command && !app->program.help && !app->program.version)
            err = obey_check(app, command, left, words + 1, &why);
    }
    if (err != DTQ_OK)
        code = app_fail(app, err, &why);
    else if (scratch.program.version)
        printf("%s %s\n", app->name, DTQ_VERSION);
    else if (app->program.help)
        code = command_help(app, command != NULL, (const char *const *)words);
    else if (command)
        code = obey_run(app, command, left, words);
    else
        code = session_run(app);
    free(copy);
    return code;
}
