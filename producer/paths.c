/* paths.c: where things lie on this machine. */
#include "producer/paths.h"

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

/* The folder of our own program. */
static bool own_folder(char *path, size_t size)
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

bool paths_program(const char *name, char *path, size_t size)
{
    const char *at = getenv("PATH");
    char folder[PATHS_MAX];

    if (own_folder(folder, sizeof folder) && joined(path, size, folder, strlen(folder), name) &&
        is_program(path))
        return true;
    for (; at && *at; at += strspn(at, ":")) {
        size_t len = strcspn(at, ":");

        if (joined(path, size, at, len, name) && is_program(path)) return true;
        at += len;
    }
    return false;
}

bool paths_data(int n, char *path, size_t size)
{
    static const char *const names[] = {"../data", "../../../data", "../share/dtq/data"};
    char folder[PATHS_MAX], name[PATHS_MAX], *real;

    if (!own_folder(folder, sizeof folder)) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat info;
        bool fits;

        if (!joined(name, sizeof name, folder, strlen(folder), names[i]) ||
            stat(name, &info) != 0 || !S_ISDIR(info.st_mode) || n-- > 0)
            continue;
        real = realpath(name, NULL);
        fits = real && (size_t)snprintf(path, size, "%s", real) < size;
        free(real);
        return fits;
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
