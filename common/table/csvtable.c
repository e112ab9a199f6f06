/* csvtable.c: the whole file in memory, cut into cells in place. */
#include "common/table/csvtable.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_COLUMNS = 1024 };

/* Cells are kept in growing buffers; the table's pointers are set at the end, when these have
 * stopped moving. */
struct reader {
    struct csvtable table; /* first: what the caller sees */
    struct buf text, cells, lines, warnings;
    size_t wanted[MOST_COLUMNS];     /* place in the file of each column asked for */
    size_t width;                    /* cells a line must have */
    const char *found[MOST_COLUMNS]; /* cells of the present line */
};

void csvtable_free(struct csvtable *t)
{
    struct reader *r = (struct reader *)t;

    if (!r) return;
    buf_clear(&r->text);
    buf_clear(&r->cells);
    buf_clear(&r->lines);
    buf_clear(&r->warnings);
    free(r);
}

static enum dtq_err read_whole(const char *path, struct buf *text, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    struct stat st;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return err_set(why, errno == ENOENT ? DTQ_INPUT : DTQ_IO, "cannot read %s: %s", path,
                       strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        err = err_set(why, DTQ_INPUT, "%s is not a regular file; give the path of a CSV file",
                      path);
        goto out;
    }
    if (st.st_size > CSVTABLE_MAX_BYTES) {
        err = err_set(why, DTQ_INPUT, "%s has %lld bytes: expected at most %d; cut it", path,
                      (long long)st.st_size, CSVTABLE_MAX_BYTES);
        goto out;
    }
    /* What is appended meanwhile is for the next reader. */
    if (!buf_grow(text, (size_t)st.st_size)) {
        err = err_set(why, DTQ_NOMEM, "no memory for %lld bytes of %s", (long long)st.st_size,
                      path);
        goto out;
    }
    for (text->len = 0; text->len < (size_t)st.st_size && got != 0;) {
        got = read(fd, text->data + text->len, (size_t)st.st_size - text->len);
        if (got > 0) text->len += (size_t)got;
        if (got < 0 && errno != EINTR) {
            err = err_set(why, DTQ_IO, "cannot read %s: %s", path, strerror(errno));
            goto out;
        }
    }
    text->data[text->len] = '\0';
out:
    close(fd);
    return err;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Ends a cell's text behind its last character that is no blank. */
static void trim(char *from, char *end)
{
    while (end > from && blank(end[-1]))
        end--;
    *end = '\0';
}

/* Cuts one quoted cell that begins behind *at (a quote); *at moves to what follows it. NULL when
 * the quote does not end or text follows it. */
static char *cut_quoted(char **at)
{
    char *cell = *at + 1, *to = cell, *from = cell;

    for (; *from && !(from[0] == '"' && from[1] != '"'); from++) {
        if (*from == '"') from++;
        *to++ = *from;
    }
    if (!*from) return NULL;
    for (from++; blank(*from);)
        from++;
    if (*from && *from != ',') return NULL;
    *to = '\0';
    *at = from;
    return cell;
}

/* Cuts a line (NUL at its end) into r->found; the number of cells, 0 for one that cannot be cut. */
static size_t cut_line(struct reader *r, char *at)
{
    for (size_t n = 0; n < MOST_COLUMNS;) {
        bool last;
        while (blank(*at))
            at++;
        if (*at == '"') {
            r->found[n] = cut_quoted(&at);
            if (!r->found[n]) return 0;
            last = *at == '\0';
        } else {
            char *end = at + strcspn(at, ",");
            r->found[n] = at;
            last = *end == '\0';
            trim(at, end);
            at = end;
        }
        n++;
        if (last) return n;
        at++;
    }
    return 0;
}

static void warn(struct reader *r, size_t line, const char *text)
{
    struct csvtable_warning w = {.line = line};

    if (r->table.skipped++ >= CSVTABLE_WARNINGS) return;
    snprintf(w.text, sizeof w.text, "%s", text);
    buf_add(&r->warnings, &w, sizeof w);
}

static enum dtq_err read_header(struct reader *r, const char *path, const char *const *names,
                                char *line, struct dtq_why *why)
{
    char *copy = strdup(line);

    if (!copy) return err_set(why, DTQ_NOMEM, "no memory to read %s", path);
    r->width = cut_line(r, line);
    for (size_t i = 0; i < r->table.columns; i++) {
        size_t k = 0;
        while (k < r->width && strcasecmp(r->found[k], names[i]) != 0)
            k++;
        if (k == r->width) {
            err_set(why, DTQ_INPUT, "%s has no column \"%.60s\"; its header is \"%.200s\"", path,
                    names[i], copy);
            free(copy);
            return DTQ_INPUT;
        }
        r->wanted[i] = k;
    }
    free(copy);
    return DTQ_OK;
}

static bool is_header(const struct reader *r, const char *const *names)
{
    for (size_t i = 0; i < r->table.columns; i++)
        if (strcasecmp(r->found[r->wanted[i]], names[i]) != 0) return false;
    return true;
}

static void read_row(struct reader *r, const char *const *names, char *line, size_t number,
                     bool has_nul)
{
    size_t n = has_nul ? 0 : cut_line(r, line);
    char text[64];

    if (has_nul) {
        warn(r, number, "a NUL byte in the line");
    } else if (n == 0) {
        warn(r, number, "a quote that does not end with its cell");
    } else if (n != r->width) {
        snprintf(text, sizeof text, "%zu cell%s, expected %zu", n, n == 1 ? "" : "s", r->width);
        warn(r, number, text);
    } else if (is_header(r, names)) {
        warn(r, number, "the header again");
    } else {
        for (size_t i = 0; i < r->table.columns; i++)
            buf_add(&r->cells, &r->found[r->wanted[i]], sizeof *r->found);
        buf_add(&r->lines, &number, sizeof number);
        r->table.rows++;
    }
}

static enum dtq_err read_lines(struct reader *r, const char *path, const char *const *names,
                               struct dtq_why *why)
{
    char *at = r->text.data, *end = at + r->text.len;
    bool header = false;
    enum dtq_err err;

    if (r->text.len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
    for (size_t number = 1; at < end; number++) {
        char *stop = memchr(at, '\n', (size_t)(end - at)), *next;
        bool has_nul;
        if (!stop) stop = end;
        next = stop + 1;
        if (stop > at && stop[-1] == '\r') stop--;
        *stop = '\0';
        has_nul = strlen(at) != (size_t)(stop - at);
        if (has_nul || at[strspn(at, " \t")]) {
            if (header) {
                read_row(r, names, at, number, has_nul);
            } else {
                header = true;
                if ((err = read_header(r, path, names, at, why)) != DTQ_OK) return err;
            }
        }
        at = next;
    }
    if (header) return DTQ_OK;
    return err_set(why, DTQ_INPUT, "%s is empty: expected a header line with the column \"%s\"",
                   path, names[0]);
}

enum dtq_err csvtable_read(const char *path, const char *const *names, size_t count,
                           struct csvtable **out, struct dtq_why *why)
{
    struct reader *r;
    enum dtq_err err;

    if (count < 1 || count > MOST_COLUMNS)
        return err_set(why, DTQ_INPUT, "%s: %zu columns asked for, expected 1 to %d", path, count,
                       MOST_COLUMNS);
    r = calloc(1, sizeof *r);
    if (!r) return err_set(why, DTQ_NOMEM, "no memory to read %s", path);
    r->table.columns = count;
    if ((err = read_whole(path, &r->text, why)) != DTQ_OK) goto out;
    if ((err = read_lines(r, path, names, why)) != DTQ_OK) goto out;
    if (r->cells.failed || r->lines.failed || r->warnings.failed) {
        err = err_set(why, DTQ_NOMEM, "no memory for the %zu rows of %s", r->table.rows, path);
        goto out;
    }
    r->table.cells = (const char *const *)r->cells.data;
    r->table.lines = (const size_t *)r->lines.data;
    r->table.warnings = (const struct csvtable_warning *)r->warnings.data;
    r->table.warnings_kept = r->warnings.len / sizeof *r->table.warnings;
    *out = &r->table;
    r = NULL;
out:
    csvtable_free((struct csvtable *)r);
    return err;
}
