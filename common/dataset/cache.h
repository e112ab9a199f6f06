/* cache.h: a parsed table as a file that every process of the machine maps. A file is written whole
 * under another name and then renamed, so that what bears the name is complete; and it is used only
 * when its header says that it was made from this very source. */
#ifndef DTQ_CACHE_H
#define DTQ_CACHE_H

#include "common/dataset/dataset.h"
#include "common/dataset/layout.h"
#include "common/dataset/place.h"

enum { CACHE_OPTIONS_MAX = 256 };

/* Tells one state of a file from another. */
struct cache_stamp {
    uint64_t bytes;
    int64_t mtime_ns;
    uint64_t inode;
};

/* The first LAYOUT_HEAD bytes of a cache file. */
struct cache_header {
    char magic[8];
    uint64_t byte_order; /* of the machine that wrote */
    uint64_t version;
    uint64_t checksum; /* of the whole header, with 0 in this place */
    uint64_t key;
    struct cache_stamp source, labels;
    struct layout layout;
    char options[CACHE_OPTIONS_MAX]; /* for people; cut when too long, as path; zeros behind it */
    char path[LAYOUT_HEAD - 216 - CACHE_OPTIONS_MAX]; /* of the source */
};
_Static_assert(sizeof(struct cache_header) == LAYOUT_HEAD, "the header is what lies before x");

/* One name for a path and its options: a source that has changed takes the place of its former
 * self, and the folder does not grow. */
struct cache {
    char *file;       /* owned, and the two below */
    char *part;       /* what is being written */
    char *lock;       /* held by the process that parses; there only while one does */
    const char *path; /* borrowed: of the source */
    char options[CACHE_OPTIONS_MAX];
    uint64_t key;
    struct cache_stamp source, labels;
    int lock_fd; /* -1: not held */
    int64_t touched_ms;
};

/* Names the cache of a table read with these options, and creates dir. labels (NULL: none): the
 * file of the labels, for formats that have one. Nothing is held yet. DTQ_NOMEM; DTQ_IO with errno
 * when the folder cannot be made. cache_clear is fine in any case. */
enum dtq_err cache_init(struct cache *c, const char *dir, const struct place_file *source,
                        const struct place_file *labels, const struct dataset_options *options);

/* Releases the lock. */
void cache_clear(struct cache *c);

/* Whether h was written whole by this version of the program, whatever source it is of. */
bool cache_header_is_whole(const struct cache_header *h);

/* Maps the file. DTQ_NONE: it is missing, incomplete, damaged, foreign or of another source. */
enum dtq_err cache_map(const struct cache *c, struct dataset **out);

/* d maps the cache file behind fd. */
void cache_mark(int fd, struct dataset *d);

/* Waits until this process is the only one that may write. DTQ_CANCELLED; DTQ_IO with errno, also
 * (ETIMEDOUT) when the process that holds the lock has shown no life for long. */
enum dtq_err cache_lock(struct cache *c, dataset_progress *progress, void *ctx);

/* Shows those who wait that the holder of the lock is alive. */
void cache_touch(struct cache *c);

/* An empty file to write the table to, with the lock held; then cache_keep or cache_drop. The
 * caller closes it. DTQ_IO with errno. */
enum dtq_err cache_begin(struct cache *c, int *fd);

/* Gives the file, in which everything but the header is written, its name. DTQ_IO with errno: it is
 * dropped. */
enum dtq_err cache_keep(struct cache *c, int fd, const struct layout *layout);
void cache_drop(struct cache *c);

#endif
