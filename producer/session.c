/* session.c: reads lines and obeys them. */
#include "producer/session.h"

#include "common/console/console.h"
#include "common/console/line.h"
#include "producer/command.h"
#include "producer/commands.h"
#include "producer/complete.h"
#include "producer/follow.h"
#include "producer/help.h"
#include "producer/interrupt.h"
#include "producer/obey.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct console *present; /* to be stopped by a signal */

static void on_signal(int number)
{
    if (number != SIGINT && present) console_stop(present);
}

/* `chat` takes the rest of the line as it is: an apostrophe is no quote there. */
static bool is_chat(const char *text, const char **message)
{
    text += strspn(text, " \t");
    if (strncmp(text, "chat", 4) || !text[4] || !strchr(" \t", text[4])) return false;
    text += 4 + strspn(text + 4, " \t");
    *message = text;
    return *text != '\0';
}

/* Another job may have the id of the last one by now: that is not what was meant. Whatever else is
 * wrong the command finds out. */
static enum dtq_err check_last(const struct app *app, struct dtq_why *why)
{
    const struct app_session *s = app->session;
    struct queue_job job = {0};
    struct queue *q = NULL;
    struct dtq_why ignored;
    enum dtq_err err = DTQ_OK;

    if (app_open(app, false, &q, &ignored) == DTQ_OK &&
        queue_job_read(q, s->last, &job, &ignored) == DTQ_OK &&
        strcmp(job.nonce, s->last_nonce) != 0)
        err = err_set(why, DTQ_JOB_GONE,
                      "%% was job %s, which is gone: its id is that of another job now", s->last);
    queue_job_clear(&job);
    queue_free(q);
    return err;
}

/* % stands for the job that was submitted last; also with fields behind it, as in %|lr=0.01: then
 * *joined (the caller frees it) is the word. */
static enum dtq_err put_last(const struct app *app, struct line *l, char **joined,
                             struct dtq_why *why)
{
    const struct app_session *s = app->session;
    bool checked = false;
    enum dtq_err err;

    for (size_t i = 1; i < l->count; i++) {
        const char *word = l->words[i];

        if (word[0] != '%' || (word[1] && (word[1] != '|' || *joined))) continue;
        if (!s->last[0])
            return err_set(why, DTQ_INPUT,
                           "%% is the job that was submitted last here, and there is none yet");
        err = checked ? DTQ_OK : check_last(app, why);
        checked = true;
        if (err != DTQ_OK) return err;
        if (word[1] && asprintf(joined, "%s%s", s->last, word + 1) < 0) {
            *joined = NULL;
            return err_set(why, DTQ_NOMEM, "out of memory for a line");
        }
        l->words[i] = word[1] ? *joined : (char *)s->last;
    }
    return DTQ_OK;
}

/* The status of a line that was expected to fail. That nobody was there to try, or that somebody
 * stopped it, is not the failure that was meant. */
static int negate(const struct app *app, int code)
{
    struct dtq_why why;

    if (code == APP_NO_REDIS || code >= APP_SIGNAL) return code;
    if (code != APP_DONE) {
        app_note(app, "this failure was expected");
        return APP_DONE;
    }
    err_set(&why, DTQ_INPUT, "this was expected to fail, and did not");
    app_fail(app, DTQ_INPUT, &why);
    return APP_FAILED;
}

/* Obeys a line. *leave: it says exit. */
static int obey(const struct app *app, const char *text, bool *leave)
{
    struct app_session *s = app->session;
    struct line l = {0};
    struct dtq_why why;
    const char *message;
    char *joined = NULL;
    int code = APP_DONE;
    enum dtq_err err;

    s->line = text;
    if (is_chat(text, &message)) {
        code = command_chat(app, 1, &message);
        goto out;
    }
    err = line_read(text, &l, &why);
    if (err == DTQ_OK) err = put_last(app, &l, &joined, &why);
    if (err != DTQ_OK) {
        code = app_fail(app, err, &why);
    } else if (l.count == 1 && (!strcmp(l.words[0], "exit") || !strcmp(l.words[0], "quit"))) {
        *leave = true;
    } else if (l.count) {
        code = obey_words(app, l.count, l.words);
        if (l.negated) code = negate(app, code);
    }
out:
    interrupt_wakes(
        -1); /* the command's connection is closed; its number may be another's by now */
    line_clear(&l);
    free(joined);
    s->line = NULL;
    fflush(stdout);
    return code;
}

/* Lines of a pipe or file. */
static int obey_file(const struct app *app, struct console *console)
{
    struct dtq_why why;
    const char *text = NULL;
    bool leave = false, any = false;
    int first = APP_DONE, code;
    enum dtq_err err;

    while (!leave && (err = console_read(console, &text, &why)) != DTQ_NONE) {
        any = true;
        app->session->line_no++;
        if (err == DTQ_OK && isatty(STDERR_FILENO) && text[strspn(text, " \t#")])
            fprintf(stderr, "> %s\n", text);
        code = err == DTQ_OK ? obey(app, text, &leave) : app_fail(app, err, &why);
        if (first == APP_DONE) first = code;
        if (interrupt_seen()) return APP_SIGNAL + interrupt_seen();
        if (code != APP_DONE && !app->keep_going) break;
    }
    if (!any && !interrupt_seen()) help_all(app);
    return first;
}

/* Lines of a person. */
static int obey_person(struct app *app, struct console *console)
{
    struct dtq_why why;
    const char *text = NULL;
    bool leave = false;
    enum dtq_err err = follow_new(app, console, &app->session->follow, &why);

    if (err != DTQ_OK) return app_fail(app, err, &why);
    app->detach = app->quiet = true;
    while (!leave) {
        interrupt_reset(); /* here, for Ctrl-C may come as soon as the line is read */
        err = console_read(console, &text, &why);
        if (err == DTQ_NONE) break;
        if (err == DTQ_OK)
            obey(app, text, &leave);
        else
            app_fail(app, err, &why);
    }
    follow_free(app->session->follow);
    return interrupt_seen() && interrupt_seen() != SIGINT ? APP_SIGNAL + interrupt_seen()
                                                          : APP_DONE;
}

int session_run(const struct app *start)
{
    struct app_session session = {.line = NULL};
    struct app app = *start;
    char prompt[ID_MAX + 8];
    const struct console_spec spec = {.program = "dtq",
                                      .id = app.producer,
                                      .prompt = prompt,
                                      .complete = complete_words,
                                      .ctx = &app};
    struct console *console = NULL;
    struct stat in;
    struct dtq_why why;
    enum dtq_err err;
    int code;

    app.session = &session;
    if (app.out) setenv("DTQ_OUT", app.out, 1); /* for commands with a process of their own */
    if (isatty(STDIN_FILENO) && !console_on_terminal()) {
        help_all(&app);
        return APP_DONE;
    }
    if (fstat(STDIN_FILENO, &in) == 0 && S_ISDIR(in.st_mode)) {
        err = err_set(&why, DTQ_INPUT, "standard input is a folder; give a file of commands");
        return app_fail(&app, err, &why);
    }
    snprintf(prompt, sizeof prompt, "dtq%s%s> ", app.producer[0] ? " " : "", app.producer);
    err = console_new(&spec, &console, &why);
    if (err != DTQ_OK) return app_fail(&app, err, &why);
    present = console;
    interrupt_hook(on_signal);
    code = console_on_terminal() ? obey_person(&app, console) : obey_file(&app, console);
    interrupt_hook(NULL);
    present = NULL;
    console_free(console);
    return code;
}
