/* stats.h: count, mean, variance, least and most of each column. Rows are taken in chunks of a
 * fixed size, and chunks are merged in a tree whose shape depends on the number of rows alone; so
 * the bits are the same however the chunks were dealt out to tasks. Merging: Chan, Golub and
 * LeVeque, "Algorithms for Computing the Sample Variance" (1983). */
#ifndef DTQ_STATS_H
#define DTQ_STATS_H

#include "common/math/sparse.h"

enum { STATS_CHUNK_ROWS = 1024 };

/* One column. With count 0 the others are 0. */
struct stats {
    uint64_t count;   /* values; NaN is none */
    uint64_t missing; /* NaN */
    double mean;
    double squares; /* sum of (x - mean)^2; squares / count is the variance */
    double min, max;
};

/* out (features): of x (rows, features) row-major, at most STATS_CHUNK_ROWS rows. */
void stats_chunk(enum dataset_type type, const void *x, size_t rows, size_t features,
                 struct stats *out);

/* The same of sparse rows, at most STATS_CHUNK_ROWS; what is not stored is 0. */
void stats_chunk_sparse(const struct sparse_rows *rows, size_t features, struct stats *out);

/* a (features) becomes that of its rows and, behind them, those of b. */
void stats_merge(struct stats *a, const struct stats *b, size_t features);

/* The tree. Node n at level k covers the chunks n * 2^k to before (n + 1) * 2^k; the chunks at the
 * end that fill no node are merged from the right. A task that computes any run of chunks which
 * starts at a multiple of 2^k and has 2^k chunks, or fewer if it is the last, may hand in what it
 * gets from a tree of its own, with level k. */
struct stats_tree;

/* NULL: out of memory. */
struct stats_tree *stats_tree_new(size_t features);
void stats_tree_free(struct stats_tree *tree);

/* Takes the next node (features), whose level is not above that of any before it that still waits
 * for its neighbour; level 0 is a chunk. False: out of memory. */
bool stats_tree_push(struct stats_tree *tree, const struct stats *node, unsigned level);

/* out (features): of all that was pushed; the tree is empty afterwards. False: nothing was. */
bool stats_tree_finish(struct stats_tree *tree, struct stats *out);

/* How columns are brought to one scale. */
enum stats_scaling {
    STATS_STANDARD, /* mean 0 and variance 1 */
    STATS_MINMAX,   /* from 0 to 1 */
};

/* offset and factor (features) of struct linear_columns. A column of one value only gets factor 1.
 */
void stats_scaling(const struct stats *stats, size_t features, enum stats_scaling scaling,
                   double *offset, double *factor);

#endif
