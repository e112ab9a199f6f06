/* nest.c: a `dtq up` in a temporary folder. It is a process of its own, run as anybody would. */
#include "producer/nest.h"

#include "common/clock.h"
#include "producer/interrupt.h"
#include "producer/paths.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 30000, LOOK_MS = 20, FOLDER_MAX = 60 /* a socket's path is short */ };

static enum dtq_err make_folder(struct nest *n, struct dtq_why *why)
{
    const char *base = getenv("TMPDIR");

    if (!base || base[0] != '/' || strlen(base) > FOLDER_MAX) base = "/tmp";
    snprintf(n->dir, sizeof n->dir, "%s/dtq-demo-XXXXXX", base);
    if (mkdtemp(n->dir)) return DTQ_OK;
    n->dir[0] = '\0';
    return err_set(why, DTQ_IO, "no temporary folder can be made in %s: %s; set TMPDIR", base,
                   strerror(errno));
}

static enum dtq_err start(struct nest *n, long long workers, const char *data_dir,
                          struct dtq_why *why)
{
    char program[PATHS_MAX], state[240], log[240], count[24];
    const char *const texts[] = {program,     "up",  "--dir",      state,
                                 "--workers", count, "--data-dir", data_dir};
    enum { COUNT = sizeof texts / sizeof *texts };
    char **words = calloc(COUNT + 1, sizeof *words);
    enum dtq_err err;

    snprintf(state, sizeof state, "%s/state", n->dir);
    snprintf(log, sizeof log, "%s/up.log", n->dir);
    snprintf(count, sizeof count, "%lld", workers);
    if (!paths_program("dtq", program, sizeof program) &&
        !paths_program("dtq-producer", program, sizeof program)) {
        free(words);
        return err_set(why, DTQ_IO, "this program does not find itself beside itself or in PATH");
    }
    for (size_t i = 0; words && i < COUNT; i++)
        words[i] = strdup(texts[i]);
    if (!words) return err_set(why, DTQ_NOMEM, "out of memory for dtq up");
    err = child_init(&n->up, "dtq up", words, log, why);
    if (err != DTQ_OK) return err;
    n->up.orphan_signal = SIGTERM;
    /* Nobody else is to find this one. */
    setenv("XDG_RUNTIME_DIR", n->dir, 1);
    return child_start(&n->up, why);
}

/* The last words of a log, for the sentence. */
static void last_line(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "r");
    char line[400];

    text[0] = '\0';
    while (f && fgets(line, sizeof line, f))
        snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
    if (f) fclose(f);
}

static bool has_ended(struct nest *n)
{
    if (n->up.pid && waitpid(n->up.pid, NULL, WNOHANG) == n->up.pid) n->up.pid = 0;
    return n->up.pid == 0;
}

/* It is ready when it tells others where it is. */
static enum dtq_err wait_ready(struct nest *n, struct dtq_why *why)
{
    int64_t until = clock_ms() + READY_MS;
    char log[240], line[300];

    for (;;) {
        struct find_list ups = {0};
        enum dtq_err err = find_ups(&ups, why);

        if (ups.count) memcpy(n->url, ups.rows[0].url, sizeof n->url);
        find_list_clear(&ups);
        if (err != DTQ_OK || n->url[0]) return err;
        if (interrupt_seen()) return err_set(why, DTQ_CANCELLED, "interrupted");
        if (has_ended(n) || clock_ms() > until) {
            snprintf(log, sizeof log, "%s/up.log", n->dir);
            last_line(log, line, sizeof line);
            return err_set(why, DTQ_IO, "dtq up did not get ready: %s", line);
        }
        interrupt_nap(LOOK_MS);
    }
}

enum dtq_err nest_open(struct nest *n, long long workers, const char *data_dir, struct dtq_why *why)
{
    enum dtq_err err = make_folder(n, why);

    if (err == DTQ_OK) err = start(n, workers, data_dir, why);
    if (err == DTQ_OK) err = wait_ready(n, why);
    if (err != DTQ_OK) nest_close(n, false);
    return err;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    remove(path);
    return 0;
}

void nest_close(struct nest *n, bool keep)
{
    if (n->up.pid) {
        kill(n->up.pid, SIGTERM);
        while (waitpid(n->up.pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    child_clear(&n->up);
    if (n->dir[0] && !keep) nftw(n->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *n = (struct nest){0};
}
