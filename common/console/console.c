/* console.c: lines in, lines out. Who wants to print while a line is being typed leaves the text in
 * `pending` and wakes the thread that reads, which alone touches the terminal then. */
#include "common/console/console.h"

#include "common/console/edit.h"
#include "common/console/input.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct console {
    struct input input;
    struct edit *edit; /* owned; NULL: plain lines */
    struct buf line;   /* of plain lines */
    atomic_bool stopped;

    pthread_mutex_t lock; /* guards what follows */
    bool typing;          /* the terminal belongs to the thread that reads */
    struct buf pending;
};

bool console_on_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void console_word(struct console_words *to, const char *word)
{
    buf_add(&to->text, word, strlen(word) + 1);
}

static void write_out(struct buf *text)
{
    if (text->len) fwrite(text->data, 1, text->len, stdout);
    fflush(stdout);
    buf_reset(text);
}

/* In the thread that reads, while a line is being typed. */
static bool on_woken(void *ctx)
{
    struct console *c = ctx;

    pthread_mutex_lock(&c->lock);
    if (c->pending.len) {
        edit_hide(c->edit);
        write_out(&c->pending);
        edit_show(c->edit);
    }
    pthread_mutex_unlock(&c->lock);
    return atomic_load(&c->stopped);
}

enum dtq_err console_new(const struct console_spec *spec, struct console **out, struct dtq_why *why)
{
    struct console *c = calloc(1, sizeof *c);
    enum dtq_err err;

    if (!c) return err_set(why, DTQ_NOMEM, "out of memory for a console");
    pthread_mutex_init(&c->lock, NULL);
    err = input_init(&c->input, STDIN_FILENO, why);
    if (err == DTQ_OK && console_on_terminal())
        err = edit_new(spec, &c->input, on_woken, c, &c->edit, why);
    if (err == DTQ_OK)
        *out = c;
    else
        console_free(c);
    return err;
}

void console_free(struct console *c)
{
    if (!c) return;
    edit_free(c->edit);
    input_clear(&c->input);
    buf_clear(&c->line);
    buf_clear(&c->pending);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void console_stop(struct console *c)
{
    atomic_store(&c->stopped, true);
    input_wake(&c->input);
}

void console_print(struct console *c, const char *text, size_t len)
{
    pthread_mutex_lock(&c->lock);
    buf_add(&c->pending, text, len);
    if (c->typing)
        input_wake(&c->input);
    else
        write_out(&c->pending);
    pthread_mutex_unlock(&c->lock);
}

static void set_typing(struct console *c, bool typing)
{
    pthread_mutex_lock(&c->lock);
    c->typing = typing;
    write_out(&c->pending);
    pthread_mutex_unlock(&c->lock);
}

/* One line of a pipe or file; the last one may lack its end. */
static enum dtq_err plain_read(struct console *c, const char **line, struct dtq_why *why)
{
    struct input *in = &c->input;
    enum input_got got = INPUT_BYTES;
    bool ended = false, too_long = false;
    size_t seen = 0;

    buf_reset(&c->line);
    while (!ended && !atomic_load(&c->stopped) && (got = input_wait(in)) != INPUT_END) {
        const char *end;
        size_t len;

        if (got == INPUT_WOKEN) continue;
        end = memchr(in->bytes + in->at, '\n', in->len - in->at);
        len = end ? (size_t)(end - in->bytes) - in->at : in->len - in->at;
        seen += len;
        too_long |= seen > CONSOLE_PIPED_MAX;
        if (!too_long) buf_add(&c->line, in->bytes + in->at, len);
        in->at += len + (end ? 1 : 0);
        ended = end != NULL;
    }
    if (atomic_load(&c->stopped) || (!ended && !seen)) return DTQ_NONE;
    if (too_long)
        return err_set(why, DTQ_INPUT, "a line of %zu bytes; at most %d are allowed", seen,
                       CONSOLE_PIPED_MAX);
    if (!c->line.failed && seen && memchr(c->line.data, 0, seen))
        return err_set(why, DTQ_INPUT, "a line with a NUL byte; commands are text");
    if (c->line.failed) return err_set(why, DTQ_NOMEM, "out of memory for a line");
    *line = c->line.data ? c->line.data : "";
    return DTQ_OK;
}

enum dtq_err console_read(struct console *c, const char **line, struct dtq_why *why)
{
    enum dtq_err err;

    if (!c->edit) return plain_read(c, line, why);
    set_typing(c, true);
    err = atomic_load(&c->stopped) ? DTQ_NONE : edit_read(c->edit, line, why);
    set_typing(c, false);
    return err;
}
