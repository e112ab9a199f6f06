/* store.c: rows are put into a buffer that stays in the processor's cache; when it is full, its
 * bytes are hashed and written, and the way to the disk begins at once, so that little is left to
 * wait for at the end. */
#include "common/dataset/store.h"

#include "common/dataset/element.h"
#include "common/dataset/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_BYTES = 1 << 18,
    PUSH_BYTES = 8 << 20, /* between two requests to write to the disk what was written so far */
    LIST_FIRST = 1 << 15,
};

void store_init(struct store *s, int fd)
{
    *s = (struct store){.fd = fd};
    hash_init(&s->hash, 0);
}

void store_clear(struct store *s)
{
    free(s->x);
    free(s->y.data);
    free(s->starts.data);
    free(s->columns.data);
    free(s->absent.data);
    free(s->index.data);
    free(s->names.data);
    *s = (struct store){.fd = -1};
}

void store_begin(struct store *s, uint64_t features, bool sparse)
{
    s->features = features;
    s->sparse = sparse;
}

static enum dtq_err list_add(struct store_list *l, const void *data, size_t len)
{
    size_t need = l->used + len;
    if (len == 0) return DTQ_OK;
    if (need > l->capacity) {
        size_t capacity = l->capacity ? l->capacity : LIST_FIRST;
        while (capacity < need)
            capacity *= 2;
        void *grown = realloc(l->data, capacity);
        if (!grown) return DTQ_NOMEM;
        l->data = grown;
        l->capacity = capacity;
    }
    memcpy((char *)l->data + l->used, data, len);
    l->used = need;
    return DTQ_OK;
}

static enum dtq_err list_add_64(struct store_list *l, uint64_t value)
{
    return list_add(l, &value, sizeof value);
}

/* Remembers why the file refused something. */
static enum dtq_err noted(struct store *s, enum dtq_err err)
{
    if (err == DTQ_IO) s->error = errno ? errno : EIO;
    return err;
}

/* Bytes of x that are in the file. */
static uint64_t filed(const struct store *s)
{
    return (s->values - s->held) * dataset_type_bytes(s->type);
}

static enum dtq_err flush(struct store *s)
{
    size_t bytes = s->held * dataset_type_bytes(s->type);
    uint64_t at = filed(s);
    if (!s->widened) hash_add(&s->hash, s->x, bytes);
    if (!store_file_write(s->fd, LAYOUT_HEAD + at, s->x, bytes)) return noted(s, DTQ_IO);
    s->held = 0;
    at += bytes;
    if (at - s->pushed >= PUSH_BYTES) {
        /* Where it cannot be done, the wait at the end is longer; no more than that. */
        sync_file_range(s->fd, (off_t)(LAYOUT_HEAD + s->pushed), (off_t)(at - s->pushed),
                        SYNC_FILE_RANGE_WRITE);
        s->pushed = at;
    }
    return DTQ_OK;
}

/* Room in the buffer for count more values of the present type. */
static enum dtq_err reserve(struct store *s, uint64_t count)
{
    size_t bytes, held;
    if (__builtin_mul_overflow(count, dataset_type_bytes(s->type), &bytes)) return DTQ_NOMEM;
    held = s->held * dataset_type_bytes(s->type);
    if (bytes <= s->capacity && held <= s->capacity - bytes) return DTQ_OK;
    if (s->held > 0) {
        enum dtq_err err = flush(s);
        if (err != DTQ_OK) return err;
    }
    if (bytes <= s->capacity) return DTQ_OK;
    size_t capacity = bytes < BUFFER_BYTES ? BUFFER_BYTES : bytes;
    if (capacity > SIZE_MAX - STORE_SLACK) return DTQ_NOMEM;
    unsigned char *grown = realloc(s->x, capacity + STORE_SLACK);
    if (!grown) return DTQ_NOMEM;
    s->x = grown;
    s->capacity = capacity;
    return DTQ_OK;
}

enum dtq_err store_begin_row(struct store *s)
{
    return s->sparse ? list_add_64(&s->starts, s->values) : reserve(s, s->features);
}

/* The only step up that can lose what is already there. */
static enum dtq_err integers_fit_f32(const struct store *s, bool *fit)
{
    *fit = true;
    for (size_t i = 0; i < s->held && *fit; i++)
        *fit = element_fits(DATASET_F32, element_get(s->type, s->x, i));
    return *fit ? store_file_fits(s->fd, s->type, s->values - s->held, DATASET_F32, fit) : DTQ_OK;
}

