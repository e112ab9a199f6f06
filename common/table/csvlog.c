/* csvlog.c: appending whole lines; a log with a former header is rewritten with the new one. */
#include "common/table/csvlog.h"

#include "common/buf.h"
#include "common/table/csvtable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum dtq_err add_line(struct buf *b, const char *const *cells, size_t count,
                             const char *path, struct dtq_why *why)
{
    for (size_t i = 0; i < count; i++) {
        const char *cell = cells[i] ? cells[i] : "";
        bool quote = strpbrk(cell, ",\"") || (i == 0 && *cell == '\0' && count == 1);
        if (strpbrk(cell, "\r\n"))
            return err_set(why, DTQ_INPUT,
                           "%s: cell %zu has a line break: \"%.40s\"; one event is one line", path,
                           i + 1, cell);
        if (i) buf_text(b, ",");
        if (quote) buf_text(b, "\"");
        for (; *cell; cell++)
            buf_add(b, *cell == '"' ? "\"\"" : cell, *cell == '"' ? 2 : 1);
        if (quote) buf_text(b, "\"");
    }
    buf_text(b, "\n");
    return DTQ_OK;
}

static enum dtq_err io_error(const char *path, struct dtq_why *why)
{
    return err_set(why, DTQ_IO, "cannot append to %s: %s", path, strerror(errno));
}

enum header { HEADER_SAME, HEADER_FORMER, HEADER_OTHER };

/* What the file begins with: this header, or a former one, which lacks its last columns. A byte
 * order mark and CR LF, which spreadsheets add, do not matter. *missing: how many columns a former
 * header lacks. */
static enum dtq_err check_header(int fd, const char *path, const struct buf *header,
                                 enum header *is, size_t *missing, struct dtq_why *why)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t want = header->len - 1, at = 0, len;
    struct buf found = {0};
    enum dtq_err err = DTQ_OK;
    char *text = buf_grow(&found, header->len + sizeof mark + 1);
    ssize_t got;

    if (!text) return err_set(why, DTQ_NOMEM, "no memory to append to %s", path);
    got = pread(fd, text, found.len - 1, 0);
    if (got < 0) {
        err = io_error(path, why);
        goto out;
    }
    text[got] = '\0';
    if (strncmp(text, mark, sizeof mark - 1) == 0) at = sizeof mark - 1;
    len = strcspn(text + at, "\r\n");
    text[at + len] = '\0';
    *is = HEADER_OTHER;
    if (len == want && memcmp(text + at, header->data, want) == 0) *is = HEADER_SAME;
    if (len && len < want && memcmp(text + at, header->data, len) == 0 && header->data[len] == ',')
        *is = HEADER_FORMER;
    *missing = 0;
    for (size_t i = len; *is == HEADER_FORMER && i < want; i++)
        *missing += header->data[i] == ',';
    if (*is == HEADER_OTHER)
        err = err_set(why, DTQ_INPUT,
                      "%s begins with \"%.100s\": expected the columns \"%.*s\"; move the file "
                      "away or choose another name",
                      path, text + at, (int)want, header->data);
out:
    buf_clear(&found);
    return err;
}

/* Whether a line of the file begins with these cells. */
static enum dtq_err find_line(const char *path, const char *const *columns,
                              const char *const *cells, size_t key, bool *found,
                              struct dtq_why *why)
{
    struct csvtable *t = NULL;
    enum dtq_err err = csvtable_read(path, columns, key, &t, why);

    *found = false;
    for (size_t row = 0; err == DTQ_OK && row < t->rows && !*found; row++) {
        *found = true;
        for (size_t i = 0; i < key; i++)
            if (strcmp(t->cells[row * key + i], cells[i]) != 0) *found = false;
    }
    csvtable_free(t);
    return err;
}

static enum dtq_err read_all(int fd, const char *path, struct buf *out, struct dtq_why *why)
{
    char part[1 << 16];
    ssize_t got;
    off_t at = 0;

    while ((got = pread(fd, part, sizeof part, at)) > 0) {
        buf_add(out, part, (size_t)got);
        at += got;
    }
    if (got < 0) return io_error(path, why);
    if (out->failed) return err_set(why, DTQ_NOMEM, "no memory to append to %s", path);
    return DTQ_OK;
}

/* The old lines below the new header, each with empty cells for the columns that it lacks. */
static void widen(const struct buf *old, const struct buf *header, size_t missing, struct buf *out)
{
    const char *end = old->data + old->len, *next, *stop;

    buf_add(out, header->data, header->len);
    for (const char *at = memchr(old->data, '\n', old->len); at && ++at < end; at = next) {
        next = memchr(at, '\n', (size_t)(end - at));
        stop = next ? next : end;
        if (stop > at && stop[-1] == '\r') stop--;
        buf_add(out, at, (size_t)(stop - at));
        for (size_t i = 0; stop > at && i < missing; i++)
            buf_text(out, ",");
        buf_text(out, "\n");
    }
}

/* Writes text to a new file with the rights of the old one and renames it over that, so that a
 * process killed in the middle leaves one of the two. */
static enum dtq_err replace(int fd, const char *path, const struct buf *text, struct dtq_why *why)
{
    char target[PATH_MAX], temp[PATH_MAX + 24];
    enum dtq_err err = DTQ_OK;
    struct stat st;
    int to;

