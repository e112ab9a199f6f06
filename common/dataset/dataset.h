/* dataset.h: a table of numbers from a file, parsed once per machine and mapped by all who read it.
 * It knows files and numbers; no models, no Redis. */
#ifndef DTQ_DATASET_H
#define DTQ_DATASET_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The narrowest type that loses nothing of any value of the matrix. */
enum dataset_type { DATASET_U8, DATASET_I16, DATASET_I32, DATASET_F32, DATASET_F64 };

/* What a file holds. DATASET_AUTO goes by its first bytes, and by its name where they do not tell.
 */
enum dataset_format { DATASET_AUTO, DATASET_CSV, DATASET_IDX, DATASET_LIBSVM };

/* What an empty cell of a CSV file counts as. A label must always be there. */
enum dataset_missing {
    DATASET_REFUSE, /* an error */
    DATASET_ZERO,
    DATASET_MEAN, /* of the cells of the column that are not empty, added in row order */
    DATASET_KEEP, /* what `fill` says of its column; without it 0, and `absent` tells where it is */
};

#define DATASET_NO_LABEL "none"

/* Names of columns, each with its NUL, in one text; their order is that of the features. Borrowed.
 */
struct dataset_names {
    uint64_t features;
    const uint64_t *at; /* (features + 1) where each starts; the last is the label's, or "" */
    const char *texts;
};

/* The columns that a table must have, by their names, in whatever order its file has them. */
struct dataset_columns {
    struct dataset_names names;
    bool label_by_name;  /* the label is the column that bears its name, if names has one; else the
                            one that options->label says */
    bool label_may_lack; /* without such a column the table has no labels: all of y is 0 */
};

/* Larger numbers are refused, with their place: squares of them, and sums of those, must be numbers
 * as well. */
#define DATASET_LARGEST 1e150

/* Fields left out (zeros) mean what the comment says first. */
struct dataset_options {
    const char *ref;   /* "digits.csv" or "file:digits.csv": relative to a data root, or absolute
                          below one */
    const char *label; /* CSV: "first", "last" (of the columns that are not ignored), or a column's
                          name (needs has_header); CSV and IDX:
                          DATASET_NO_LABEL, and all of y is 0 */
    bool has_header;   /* CSV: the first line holds names */
    enum dataset_format format;
    char delimiter; /* CSV: 0: the one of , ; tab | blank that the first line shows */
    enum dataset_missing missing;
    const char *ignore;    /* CSV: columns that are passed over, names or numbers from 1 divided by
                              commas; NULL: none */
    const char *label_ref; /* IDX: NULL: named like ref, with labels-idx1 for images-idx3 */
    uint64_t features;     /* libsvm: 0: as many as the largest index says */
    const struct dataset_columns *columns; /* CSV with has_header: NULL: as they stand in the file;
                                              else a file whose names are others is refused */
    const double *fill;                    /* DATASET_KEEP: (fill_count), one for each feature */
    uint64_t fill_count;
};

/* Where files may lie and where caches go. Borrowed for the call. */
struct dataset_place {
    const char *const *roots; /* folders; references resolve below them only, in order */
    size_t root_count;
    const char *cache_dir;    /* created when missing; NULL: no cache file, parse into memory */
    uint64_t cache_max_bytes; /* of all caches in it, the least recently used leave first; 0: 4 GiB
                                 or a tenth of the disk, whichever is less */
};

/* Dense: x is (rows, features) row-major. Sparse (starts is not NULL): row r has the values x[k] in
 * the columns columns[k], which ascend, for k from starts[r] to before starts[r + 1]; what is not
 * there is 0. */
struct dataset {
    uint64_t rows;
    uint64_t features; /* columns without the label */
    enum dataset_type type;
    const void *x;           /* of `type`; 64-byte aligned */
    const double *y;         /* (rows) labels as they stand in the file */
    const uint64_t *starts;  /* (rows + 1); NULL: dense */
    const uint32_t *columns; /* (values) from 0 */
    uint64_t values;         /* elements of x */
    const uint64_t *missing; /* (features) cells that were empty and filled in; NULL: none was */
    const uint64_t *absent;  /* (absent_count) DATASET_KEEP without fill: where in x they are,
                                ascending; NULL: none was */
    uint64_t absent_count;
    const uint64_t *names_at; /* (features + 1) for dataset_name alone; NULL: no names */
    const char *names;
    uint64_t digest; /* of the content: tells two different files with one name apart; `fill` makes
                        no difference to it, nor does the order of columns in the file where
                        `columns` says theirs */
    void *map;       /* what all of the above lies in; for dataset_close alone */
    size_t map_bytes;
    bool mapped;            /* from the cache, and so shared with other processes */
    uint64_t device, inode; /* of the cache, 0: unknown; for dataset_is_same alone */
};

