/* program.c: which Redis a program means. */
#include "common/program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void program_begin(void)
{
    /* Writing to a closed standard output stays an error. */
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0) return;
}

/* NULL when nobody named a server. */
static const char *named_url(const struct program *p)
{
    static const char *const variables[] = {"DTQ_REDIS_URL", "REDIS_URL"};

    if (p->redis) return p->redis;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);

        if (value && value[0]) return value;
    }
    return NULL;
}

const char *program_url(const struct program *p)
{
    const char *url = named_url(p);

    return url ? url : PROGRAM_URL;
}

bool program_url_given(const struct program *p)
{
    return named_url(p) != NULL;
}
