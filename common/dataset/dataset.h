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

struct dataset_options {
    const char *ref;   /* "file:digits.csv", relative to a data root, or absolute below one */
    const char *label; /* "first", "last", or a column's name (needs has_header) */
    bool has_header;
};

/* Where files may lie and where caches go. Borrowed for the call. */
struct dataset_place {
    const char *const *roots; /* folders; "file:" references resolve below them only, in order */
    size_t root_count;
    const char *cache_dir; /* created when missing; NULL: no cache file, parse into memory */
};

struct dataset {
    uint64_t rows;
    uint64_t features; /* columns without the label */
    enum dataset_type type;
    const void *x;   /* (rows, features) row-major, of `type`; 64-byte aligned */
    const double *y; /* (rows) labels as they stand in the file */
    uint64_t digest; /* of the content: tells two different files with one name apart */
    void *map;       /* the mapping or allocation that x and y lie in; for dataset_close alone */
    size_t map_bytes;
    bool mapped;
};

/* Called now and then while a file is being parsed; a true answer stops with DTQ_CANCELLED. */
typedef bool dataset_progress(void *ctx);

/* Opens the table behind options->ref: maps its cache file, or parses the file and writes the
 * cache first (one process parses, others wait for it). DTQ_INPUT with a sentence that names file,
 * line and column for anything wrong with the file or the reference (missing, a directory, empty,
 * outside the roots, ragged row, text or NaN or infinity in a number column, no such label column);
 * DTQ_IO where a retry may help (cannot write, cannot read); DTQ_NOMEM; DTQ_CANCELLED. progress may
 * be NULL. The caller closes *out. */
enum dtq_err dataset_open(const struct dataset_place *place, const struct dataset_options *options,
                          dataset_progress *progress, void *ctx, struct dataset **out,
                          struct dtq_why *why);

/* NULL is fine. */
void dataset_close(struct dataset *d);

/* Bytes of one element of type. */
size_t dataset_type_bytes(enum dataset_type type);

#endif
