/* dataset.c: mapped when the cache has it; otherwise parsed, put into the cache and mapped; and
 * kept in memory where there is no cache to be had. */
#include "common/dataset/dataset.h"

#include "common/dataset/cache.h"
#include "common/dataset/csv.h"
#include "common/dataset/hash.h"
#include "common/dataset/place.h"
#include "common/dataset/store.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

size_t dataset_type_bytes(enum dataset_type type)
{
    static const size_t bytes[] = {
        [DATASET_U8] = 1,  [DATASET_I16] = 2, [DATASET_I32] = 4,
        [DATASET_F32] = 4, [DATASET_F64] = 8,
    };
    return bytes[type];
}

void dataset_close(struct dataset *d)
{
    if (d && d->map) munmap(d->map, d->map_bytes);
    free(d);
}

static enum dtq_err seal(struct store *s, struct dataset **out)
{
    size_t y_at;
    const uint64_t shape[] = {s->rows, s->features, s->type};
    struct dataset *d = calloc(1, sizeof *d);
    if (!d) return DTQ_NOMEM;
    d->rows = s->rows;
    d->features = s->features;
    d->type = s->type;
    if (!store_seal(s, &d->map, &d->map_bytes, &y_at)) {
        dataset_close(d);
        return DTQ_NOMEM;
    }
    d->x = d->map;
    d->y = (const void *)((const unsigned char *)d->map + y_at);
    d->digest = hash_64(d->map, d->map_bytes, hash_64(shape, sizeof shape, 0));
    *out = d;
    return DTQ_OK;
}

/* The caller's progress, and that of those who wait for the cache. */
struct alive {
    dataset_progress *progress;
    void *ctx;
    struct cache *cache;
};

static bool alive(void *ctx)
{
    const struct alive *a = ctx;
    cache_touch(a->cache);
    return a->progress && a->progress(a->ctx);
}

static enum dtq_err parse(const struct place_file *f, const struct dataset_options *options,
                          struct alive *a, struct dataset **out, struct dtq_why *why)
{
    struct store store = {0};
    enum dtq_err err = csv_read(f->fd, f->name, options, alive, a, &store, why);
    /* A file that is still being written is not a bad file. */
    if (err == DTQ_OK || err == DTQ_INPUT) {
        enum dtq_err changed = place_unchanged(f, why);
        if (changed != DTQ_OK) err = changed;
    }
    if (err == DTQ_OK && (err = seal(&store, out)) != DTQ_OK)
        err_set(why, err, "%s: no memory for %llu rows of %zu features", f->name,
                (unsigned long long)store.rows, store.features);
    store_clear(&store);
    return err;
}

/* Parses, and leaves the result in the cache when its lock is held. */
static enum dtq_err build(const struct place_file *f, const struct dataset_options *options,
                          struct alive *a, struct dataset **out, struct dtq_why *why)
{
    struct dataset *parsed;
    enum dtq_err err = parse(f, options, a, &parsed, why);
    if (err != DTQ_OK) return err;
    if (a->cache->lock_fd >= 0) {
        err = cache_write(a->cache, parsed, alive, a);
        if (err == DTQ_CANCELLED) {
            dataset_close(parsed);
            return err_set(why, err, "%s: cancelled while writing its cache", f->name);
        }
        if (err != DTQ_OK)
            log_warn("cache %s: %s; %s stays in the memory of this process", a->cache->file,
                     strerror(errno), f->name);
        else if (cache_map(a->cache, out) == DTQ_OK) {
            dataset_close(parsed);
            return DTQ_OK;
        }
    }
    *out = parsed;
    return DTQ_OK;
}

/* Finds the table in the cache, or readies the cache for a build. DTQ_NONE: build now. */
static enum dtq_err consult(struct cache *c, const char *dir, const struct place_file *f,
                            const struct dataset_options *options, struct alive *a,
                            struct dataset **out, struct dtq_why *why)
{
    enum dtq_err err = cache_init(c, dir, f->path, &f->st, options);
    if (err == DTQ_OK) {
        if (cache_map(c, out) == DTQ_OK) return DTQ_OK;
        err = cache_lock(c, a->progress, a->ctx);
        if (err == DTQ_OK) return cache_map(c, out) == DTQ_OK ? DTQ_OK : DTQ_NONE;
    }
    if (err == DTQ_CANCELLED)
        return err_set(why, err, "%s: cancelled while another process parses it", f->name);
    if (err == DTQ_NOMEM) return err_set(why, err, "%s: out of memory", f->name);
    log_warn("cache folder %s: %s; %s is parsed into the memory of this process", dir,
             strerror(errno), f->name);
    return DTQ_NONE;
}

enum dtq_err dataset_open(const struct dataset_place *place, const struct dataset_options *options,
                          dataset_progress *progress, void *ctx, struct dataset **out,
                          struct dtq_why *why)
{
    struct place_file file;
    struct cache cache = {.lock_fd = -1};
    struct alive a = {progress, ctx, &cache};

    if (!options->label)
        return err_set(
            why, DTQ_INPUT,
            "the label column is not given; first, last or a column's name was expected");
    enum dtq_err err = place_open(place, options->ref, &file, why);
    if (err != DTQ_OK) return err;
    err = DTQ_NONE;
    if (place->cache_dir) err = consult(&cache, place->cache_dir, &file, options, &a, out, why);
    if (err == DTQ_NONE) err = build(&file, options, &a, out, why);
    cache_clear(&cache);
    place_close(&file);
    return err;
}
