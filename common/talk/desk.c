/* desk.c: the console of a long-lived program. */
#include "common/talk/desk.h"

#include "common/console/console.h"
#include "common/console/line.h"
#include "common/fields.h"
#include "common/log.h"
#include "common/parse.h"
#include "common/show/render.h"
#include "common/talk/listener.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct desk {
    struct desk_spec spec;
    char prompt[ID_MAX + 24];
    struct console_spec look;
    struct console *console;   /* owned */
    struct listener *listener; /* owned */
    struct queue *queue;       /* owned; of the console's thread */
    pthread_t thread;
    bool started;
};

static const char *const own_words[] = {"help", "chat", "exit"};
enum { OWN_WORDS = sizeof own_words / sizeof *own_words };

static void print(struct desk *d, const struct buf *text)
{
    if (!text->failed && text->len) console_print(d->console, text->data, text->len);
}

__attribute__((format(printf, 2, 3))) static void say(struct desk *d, const char *format, ...)
{
    char line[900];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (len < 0) return;
    if ((size_t)len > sizeof line - 2) len = sizeof line - 2;
    line[len++] = '\n';
    console_print(d->console, line, (size_t)len);
}

static void on_log(void *ctx, const char *line, size_t len)
{
    console_print(((struct desk *)ctx)->console, line, len);
}

/* --- chat that comes in ----------------------------------------------------------------------- */

static enum dtq_err on_open(void *ctx, struct queue **out, struct dtq_why *why)
{
    struct desk *d = ctx;
    struct queue *q = NULL;
    enum dtq_err err = queue_clone(d->spec.queue, &q, why);

    if (err == DTQ_OK) err = queue_connect(q, why);
    if (err == DTQ_OK)
        *out = q;
    else
        queue_free(q);
    return err;
}

static enum dtq_err on_events(void *ctx, struct queue *q, const cJSON *events, struct dtq_why *why)
{
    struct desk *d = ctx;
    const cJSON *event;
    struct buf text = {0};

    (void)q;
    (void)why;
    cJSON_ArrayForEach(event, events)
    {
        if (!strcmp(fields_text(event, "event", ""), "chat")) render_chat(event, &text);
    }
    print(d, &text);
    buf_clear(&text);
    return DTQ_OK;
}

/* The program itself logs that its connection is lost and back. */
static void on_lost(void *ctx, const struct dtq_why *why)
{
    (void)ctx;
    (void)why;
}

static void on_back(void *ctx, const struct queue *q)
{
    (void)ctx;
    (void)q;
}

/* --- commands --------------------------------------------------------------------------------- */

static void help(struct desk *d)
{
    const struct desk_spec *s = &d->spec;
    struct buf text = {0};

    for (size_t i = 0; i < s->count; i++) {
        char head[60];

        snprintf(head, sizeof head, "%s %s", s->commands[i].name, s->commands[i].args);
        buf_printf(&text, "  %-20s %s\n", head, s->commands[i].help);
    }
    buf_printf(&text, "  %-20s %s\n  %-20s %s\n", "chat TEXT",
               s->chatty ? "say something to all consoles; other text is chat, too"
                         : "say something to all consoles",
               "exit", "stop this process in good order, as SIGTERM does");
    print(d, &text);
    buf_clear(&text);
}

/* Calls run on a good connection, again on a new one when it was lost. */
static enum dtq_err on_connection(struct desk *d, const struct desk_command *c,
                                  const struct line *l, const char *message, struct buf *out,
                                  struct dtq_why *why)
{
    const struct desk_spec *s = &d->spec;
    char from[ID_MAX + 20];
    enum dtq_err err = DTQ_CONN;

    snprintf(from, sizeof from, "%s %s", s->kind, s->id);
    for (int tries = 0; tries < 2 && err == DTQ_CONN; tries++) {
        err = queue_connected(d->queue) ? DTQ_OK : queue_connect(d->queue, why);
        buf_reset(out);
        if (err == DTQ_OK && c)
            err = c->run(s->ctx, d->queue, l->count - 1, l->words + 1, out, why);
        else if (err == DTQ_OK)
            err = queue_chat(d->queue, from, message, why);
    }
    return err;
}

static enum dtq_err unknown(const struct desk *d, const char *word, struct dtq_why *why)
{
    const struct desk_spec *s = &d->spec;
    const char *names[32], *near;
    char shown[PARSE_SHOWN];
    size_t used = 0;

    for (size_t i = 0; i < s->count && used < 28; i++)
        names[used++] = s->commands[i].name;
    for (size_t i = 0; i < OWN_WORDS; i++)
        names[used++] = own_words[i];
    near = fields_nearest(word, names, used);
    if (near)
        return err_set(why, DTQ_INPUT, "unknown command \"%s\"; did you mean \"%s\"?",
                       parse_shown(word, shown), near);
    return err_set(why, DTQ_INPUT, "unknown command \"%s\"; help lists the commands",
                   parse_shown(word, shown));
}

static const struct desk_command *find_command(const struct desk *d, const char *name)
{
    for (size_t i = 0; i < d->spec.count; i++)
        if (!strcasecmp(d->spec.commands[i].name, name)) return &d->spec.commands[i];
    return NULL;
}

static enum dtq_err run_line(struct desk *d, const struct line *l, bool *leave, struct dtq_why *why)
{
    const struct desk_command *c = find_command(d, l->words[0]);
    struct buf out = {0};
    char shown[PARSE_SHOWN];
    enum dtq_err err;

