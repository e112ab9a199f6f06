/* dataset.c: mapped when the cache has it; otherwise parsed into the cache and mapped; or parsed
 * into a file in memory where there is no cache to be had. */
#include "common/dataset/dataset.h"

#include "common/dataset/cache.h"
#include "common/dataset/idx.h"
#include "common/dataset/place.h"
#include "common/dataset/shelf.h"
#include "common/dataset/table.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

size_t dataset_type_bytes(enum dataset_type type)
{
    static const size_t bytes[] = {
        [DATASET_U8] = 1,  [DATASET_I16] = 2, [DATASET_I32] = 4,
        [DATASET_F32] = 4, [DATASET_F64] = 8,
    };
    return bytes[type];
}

const char *dataset_type_name(enum dataset_type type)
{
    static const char *const names[] = {
        [DATASET_U8] = "u8",   [DATASET_I16] = "i16", [DATASET_I32] = "i32",
        [DATASET_F32] = "f32", [DATASET_F64] = "f64",
    };
    return names[type];
}

void dataset_close(struct dataset *d)
{
    if (d && d->map) munmap(d->map, d->map_bytes);
    free(d);
}

bool dataset_is_same(const struct dataset *a, const struct dataset *b)
{
    return a->inode && a->device == b->device && a->inode == b->inode && a->digest == b->digest &&
           a->map_bytes == b->map_bytes;
}

const char *dataset_name(const struct dataset *d, uint64_t column)
{
    return d->names && column <= d->features ? d->names + d->names_at[column] : NULL;
}

struct dataset_names dataset_names(const struct dataset *d)
{
    return (struct dataset_names){d->features, d->names_at, d->names};
}

const char *dataset_names_get(const struct dataset_names *names, uint64_t column)
{
    return names->texts + names->at[column];
}

/* One opening at work. */
struct opening {
    const struct dataset_place *place;
    struct dataset_options options;
    dataset_progress *progress;
    void *ctx;
    struct place_file file, labels;
    char *labels_ref; /* owned; NULL unless it was told from the name of the file */
    enum dataset_format format;
    struct cache cache;
    struct dtq_why *why;
};

/* The caller's progress, and that of those who wait for the cache. */
static bool alive(void *ctx)
{
    struct opening *o = ctx;
    cache_touch(&o->cache);
    return o->progress && o->progress(o->ctx);
}

/* Opens the labels whose reference was told from that of the features; where there are none, those
 * that are packed though the features are not, or the other way. */
static enum dtq_err open_told(struct opening *o)
{
    char *ref = o->labels_ref;
    struct dtq_why ignored;
    size_t len = strlen(ref);
    enum dtq_err err = place_open(o->place, ref, &o->labels, o->why);
    if (err != DTQ_INPUT) return err;
    bool packed = len > 3 && strcmp(ref + len - 3, ".gz") == 0;
    strcpy(ref + len - (packed ? 3 : 0), packed ? "" : ".gz");
    if (place_open(o->place, ref, &o->labels, &ignored) == DTQ_OK) return DTQ_OK;
    return err_prefix(o->why, err, "the labels of %.100s", o->file.name);
}

/* The labels of IDX features: by their reference, else by the name of the features. */
static enum dtq_err open_labels(struct opening *o)
{
    bool nomem;
    if (o->options.label && strcmp(o->options.label, DATASET_NO_LABEL) == 0) return DTQ_OK;
    if (o->options.label_ref) return place_open(o->place, o->options.label_ref, &o->labels, o->why);
    o->labels_ref = idx_labels_of(o->options.ref, &nomem);
    if (o->labels_ref) return open_told(o);
    if (nomem) return err_set(o->why, DTQ_NOMEM, "%.200s: out of memory", o->file.name);
    return err_set(o->why, DTQ_INPUT,
                   "%.200s: where are its labels? Only of a name with images-idx3 can it be told "
                   "(labels-idx1); give labelRef=file:...",
                   o->file.name);
}

static enum dtq_err unchanged(const struct opening *o)
{
    enum dtq_err err = place_unchanged(&o->file, o->why);
    return err == DTQ_OK && o->labels.fd >= 0 ? place_unchanged(&o->labels, o->why) : err;
}

/* Parses into the file at fd; *refused is the errno of a file that does not take it. */
static enum dtq_err parse(struct opening *o, int fd, struct layout *layout, int *refused)
{
    const struct table_files files = {o->file.name, o->file.fd, o->labels.name, o->labels.fd};
    struct store store;
    store_init(&store, fd);
    enum dtq_err err = table_read(&files, o->format, &o->options, alive, o, &store, layout, o->why);
    *refused = err == DTQ_IO ? store.error : 0;
    /* A file that is still being written is not a bad file. */
    if (err == DTQ_OK || err == DTQ_INPUT) {
        enum dtq_err changed = unchanged(o);
        if (changed != DTQ_OK) err = changed;
    }
    store_clear(&store);
    return err;
}

