/* store.h: a matrix that grows row by row and widens its type when a value does not fit, so that it
 * ends up in the narrowest type that loses nothing. It knows numbers; no files, no text. */
#ifndef DTQ_STORE_H
#define DTQ_STORE_H

#include "common/dataset/dataset.h"

struct store {
    enum dataset_type type;
    size_t features;
    uint64_t rows;
    size_t cells;      /* in x; between two rows features * rows */
    unsigned char *x;  /* owned; anonymous mapping */
    size_t x_capacity; /* bytes */
    double *y;         /* owned */
    size_t y_capacity; /* rows */
};

void store_init(struct store *s, size_t features);
void store_clear(struct store *s);

/* Room for one more row in the present type. False: out of memory, here and below. */
bool store_begin_row(struct store *s);

/* One more cell of the row begun. */
bool store_put(struct store *s, double value);

/* The row is complete: features cells were put. */
void store_end_row(struct store *s, double label);

/* Ends the growth: x and y become one region of *bytes, x at its start and y at *y_at, both 64-byte
 * aligned, which the caller frees with munmap; the store is empty again. */
bool store_seal(struct store *s, void **region, size_t *bytes, size_t *y_at);

#endif
