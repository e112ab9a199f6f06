/* cache.c: a header in front of what layout.h describes. Opening checks the header's checksum and
 * all that could lead a reader out of the file; it does not read the numbers, which were synced
 * before the file got its name. */
#include "common/dataset/cache.h"

#include "common/clock.h"
#include "common/dataset/hash.h"
#include "common/dataset/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    VERSION = 4,
    WAIT_MS = 10,            /* flock cannot wait and show progress at once */
    TOUCH_MS = 1000,         /* a sign of life of the holder */
    LIFELESS_MS = 30 * 1000, /* no sign of life: stopped, or its disk is */
};

static const char magic[8] = "DTQDATA\n";
static const uint64_t byte_order = UINT64_C(0x0102030405060708);

static int64_t mtime_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static struct cache_stamp stamp(const struct stat *st)
{
    return (struct cache_stamp){(uint64_t)st->st_size, mtime_ns(st), st->st_ino};
}

static uint64_t checksum(const struct cache_header *h)
{
    struct cache_header copy = *h;
    copy.checksum = 0;
    return hash_64(&copy, sizeof copy, 0);
}

/* Creates dir and what is missing above it; errno on failure. */
static bool make_folders(const char *dir)
{
    char *path = strdup(dir);
    if (!path) return false;
    for (char *p = path + 1; *p; p++) {
        if (*p != '/') continue;
        *p = '\0';
        mkdir(path, 0777); /* whether it worked shows below */
        *p = '/';
    }
    bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
    int code = errno;
    free(path);
    errno = code;
    return made;
}

enum dtq_err cache_init(struct cache *c, const char *dir, const struct place_file *source,
                        const struct place_file *labels, const struct dataset_options *options)
{
    char *text = NULL;
    *c = (struct cache){.path = source->path, .source = stamp(&source->st), .lock_fd = -1};
    if (labels) c->labels = stamp(&labels->st);
    dataset_options_text(options, c->options, sizeof c->options);
    int len = asprintf(&text, "%s\n%s\n%s\n%d %d %d %d %" PRIu64 " %" PRIx64, source->path,
                       labels ? labels->path : "", options->label ? options->label : "",
                       options->has_header, options->format, options->delimiter, options->missing,
                       options->features, dataset_options_digest(options));
    if (len < 0) return DTQ_NOMEM;
    /* Two seeds: a file of the right name with the wrong key is another table's. */
    uint64_t name = hash_64(text, (size_t)len, 0);
    c->key = hash_64(text, (size_t)len, 1);
    free(text);
    if (asprintf(&c->file, "%s/%016" PRIx64 ".dtqd", dir, name) < 0) c->file = NULL;
    if (asprintf(&c->part, "%s/%016" PRIx64 ".part", dir, name) < 0) c->part = NULL;
    if (asprintf(&c->lock, "%s/%016" PRIx64 ".lock", dir, name) < 0) c->lock = NULL;
    if (!c->file || !c->part || !c->lock) return DTQ_NOMEM;
    return make_folders(dir) ? DTQ_OK : DTQ_IO;
}

void cache_clear(struct cache *c)
{
    if (c->lock_fd >= 0) {
        unlink(c->lock); /* while it is held: who waits for it will notice */
        close(c->lock_fd);
    }
    free(c->file);
    free(c->part);
    free(c->lock);
    *c = (struct cache){.lock_fd = -1};
}

bool cache_header_is_whole(const struct cache_header *h)
{
    return memcmp(h->magic, magic, sizeof magic) == 0 && h->byte_order == byte_order &&
           h->version == VERSION && h->checksum == checksum(h);
}

static bool is_same(const struct cache_stamp *a, const struct cache_stamp *b)
{
    return a->bytes == b->bytes && a->mtime_ns == b->mtime_ns && a->inode == b->inode;
}

static bool is_ours(const struct cache *c, const struct cache_header *h)
{
    return h->key == c->key && is_same(&h->source, &c->source) && is_same(&h->labels, &c->labels);
}

void cache_mark(int fd, struct dataset *d)
{
    struct stat st;

    d->mapped = true;
    if (fstat(fd, &st) != 0) return;
    d->device = (uint64_t)st.st_dev;
    d->inode = (uint64_t)st.st_ino;
}

