/* store_file.c: pieces through a buffer rather than a mapping, so that a full disk is an error and
 * not a signal. */
#include "common/dataset/store_file.h"

#include "common/dataset/element.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 1 << 15 }; /* values */

bool store_file_write(int fd, uint64_t at, const void *data, size_t bytes)
{
    const unsigned char *from = data;
    while (bytes > 0) {
        ssize_t n = pwrite(fd, from, bytes, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        from += n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return true;
}

bool store_file_resize(int fd, uint64_t bytes)
{
    return ftruncate(fd, (off_t)bytes) == 0;
}

static bool read_all(int fd, uint64_t at, void *data, size_t bytes)
{
    unsigned char *to = data;
    while (bytes > 0) {
        ssize_t n = pread(fd, to, bytes, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) errno = EIO; /* what we wrote ourselves is gone */
        if (n <= 0) return false;
        to += n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return true;
}

/* One piece: the values from first on. */
typedef enum dtq_err piece_fn(void *ctx, void *x, uint64_t first, size_t count);

static enum dtq_err each_piece(int fd, uint64_t values, size_t value_bytes, bool backwards,
                               piece_fn *take, void *ctx)
{
    enum dtq_err err = DTQ_OK;
    uint64_t pieces = values / PIECE + (values % PIECE != 0);
    void *x = malloc(PIECE * sizeof(double));
    if (!x) return DTQ_NOMEM;
    for (uint64_t i = 0; i < pieces && err == DTQ_OK; i++) {
        uint64_t first = (backwards ? pieces - 1 - i : i) * PIECE;
        size_t count = values - first < PIECE ? (size_t)(values - first) : PIECE;
        err = read_all(fd, LAYOUT_HEAD + first * value_bytes, x, count * value_bytes)
                  ? take(ctx, x, first, count)
                  : DTQ_IO;
    }
    free(x);
    return err;
}

struct rewrite {
    int fd;
    enum dataset_type from, to;
    const struct store_change *change;
    size_t left; /* changes not made yet: those at the front */
};

static enum dtq_err rewrite_piece(void *ctx, void *x, uint64_t first, size_t count)
{
    struct rewrite *r = ctx;
    const struct store_change *c = r->change;
    const size_t bytes = dataset_type_bytes(r->to);
    if (r->from != r->to)
        for (size_t i = count; i-- > 0;)
            element_set(r->to, x, i, element_get(r->from, x, i));
    for (; r->left > 0 && c->at[r->left - 1] >= first; r->left--) {
        uint64_t at = c->at[r->left - 1];
        element_set(r->to, x, at - first, c->by_column[at % c->features]);
    }
    return store_file_write(r->fd, LAYOUT_HEAD + first * bytes, x, count * bytes) ? DTQ_OK : DTQ_IO;
}

/* From the end, so that nothing is overwritten before it has been read. */
enum dtq_err store_file_rewrite(int fd, uint64_t values, enum dataset_type from,
                                enum dataset_type to, const struct store_change *change)
{
    struct rewrite r = {fd, from, to, change, change->count};
    return each_piece(fd, values, dataset_type_bytes(from), true, rewrite_piece, &r);
}

struct fits {
    enum dataset_type type, other;
    bool all;
};

static enum dtq_err fits_piece(void *ctx, void *x, uint64_t first, size_t count)
{
    struct fits *f = ctx;
    (void)first;
    for (size_t i = 0; i < count && f->all; i++)
        f->all = element_fits(f->other, element_get(f->type, x, i));
    return DTQ_OK;
}

enum dtq_err store_file_fits(int fd, enum dataset_type type, uint64_t values,
                             enum dataset_type other, bool *fits)
{
    struct fits f = {type, other, true};
    enum dtq_err err = each_piece(fd, values, dataset_type_bytes(type), false, fits_piece, &f);
    if (err == DTQ_OK) *fits = f.all;
    return err;
}

struct sum {
    enum dataset_type type;
    const struct store_change *without;
    size_t left_out;
    double *sums;
};

static enum dtq_err sum_piece(void *ctx, void *x, uint64_t first, size_t count)
{
    struct sum *s = ctx;
    const struct store_change *w = s->without;
    for (size_t i = 0; i < count; i++) {
        if (s->left_out < w->count && w->at[s->left_out] == first + i)
            s->left_out++;
        else
            s->sums[(first + i) % w->features] += element_get(s->type, x, i);
    }
    return DTQ_OK;
}

enum dtq_err store_file_sum(int fd, uint64_t values, enum dataset_type type,
                            const struct store_change *without, double *sums)
{
    struct sum s = {type, without, 0, sums};
    return each_piece(fd, values, dataset_type_bytes(type), false, sum_piece, &s);
}

static enum dtq_err hash_piece(void *ctx, void *x, uint64_t first, size_t count)
{
    (void)first;
    hash_add(ctx, x, count);
    return DTQ_OK;
}

enum dtq_err store_file_hash(int fd, uint64_t bytes, struct hash *h)
{
    return each_piece(fd, bytes, 1, false, hash_piece, h);
}
