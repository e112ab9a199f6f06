/* child.c: a process that is kept running. */
#include "producer/child.h"

#include "common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SETTLED_MS = 10000, /* one that lived so long did not die because of its start */
    PAUSE_MS = 100,
    PAUSE_MAX_MS = 5000,
};

static void words_free(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

enum dtq_err child_init(struct child *c, const char *name, char **words, const char *log,
                        struct dtq_why *why)
{
    *c = (struct child){.argv = words, .inherited_fd = -1, .orphan_signal = SIGKILL};
    snprintf(c->name, sizeof c->name, "%s", name);
    if (log && !(c->log = strdup(log))) {
        child_clear(c);
        return err_set(why, DTQ_NOMEM, "out of memory for %s", name);
    }
    return DTQ_OK;
}

void child_clear(struct child *c)
{
    words_free(c->argv);
    free(c->log);
    *c = (struct child){.inherited_fd = -1};
}

/* In the new process, with all signals blocked; only what is safe after a fork. */
static void become(const struct child *c, pid_t parent)
{
    static const char failed[] = "dtq up: this program cannot be started: ";
    sigset_t none;
    int fd;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, c->orphan_signal);
    if (getppid() != parent) _exit(127); /* it ended before we asked */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    fd = open("/dev/null", O_RDONLY);
    if (fd >= 0) dup2(fd, STDIN_FILENO);
    fd = c->log ? open(c->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0) _exit(127);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (c->inherited_fd >= 0) fcntl(c->inherited_fd, F_SETFD, 0);
    execv(c->argv[0], c->argv);
    if (write(STDERR_FILENO, failed, sizeof failed - 1) < 0 ||
        write(STDERR_FILENO, c->argv[0], strlen(c->argv[0])) < 0 ||
        write(STDERR_FILENO, "\n", 1) < 0)
        _exit(126);
    _exit(127);
}

enum dtq_err child_start(struct child *c, struct dtq_why *why)
{
    pid_t parent = getpid(), pid;
    sigset_t all, before;
    int failed;

    /* A signal for the new process must not meet a handler of ours there, which would swallow it.
     */
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0) become(c, parent);
    failed = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) return err_set(why, DTQ_IO, "%s cannot be started: %s", c->name, strerror(failed));
    setpgid(pid, pid); /* whoever of us comes first */
    c->pid = pid;
    c->started_ms = clock_ms();
    return DTQ_OK;
}

int64_t child_pause_ms(int deaths)
{
    int64_t pause = PAUSE_MS;

    if (deaths <= 1) return 0;
    while (deaths-- > 2 && pause < PAUSE_MAX_MS)
        pause *= 2;
    return pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS;
}

int64_t child_died(struct child *c, int64_t now_ms)
{
    int64_t pause;

    c->deaths = now_ms - c->started_ms >= SETTLED_MS ? 1 : c->deaths + 1;
    pause = child_pause_ms(c->deaths);
    c->pid = 0;
    c->due_ms = now_ms + pause;
    return pause;
}

void child_ending(int status, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
}
