/* outfile.c: write to a temporary name, then rename. */
#include "common/plot/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A killed process may leave its temporary file behind and its number may come again. */
enum { NAME_TRIES = 100 };

static void clear(struct outfile *o)
{
    free(o->path);
    free(o->temp);
    memset(o, 0, sizeof *o);
}

/* mkstemp would make a private file; a picture gets the rights that umask gives. */
static int create_beside(const char *path, char **temp)
{
    static atomic_uint counter;
    int fd = -1;

    for (int i = 0; i < NAME_TRIES; i++) {
        unsigned n = atomic_fetch_add(&counter, 1);
        if (asprintf(temp, "%s.%ld-%u.part", path, (long)getpid(), n) < 0) {
            *temp = NULL;
            errno = ENOMEM;
            return -1;
        }
        fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
        free(*temp);
        *temp = NULL;
    }
    return fd;
}

enum dtq_err outfile_open(struct outfile *o, const char *path, struct dtq_why *why)
{
    struct stat st;
    int fd;

    memset(o, 0, sizeof *o);
    if (!path || !*path)
        return err_set(why, DTQ_INPUT, "the name of the file to write is empty; give a path");
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(why, DTQ_INPUT, "%s is %s; give the path of a file to write", path,
                       S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
    o->path = strdup(path);
    if (!o->path) return err_set(why, DTQ_NOMEM, "no memory to write %s", path);
    fd = create_beside(path, &o->temp);
    if (fd >= 0) o->f = fdopen(fd, "wb");
    if (!o->f) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
            unlink(o->temp);
        }
        clear(o);
        return err_set(why, reason == ENOMEM ? DTQ_NOMEM : DTQ_IO, "cannot write %s: %s", path,
                       strerror(reason));
    }
    return DTQ_OK;
}

enum dtq_err outfile_commit(struct outfile *o, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    bool ok = fflush(o->f) == 0 && !ferror(o->f);
    int reason = errno;

    if (fclose(o->f) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    o->f = NULL;
    if (ok && rename(o->temp, o->path) != 0) {
        ok = false;
        reason = errno;
    }
    if (!ok) {
        unlink(o->temp);
        err = err_set(why, DTQ_IO, "cannot write %s: %s", o->path, strerror(reason));
    }
    clear(o);
    return err;
}

void outfile_abandon(struct outfile *o)
{
    if (!o->f) return;
    fclose(o->f);
    unlink(o->temp);
    clear(o);
}
