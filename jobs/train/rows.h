/* rows.h: the rows of a table that a training sees, in the order it sees them: without those held
 * back, or only those; shuffled or not. */
#ifndef DTQ_TRAIN_ROWS_H
#define DTQ_TRAIN_ROWS_H

#include "common/math/glm.h"
#include "jobs/train/shuffle.h"

struct rows {
    const struct dataset *table; /* borrowed */
    uint64_t every;              /* holdout; 0: none */
    bool held;                   /* those held back, not the others */
    bool shuffled;
    struct shuffle order;
};

/* Room for rows brought together; all zeros at first. */
struct rows_room {
    void *x;           /* owned, as all here */
    uint32_t *columns; /* sparse */
    uint64_t *starts;
    double *y;
    size_t values; /* that x and columns have room for */
};

void rows_room_clear(struct rows_room *room);

/* Rows that the view has. */
uint64_t rows_count(const struct rows *rows);

/* The row of the table at a place of the view. */
uint64_t rows_at(const struct rows *rows, uint64_t place);

/* The places from `at` on, at most `most`: as they lie in the table, or brought together in room.
 * Returns how many; 0 when memory ran out. */
uint64_t rows_take(const struct rows *rows, uint64_t at, uint64_t most, struct rows_room *room,
                   struct glm_rows *out);

#endif
