/* console.h: the place where a person gives commands: on a terminal with line editing, a history
 * that is kept and completion; from a pipe or file as plain lines. Lines of output may come from
 * any thread at any time and never break the line being typed. It knows lines and words, no
 * commands and no queues. One console a process. */
#ifndef DTQ_CONSOLE_H
#define DTQ_CONSOLE_H

#include "common/buf.h"
#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct console;

/* The longest line, in bytes. */
enum { CONSOLE_TYPED_MAX = 1 << 16, CONSOLE_PIPED_MAX = 1 << 22 };

/* Adds a word that may stand at the cursor to the choices; words that do not begin as the one being
 * typed are left out by the console. One that
 * ends with '=', ':', '_' or '/' gets no blank behind it. */
struct console_words {
    struct buf text; /* one after the other, each with its NUL */
};
void console_word(struct console_words *to, const char *word);

/* Names what may stand at line[start..cursor). */
typedef void console_complete(void *ctx, const char *line, size_t start, struct console_words *to);

/* All borrowed for the life of the console. */
struct console_spec {
    const char *program, *id; /* the history is kept for each pair of these; id may be "" */
    const char *prompt;
    console_complete *complete; /* may be NULL */
    void *ctx;
};

/* Is there a terminal to talk to: standard input and output are one, and it is ours to read from (a
 * job in the background would be stopped when it reads)? */
bool console_on_terminal(void);

enum dtq_err console_new(const struct console_spec *spec, struct console **out,
                         struct dtq_why *why);
/* Puts the terminal back as it was; NULL is fine. No other thread may still print. */
void console_free(struct console *c);

/* The next line, without its end; it is valid until the next call. DTQ_NONE: the input has ended,
 * or Ctrl-D was typed, or console_stop was called; DTQ_INPUT: a line was too long and is thrown
 * away, there may be more. */
enum dtq_err console_read(struct console *c, const char **line, struct dtq_why *why);

/* Prints whole lines, each with its end, at once or, while a line is being typed, above it. Bytes
 * that a terminal would obey must have been taken out. Any thread. */
void console_print(struct console *c, const char *text, size_t len);

/* Ends the present console_read and all that follow; any thread, or a signal handler. */
void console_stop(struct console *c);

#endif