/* type, or the one above it where it would lose something of what there is. */
static enum dtq_err lossless_type(struct store *s, enum dataset_type *type)
{
    bool fit = true;
    if (s->type == DATASET_I32 && *type == DATASET_F32) {
        enum dtq_err err = integers_fit_f32(s, &fit);
        if (err != DTQ_OK) return noted(s, err);
    }
    if (!fit) ++*type;
    return DTQ_OK;
}

/* What is held, and the rest of the row begun, must have room in the new type. */
static enum dtq_err widen(struct store *s, double value)
{
    const struct store_change change = {0};
    enum dataset_type old = s->type, type = old;
    while (!element_fits(type, value))
        type++;
    enum dtq_err err = lossless_type(s, &type);
    if (err != DTQ_OK) return err;

    size_t capacity;
    size_t factor = dataset_type_bytes(type) / dataset_type_bytes(old);
    if (__builtin_mul_overflow(s->capacity, factor, &capacity)) return DTQ_NOMEM;
    unsigned char *grown = realloc(s->x, capacity);
    if (!grown) return DTQ_NOMEM;
    s->x = grown;
    s->capacity = capacity;
    if (s->values > s->held) {
        s->widened = true;
        err = store_file_rewrite(s->fd, s->values - s->held, old, type, &change);
        if (err != DTQ_OK) return noted(s, err);
    }
    /* From the end, so that no element is overwritten before it has been moved. */
    for (size_t i = s->held; i-- > 0;)
        element_set(type, s->x, i, element_get(old, s->x, i));
    s->type = type;
    return DTQ_OK;
}

enum dtq_err store_put(struct store *s, double value)
{
    if (!element_fits(s->type, value)) {
        enum dtq_err err = widen(s, value);
        if (err != DTQ_OK) return err;
    }
    element_set(s->type, s->x, s->held++, value);
    s->values++;
    return DTQ_OK;
}

enum dtq_err store_put_absent(struct store *s)
{
    enum dtq_err err = list_add_64(&s->absent, s->values);
    return err == DTQ_OK ? store_put(s, 0) : err;
}

enum dtq_err store_put_at(struct store *s, uint32_t column, double value)
{
    enum dtq_err err = reserve(s, 1);
    if (err == DTQ_OK) err = list_add(&s->columns, &column, sizeof column);
    if (err == DTQ_OK) err = store_put(s, value);
    if (err == DTQ_OK && column >= s->features) s->features = (uint64_t)column + 1;
    return err;
}

enum dtq_err store_end_row(struct store *s, double label)
{
    enum dtq_err err = list_add(&s->y, &label, sizeof label);
    if (err == DTQ_OK) s->rows++;
    return err;
}

enum dtq_err store_name(struct store *s, const char *name, size_t len)
{
    enum dtq_err err = list_add_64(&s->index, s->names.used);
    if (err == DTQ_OK) err = list_add(&s->names, name, len);
    return err == DTQ_OK ? list_add(&s->names, "", 1) : err;
}

/* How often each column was absent, as a list. */
static enum dtq_err count_absent(const struct store *s, struct store_list *out)
{
    const uint64_t *absent = s->absent.data;
    uint64_t *counts = calloc(s->features, sizeof *counts);
    if (!counts) return DTQ_NOMEM;
    for (size_t i = 0; i < s->absent.used / sizeof *absent; i++)
        counts[absent[i] % s->features]++;
    *out = (struct store_list){counts, s->features * sizeof *counts, s->features * sizeof *counts};
    return DTQ_OK;
}

/* Puts what belongs to its column (values (features)) where a cell is absent. */
static enum dtq_err fill_in(struct store *s, const uint64_t *counts, const double *values)
{
    const struct store_change change = {s->absent.data, s->absent.used / sizeof(uint64_t), values,
                                        s->features};
    enum dataset_type type = s->type;
    for (int twice = 0; twice < 2; twice++) /* F32 may not hold an earlier value that I32 held */
        for (uint64_t j = 0; j < s->features; j++)
            while (counts[j] > 0 && !element_fits(type, values[j]))
                type++;
    enum dtq_err err = lossless_type(s, &type);
    if (err == DTQ_OK) err = store_file_rewrite(s->fd, s->values, s->type, type, &change);
    if (err == DTQ_OK) s->type = type;
    return err;
}

