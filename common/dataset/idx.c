/* idx.c: read a block of rows at a time; bytes go through as they are. */
#include "common/dataset/idx.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18, DIMENSIONS_MAX = 255 };

static const struct idx_type {
    unsigned char code;
    unsigned char bytes;
} types[] = {{0x08, 1}, {0x09, 1}, {0x0b, 2}, {0x0c, 4}, {0x0d, 4}, {0x0e, 8}};

struct idx {
    struct source *source;
    const struct idx_type *type;
    uint64_t rows, features;
};

static const struct idx_type *find_type(unsigned char code)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].code == code) return &types[i];
    return NULL;
}

bool idx_is(const unsigned char *head, size_t len)
{
    return len >= 4 && head[0] == 0 && head[1] == 0 && find_type(head[2]) && head[3] > 0;
}

static uint64_t bytes_of(const struct idx *f)
{
    return f->rows * f->features * f->type->bytes;
}

static enum dtq_err is_short(const struct idx *f, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "%.200s ends before its %llu rows of %llu values, which its first bytes "
                   "announce; copy it again",
                   f->source->name, (unsigned long long)f->rows, (unsigned long long)f->features);
}

static enum dtq_err read_head(struct source *source, struct idx *f, struct dtq_why *why)
{
    unsigned char head[4 + DIMENSIONS_MAX * 4];
    uint64_t sizes[2] = {0, 1}, size;
    size_t got, rest;
    enum dtq_err err = source_fill(source, head, 4, &got, why);
    if (err != DTQ_OK) return err;
    if (!idx_is(head, got))
        return err_set(why, DTQ_INPUT,
                       "%.200s is no IDX file: 00 00, a type (08 09 0b 0c 0d 0e) and a number of "
                       "dimensions were expected at its start",
                       source->name);
    *f = (struct idx){.source = source, .type = find_type(head[2])};
    err = source_fill(source, head + 4, head[3] * (size_t)4, &rest, why);
    if (err != DTQ_OK) return err;
    if (rest < head[3] * (size_t)4)
        return err_set(why, DTQ_INPUT, "%.200s ends before the sizes of its %u dimensions",
                       source->name, head[3]);
    for (size_t i = 0; i < head[3]; i++) {
        uint32_t big;
        memcpy(&big, head + 4 + i * 4, sizeof big);
        uint64_t *to = &sizes[i > 0];
        if (i == 0)
            *to = be32toh(big);
        else if (__builtin_mul_overflow(*to, be32toh(big), to))
            *to = UINT64_MAX;
    }
    f->rows = sizes[0];
    f->features = sizes[1];
    if (f->rows == 0 || f->features == 0)
        return err_set(why, DTQ_INPUT, "%.200s holds no values: a dimension is 0", source->name);
    /* Before memory is asked for a row that cannot be there. */
    if (__builtin_mul_overflow(f->rows, f->features, &size) ||
        __builtin_mul_overflow(size, f->type->bytes, &size) || size > source_bound(source))
        return is_short(f, why);
    return DTQ_OK;
}

static double value_at(const struct idx_type *type, const unsigned char *at)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < type->bytes; i++)
        bits = bits << 8 | at[i];
    uint32_t low = (uint32_t)bits;
    float single;
    double real;
    switch (type->code) {
    case 0x08: return at[0];
    case 0x09: return (int8_t)at[0];
    case 0x0b: return (int16_t)bits;
    case 0x0c: return (int32_t)bits;
    case 0x0d: memcpy(&single, &low, sizeof single); return (double)single;
    default: memcpy(&real, &bits, sizeof real); return real;
    }
}

static bool usable(double value)
{
    return fabs(value) <= DATASET_LARGEST; /* not of NaN */
}

static enum dtq_err unusable(const struct idx *f, uint64_t row, uint64_t column,
                             struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "%.200s row %llu, value %llu is not finite or out of range; numbers from -%g to "
                   "%g can be used: replace it, or remove the row",
                   f->source->name, (unsigned long long)row + 1, (unsigned long long)column + 1,
                   DATASET_LARGEST, DATASET_LARGEST);
}

/* All labels into y (rows). */
static enum dtq_err read_labels(const struct idx *f, double *y, struct dtq_why *why)
{
    unsigned char block[4096];
    const size_t bytes = f->type->bytes;
    for (uint64_t done = 0; done < f->rows;) {
        uint64_t n = f->rows - done < sizeof block / bytes ? f->rows - done : sizeof block / bytes;
        size_t got;
        enum dtq_err err = source_fill(f->source, block, n * bytes, &got, why);
        if (err != DTQ_OK) return err;
        if (got < n * bytes) return is_short(f, why);
        for (uint64_t i = 0; i < n; i++, done++) {
            y[done] = value_at(f->type, block + i * bytes);
            if (!usable(y[done])) return unusable(f, done, 0, why);
        }
    }
    return DTQ_OK;
}

