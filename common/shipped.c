/* shipped.c: found from where the program is, so that an installed tree can be moved as a whole. */
#include "common/shipped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACE_MAX = 4096 };

bool shipped_folder(char *path, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    if (len <= 0) return false;
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (!slash) return false;
    *slash = '\0';
    return true;
}

/* name as it is, or beside the program when it is relative; links and .. resolved. */
static bool resolve(const char *name, char *path, size_t size)
{
    char folder[PLACE_MAX], joined[2 * PLACE_MAX], *real;
    bool fits;

    if (name[0] == '/')
        snprintf(joined, sizeof joined, "%s", name);
    else if (shipped_folder(folder, sizeof folder))
        snprintf(joined, sizeof joined, "%s/%s", folder, name);
    else
        return false;
    real = realpath(joined, NULL);
    fits = real && (size_t)snprintf(path, size, "%s", real) < size;
    free(real);
    return fits;
}

bool shipped_data(char *path, size_t size)
{
    /* A folder called data near a program may be anybody's: sources have more than that. */
    static const struct {
        const char *folder, *beside;
    } rows[] = {{"../data", "../jobs/job.h"},
                {"../../../data", "../../../jobs/job.h"}, /* another compiler's */
                {DTQ_DATA, DTQ_DATA "/README.md"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char other[PLACE_MAX];
        struct stat info;

        if (resolve(rows[i].beside, other, sizeof other) && resolve(rows[i].folder, path, size) &&
            stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            return true;
    }
    return false;
}