    if (!realpath(path, target) || fstat(fd, &st) != 0) return io_error(path, why);
    snprintf(temp, sizeof temp, "%s.%ld.part", target, (long)getpid());
    to = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) return io_error(path, why);
    for (size_t put = 0; err == DTQ_OK && put < text->len;) {
        ssize_t n = write(to, text->data + put, text->len - put);

        if (n < 0) err = io_error(path, why);
        put += n > 0 ? (size_t)n : 0;
    }
    if (err == DTQ_OK && fchmod(to, st.st_mode & 07777) != 0) err = io_error(path, why);
    if (close(to) != 0 && err == DTQ_OK) err = io_error(path, why);
    if (err == DTQ_OK && rename(temp, target) != 0) err = io_error(path, why);
    if (err != DTQ_OK) unlink(temp);
    return err;
}

/* With the lock held. */
static enum dtq_err append_widened(int fd, const char *path, const struct buf *header,
                                   size_t missing, const struct buf *line, struct dtq_why *why)
{
    struct buf old = {0}, all = {0};
    enum dtq_err err = read_all(fd, path, &old, why);

    if (err == DTQ_OK) {
        widen(&old, header, missing, &all);
        buf_add(&all, line->data, line->len);
        if (all.failed) err = err_set(why, DTQ_NOMEM, "no memory to append to %s", path);
    }
    if (err == DTQ_OK) err = replace(fd, path, &all, why);
    buf_clear(&old);
    buf_clear(&all);
    return err;
}

/* With the lock held: what is missing before the line, the line, in one write; all or nothing. */
static enum dtq_err append_locked(int fd, const char *path, const struct buf *header,
                                  const struct buf *line, struct dtq_why *why)
{
    struct buf all = {0};
    struct stat st;
    ssize_t put;
    char last = '\n';
    size_t missing = 0;
    enum header is;
    enum dtq_err err = DTQ_OK;

    if (fstat(fd, &st) != 0) return io_error(path, why);
    if (st.st_size == 0) {
        buf_add(&all, header->data, header->len);
    } else {
        err = check_header(fd, path, header, &is, &missing, why);
        if (err != DTQ_OK) return err;
        if (is == HEADER_FORMER) return append_widened(fd, path, header, missing, line, why);
        if (pread(fd, &last, 1, st.st_size - 1) < 0) return io_error(path, why);
        if (last != '\n') buf_text(&all, "\n");
    }
    buf_add(&all, line->data, line->len);
    if (all.failed) {
        err = err_set(why, DTQ_NOMEM, "no memory to append to %s", path);
        goto out;
    }
    put = write(fd, all.data, all.len);
    if (put != (ssize_t)all.len) {
        if (put >= 0) errno = ENOSPC; /* a regular file takes less only when it is full */
        err = io_error(path, why);
        if (ftruncate(fd, st.st_size) != 0)
            err_prefix(why, err, "half a line stands at the end of the file");
    }
out:
    buf_clear(&all);
    return err;
}

static enum dtq_err open_log(const char *path, int *out, struct dtq_why *why)
{
    struct stat st;
    int fd;

    if (!path || !*path)
        return err_set(why, DTQ_INPUT, "the name of the log is empty; give a path");
    fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0 && errno != EISDIR) return io_error(path, why);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) close(fd);
        return err_set(why, DTQ_INPUT, "%s is not a regular file; give the path of a log", path);
    }
    *out = fd;
    return DTQ_OK;
}

/* The log, locked. Whoever waited for the lock may hold a file that another one has replaced in the
 * meantime by one with a new header. */
static enum dtq_err open_locked(const char *path, int *out, struct dtq_why *why)
{
    struct stat held, named;
    enum dtq_err err;

    for (;;) {
        if ((err = open_log(path, out, why)) != DTQ_OK) return err;
        while (flock(*out, LOCK_EX) != 0)
            if (errno != EINTR) {
                err = io_error(path, why);
                close(*out);
                *out = -1;
                return err;
            }
        if (fstat(*out, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev)
            return DTQ_OK;
        close(*out);
        *out = -1;
    }
}

enum dtq_err csvlog_append(const char *path, const char *const *columns, const char *const *cells,
                           size_t count, struct dtq_why *why)
{
    return csvlog_append_once(path, columns, cells, count, 0, why);
}

enum dtq_err csvlog_append_once(const char *path, const char *const *columns,
                                const char *const *cells, size_t count, size_t key,
                                struct dtq_why *why)
{
    struct buf header = {0}, line = {0};
    enum dtq_err err;
    struct stat st;
    bool found = false;
    int fd = -1;

    if (count == 0) return err_set(why, DTQ_INPUT, "%s: no columns; give at least one", path);
    if ((err = add_line(&header, columns, count, path, why)) != DTQ_OK) goto out;
    if ((err = add_line(&line, cells, count, path, why)) != DTQ_OK) goto out;
    if (header.failed || line.failed) {
        err = err_set(why, DTQ_NOMEM, "no memory to append to %s", path);
        goto out;
    }
    if ((err = open_locked(path, &fd, why)) != DTQ_OK) goto out;
    if (key && fstat(fd, &st) == 0 && st.st_size > 0)
        err = find_line(path, columns, cells, key, &found, why);
    if (err == DTQ_OK) err = found ? DTQ_NONE : append_locked(fd, path, &header, &line, why);
out:
    if (fd >= 0) close(fd); /* and unlocks */
    buf_clear(&header);
    buf_clear(&line);
    return err;
}