/* The table that was written to fd. */
static enum dtq_err map_built(const struct opening *o, const struct layout *layout, int fd,
                              struct dataset **out)
{
    if (layout_map(layout, fd, layout->file_bytes, out) == DTQ_OK) return DTQ_OK;
    return err_set(o->why, DTQ_NOMEM, "%.200s: no memory for a table of %llu bytes", o->file.name,
                   (unsigned long long)layout->file_bytes);
}

/* Into the cache, whose lock is held. DTQ_NONE: it does not take it. */
static enum dtq_err build_cache(struct opening *o, struct dataset **out)
{
    struct layout layout;
    int fd = -1, refused = 0;
    enum dtq_err err = cache_begin(&o->cache, &fd);
    if (err == DTQ_OK) {
        err = parse(o, fd, &layout, &refused);
        if (err != DTQ_OK) cache_drop(&o->cache);
        if (err == DTQ_OK && cache_keep(&o->cache, fd, &layout) != DTQ_OK) refused = errno;
    } else {
        refused = errno;
    }
    if (refused) {
        log_warn("cache %s: %s; %s stays in the memory of this process", o->cache.file,
                 strerror(refused), o->file.name);
        err = DTQ_NONE;
    }
    if (err == DTQ_OK) err = map_built(o, &layout, fd, out);
    if (err == DTQ_OK) cache_mark(fd, *out);
    if (fd >= 0) close(fd);
    return err;
}

static enum dtq_err build_in_memory(struct opening *o, struct dataset **out)
{
    struct layout layout;
    int refused = 0;
    int fd = memfd_create("dtq-table", MFD_CLOEXEC);
    if (fd < 0) return err_set(o->why, DTQ_NOMEM, "%.200s: %s", o->file.name, strerror(errno));
    enum dtq_err err = parse(o, fd, &layout, &refused);
    if (refused)
        err = err_set(o->why, DTQ_NOMEM, "%.200s: no memory for the table: %s", o->file.name,
                      strerror(refused));
    if (err == DTQ_OK) err = map_built(o, &layout, fd, out);
    close(fd);
    return err;
}

/* Finds the table in the cache, or readies the cache for a build. DTQ_NONE: build now. */
static enum dtq_err consult(struct opening *o, struct dataset **out)
{
    const struct place_file *labels = o->labels.fd >= 0 ? &o->labels : NULL;
    struct cache *c = &o->cache;
    enum dtq_err err = cache_init(c, o->place->cache_dir, &o->file, labels, &o->options);
    if (err == DTQ_OK) {
        if (cache_map(c, out) == DTQ_OK) return DTQ_OK;
        err = cache_lock(c, o->progress, o->ctx);
        if (err == DTQ_OK) return cache_map(c, out) == DTQ_OK ? DTQ_OK : DTQ_NONE;
    }
    if (err == DTQ_CANCELLED)
        return err_set(o->why, err, "%s: cancelled while another process parses it", o->file.name);
    if (err == DTQ_NOMEM) return err_set(o->why, err, "%s: out of memory", o->file.name);
    log_warn("cache folder %s: %s; %s is parsed into the memory of this process",
             o->place->cache_dir, strerror(errno), o->file.name);
    return DTQ_NONE;
}

static enum dtq_err build(struct opening *o, struct dataset **out)
{
    enum dtq_err err = DTQ_NONE;
    if (o->cache.lock_fd >= 0) {
        err = build_cache(o, out);
        shelf_sweep(o->place->cache_dir);
        shelf_evict(o->place->cache_dir, o->place->cache_max_bytes, o->cache.file);
    }
    return err == DTQ_NONE ? build_in_memory(o, out) : err;
}

enum dtq_err dataset_open(const struct dataset_place *place, const struct dataset_options *options,
                          dataset_progress *progress, void *ctx, struct dataset **out,
                          struct dtq_why *why)
{
    struct opening o = {.place = place,
                        .options = *options,
                        .progress = progress,
                        .ctx = ctx,
                        .file = {.fd = -1},
                        .labels = {.fd = -1},
                        .cache = {.lock_fd = -1},
                        .why = why};
    enum dtq_err err = place_open(place, options->ref, &o.file, why);
    if (err == DTQ_OK) err = table_format(o.file.fd, o.file.name, options, &o.format, why);
    if (err == DTQ_OK && o.format == DATASET_IDX) err = open_labels(&o);
    if (err == DTQ_OK && o.format == DATASET_CSV && !options->label)
        err = err_set(why, DTQ_INPUT,
                      "the label column is not given; first, last or a column's name was expected");
    if (err == DTQ_OK) err = table_settle(o.file.fd, o.file.name, o.format, &o.options, why);
    if (err == DTQ_OK) err = place->cache_dir ? consult(&o, out) : DTQ_NONE;
    if (err == DTQ_NONE) err = build(&o, out);
    cache_clear(&o.cache);
    place_close(&o.labels);
    place_close(&o.file);
    free(o.labels_ref);
    return err;
}
