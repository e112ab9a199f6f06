/* dispatch.c: a command line: a command, or a console. */
#include "producer/dispatch.h"

#include "common/parse.h"
#include "producer/command.h"
#include "producer/commands.h"
#include "producer/complete.h"
#include "producer/obey.h"
#include "producer/session.h"
#include "producer/suggest.h"

#include <ctype.h>
#include <string.h>

static bool is_number(const char *text)
{
    return isdigit((unsigned char)text[0]) && !text[strspn(text, "0123456789")];
}

/* Where the command is, whatever options stand before it; argc when there is none. */
static int find_word(int argc, char **argv)
{
    struct app scratch = commands_defaults;
    struct opt opts[COMMANDS_OPTS];

    return opt_first(opts, commands_options(~0u, &scratch, opts), argc, argv, 1);
}

/* A number before the command is a producer, and leaves argv; any other word there is none, so that
 * a command that was mistyped never runs as somebody's. NULL: there is none. */
static const char *take_number(int *argc, char **argv)
{
    int at = find_word(*argc, argv);
    const char *number = at < *argc && is_number(argv[at]) ? argv[at] : NULL;

    if (!number) return NULL;
    memmove(argv + at, argv + at + 1, (size_t)(*argc - at) * sizeof *argv);
    --*argc;
    return number;
}

static enum dtq_err choose_producer(struct app *app, const char *number, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (number && app->producer[0] && strcmp(number, app->producer))
        return err_set(why, DTQ_INPUT, "producer %s and --producer %s are both given; omit one",
                       parse_shown(number, shown), app->producer);
    if (number) app->producer = number;
    return app->producer[0] ? id_check("producer id", app->producer, why) : DTQ_OK;
}

int dispatch(struct app *app, int argc, char **argv)
{
    const struct command *command = NULL;
    const char *number;
    struct dtq_why why;
    int at, left = 0;
    enum dtq_err err = DTQ_OK;

    if (argc > 1 && !strcmp(argv[1], "__complete")) return complete_shell(app, argc - 2, argv + 2);
    number = take_number(&argc, argv);
    at = find_word(argc, argv);
    if (at < argc) command = commands_find(argv[at]);
    if (at < argc && !command) err = suggest_command(app, argv[at], &why);
    if (err == DTQ_OK) err = obey_options(command, argc, argv, app, &left, &why);
    if (err == DTQ_OK) err = choose_producer(app, number, &why);
    if (err == DTQ_OK && command && !app->program.help && !app->program.version)
        err = obey_check(app, command, left - 1, argv + 2, &why);
    if (err != DTQ_OK) return app_fail(app, err, &why);
    if (app->program.version) {
        printf("%s %s\n", app->name, DTQ_VERSION);
        return APP_DONE;
    }
    if (app->program.help) return command_help(app, command != NULL, (const char *const *)argv + 1);
    return command ? obey_run(app, command, left - 1, argv + 1) : session_run(app);
}
