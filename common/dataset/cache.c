/* cache.c: the layout is a header, zeros up to HEAD_BYTES, x, zeros up to a multiple of 64, y.
 * Opening checks the header's own checksum and that all sizes agree with the file's; it does not
 * read the numbers, which were synced before the file got its name. */
#include "common/dataset/cache.h"

#include "common/clock.h"
#include "common/dataset/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    VERSION = 1,
    HEAD_BYTES = 4096,
    WRITE_BYTES = 8 << 20,   /* between two calls of progress */
    WAIT_MS = 10,            /* flock cannot wait and show progress at once */
    TOUCH_MS = 1000,         /* a sign of life of the holder */
    LIFELESS_MS = 30 * 1000, /* no sign of life: stopped, or its disk is */
};

struct cache_header {
    char magic[8];
    uint64_t byte_order; /* of the machine that wrote */
    uint32_t version;
    uint32_t type;
    uint64_t key;
    uint64_t source_bytes;
    int64_t source_mtime_ns;
    uint64_t source_inode;
    uint64_t rows;
    uint64_t features;
    uint64_t y_at; /* from the start of the file */
    uint64_t file_bytes;
    uint64_t digest;
    uint64_t checksum; /* of everything above */
};

static const char magic[8] = "DTQDATA\n";
static const uint64_t byte_order = UINT64_C(0x0102030405060708);

static int64_t mtime_ns(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static uint64_t checksum(const struct cache_header *h)
{
    return hash_64(h, offsetof(struct cache_header, checksum), 0);
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

enum dtq_err cache_init(struct cache *c, const char *dir, const char *path,
                        const struct stat *source, const struct dataset_options *options)
{
    char *text = NULL;
    *c = (struct cache){.source = *source, .lock_fd = -1};
    int len = asprintf(&text, "%s\n%s\n%d", path, options->label, options->has_header);
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
    if (c->lock_fd >= 0) close(c->lock_fd);
    free(c->file);
    free(c->part);
    free(c->lock);
    *c = (struct cache){.lock_fd = -1};
}

/* Whether the header belongs to this source and describes a file of this size. */
static bool is_usable(const struct cache *c, const struct cache_header *h, uint64_t file_bytes)
{
    uint64_t x_bytes, y_bytes, end;
    if (memcmp(h->magic, magic, sizeof magic) != 0 || h->byte_order != byte_order ||
        h->version != VERSION || h->checksum != checksum(h))
        return false;
    if (h->key != c->key || h->source_bytes != (uint64_t)c->source.st_size ||
        h->source_mtime_ns != mtime_ns(&c->source) || h->source_inode != c->source.st_ino)
        return false;
    return h->type <= DATASET_F64 && h->rows > 0 && h->features > 0 &&
           !__builtin_mul_overflow(h->rows, h->features, &x_bytes) &&
           !__builtin_mul_overflow(x_bytes, dataset_type_bytes(h->type), &x_bytes) &&
           !__builtin_mul_overflow(h->rows, sizeof(double), &y_bytes) &&
           !__builtin_add_overflow(x_bytes, HEAD_BYTES, &end) && h->y_at >= end &&
           h->y_at % 64 == 0 && !__builtin_add_overflow(h->y_at, y_bytes, &end) &&
           end == h->file_bytes && h->file_bytes == file_bytes;
}

enum dtq_err cache_map(const struct cache *c, struct dataset **out)
{
    enum dtq_err err = DTQ_NONE;
    struct cache_header h;
    struct stat st;
    struct dataset *d = NULL;
    int fd = open(c->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) goto out;
    if (pread(fd, &h, sizeof h, 0) != sizeof h || !is_usable(c, &h, (uint64_t)st.st_size)) goto out;

    err = DTQ_NOMEM;
    if (!(d = calloc(1, sizeof *d))) goto out;
    void *map = mmap(NULL, h.file_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) goto out;
    *d = (struct dataset){.rows = h.rows,
                          .features = h.features,
                          .type = h.type,
                          .x = (const unsigned char *)map + HEAD_BYTES,
                          .y = (const void *)((const unsigned char *)map + h.y_at),
                          .digest = h.digest,
                          .map = map,
                          .map_bytes = h.file_bytes,
                          .mapped = true};
    *out = d;
    d = NULL;
    err = DTQ_OK;
out:
    free(d);
    if (fd >= 0) close(fd);
    return err;
}

enum dtq_err cache_lock(struct cache *c, dataset_progress *progress, void *ctx)
{
    struct stat st;
    int64_t sign = 0, sign_ms = clock_ms();
    int fd = open(c->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) return DTQ_IO;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum dtq_err err = DTQ_OK;
        int code = errno;
        if (code != EWOULDBLOCK && code != EINTR) err = DTQ_IO;
        if (err == DTQ_OK && progress && progress(ctx)) err = DTQ_CANCELLED;
        if (err == DTQ_OK && fstat(fd, &st) == 0 && mtime_ns(&st) != sign) {
            sign = mtime_ns(&st);
            sign_ms = clock_ms();
        }
        if (err == DTQ_OK && clock_ms() - sign_ms > LIFELESS_MS) {
            code = ETIMEDOUT;
            err = DTQ_IO;
        }
        if (err != DTQ_OK) {
            close(fd);
            errno = code;
            return err;
        }
        clock_sleep_ms(WAIT_MS);
    }
    c->lock_fd = fd;
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

static bool write_all(int fd, const unsigned char *from, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, from, bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        from += n;
        bytes -= (size_t)n;
    }
    return true;
}

static enum dtq_err write_parts(struct cache *c, int fd, const struct dataset *d,
                                dataset_progress *progress, void *ctx)
{
    unsigned char head[HEAD_BYTES] = {0};
    struct cache_header h = {.byte_order = byte_order,
                             .version = VERSION,
                             .type = d->type,
                             .key = c->key,
                             .source_bytes = (uint64_t)c->source.st_size,
                             .source_mtime_ns = mtime_ns(&c->source),
                             .source_inode = c->source.st_ino,
                             .rows = d->rows,
                             .features = d->features,
                             .y_at = HEAD_BYTES + (size_t)((const char *)d->y - (const char *)d->x),
                             .file_bytes = HEAD_BYTES + d->map_bytes,
                             .digest = d->digest};
    memcpy(h.magic, magic, sizeof magic);
    h.checksum = checksum(&h);
    memcpy(head, &h, sizeof h);
    if (!write_all(fd, head, sizeof head)) return DTQ_IO;

    const unsigned char *from = d->map;
    for (size_t at = 0; at < d->map_bytes; at += WRITE_BYTES) {
        size_t n = d->map_bytes - at < WRITE_BYTES ? d->map_bytes - at : WRITE_BYTES;
        if (!write_all(fd, from + at, n)) return DTQ_IO;
        if (progress && progress(ctx)) return DTQ_CANCELLED;
        cache_touch(c);
    }
    return fsync(fd) == 0 ? DTQ_OK : DTQ_IO;
}

enum dtq_err cache_write(struct cache *c, const struct dataset *d, dataset_progress *progress,
                         void *ctx)
{
    unlink(c->part); /* of a holder that died */
    int fd = open(c->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) return DTQ_IO;
    enum dtq_err err = write_parts(c, fd, d, progress, ctx);
    int code = errno;
    if (close(fd) != 0 && err == DTQ_OK) {
        code = errno;
        err = DTQ_IO;
    }
    if (err == DTQ_OK && rename(c->part, c->file) != 0) {
        code = errno;
        err = DTQ_IO;
    }
    if (err != DTQ_OK) unlink(c->part);
    errno = code;
    return err;
}
