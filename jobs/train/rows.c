/* rows.c: the rows of a table that a training sees, in the order it sees them. */
#include "jobs/train/rows.h"

#include <stdlib.h>
#include <string.h>

enum {
    TOGETHER = 64,      /* rows brought together at a time: they stay in a near cache */
    AHEAD = 6,          /* rows */
    FETCH_BYTES = 4096, /* of a row */
};

void rows_room_clear(struct rows_room *room)
{
    free(room->x);
    free(room->columns);
    free(room->starts);
    free(room->y);
    memset(room, 0, sizeof *room);
}

uint64_t rows_count(const struct rows *rows)
{
    uint64_t all = rows->table->rows, held = rows->every ? all / rows->every : 0;

    return rows->held ? held : all - held;
}

uint64_t rows_at(const struct rows *rows, uint64_t place)
{
    uint64_t i = rows->shuffled ? shuffle_row(&rows->order, place) : place;

    if (!rows->every) return i;
    return rows->held ? i * rows->every + rows->every - 1 : i + i / (rows->every - 1);
}

static bool make_room(struct rows_room *room, size_t values, size_t bytes, bool sparse)
{
    if (!room->y && !(room->y = malloc(TOGETHER * sizeof *room->y))) return false;
    if (!room->starts && !(room->starts = calloc(TOGETHER + 1, sizeof *room->starts))) return false;
    if (values > room->values || !room->x) {
        void *x = realloc(room->x, (values + 1) * bytes);
        uint32_t *columns = sparse ? realloc(room->columns, (values + 1) * sizeof *columns) : NULL;

        if (x) room->x = x;
        if (columns) room->columns = columns;
        if (!x || (sparse && !columns)) return false;
        room->values = values;
    }
    return true;
}

/* Values of the first n places. */
static size_t count_values(const struct dataset *d, const uint64_t *at, uint64_t n)
{
    size_t values = 0;

    if (!d->starts) return n * d->features;
    for (uint64_t i = 0; i < n; i++)
        values += d->starts[at[i] + 1] - d->starts[at[i]];
    return values;
}

/* The values of a row are on their way to the cache while those before are copied. */
static void fetch(const struct dataset *d, uint64_t row, size_t bytes)
{
    uint64_t first = d->starts ? d->starts[row] : row * d->features;
    uint64_t count = d->starts ? d->starts[row + 1] - first : d->features;
    const char *from = (const char *)d->x + first * bytes;

    for (size_t at = 0; at < count * bytes && at < FETCH_BYTES; at += 64)
        __builtin_prefetch(from + at);
}

static bool gather(const struct dataset *d, const uint64_t *at, uint64_t n, struct rows_room *room)
{
    size_t bytes = dataset_type_bytes(d->type), used = 0;

    if (!make_room(room, count_values(d, at, n), bytes, d->starts != NULL)) return false;
    for (uint64_t i = 0; i < n && i < AHEAD; i++)
        fetch(d, at[i], bytes);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t first = d->starts ? d->starts[at[i]] : at[i] * d->features;
        uint64_t count = d->starts ? d->starts[at[i] + 1] - first : d->features;

        if (i + AHEAD < n) fetch(d, at[i + AHEAD], bytes);
        memcpy((char *)room->x + used * bytes, (const char *)d->x + first * bytes, count * bytes);
        if (d->starts) memcpy(room->columns + used, d->columns + first, count * sizeof(uint32_t));
        used += count;
        room->starts[i + 1] = used;
        room->y[i] = d->y[at[i]];
    }
    return true;
}

uint64_t rows_take(const struct rows *rows, uint64_t at, uint64_t most, struct rows_room *room,
                   struct glm_rows *out)
{
    const struct dataset *d = rows->table;
    uint64_t n = most < TOGETHER ? most : TOGETHER, places[TOGETHER];

    *out = (struct glm_rows){.type = d->type, .columns = d->columns};
    if (!rows->shuffled && !rows->every) {
        size_t skipped = d->starts ? 0 : at * d->features;

        out->x = (const char *)d->x + skipped * dataset_type_bytes(d->type);
        out->starts = d->starts ? d->starts + at : NULL;
        out->y = d->y + at;
        out->rows = most;
        return most;
    }
    for (uint64_t i = 0; i < n; i++)
        places[i] = rows_at(rows, at + i);
    if (!gather(d, places, n, room)) return 0;
    out->x = room->x;
    out->starts = d->starts ? room->starts : NULL;
    out->columns = room->columns;
    out->y = room->y;
    out->rows = n;
    return n;
}
