/* sparse.h: the kernels of linear.h for rows of which only the values that are not 0 are stored
 * (CSR). The same bits as from the dense kernels on the same rows written out, as long as w is
 * finite: a value belongs to the lane of its column, and 0 adds nothing. */
#ifndef DTQ_SPARSE_H
#define DTQ_SPARSE_H

#include "common/math/linear.h"

/* Rows of a matrix: row r has the values x[k] in the columns columns[k], which ascend, for k from
 * starts[r] to before starts[r + 1]. A part of a matrix is its rows from i on with starts + i and
 * the same x and columns. */
struct sparse_rows {
    enum dataset_type type;
    const void *x;
    const uint32_t *columns;
    const uint64_t *starts; /* (rows + 1) */
    size_t rows;
};

/* As linear_gradient, linear_evaluate and linear_score; w and g have as many elements as there are
 * columns. With linear_fold and linear_unfold for scaled columns. */
void sparse_gradient(const struct linear_problem *problem, const struct sparse_rows *rows,
                     const double *y, const double *w, double *g, struct linear_sums *sums);
void sparse_evaluate(const struct linear_problem *problem, const struct sparse_rows *rows,
                     const double *y, const double *w, struct linear_sums *sums);
void sparse_score(const struct linear_problem *problem, const struct sparse_rows *rows,
                  const double *w, double *z);

/* The two loops that all of these consist of, for those who put a pass together themselves, over
 * count rows from `first` on: z (count) = x . w; g += e (count) . x, row by row. */
void sparse_dot(const struct sparse_rows *rows, size_t first, size_t count, const double *w,
                double *z);
void sparse_add(const struct sparse_rows *rows, size_t first, size_t count, const double *e,
                double *g);

/* The two inner loops, as they would be written down in a proof, for the test of the fast ones:
 * one row's w . x, and g += e x. */
double sparse_dot_plain(const struct sparse_rows *rows, size_t row, const double *w);
void sparse_add_plain(const struct sparse_rows *rows, size_t row, double e, double *g);

#endif