/* Puts one row, at raw, into the store. */
static enum dtq_err put_row(const struct idx *f, const unsigned char *raw, struct store *s,
                            struct dtq_why *why)
{
    enum dtq_err err = store_begin_row(s);
    if (err != DTQ_OK) return err;
    if (f->type->code == 0x08) {
        memcpy(store_bytes(s), raw, f->features);
        store_put_bytes(s, f->features);
    }
    for (uint64_t j = 0; f->type->code != 0x08 && j < f->features && err == DTQ_OK; j++) {
        double value = value_at(f->type, raw + j * f->type->bytes);
        if (!usable(value)) return unusable(f, s->rows, j, why);
        err = store_put(s, value);
    }
    return err;
}

static enum dtq_err read_rows(const struct idx *f, const double *y, dataset_progress *progress,
                              void *ctx, struct store *s, struct dtq_why *why)
{
    const size_t row_bytes = f->features * f->type->bytes;
    const size_t block_rows = row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1;
    enum dtq_err err = DTQ_OK;
    unsigned char *block = malloc(block_rows * row_bytes);
    if (!block) return DTQ_NOMEM;
    store_begin(s, f->features, false);
    while (s->rows < f->rows && err == DTQ_OK) {
        size_t got, n = f->rows - s->rows < block_rows ? f->rows - s->rows : block_rows;
        err = source_fill(f->source, block, n * row_bytes, &got, why);
        if (err == DTQ_OK && got < n * row_bytes) err = is_short(f, why);
        if (err == DTQ_OK && progress && progress(ctx))
            err = err_set(why, DTQ_CANCELLED, "%.200s: cancelled while reading row %llu",
                          f->source->name, (unsigned long long)s->rows + 1);
        for (size_t r = 0; r < n && err == DTQ_OK; r++) {
            err = put_row(f, block + r * row_bytes, s, why);
            if (err == DTQ_OK) err = store_end_row(s, y ? y[s->rows] : 0);
        }
    }
    free(block);
    return err;
}

static enum dtq_err ends_here(const struct idx *f, struct dtq_why *why)
{
    unsigned char more;
    size_t got;
    enum dtq_err err = source_fill(f->source, &more, 1, &got, why);
    if (err != DTQ_OK || got == 0) return err;
    return err_set(why, DTQ_INPUT,
                   "%.200s goes on after the %llu bytes of values that its first bytes announce; "
                   "is it whole and alone?",
                   f->source->name, (unsigned long long)bytes_of(f));
}

enum dtq_err idx_read(struct source *features, struct source *labels, dataset_progress *progress,
                      void *ctx, struct store *store, struct dtq_why *why)
{
    struct idx x, y;
    double *values = NULL;
    enum dtq_err err = read_head(features, &x, why);
    if (err == DTQ_OK && !labels) {
        err = read_rows(&x, NULL, progress, ctx, store, why);
        return err == DTQ_OK ? ends_here(&x, why) : err;
    }
    if (err == DTQ_OK) err = read_head(labels, &y, why);
    if (err != DTQ_OK) return err;
    if (y.features != 1 || y.rows != x.rows)
        return err_set(why, DTQ_INPUT,
                       "%.150s holds %llu x %llu labels for the %llu rows of %.150s; one a row was "
                       "expected",
                       labels->name, (unsigned long long)y.rows, (unsigned long long)y.features,
                       (unsigned long long)x.rows, features->name);
    values = malloc(y.rows * sizeof *values);
    if (!values) return DTQ_NOMEM;
    err = read_labels(&y, values, why);
    if (err == DTQ_OK) err = ends_here(&y, why);
    if (err == DTQ_OK) err = read_rows(&x, values, progress, ctx, store, why);
    if (err == DTQ_OK) err = ends_here(&x, why);
    free(values);
    return err;
}

char *idx_labels_of(const char *path, bool *nomem)
{
    static const char images[] = "images", labels[] = "labels";
    const char *slash = strrchr(path, '/');
    const char *at = strstr(slash ? slash : path, images);
    *nomem = false;
    if (!at) return NULL;
    const char *behind = at + strlen(images);
    if (strncmp(behind + 1, "idx3", 4) != 0 || !strchr("-.", *behind)) return NULL;
    char *name = malloc(strlen(path) + sizeof ".gz");
    if (!name) {
        *nomem = true;
        return NULL;
    }
    strcpy(name, path);
    memcpy(name + (at - path), labels, strlen(labels));
    name[behind + strlen("-idx") - path] = '1';
    return name;
}
