/* input.h: bytes of standard input, for a reader that must also be woken for other things. It knows
 * neither lines nor terminals. */
#ifndef DTQ_INPUT_H
#define DTQ_INPUT_H

#include "common/err.h"

#include <stddef.h>

struct input {
    int fd;      /* borrowed */
    int wake_fd; /* owned */
    char bytes[4096];
    size_t at, len; /* what has come and is not used lies in bytes[at..len) */
};

enum input_got {
    INPUT_BYTES, /* there is something in bytes[at..len) */
    INPUT_WOKEN,
    INPUT_END, /* of file, or it cannot be read any more */
};

enum dtq_err input_init(struct input *in, int fd, struct dtq_why *why);
void input_clear(struct input *in);

/* Waits for whatever comes first; being woken goes before bytes that wait. */
enum input_got input_wait(struct input *in);

/* What is there is not enough (half a character): reads more behind it. */
enum input_got input_more(struct input *in);

/* Ends a wait, this one or the next; from any thread, and from a signal handler. */
void input_wake(const struct input *in);

#endif
