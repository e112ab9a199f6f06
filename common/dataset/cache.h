/* cache.h: a parsed table as a file that every process of the machine maps. A file is written whole
 * under another name and then renamed, so that what bears the name is complete; and it is used only
 * when its header says that it was made from this very source. */
#ifndef DTQ_CACHE_H
#define DTQ_CACHE_H

#include "common/dataset/dataset.h"

#include <sys/stat.h>

/* One name for a path and its options: a source that has changed takes the place of its former
 * self, and the folder does not grow. */
struct cache {
    char *file; /* owned, and the two below */
    char *part; /* what is being written */
    char *lock; /* held by the process that parses */
    uint64_t key;
    struct stat source;
    int lock_fd; /* -1: not held */
    int64_t touched_ms;
};

/* Names the cache of the file at path (absolute) with these options, and creates dir. Nothing is
 * held yet. DTQ_NOMEM; DTQ_IO with errno when the folder cannot be made. cache_clear is fine in any
 * case. */
enum dtq_err cache_init(struct cache *c, const char *dir, const char *path,
                        const struct stat *source, const struct dataset_options *options);

/* Releases the lock. */
void cache_clear(struct cache *c);

/* Maps the file. DTQ_NONE: it is missing, incomplete, damaged, foreign or of another source. */
enum dtq_err cache_map(const struct cache *c, struct dataset **out);

/* Waits until this process is the only one that may write. DTQ_CANCELLED; DTQ_IO with errno, also
 * (ETIMEDOUT) when the process that holds the lock has shown no life for long. */
enum dtq_err cache_lock(struct cache *c, dataset_progress *progress, void *ctx);

/* Shows those who wait that the holder of the lock is alive. */
void cache_touch(struct cache *c);

/* Writes d under the name, with the lock held. DTQ_CANCELLED; DTQ_IO with errno. */
enum dtq_err cache_write(struct cache *c, const struct dataset *d, dataset_progress *progress,
                         void *ctx);

#endif
