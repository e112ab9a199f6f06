/* store_file.h: what a store does to the values that are already in its file, a piece at a time. */
#ifndef DTQ_STORE_FILE_H
#define DTQ_STORE_FILE_H

#include "common/dataset/hash.h"
#include "common/dataset/layout.h"

/* Values at positions [0, count) that ascend; each is replaced by that of its column. */
struct store_change {
    const uint64_t *at; /* borrowed */
    size_t count;
    const double *by_column; /* (features) */
    uint64_t features;
};

/* False with errno. */
bool store_file_write(int fd, uint64_t at, const void *data, size_t bytes);
bool store_file_resize(int fd, uint64_t bytes);

/* The functions below read the first `values` of x. DTQ_IO with errno; DTQ_NOMEM. */

/* Turns them from one type into another, as wide or wider, with the changes. */
enum dtq_err store_file_rewrite(int fd, uint64_t values, enum dataset_type from,
                                enum dataset_type to, const struct store_change *change);

/* Whether another type holds all of them. */
enum dtq_err store_file_fits(int fd, enum dataset_type type, uint64_t values,
                             enum dataset_type other, bool *fits);

/* sums (features) += the values of each column but those at the positions of `without`, in row
 * order. */
enum dtq_err store_file_sum(int fd, uint64_t values, enum dataset_type type,
                            const struct store_change *without, double *sums);

/* Adds `bytes` of x to h. */
enum dtq_err store_file_hash(int fd, uint64_t bytes, struct hash *h);

#endif
