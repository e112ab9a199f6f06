/* training.h: tables of noise, and trainings held against each other. */
#ifndef DTQ_TRAINING_H
#define DTQ_TRAINING_H

#include "tests/support/farm.h"

/* A table of bytes whose label, 0 or 1, depends on the first two columns; training_free it. */
struct dataset *training_noise(uint64_t rows, uint64_t features, uint64_t seed);
void training_free(const struct dataset *d);

/* The same rows with what is 0 left out, after `zero` of 256 values have become 0 in both. */
struct dataset *training_sparse(struct dataset *dense, unsigned zero);

/* `steps`, fields of an optimiser that goes in steps; "" when options ask for lbfgs, which refuses
 * them. */
const char *training_steps(const char *options, const char *steps);

/* Two jobs ended in the same weights, histories and numbers, to the bit. */
void training_same(const struct farm *a, const struct farm *b);

/* Runs the job by one slot alone, then many times with all that can happen: the bits must be those
 * of the first. */
void training_bits(const char *text, const struct farm_table *tables, unsigned times,
                   unsigned slots_most);

#endif
