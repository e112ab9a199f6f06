/* program.h: the options that all programs of DTQ share, and which Redis they mean. It knows
 * command lines and the environment; it connects to nothing. */
#ifndef DTQ_PROGRAM_H
#define DTQ_PROGRAM_H

#include "common/opt.h"

#include <stdbool.h>

#define PROGRAM_URL   "redis://127.0.0.1:6379/0" /* where Redis listens when nobody says more */
#define PROGRAM_QUEUE "default"

struct program {
    const char *redis; /* the option, NULL when not given: program_url has the choice */
    const char *queue;
    bool json, help, version;
};

/* clang-format off */
#define PROGRAM_INIT {.queue = PROGRAM_QUEUE}

/* The rows of the shared options for a table of struct opt; p points at the struct program. */
#define PROGRAM_OPTS(p)                                                                            \
    {"redis", 0, OPT_TEXT, &(p)->redis, 0, 0, "URL",                                               \
     "redis://HOST[:PORT][/DB] or unix:///PATH; dtq(1) has passwords, sentinels, clusters, TLS"},  \
    {"queue", 0, OPT_TEXT, &(p)->queue, 0, 0, "NAME", "queue to work on (" PROGRAM_QUEUE ")"},     \
    {"json", 0, OPT_FLAG, &(p)->json, 0, 0, NULL,                                                  \
     "output for programs: one JSON value; masters and workers: one a log line"},                  \
    {"help", 'h', OPT_FLAG, &(p)->help, 0, 0, NULL, "print help and leave"},                       \
    {"version", 0, OPT_FLAG, &(p)->version, 0, 0, NULL, "print the version and leave"}
/* clang-format on */

/* First thing in main: standard input, output and error that are closed are opened on /dev/null, so
 * that no file or connection gets their numbers, and with them what is meant for a person. */
void program_begin(void);

/* The URL to use: the option, else DTQ_REDIS_URL, else REDIS_URL (set to nothing counts as not
 * set), else PROGRAM_URL. Borrowed from p or the environment. */
const char *program_url(const struct program *p);

/* False when program_url fell back to PROGRAM_URL because nobody named a server. */
bool program_url_given(const struct program *p);

#endif
