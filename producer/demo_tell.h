/* demo_tell.h: what a demo tells: headlines, remarks, and the verdict of each check. */
#ifndef DTQ_DEMO_TELL_H
#define DTQ_DEMO_TELL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

struct demo_tell {
    bool json;    /* then nothing but one value at the end, by who owns this */
    cJSON *steps; /* owned by the same; one object a check */
    int step;
    int failed; /* checks */
};

void demo_say(const struct demo_tell *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line of the verdict. */
void demo_check(struct demo_tell *t, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The next step, and the command that does it. */
void demo_headline(struct demo_tell *t, const char *title, const char *command);

#endif