enum dtq_err cache_map(const struct cache *c, struct dataset **out)
{
    enum dtq_err err = DTQ_NONE;
    struct cache_header h;
    struct stat st;
    int fd = open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) goto out;
    if (pread(fd, &h, sizeof h, 0) != sizeof h || !cache_header_is_whole(&h) || !is_ours(c, &h))
        goto out;
    err = layout_map(&h.layout, fd, (uint64_t)st.st_size, out);
    if (err == DTQ_OK) {
        cache_mark(fd, *out);
        futimens(fd, NULL); /* used now; where that cannot be told, it leaves the sooner */
    }
out:
    if (fd >= 0) close(fd);
    return err;
}

/* The holder removes the file as it leaves: a lock on what has the name no more locks nothing. */
static bool is_there_still(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* What waiting for a lock has seen of its holder. */
struct sign {
    int64_t mtime_ns;
    int64_t seen_ms;
};

static bool is_lifeless(int fd, struct sign *sign)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && mtime_ns(&st) != sign->mtime_ns) {
        sign->mtime_ns = mtime_ns(&st);
        sign->seen_ms = clock_ms();
    }
    return clock_ms() - sign->seen_ms > LIFELESS_MS;
}

/* One try. DTQ_OK: *fd holds the lock; DTQ_NONE: somebody else does, or did. */
static enum dtq_err try_lock(const char *path, int *fd, struct sign *sign)
{
    enum dtq_err err = DTQ_IO;
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (f < 0) return DTQ_IO;
    if (flock(f, LOCK_EX | LOCK_NB) == 0)
        err = is_there_still(f, path) ? DTQ_OK : DTQ_NONE;
    else if (errno == EWOULDBLOCK || errno == EINTR)
        err = DTQ_NONE;
    int code = errno;
    if (err == DTQ_NONE && is_lifeless(f, sign)) {
        code = ETIMEDOUT;
        err = DTQ_IO;
    }
    if (err == DTQ_OK)
        *fd = f;
    else
        close(f);
    errno = code;
    return err;
}

enum dtq_err cache_lock(struct cache *c, dataset_progress *progress, void *ctx)
{
    struct sign sign = {0, clock_ms()};
    enum dtq_err err;
    while ((err = try_lock(c->lock, &c->lock_fd, &sign)) == DTQ_NONE) {
        if (progress && progress(ctx)) return DTQ_CANCELLED;
        clock_sleep_ms(WAIT_MS);
    }
    if (err != DTQ_OK) return err;
    c->touched_ms = INT64_MIN;
    cache_touch(c);
    return DTQ_OK;
}

void cache_touch(struct cache *c)
{
    int64_t now_ms = clock_ms();
    if (c->lock_fd < 0 || (c->touched_ms != INT64_MIN && now_ms - c->touched_ms < TOUCH_MS)) return;
    c->touched_ms = now_ms;
    futimens(c->lock_fd, NULL); /* where it cannot be told, others wait no longer than they would */
}

enum dtq_err cache_begin(struct cache *c, int *fd)
{
    unlink(c->part); /* of a holder that died */
    int f = open(c->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (f < 0) return DTQ_IO;
    *fd = f;
    return DTQ_OK;
}

static bool write_header(const struct cache *c, int fd, const struct layout *layout)
{
    struct cache_header h = {.byte_order = byte_order,
                             .version = VERSION,
                             .key = c->key,
                             .source = c->source,
                             .labels = c->labels,
                             .layout = *layout};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.options, c->options, sizeof h.options);
    snprintf(h.path, sizeof h.path, "%s", c->path);
    h.checksum = checksum(&h);
    return store_file_write(fd, 0, &h, sizeof h);
}

enum dtq_err cache_keep(struct cache *c, int fd, const struct layout *layout)
{
    if (write_header(c, fd, layout) && fsync(fd) == 0 && rename(c->part, c->file) == 0)
        return DTQ_OK;
    int code = errno;
    cache_drop(c);
    errno = code;
    return DTQ_IO;
}

void cache_drop(struct cache *c)
{
    unlink(c->part);
}
