/* shelf.c: a file's time of modification is the time it was last opened: see cache_map. */
#include "common/dataset/shelf.h"

#include "common/dataset/cache.h"
#include "common/log.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const uint64_t DEFAULT_BYTES = UINT64_C(4) << 30;
enum { DISK_SHARE = 10, NAME_DIGITS = 16 };

/* Whether name is one that cache_init makes, with this ending. */
static bool is_ours(const char *name, const char *ending)
{
    for (int i = 0; i < NAME_DIGITS; i++)
        if (!isdigit((unsigned char)name[i]) && (name[i] < 'a' || name[i] > 'f')) return false;
    return strcmp(name + NAME_DIGITS, ending) == 0;
}

/* Removes the lock and the unfinished file of one name, unless a process holds the lock. */
static void sweep_one(int dir, const char *name)
{
    char lock[NAME_DIGITS + sizeof ".lock"], part[NAME_DIGITS + sizeof ".part"];
    struct stat held, named;
    snprintf(lock, sizeof lock, "%.*s.lock", NAME_DIGITS, name);
    snprintf(part, sizeof part, "%.*s.part", NAME_DIGITS, name);
    int fd = openat(dir, lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 &&
        fstatat(dir, lock, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_ino == named.st_ino) {
        unlinkat(dir, part, 0);
        unlinkat(dir, lock, 0);
    }
    close(fd);
}

void shelf_sweep(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));)
        if (is_ours(e->d_name, ".lock") || is_ours(e->d_name, ".part"))
            sweep_one(dirfd(d), e->d_name);
    closedir(d);
}

/* Fills in what the header says, if it is one of ours. False: out of memory. */
static bool read_header(int dir, const char *name, struct dataset_cached *to)
{
    struct cache_header h;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    bool whole = fd >= 0 && pread(fd, &h, sizeof h, 0) == sizeof h && cache_header_is_whole(&h);
    if (fd >= 0) close(fd);
    whole = whole && h.layout.type <= DATASET_F64;
    if (whole) {
        to->type = h.layout.type;
        to->rows = h.layout.rows;
        to->features = h.layout.features;
    }
    to->source = whole ? strndup(h.path, sizeof h.path) : strdup("");
    to->options = whole ? strndup(h.options, sizeof h.options) : strdup("");
    return to->source && to->options;
}

static int by_use(const void *a, const void *b)
{
    const struct dataset_cached *x = a, *y = b;
    if (x->used_unix_ms != y->used_unix_ms) return x->used_unix_ms > y->used_unix_ms ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* One more entry; false: out of memory. A file that has gone meanwhile is none. */
static bool add(int dir, const char *folder, const char *name, struct dataset_cached **list,
                size_t *count)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return true;
    struct dataset_cached *grown = reallocarray(*list, *count + 1, sizeof *grown);
    if (!grown) return false;
    *list = grown;
    struct dataset_cached *e = &grown[(*count)++];
    *e = (struct dataset_cached){.bytes = (uint64_t)st.st_size,
                                 .used_unix_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
                                                 st.st_mtim.tv_nsec / 1000000};
    if (asprintf(&e->path, "%s/%s", folder, name) < 0) e->path = NULL;
    return e->path && read_header(dir, name, e);
}

enum dtq_err dataset_cached_list(const char *cache_dir, struct dataset_cached **out, size_t *count,
                                 struct dtq_why *why)
{
    struct dataset_cached *list = NULL;
    size_t n = 0;
    bool room = true;
    DIR *d = opendir(cache_dir);
    if (!d && errno != ENOENT)
        return err_set(why, DTQ_IO, "cache folder %.200s: %s", cache_dir, strerror(errno));
    for (struct dirent *e; d && room && (e = readdir(d));)
        if (is_ours(e->d_name, ".dtqd")) room = add(dirfd(d), cache_dir, e->d_name, &list, &n);
    if (d) closedir(d);
    if (!room) {
        dataset_cached_free(list, n);
        return err_set(why, DTQ_NOMEM, "cache folder %.200s: out of memory", cache_dir);
    }
    if (n > 0) qsort(list, n, sizeof *list, by_use);
    *out = list;
    *count = n;
    return DTQ_OK;
}

void dataset_cached_free(struct dataset_cached *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].path);
        free(list[i].source);
        free(list[i].options);
    }
    free(list);
}

static uint64_t default_bytes(const char *dir)
{
    struct statvfs disk;
    if (statvfs(dir, &disk) != 0) return DEFAULT_BYTES;
    uint64_t share = (uint64_t)disk.f_blocks * disk.f_frsize / DISK_SHARE;
    return share < DEFAULT_BYTES ? share : DEFAULT_BYTES;
}

void shelf_evict(const char *dir, uint64_t max_bytes, const char *keep)
{
    struct dataset_cached *list;
    size_t count;
    uint64_t sum = 0;
    if (max_bytes == 0) max_bytes = default_bytes(dir);
    if (dataset_cached_list(dir, &list, &count, NULL) != DTQ_OK) return;
    for (size_t i = 0; i < count; i++)
        sum += list[i].bytes;
    for (size_t i = count; i-- > 0 && sum > max_bytes;) {
        if (keep && strcmp(list[i].path, keep) == 0) continue;
        if (unlink(list[i].path) == 0) sum -= list[i].bytes;
    }
    if (sum > max_bytes)
        log_warn("cache folder %s: %llu bytes are in use by one table, more than the %llu it may "
                 "have",
                 dir, (unsigned long long)sum, (unsigned long long)max_bytes);
    dataset_cached_free(list, count);
}

uint64_t dataset_cache_limit(const struct dataset_place *place)
{
    return place->cache_max_bytes ? place->cache_max_bytes : default_bytes(place->cache_dir);
}

void dataset_cache_trim(const struct dataset_place *place)
{
    if (!place->cache_dir) return;
    shelf_sweep(place->cache_dir);
    shelf_evict(place->cache_dir, place->cache_max_bytes, NULL);
}
