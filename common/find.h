/* find.h: which `dtq up` are running on this machine for this user: one file each in a folder that
 * only the user can write, locked as long as its `up` lives. It knows files, not Redis. */
#ifndef DTQ_FIND_H
#define DTQ_FIND_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FIND_URL = 400, FIND_PATH = 4096 };

struct find_row {
    pid_t pid;
    int64_t since_ns; /* wall clock */
    char url[FIND_URL];
};

struct find_list {
    struct find_row *rows; /* owned; newest first */
    size_t count;
};

void find_list_clear(struct find_list *list);

/* The folder: $XDG_RUNTIME_DIR/dtq, else /tmp/dtq-<uid>; made when missing. DTQ_INPUT: it is not
 * ours alone, so nothing in it can be trusted. */
enum dtq_err find_folder(char *path, size_t size, struct dtq_why *why);

/* Those that run. Files that an `up` left when it was killed are removed. */
enum dtq_err find_ups(struct find_list *out, struct dtq_why *why);

/* Tells others of this process' URL until find_withdraw or the end of the process. *lock holds the
 * file; children must not inherit it (it closes on exec). */
enum dtq_err find_announce(const char *url, int *lock, struct dtq_why *why);
void find_withdraw(int lock);

#endif
