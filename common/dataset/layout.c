/* layout.c: a file that says anything at all must not lead a reader outside of it. */
#include "common/dataset/layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Room for count elements from *end on; false when that is no size. */
static bool place(uint64_t *end, uint64_t *at, uint64_t count, uint64_t bytes)
{
    uint64_t size;
    if (__builtin_mul_overflow(count, bytes, &size)) return false;
    *at = (*end + LAYOUT_ALIGN - 1) / LAYOUT_ALIGN * LAYOUT_ALIGN;
    return !__builtin_add_overflow(*at, size, end) && *end <= INT64_MAX - LAYOUT_ALIGN;
}

enum dtq_err layout_plan(struct layout *l)
{
    uint64_t end = LAYOUT_HEAD;
    uint64_t row_ends, column_ends;
    if (l->type > DATASET_F64 || __builtin_add_overflow(l->rows, 1, &row_ends) ||
        __builtin_add_overflow(l->features, 1, &column_ends))
        return DTQ_INPUT;
    const struct {
        bool there;
        uint64_t *at, count, bytes;
    } parts[] = {
        {true, &l->x_at, l->values, dataset_type_bytes(l->type)},
        {l->columns_at != 0, &l->columns_at, l->values, sizeof(uint32_t)},
        {l->starts_at != 0, &l->starts_at, row_ends, sizeof(uint64_t)},
        {true, &l->y_at, l->rows, sizeof(double)},
        {l->missing_at != 0, &l->missing_at, l->features, sizeof(uint64_t)},
        {l->index_at != 0, &l->index_at, column_ends, sizeof(uint64_t)},
        {l->names_at != 0, &l->names_at, l->names_bytes, 1},
        {l->absent_at != 0, &l->absent_at, l->absent, sizeof(uint64_t)},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].there && !place(&end, parts[i].at, parts[i].count, parts[i].bytes))
            return DTQ_INPUT;
    l->file_bytes = end;
    return DTQ_OK;
}

/* Whether the parts lie where layout_plan puts them. */
static bool is_planned(const struct layout *l)
{
    struct layout again = *l;
    bool sparse = l->starts_at != 0;
    uint64_t cells;
    if (l->rows == 0 || l->features == 0 || (l->columns_at != 0) != sparse ||
        (l->index_at != 0) != (l->names_at != 0) || (sparse && l->features > UINT32_MAX) ||
        (l->absent_at != 0) != (l->absent != 0))
        return false;
    if (!sparse && (__builtin_mul_overflow(l->rows, l->features, &cells) || cells != l->values))
        return false;
    return layout_plan(&again) == DTQ_OK && memcmp(&again, l, sizeof again) == 0;
}

/* Whether the rows follow one another and each column is one. */
static bool rows_are_whole(const struct dataset *d)
{
    if (d->starts[0] != 0 || d->starts[d->rows] != d->values) return false;
    for (uint64_t r = 0; r < d->rows; r++)
        if (d->starts[r] > d->starts[r + 1]) return false;
    uint32_t most = 0;
    for (uint64_t k = 0; k < d->values; k++)
        most = d->columns[k] > most ? d->columns[k] : most;
    return most < d->features;
}

static bool names_are_whole(const struct dataset *d, uint64_t names_bytes)
{
    for (uint64_t i = 0; i <= d->features; i++)
        if (d->names_at[i] >= names_bytes) return false;
    return d->names[names_bytes - 1] == '\0';
}

/* Whether the cells that were absent are in x, one behind the other. */
static bool absent_are_whole(const struct dataset *d)
{
    for (uint64_t i = 0; i < d->absent_count; i++)
        if (d->absent[i] >= d->values || (i && d->absent[i] <= d->absent[i - 1])) return false;
    return true;
}

/* The part at `at`; NULL for one that is not there. */
static const void *part(const void *map, uint64_t at)
{
    return at ? (const unsigned char *)map + at : NULL;
}

enum dtq_err layout_map(const struct layout *l, int fd, uint64_t file_bytes, struct dataset **out)
{
    if (!is_planned(l) || l->file_bytes != file_bytes) return DTQ_NONE;
    struct dataset *d = calloc(1, sizeof *d);
    if (!d) return DTQ_NOMEM;
    void *map = mmap(NULL, file_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        free(d);
        return DTQ_NOMEM;
    }
    *d = (struct dataset){.rows = l->rows,
                          .features = l->features,
                          .type = (enum dataset_type)l->type,
                          .x = part(map, l->x_at),
                          .y = part(map, l->y_at),
                          .starts = part(map, l->starts_at),
                          .columns = part(map, l->columns_at),
                          .values = l->values,
                          .missing = part(map, l->missing_at),
                          .names_at = part(map, l->index_at),
                          .names = part(map, l->names_at),
                          .absent = part(map, l->absent_at),
                          .absent_count = l->absent,
                          .digest = l->digest,
                          .map = map,
                          .map_bytes = file_bytes};
    if ((d->starts && !rows_are_whole(d)) || (d->names && !names_are_whole(d, l->names_bytes)) ||
        !absent_are_whole(d)) {
        dataset_close(d);
        return DTQ_NONE;
    }
    *out = d;
    return DTQ_OK;
}