/* Called now and then while a file is being parsed; a true answer stops with DTQ_CANCELLED. */
typedef bool dataset_progress(void *ctx);

/* Opens the table behind options->ref: maps its cache file, or parses the file and writes the
 * cache first (one process parses, others wait for it). CSV, libsvm text and IDX, each as it is or
 * packed with gzip. DTQ_INPUT with a sentence that names file, line and column for anything wrong
 * with the file or the reference (missing, a directory, empty, outside the roots, ragged row, text
 * or NaN or infinity in a number column, no such label column); DTQ_IO where a retry may help
 * (cannot write, cannot read); DTQ_NOMEM; DTQ_CANCELLED. progress may be NULL. The caller closes
 * *out. */
enum dtq_err dataset_open(const struct dataset_place *place, const struct dataset_options *options,
                          dataset_progress *progress, void *ctx, struct dataset **out,
                          struct dtq_why *why);

/* NULL is fine. */
void dataset_close(struct dataset *d);

/* Whether both map one cache file, which never changes once it is there. */
bool dataset_is_same(const struct dataset *a, const struct dataset *b);

/* Bytes of one element of type, and its name: u8, i16, i32, f32, f64. */
size_t dataset_type_bytes(enum dataset_type type);
const char *dataset_type_name(enum dataset_type type);

/* The name of a feature's column, or with column = features that of the label. NULL: the file names
 * none. */
const char *dataset_name(const struct dataset *d, uint64_t column);

/* The path in a reference, which it is part of: a path as it is, or with "file:" before it. NULL:
 * it is empty, or begins with another scheme, as in http://host/file. */
const char *dataset_ref_path(const char *ref);

/* All names of a table; texts is NULL where it has none. */
struct dataset_names dataset_names(const struct dataset *d);

/* One name of them; column = features: of the label. */
const char *dataset_names_get(const struct dataset_names *names, uint64_t column);

/* Tells columns, fill and ignore of one opening from those of another. 0: it has none of them. */
uint64_t dataset_options_digest(const struct dataset_options *o);

/* The words of the options, divided by blanks, as a table of fields has them; and what a text given
 * for one stands for (NULL stands for the zero of each). DTQ_INPUT with a sentence. A delimiter is
 * one character, or comma, semicolon, tab, pipe or space in letters. */
#define DATASET_FORMATS "auto csv idx libsvm"
#define DATASET_MISSING "refuse zero mean"
enum dtq_err dataset_read_format(const char *text, enum dataset_format *out, struct dtq_why *why);
enum dtq_err dataset_read_missing(const char *text, enum dataset_missing *out, struct dtq_why *why);
enum dtq_err dataset_read_delimiter(const char *text, char *out, struct dtq_why *why);

/* The options that differ from what is meant when they are left out, as the fields of a job that
 * stand for them: "csvLabel=last hasHeader=true". Cut when it does not fit. */
void dataset_options_text(const struct dataset_options *o, char *text, size_t size);

/* A table in a cache folder. */
struct dataset_cached {
    char *path;    /* owned, as all texts here: of the cache file */
    char *source;  /* the file it was made from; empty when a program of another version wrote it:
                      then options is, too, and the numbers below are 0 */
    char *options; /* see dataset_options_text */
    enum dataset_type type;
    uint64_t rows, features;
    uint64_t bytes;       /* of the cache file */
    int64_t used_unix_ms; /* when it was last opened */
};

/* What lies in the folder, the last used first; nothing for a folder that is not there. DTQ_IO with
 * a sentence; DTQ_NOMEM. The caller frees *out with dataset_cached_free. */
enum dtq_err dataset_cached_list(const char *cache_dir, struct dataset_cached **out, size_t *count,
                                 struct dtq_why *why);
void dataset_cached_free(struct dataset_cached *list, size_t count);

/* Removes what killed processes left in place->cache_dir, and caches beyond its bound. Each parse
 * does so at its end; a worker may at its start. */
void dataset_cache_trim(const struct dataset_place *place);

/* The bound that holds for place->cache_dir, in bytes. */
uint64_t dataset_cache_limit(const struct dataset_place *place);

#endif
