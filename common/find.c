/* find.c: the registry of running `dtq up`. A lock says who lives: unlike a process id it cannot be
 * somebody else's by now. */
#include "common/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void find_list_clear(struct find_list *list)
{
    free(list->rows);
    *list = (struct find_list){0};
}

enum dtq_err find_folder(char *path, size_t size, struct dtq_why *why)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct stat info;
    int len = runtime && runtime[0] == '/'
                  ? snprintf(path, size, "%s/dtq", runtime)
                  : snprintf(path, size, "/tmp/dtq-%lu", (unsigned long)getuid());

    if (len < 0 || (size_t)len >= size)
        return err_set(why, DTQ_INPUT, "XDG_RUNTIME_DIR is too long; set a shorter path");
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_set(why, DTQ_IO,
                       "the folder %s cannot be made: %s; set XDG_RUNTIME_DIR to one "
                       "of your own",
                       path, strerror(errno));
    if (lstat(path, &info) != 0)
        return err_set(why, DTQ_IO, "the folder %s cannot be read: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode) || info.st_uid != getuid() || info.st_mode & 077)
        return err_set(why, DTQ_INPUT,
                       "%s must be a folder that is yours alone (mode 0700); remove it or set "
                       "XDG_RUNTIME_DIR to another place",
                       path);
    return DTQ_OK;
}

/* Reads one file of the registry. False, and the file removed, when its `up` is gone. */
static bool row_read(int folder, const char *name, struct find_row *row)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info;
    ssize_t len;
    bool live;

    if (fd < 0) return false;
    live = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!live) unlinkat(folder, name, 0);
    len = live && fstat(fd, &info) == 0 ? read(fd, row->url, sizeof row->url - 1) : -1;
    close(fd);
    if (len <= 0) return false;
    row->url[len] = '\0';
    row->url[strcspn(row->url, "\n")] = '\0';
    row->since_ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    return row->url[0] != '\0';
}

static int newest_first(const void *a, const void *b)
{
    const struct find_row *x = a, *y = b;

    return (x->since_ns < y->since_ns) - (x->since_ns > y->since_ns);
}

enum dtq_err find_ups(struct find_list *out, struct dtq_why *why)
{
    struct find_list list = {0};
    char path[FIND_PATH];
    enum dtq_err err = find_folder(path, sizeof path, why);
    struct dirent *entry;
    DIR *folder;

    if (err != DTQ_OK) return err;
    folder = opendir(path);
    if (!folder)
        return err_set(why, DTQ_IO, "the folder %s cannot be read: %s", path, strerror(errno));
    while ((entry = readdir(folder))) {
        struct find_row row = {0}, *rows;
        char *end;

        row.pid = (pid_t)strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || strcmp(end, ".up")) continue;
        if (!row_read(dirfd(folder), entry->d_name, &row)) continue;
        rows = realloc(list.rows, (list.count + 1) * sizeof *rows);
        if (!rows) {
            err = err_set(why, DTQ_NOMEM, "out of memory for the list of running `dtq up`");
            break;
        }
        list.rows = rows;
        list.rows[list.count++] = row;
    }
    closedir(folder);
    if (err != DTQ_OK) {
        find_list_clear(&list);
        return err;
    }
    if (list.count) qsort(list.rows, list.count, sizeof *list.rows, newest_first);
    *out = list;
    return DTQ_OK;
}

static void own_path(const char *folder, const char *suffix, char *path, size_t size)
{
    snprintf(path, size, "%s/%ld.up%s", folder, (long)getpid(), suffix);
}

enum dtq_err find_announce(const char *url, int *lock, struct dtq_why *why)
{
    char folder[FIND_PATH], part[FIND_PATH + 40], path[FIND_PATH + 40];
    enum dtq_err err = find_folder(folder, sizeof folder, why);
    size_t len = strlen(url);
    int fd;

    if (err != DTQ_OK) return err;
    own_path(folder, ".part", part, sizeof part);
    own_path(folder, "", path, sizeof path);
    fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* Locked before it has its name: nobody sees it without its lock. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || write(fd, url, len) != (ssize_t)len ||
        rename(part, path) != 0) {
        err = err_set(why, DTQ_IO, "%s cannot be written: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        unlink(part);
        return err;
    }
    *lock = fd;
    return DTQ_OK;
}

void find_withdraw(int lock)
{
    char folder[FIND_PATH], path[FIND_PATH + 40];

    if (lock < 0) return;
    if (find_folder(folder, sizeof folder, NULL) == DTQ_OK) {
        own_path(folder, "", path, sizeof path);
        unlink(path);
    }
    close(lock);
}
