/* main.c: dtq-producer, short name dtq. */
#include "producer/commands.h"
#include "producer/dispatch.h"
#include "producer/interrupt.h"

#include <libgen.h>
#include <locale.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whoever read our output has seen enough, as `head` does. */
static bool nobody_reads(void)
{
    struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int main(int argc, char **argv)
{
    struct app app = commands_defaults;
    int code;

    program_begin();
    setlocale(LC_CTYPE, ""); /* texts only: numbers keep their points */
    if (argc > 0) {
        app.called = strdupa(argv[0]); /* basename may change what it is given */
        app.name = basename(argv[0]);
    }
    for (int i = 1; i < argc; i++) /* so that a bad option is told of as JSON, too */
        if (!strcmp(argv[i], "--json")) app.program.json = true;
    interrupt_catch();
    code = dispatch(&app, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (!nobody_reads()) app_note(&app, "standard output cannot be written");
        if (code == APP_DONE) code = APP_FAILED;
    }
    return code;
}
