/* source.c: plain files are read into the caller's memory without a copy in between. */
#include "common/dataset/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PACKED_BUFFER = 1 << 17,
    PACKED_FACTOR = 1032, /* deflate cannot do better: zlib's "Maximum Compression Factor" */
};

static enum dtq_err unpack_error(const struct source *s, struct dtq_why *why)
{
    int code;
    const char *text = gzerror(s->packed, &code);
    switch (code) {
    case Z_OK: return DTQ_OK;
    case Z_ERRNO:
        return err_set(why, DTQ_IO, "%.200s: cannot read on: %s", s->name, strerror(errno));
    case Z_MEM_ERROR: return err_set(why, DTQ_NOMEM, "%.200s: out of memory", s->name);
    case Z_BUF_ERROR:
        return err_set(why, DTQ_INPUT, "%.200s: the gzip file is cut short; copy it again",
                       s->name);
    default:
        return err_set(why, DTQ_INPUT, "%.200s: the gzip file is damaged (%.100s); copy it again",
                       s->name, text);
    }
}

static enum dtq_err read_packed(struct source *s, void *to, size_t bytes, size_t *got,
                                struct dtq_why *why)
{
    int n = gzread(s->packed, to, bytes > INT_MAX ? INT_MAX : (unsigned)bytes);
    enum dtq_err err = n <= 0 ? unpack_error(s, why) : DTQ_OK;
    if (err == DTQ_OK) *got = n > 0 ? (size_t)n : 0;
    return err;
}

static enum dtq_err read_plain(struct source *s, void *to, size_t bytes, size_t *got,
                               struct dtq_why *why)
{
    ssize_t n;
    do
        n = read(s->fd, to, bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0) return err_set(why, DTQ_IO, "%.200s: cannot read on: %s", s->name, strerror(errno));
    *got = (size_t)n;
    return DTQ_OK;
}

static enum dtq_err read_file(struct source *s, void *to, size_t bytes, size_t *got,
                              struct dtq_why *why)
{
    return s->packed ? read_packed(s, to, bytes, got, why) : read_plain(s, to, bytes, got, why);
}

static enum dtq_err fill(struct source *s, unsigned char *to, size_t bytes, size_t *got,
                         struct dtq_why *why)
{
    size_t n = 0, all = 0;
    do {
        enum dtq_err err = read_file(s, to + all, bytes - all, &n, why);
        if (err != DTQ_OK) return err;
        all += n;
    } while (n > 0 && all < bytes);
    *got = all;
    return DTQ_OK;
}

/* zlib closes what it is given, and the file is the caller's. */
static bool unpack_from(struct source *s)
{
    int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return false;
    s->packed = gzdopen(fd, "rb");
    if (!s->packed) {
        close(fd);
        errno = ENOMEM;
        return false;
    }
    gzbuffer(s->packed, PACKED_BUFFER);
    return true;
}

enum dtq_err source_open(struct source *s, int fd, const char *name, struct dtq_why *why)
{
    static const char magic[] = "\x1f\x8b";
    struct stat st;
    s->name = name;
    s->fd = fd;
    s->packed = NULL;
    s->head_used = s->head_told = 0;
    if (lseek(fd, 0, SEEK_SET) != 0 || fstat(fd, &st) != 0)
        return err_set(why, DTQ_IO, "%.200s: %s", name, strerror(errno));
    s->file_bytes = (uint64_t)st.st_size;
    enum dtq_err err = fill(s, s->head, sizeof s->head, &s->head_used, why);
    if (err != DTQ_OK || s->head_used < 2 || memcmp(s->head, magic, 2) != 0) return err;
    if (lseek(fd, 0, SEEK_SET) != 0 || !unpack_from(s))
        return err_set(why, DTQ_IO, "%.200s: %s", name, strerror(errno));
    s->head_used = 0; /* not to be told if what follows fails */
    return fill(s, s->head, sizeof s->head, &s->head_used, why);
}

void source_clear(struct source *s)
{
    if (s->packed) gzclose_r(s->packed);
    s->packed = NULL;
}

enum dtq_err source_read(struct source *s, void *to, size_t bytes, size_t *got, struct dtq_why *why)
{
    size_t ahead = s->head_used - s->head_told;
    if (ahead == 0) return read_file(s, to, bytes, got, why);
    if (ahead > bytes) ahead = bytes;
    memcpy(to, s->head + s->head_told, ahead);
    s->head_told += ahead;
    *got = ahead;
    return DTQ_OK;
}

enum dtq_err source_fill(struct source *s, void *to, size_t bytes, size_t *got, struct dtq_why *why)
{
    unsigned char *at = to;
    size_t n = 1, all = 0;
    while (n > 0 && all < bytes) {
        enum dtq_err err = source_read(s, at + all, bytes - all, &n, why);
        if (err != DTQ_OK) return err;
        all += n;
    }
    *got = all;
    return DTQ_OK;
}

uint64_t source_bound(const struct source *s)
{
    uint64_t bound = s->file_bytes;
    if (s->packed && __builtin_mul_overflow(bound, PACKED_FACTOR, &bound)) return UINT64_MAX;
    return bound;
}
