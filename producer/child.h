/* child.h: a process that is kept running: started, started again when it dies, stopped. It ends
 * with us, however we end. */
#ifndef DTQ_CHILD_H
#define DTQ_CHILD_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    char name[72];     /* for people */
    char **argv;       /* owned; argv[0] is the program's path */
    char *log;         /* owned; file that its output is added to; NULL: our standard error */
    int inherited_fd;  /* kept open in the child, -1: none */
    int orphan_signal; /* what it gets when we are gone */
    pid_t pid;         /* 0: not running */
    int64_t started_ms;
    int64_t due_ms; /* while not running: when to start it */
    int deaths;     /* in a row, soon after a start */
};

/* Takes words, a NULL-terminated array with owned strings, also when it fails. */
enum dtq_err child_init(struct child *c, const char *name, char **words, const char *log,
                        struct dtq_why *why);
void child_clear(struct child *c); /* frees; the process is not touched */

/* fork and exec, in a process group of its own: Ctrl-C on the terminal is for us alone. */
enum dtq_err child_start(struct child *c, struct dtq_why *why);

/* It has ended: when may it start again? At once the first time, later the later the more often it
 * died soon after its start. Writes due_ms and returns the pause. */
int64_t child_died(struct child *c, int64_t now_ms);

/* The pause after so many deaths in a row. */
int64_t child_pause_ms(int deaths);

/* "exited with status 1", "was killed by signal 9 (Killed)". */
void child_ending(int status, char *text, size_t size);

#endif
