/* fill.c: empty cells are 0 in the table, so that sums need not know of them, and counts do. */
#include "jobs/train/fill.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { LOOK_EVERY = 1 << 20 }; /* elements between two looks at whether the task is still wanted */

/* sums (features) += the values of the row. */
static void add_row(const struct dataset *d, uint64_t row, double *sums)
{
    size_t first = row * d->features;

#define ADD(type_of_x)                         \
    for (uint64_t j = 0; j < d->features; j++) \
    sums[j] += (double)((const type_of_x *)d->x)[first + j]
    switch (d->type) {
    case DATASET_U8: ADD(uint8_t); break;
    case DATASET_I16: ADD(int16_t); break;
    case DATASET_I32: ADD(int32_t); break;
    case DATASET_F32: ADD(float); break;
    case DATASET_F64: ADD(double); break;
    }
#undef ADD
}

static enum dtq_err no_mean(const struct dataset *d, uint64_t column, uint64_t rows, bool empty,
                            const char *ref, struct dtq_why *why)
{
    const char *name = dataset_name(d, column);

    return err_set(why, DTQ_INPUT,
                   "%.200s: column %" PRIu64 " of the features%s%.60s%s %s the %" PRIu64
                   " rows trained on, so that missing=mean has no mean to fill in; give "
                   "missing=zero, or omit the column",
                   ref, column + 1, name ? " (" : "", name ? name : "", name ? ")" : "",
                   empty ? "is empty in all of" : "has a sum beyond the largest number in", rows);
}

enum dtq_err fill_means(const struct rows *rows, uint64_t count, const char *ref,
                        const struct job_env *env, double *means, struct dtq_why *why)
{
    const struct dataset *d = rows->table;
    uint64_t *there = calloc(d->features, sizeof *there), seen = 0, absent = 0;
    enum dtq_err err = DTQ_OK;

    if (!there) return err_set(why, DTQ_NOMEM, "out of memory for the means of columns");
    for (uint64_t j = 0; j < d->features; j++) {
        means[j] = 0;
        there[j] = count;
    }
    for (uint64_t i = 0; i < count && err == DTQ_OK; i++) {
        uint64_t row = rows_at(rows, i), end = (row + 1) * d->features;

        add_row(d, row, means);
        for (; absent < d->absent_count && d->absent[absent] < end; absent++)
            if (d->absent[absent] >= end - d->features) there[d->absent[absent] % d->features]--;
        if ((seen += d->features) < LOOK_EVERY) continue;
        seen = 0;
        env->progress(env->ctx);
        if (env->cancelled(env->ctx)) err = err_set(why, DTQ_CANCELLED, "cancelled");
    }
    for (uint64_t j = 0; j < d->features && err == DTQ_OK; j++) {
        means[j] /= (double)there[j];
        if (!isfinite(means[j])) err = no_mean(d, j, count, !there[j], ref, why);
    }
    free(there);
    return err;
}
