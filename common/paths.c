/* paths.c: folders of the user. */
#include "common/paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum dtq_err paths_state(char *path, size_t size, struct dtq_why *why)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int len = -1;

    if (state && state[0] == '/')
        len = snprintf(path, size, "%s/dtq", state);
    else if (home && home[0] == '/')
        len = snprintf(path, size, "%s/.local/state/dtq", home);
    if (len < 0)
        return err_set(why, DTQ_INPUT,
                       "HOME is not set, so there is no usual folder for the state; "
                       "give --dir DIR");
    if ((size_t)len >= size)
        return err_set(why, DTQ_INPUT,
                       "the path of the folder for the state is too long; give "
                       "--dir DIR");
    return DTQ_OK;
}

enum dtq_err paths_make(const char *path, struct dtq_why *why)
{
    char part[PATHS_MAX];
    struct stat info;

    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        if (i >= sizeof part)
            return err_set(why, DTQ_INPUT, "the path %.100s... is too long", path);
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST && errno != EISDIR)
            return err_set(why, DTQ_INPUT, "the folder %s cannot be made: %s", part,
                           strerror(errno));
    }
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return err_set(why, DTQ_INPUT, "%s is not a folder", path);
    if (access(path, R_OK | W_OK | X_OK) != 0)
        return err_set(why, DTQ_INPUT, "the folder %s cannot be written: %s", path,
                       strerror(errno));
    return DTQ_OK;
}
