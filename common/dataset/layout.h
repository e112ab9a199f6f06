/* layout.h: how a table lies in a file, which is what the cache keeps and all readers map. It knows
 * offsets and sizes; not where the file is or whose it is. */
#ifndef DTQ_LAYOUT_H
#define DTQ_LAYOUT_H

#include "common/dataset/dataset.h"

enum {
    LAYOUT_HEAD = 4096, /* bytes before x, for the keeper of the file */
    LAYOUT_ALIGN = 64,  /* each part starts at a multiple */
};

/* Parts in the order of the file; *_at counts from its start, and 0 says that a part is not there.
 * Between them lie zeros. */
struct layout {
    uint64_t rows, features, values;
    uint32_t type;
    uint32_t zero; /* so that no byte is without meaning */
    uint64_t x_at;
    uint64_t columns_at; /* (values) uint32_t */
    uint64_t starts_at;  /* (rows + 1) uint64_t */
    uint64_t y_at;       /* (rows) double */
    uint64_t missing_at; /* (features) uint64_t */
    uint64_t index_at;   /* (features + 1) uint64_t, where each name starts */
    uint64_t names_at;   /* texts, each with its NUL */
    uint64_t names_bytes;
    uint64_t absent_at; /* (absent) uint64_t */
    uint64_t absent;
    uint64_t file_bytes;
    uint64_t digest; /* of everything from x on */
};

/* Where each part goes. The counts, the type, and which parts there are (1 or 0 in each *_at, but
 * for x and y, which always are) are set before; DTQ_INPUT: it would be larger than a file can be.
 */
enum dtq_err layout_plan(struct layout *l);

/* Maps the file at fd, of file_bytes, after checking everything that a reader trusts: what is not a
 * whole table is DTQ_NONE. DTQ_NOMEM. */
enum dtq_err layout_map(const struct layout *l, int fd, uint64_t file_bytes, struct dataset **out);

#endif
