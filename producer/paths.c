/* paths.c: where things lie on this machine. */
#include "producer/paths.h"

#include "common/shipped.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool joined(char *path, size_t size, const char *folder, size_t len, const char *name)
{
    int used = snprintf(path, size, "%.*s/%s", (int)len, folder, name);

    return used > 0 && (size_t)used < size;
}

static bool is_program(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

bool paths_program(const char *name, char *path, size_t size)
{
    const char *at = getenv("PATH");
    char folder[PATHS_MAX];

    if (shipped_folder(folder, sizeof folder) && joined(path, size, folder, strlen(folder), name) &&
        is_program(path))
        return true;
    for (; at && *at; at += strspn(at, ":")) {
        size_t len = strcspn(at, ":");

        if (joined(path, size, at, len, name) && is_program(path)) return true;
        at += len;
    }
    return false;
}

bool paths_socket_url(const char *path, char *url, size_t size)
{
    size_t used = (size_t)snprintf(url, size, "unix://");

    for (; *path; path++) {
        bool plain = *path != '%' && *path != '?' && *path != '@';
        int len;

        if (used >= size) return false;
        len = snprintf(url + used, size - used, plain ? "%c" : "%%%02X", (unsigned char)*path);
        used += (size_t)len;
    }
    return used < size;
}
