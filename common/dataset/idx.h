/* idx.h: the format of the MNIST database: a magic number that says type and dimensions, their
 * sizes, and the values in big-endian order; see "THE IDX FILE FORMAT" at
 * http://yann.lecun.com/exdb/mnist/. Features and labels are two files. */
#ifndef DTQ_IDX_H
#define DTQ_IDX_H

#include "common/dataset/dataset.h"
#include "common/dataset/source.h"
#include "common/dataset/store.h"

/* Whether a file that starts with these bytes is one. */
bool idx_is(const unsigned char *head, size_t len);

/* Reads features, of any dimensions, and as many labels; labels NULL: all are 0. Errors as
 * csv_read.
 */
enum dtq_err idx_read(struct source *features, struct source *labels, dataset_progress *progress,
                      void *ctx, struct store *store, struct dtq_why *why);

/* The path of the labels that belong to the features at path: train-images-idx3-ubyte.gz has
 * train-labels-idx1-ubyte.gz. NULL when it is not named so; *nomem: when memory ran out. The caller
 * frees; there is room for ".gz" behind it. */
char *idx_labels_of(const char *path, bool *nomem);

#endif
