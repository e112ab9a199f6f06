/* roots.c: folders that are not there are left out, but for the one that was asked for. */
#include "producer/roots.h"

#include "common/paths.h"
#include "common/shipped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum dtq_err add(struct roots *r, const char *folder, struct dtq_why *why)
{
    char *path = realpath(folder, NULL);

    if (!path || access(path, R_OK | X_OK) != 0) {
        err_set(why, DTQ_INPUT, "%s", strerror(errno));
        free(path);
        return DTQ_INPUT;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->paths[i], path) != 0) continue;
        free(path);
        return DTQ_OK;
    }
    r->paths[r->count++] = path;
    return DTQ_OK;
}

enum dtq_err roots_find(struct roots *r, const char *given, struct dtq_why *why)
{
    char shipped[PATHS_MAX];
    struct dtq_why reason;

    add(r, ".", &reason);
    add(r, "data", &reason);
    if (given && add(r, given, &reason) != DTQ_OK)
        return err_set(why, DTQ_INPUT, "--data-dir %s cannot be read: %s", given, reason.text);
    if (shipped_data(shipped, sizeof shipped)) add(r, shipped, &reason);
    return DTQ_OK;
}

void roots_clear(struct roots *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->paths[i]);
    *r = (struct roots){0};
}
