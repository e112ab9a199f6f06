/* outdir.c: where the files of a training go. */
#include "producer/outdir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum dtq_err outdir_choose(const char *given, struct outdir *out, struct dtq_why *why)
{
    const char *dir = given, *name = "--dir";

    if (!dir) {
        dir = getenv("DTQ_OUT");
        name = "DTQ_OUT";
        if (!dir || !*dir) dir = ".";
    }
    if (!*dir) return err_set(why, DTQ_INPUT, "%s is empty; give the name of a folder", name);
    if (strlen(dir) >= sizeof out->dir)
        return err_set(why, DTQ_INPUT, "%s %.60s... is too long a name for a folder", name, dir);
    memcpy(out->dir, dir, strlen(dir) + 1);
    return DTQ_OK;
}

static enum dtq_err make(const char *path, struct dtq_why *why)
{
    struct stat info;

    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return err_set(why, DTQ_INPUT,
                       "the folder %s cannot be made: %s; name another one with --dir DIR", path,
                       strerror(errno));
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return err_set(why, DTQ_INPUT, "%s is not a folder; name another one with --dir DIR", path);
    return DTQ_OK;
}

enum dtq_err outdir_make(const struct outdir *out, struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    enum dtq_err err = DTQ_OK;

    /* Those above it, too. */
    for (size_t i = 1; err == DTQ_OK && i <= strlen(out->dir); i++) {
        if (out->dir[i] != '/' && out->dir[i] != '\0') continue;
        snprintf(path, sizeof path, "%.*s", (int)i, out->dir);
        err = make(path, why);
    }
    outdir_path(out, path, "logs");
    return err == DTQ_OK ? make(path, why) : err;
}

void outdir_path(const struct outdir *out, char path[OUTDIR_MAX], const char *format, ...)
{
    size_t used = 0;
    va_list args;

    if (strcmp(out->dir, ".")) used = (size_t)snprintf(path, OUTDIR_MAX, "%s/", out->dir);
    va_start(args, format);
    vsnprintf(path + used, OUTDIR_MAX - used, format, args);
    va_end(args);
}
