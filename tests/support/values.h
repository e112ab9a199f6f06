/* values.h: numbers that look random and are the same in every run. */
#ifndef DTQ_VALUES_H
#define DTQ_VALUES_H

#include "common/dataset/dataset.h"

/* The next 64 bits (xorshift64). */
uint64_t values_next(uint64_t *s);

/* From -0.5 to below 0.5. */
double values_real(uint64_t *s);

/* Writes one element at `at`, which need not be aligned: any integer of the type's range, or a
 * fraction. */
void values_put(void *at, enum dataset_type type, uint64_t *s);

#endif
