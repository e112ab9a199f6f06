/* demo_tell.h: what a demo tells: headlines, remarks, and the verdict of each check. */
#ifndef DTQ_DEMO_TELL_H
#define DTQ_DEMO_TELL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct demo_tell {
    const char *program; /* ours, as the reader's shell finds it */
    bool json;           /* then nothing but one value at the end, by who owns this */
    cJSON *steps;        /* owned by the same; one object a check */
    int step;
    int failed; /* checks */
};

void demo_say(const struct demo_tell *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line of the verdict. */
void demo_check(struct demo_tell *t, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The next step. */
void demo_headline(struct demo_tell *t, const char *title);

/* A command that does the same, to be pasted into a shell: our program, and the words, quoted where
 * a shell would misread them. NULL words at the end are left out. */
void demo_command(const struct demo_tell *t, const char *const words[], size_t count);

#endif
