/* store.h: a table that grows row by row straight into a file, in the layout of layout.h, and
 * widens its type when a value does not fit, so that it ends up in the narrowest type that loses
 * nothing. Only a small part of it is in memory. It knows numbers; no formats, no text. */
#ifndef DTQ_STORE_H
#define DTQ_STORE_H

#include "common/dataset/hash.h"
#include "common/dataset/layout.h"

enum { STORE_SLACK = 4 }; /* bytes behind those asked for that may be written as well */

/* What only grows at its end, and is small beside x. */
struct store_list {
    void *data;            /* owned */
    size_t used, capacity; /* bytes */
};

struct store {
    int fd;    /* borrowed; open for reading and writing, and empty */
    int error; /* errno of what the file refused; 0: nothing */
    enum dataset_type type;
    bool sparse;
    uint64_t features; /* sparse: of the columns seen so far */
    uint64_t rows;
    uint64_t values;  /* all of x */
    unsigned char *x; /* owned: those not yet in the file */
    size_t held;      /* of them */
    size_t capacity;  /* bytes, without STORE_SLACK */
    uint64_t pushed;  /* bytes of x for which the way to the disk has begun */
    struct hash hash; /* of x as far as it is in the file; of no use once `widened` */
    bool widened;
    struct store_list y, starts, columns;
    struct store_list absent;       /* positions in x of empty cells, as uint64_t */
    struct store_list index, names; /* of the columns */
};

void store_init(struct store *s, int fd);
void store_clear(struct store *s);

/* What the rows will be: dense with so many features, or sparse. */
void store_begin(struct store *s, uint64_t features, bool sparse);

/* The functions below answer DTQ_NOMEM; or DTQ_IO, when the file does not take more: `error`. */

/* Room for one more row, whose cells (dense) are put until there are as many as features. */
enum dtq_err store_begin_row(struct store *s);
enum dtq_err store_put(struct store *s, double value);

/* In the place of a value that is not there. */
enum dtq_err store_put_absent(struct store *s);

/* Sparse: one more value of the row begun, behind those before. */
enum dtq_err store_put_at(struct store *s, uint32_t column, double value);

/* Bytes of DATASET_U8 may be written at the place returned, as many as the row begun still lacks
 * and STORE_SLACK more; those told to store_put_bytes count as put. Only while that is the type. */
static inline unsigned char *store_bytes(struct store *s)
{
    return s->x + s->held;
}

static inline void store_put_bytes(struct store *s, size_t count)
{
    s->held += count;
    s->values += count;
}

/* The row is complete. */
enum dtq_err store_end_row(struct store *s, double label);

/* The name of the next column: of the features in their order, then of the label. */
enum dtq_err store_name(struct store *s, const char *name, size_t len);

/* Ends the growth: fills in absent cells as the options say, writes what is held and the parts
 * behind x, and says where everything is. DTQ_INPUT with a sentence when the mean of a column is no
 * number, or there are not as many to fill in as columns. name stands in it. */
enum dtq_err store_finish(struct store *s, const char *name, const struct dataset_options *options,
                          struct layout *out, struct dtq_why *why);

#endif