static enum dtq_err fill_with_means(struct store *s, const uint64_t *counts, const char *name,
                                    struct dtq_why *why)
{
    const struct store_change absent = {s->absent.data, s->absent.used / sizeof(uint64_t), NULL,
                                        s->features};
    double *sums = calloc(s->features, sizeof *sums);
    enum dtq_err err = DTQ_NOMEM;
    if (!sums) return err;
    s->widened = true;
    err = store_file_sum(s->fd, s->values, s->type, &absent, sums);
    for (uint64_t j = 0; j < s->features && err == DTQ_OK; j++) {
        if (counts[j] == 0) continue;
        sums[j] /= (double)(s->rows - counts[j]);
        if (!isfinite(sums[j]))
            err = err_set(why, DTQ_INPUT,
                          "%.200s: column %llu of the features has empty cells and no mean to fill "
                          "them with; give missing=zero, or leave the column out",
                          name, (unsigned long long)j + 1);
    }
    if (err == DTQ_OK) err = fill_in(s, counts, sums);
    free(sums);
    return err;
}

/* Of all that the file says: x, and the lists behind it. absent: of cells that are kept. */
static enum dtq_err find_digest(struct store *s, const struct store_list *counts,
                                const struct store_list *absent, uint64_t *out)
{
    const struct store_list *lists[] = {&s->columns, &s->starts, &s->y, counts,
                                        &s->index,   &s->names,  absent};
    enum dtq_err err = DTQ_OK;
    if (s->widened) {
        hash_init(&s->hash, 0);
        err = store_file_hash(s->fd, s->values * dataset_type_bytes(s->type), &s->hash);
        if (err != DTQ_OK) return err;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        hash_add(&s->hash, lists[i]->data, lists[i]->used);
    const uint64_t shape[] = {s->rows, s->features, s->type, s->sparse, hash_end(&s->hash)};
    *out = hash_64(shape, sizeof shape, 0);
    return DTQ_OK;
}

static enum dtq_err write_parts(struct store *s, const struct store_list *counts,
                                const struct store_list *absent, const struct layout *l)
{
    const struct {
        uint64_t at;
        const struct store_list *list;
    } parts[] = {{l->columns_at, &s->columns}, {l->starts_at, &s->starts}, {l->y_at, &s->y},
                 {l->missing_at, counts},      {l->index_at, &s->index},   {l->names_at, &s->names},
                 {l->absent_at, absent}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].list->used > 0 &&
            !store_file_write(s->fd, parts[i].at, parts[i].list->data, parts[i].list->used))
            return DTQ_IO;
    return DTQ_OK;
}

enum dtq_err store_finish(struct store *s, const char *name, const struct dataset_options *options,
                          struct layout *out, struct dtq_why *why)
{
    const struct store_list none = {0};
    const bool keeps = options->missing == DATASET_KEEP;
    const struct store_list *absent = keeps ? &s->absent : &none;
    struct store_list counts = {0};
    uint64_t digest = 0;
    struct layout l = {0};
    enum dtq_err err = s->held > 0 ? flush(s) : DTQ_OK;
    if (err == DTQ_OK && s->sparse) err = list_add_64(&s->starts, s->values);
    if (err == DTQ_OK && s->absent.used > 0) err = count_absent(s, &counts);
    if (err == DTQ_OK && s->absent.used > 0 && options->missing == DATASET_MEAN)
        err = fill_with_means(s, counts.data, name, why);
    if (err == DTQ_OK && keeps && options->fill && options->fill_count != s->features && !s->sparse)
        err = err_set(why, DTQ_INPUT,
                      "%.200s has %llu features, but there are %llu values for their empty cells",
                      name, (unsigned long long)s->features,
                      (unsigned long long)options->fill_count);
    if (err == DTQ_OK) err = find_digest(s, &counts, absent, &digest);
    if (err == DTQ_OK && s->absent.used > 0 && keeps && options->fill) {
        err = fill_in(s, counts.data, options->fill);
        absent = &none;
    }
    if (err != DTQ_OK) goto out;

    l = (struct layout){.rows = s->rows,
                        .features = s->features,
                        .values = s->values,
                        .type = s->type,
                        .columns_at = s->sparse,
                        .starts_at = s->sparse,
                        .missing_at = counts.used > 0,
                        .index_at = s->index.used > 0,
                        .names_at = s->index.used > 0,
                        .names_bytes = s->names.used,
                        .absent_at = absent->used > 0,
                        .absent = absent->used / sizeof(uint64_t),
                        .digest = digest};
    err = layout_plan(&l) == DTQ_OK ? write_parts(s, &counts, absent, &l) : DTQ_NOMEM;
    /* Parts of no bytes at the end, and zeros between them, need no writing. */
    if (err == DTQ_OK && !store_file_resize(s->fd, l.file_bytes)) err = DTQ_IO;
    if (err == DTQ_OK) *out = l;
out:
    free(counts.data);
    return noted(s, err);
}