    if (!strcmp(l->words[0], "help")) {
        help(d);
        return DTQ_OK;
    }
    if (!strcmp(l->words[0], "exit") || !strcmp(l->words[0], "quit")) {
        *leave = true;
        return DTQ_OK;
    }
    if (!c) return unknown(d, l->words[0], why);
    if (l->count - 1 > c->most)
        return err_set(why, DTQ_INPUT, "\"%s\" is one word too many: %s %s",
                       parse_shown(l->words[c->most + 1], shown), c->name, c->args);
    err = on_connection(d, c, l, NULL, &out, why);
    print(d, &out);
    buf_clear(&out);
    return err;
}

/* What is to be said to all, or NULL when the line is a command. */
static const char *message_of(const struct desk *d, const char *text)
{
    size_t len = strcspn(text, " \t");
    char first[ID_MAX];

    if (!strncmp(text, "chat", len) && len == 4)
        return text[len + strspn(text + len, " \t")] ? text + len + strspn(text + len, " \t")
                                                     : NULL;
    if (!d->spec.chatty || len >= sizeof first) return d->spec.chatty ? text : NULL;
    snprintf(first, sizeof first, "%.*s", (int)len, text);
    for (size_t i = 0; i < OWN_WORDS; i++)
        if (!strcmp(first, own_words[i])) return NULL;
    return find_command(d, first) || !strcmp(first, "quit") ? NULL : text;
}

/* Obeys a line. True: leave. */
static bool obey(struct desk *d, const char *text)
{
    struct line l = {0};
    struct dtq_why why;
    const char *message;
    bool leave = false;
    enum dtq_err err = DTQ_OK;

    text += strspn(text, " \t");
    message = message_of(d, text);
    if (message && *message && *message != '#') {
        struct buf none = {0};

        err = on_connection(d, NULL, NULL, message, &none, &why);
        buf_clear(&none);
    } else if (!message) {
        err = line_read(text, &l, &why);
        if (err == DTQ_OK && l.count) err = run_line(d, &l, &leave, &why);
    }
    if (err != DTQ_OK) say(d, "%s: %s", d->spec.program, why.text);
    line_clear(&l);
    return leave;
}

static void *read_lines(void *arg)
{
    struct desk *d = arg;
    const char *text = NULL;
    struct dtq_why why;
    bool leave = false;
    enum dtq_err err;

    while (!leave && (err = console_read(d->console, &text, &why)) != DTQ_NONE) {
        if (err == DTQ_OK)
            leave = obey(d, text);
        else
            say(d, "%s: %s", d->spec.program, why.text);
    }
    if (leave || console_on_terminal()) kill(getpid(), SIGTERM);
    return NULL;
}

static void complete(void *ctx, const char *line, size_t start, struct console_words *to)
{
    const struct desk *d = ctx;

    if (start > strspn(line, " \t")) {
        if (!strncmp(line + strspn(line, " \t"), "workers ", 8)) console_word(to, "verbose");
        return;
    }
    for (size_t i = 0; i < d->spec.count; i++)
        console_word(to, d->spec.commands[i].name);
    for (size_t i = 0; i < OWN_WORDS; i++)
        console_word(to, own_words[i]);
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum dtq_err start_thread(struct desk *d, struct dtq_why *why)
{
    sigset_t all, old;
    int failed;

    sigfillset(&all); /* signals are for the program */
    pthread_sigmask(SIG_BLOCK, &all, &old);
    failed = pthread_create(&d->thread, NULL, read_lines, d);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    d->started = !failed;
    return failed ? err_set(why, DTQ_NOMEM, "cannot start the thread of the console: %s",
                            strerror(failed))
                  : DTQ_OK;
}

enum dtq_err desk_new(const struct desk_spec *spec, struct desk **out, struct dtq_why *why)
{
    struct desk *d = calloc(1, sizeof *d);
    const struct listener_spec listening = {
        .ctx = d, .open = on_open, .events = on_events, .lost = on_lost, .back = on_back};
    enum dtq_err err;

    if (!d) return err_set(why, DTQ_NOMEM, "out of memory for a console");
    d->spec = *spec;
    snprintf(d->prompt, sizeof d->prompt, "%s %s> ", spec->kind, spec->id);
    d->look = (struct console_spec){.program = spec->program,
                                    .id = "", /* may be of a process, a history is not */
                                    .prompt = d->prompt,
                                    .complete = complete,
                                    .ctx = d};
    err = queue_clone(spec->queue, &d->queue, why);
    if (err == DTQ_OK) err = console_new(&d->look, &d->console, why);
    if (err == DTQ_OK && console_on_terminal())
        say(d, "%s " DTQ_VERSION ", %s %s, queue %s at %s; help lists the commands", spec->program,
            spec->kind, spec->id, queue_name(spec->queue), queue_where(spec->queue));
    if (err == DTQ_OK) {
        log_to(on_log, d);
        err = listener_new(&listening, &d->listener, why);
    }
    if (err == DTQ_OK) err = start_thread(d, why);
    if (err == DTQ_OK)
        *out = d;
    else
        desk_free(d);
    return err;
}

void desk_free(struct desk *d)
{
    if (!d) return;
    if (d->console) console_stop(d->console);
    if (d->started) pthread_join(d->thread, NULL);
    listener_free(d->listener);
    log_to(NULL, NULL);
    console_free(d->console);
    queue_free(d->queue);
    free(d);
}
