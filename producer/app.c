/* app.c: errors, notes and the connection of a command. */
#include "producer/app.h"

#include "common/console/line.h"
#include "common/json.h"
#include "common/screen.h"
#include "common/server.h"
#include "producer/interrupt.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum app_exit app_exit_of(enum dtq_err err)
{
    switch (err) {
    case DTQ_OK: return APP_DONE;
    case DTQ_INPUT:
    case DTQ_JOB_GONE: /* an id that somebody typed */
    case DTQ_EXISTS: return APP_INPUT;
    /* A signal shuts the connection down to end what waits on it. */
    case DTQ_DENIED: return APP_NO_REDIS;
    case DTQ_CONN: return interrupt_seen() ? APP_SIGNAL + interrupt_seen() : APP_NO_REDIS;
    case DTQ_TIMEOUT:
    case DTQ_NONE: return APP_UNFINISHED;
    case DTQ_CANCELLED: return interrupt_seen() ? APP_SIGNAL + interrupt_seen() : APP_UNFINISHED;
    default: return APP_FAILED;
    }
}

void app_note(const struct app *app, const char *format, ...)
{
    va_list args;

    flockfile(stderr);
    fprintf(stderr, "%s: ", app->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    funlockfile(stderr);
}

/* Shows where in the line the thing lies that a sentence is about: as much of the line as the
 * screen has room for, with some of what stands before the thing. */
static void point_into(const char *line, const char *sentence)
{
    enum { INDENT = 4, USUAL = 80, LEAST = 20 };
    int columns = screen_of(stderr).columns, most;
    size_t start, len, from = 0;
    struct buf text = {0};

    if (!line_blame(line, sentence, &start, &len)) return;
    most = (columns ? columns : USUAL) - INDENT;
    if (most < LEAST) most = LEAST;
    if (len > (size_t)most) len = (size_t)most;
    if (start + len > (size_t)most) from = start - ((size_t)most - len) / 2;
    while (((unsigned char)line[from] & 0xc0) == 0x80) /* at the beginning of a character */
        from++;
    screen_cut(line + from, most, &text);
    fprintf(stderr, "%*s%s\n", INDENT, "", text.len ? text.data : "");
    buf_reset(&text);
    buf_add(&text, line + from, start - from);
    fprintf(stderr, "%*s^", INDENT + (text.len ? screen_width(text.data) : 0), "");
    buf_reset(&text);
    buf_add(&text, line + start, len);
    for (int i = 1, width = text.len ? screen_width(text.data) : 1; i < width; i++)
        fputc('~', stderr);
    fputc('\n', stderr);
    buf_clear(&text);
}

int app_fail(const struct app *app, enum dtq_err err, const struct dtq_why *why)
{
    const struct app_session *s = app->session;
    const struct dtq_why interrupted = {"interrupted"};

    if (err == DTQ_CONN && interrupt_seen()) why = &interrupted; /* the signal cut the connection */
    if (s && s->line_no)
        app_note(app, "line %lld: %s", s->line_no, why->text);
    else
        app_note(app, "%s", why->text);
    if (s && s->line) point_into(s->line, why->text);
    if (app->program.json) {
        cJSON *value = cJSON_CreateObject();
        cJSON *error = cJSON_AddObjectToObject(value, "error");

        cJSON_AddStringToObject(error, "code", err_word(err));
        cJSON_AddStringToObject(error, "message", why->text);
        app_print_json(value, NULL);
        cJSON_Delete(value);
    }
    return app_exit_of(err);
}

enum dtq_err app_print_json(const cJSON *value, struct dtq_why *why)
{
    cJSON *exact = cJSON_Duplicate(value, true); /* NULL of NULL */
    char *text;

    json_make_exact(exact);
    text = exact ? cJSON_PrintUnformatted(exact) : NULL;
    cJSON_Delete(exact);
    if (!text) return err_set(why, DTQ_NOMEM, "out of memory for the output");
    puts(text);
    fflush(stdout);
    free(text);
    return DTQ_OK;
}

const char *app_queue_option(const struct app *app, char text[APP_QUEUE_OPTION])
{
    bool usual = !strcmp(app->program.queue, PROGRAM_QUEUE);

    snprintf(text, APP_QUEUE_OPTION, "%s%s", usual ? "" : " --queue ",
             usual ? "" : app->program.queue);
    return text;
}

enum dtq_err app_print_text(const struct buf *text, struct dtq_why *why)
{
    if (text->failed) return err_set(why, DTQ_NOMEM, "out of memory for the output");
    if (text->data) fputs(text->data, stdout);
    return DTQ_OK;
}

enum dtq_err app_open(const struct app *app, bool made, struct queue **out, struct dtq_why *why)
{
    /* The environment is read here, and changed: one thread at a time. */
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char up[FIND_URL];
    struct dtq_why unread;
    enum dtq_err err;

    if (!why) why = &unread;
    pthread_mutex_lock(&lock);
    err = server_open(&app->program, app->program.queue, made, out, up, why);
    pthread_mutex_unlock(&lock);
    return err;
}

enum purpose { LOOK, CHANGE, MAKE };

/* Is the queue there? */
static enum dtq_err check_queue(struct queue *q, enum purpose purpose, struct dtq_why *why)
{
    struct queue_names names;
    struct buf known = {0};
    enum dtq_err err = queue_names_read(q, &names, why);
    bool there = err == DTQ_OK && queue_names_have(&names, queue_name(q));
    bool empty = purpose == LOOK && !names.count && !strcmp(queue_name(q), PROGRAM_QUEUE);

    if (err == DTQ_OK && !there && !empty) {
        for (size_t i = 0; i < names.count; i++)
            buf_printf(&known, "%s%s", i ? ", " : "; known: ", names.rows[i]);
        err = err_set(why, DTQ_INPUT, "there is no queue \"%s\"%.400s", queue_name(q),
                      known.len ? known.data : " yet; its first job, master or worker creates it");
    }
    buf_clear(&known);
    queue_names_clear(&names);
    return err;
}

static enum dtq_err connect_for(const struct app *app, enum purpose purpose, struct queue **out,
                                struct dtq_why *why)
{
    struct queue *q = NULL;
    enum dtq_err err = app_open(app, purpose == MAKE, &q, why);

    if (err == DTQ_OK) interrupt_wakes(queue_fd(q));
    if (err == DTQ_OK && purpose != MAKE) err = check_queue(q, purpose, why);
    if (err == DTQ_OK) {
        *out = q;
        return DTQ_OK;
    }
    interrupt_wakes(-1);
    queue_free(q);
    return err;
}

enum dtq_err app_connect(const struct app *app, struct queue **out, struct dtq_why *why)
{
    return connect_for(app, LOOK, out, why);
}

enum dtq_err app_connect_change(const struct app *app, struct queue **out, struct dtq_why *why)
{
    return connect_for(app, CHANGE, out, why);
}

enum dtq_err app_connect_new(const struct app *app, struct queue **out, struct dtq_why *why)
{
    return connect_for(app, MAKE, out, why);
}
