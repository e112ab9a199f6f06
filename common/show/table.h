/* table.h: rows of cells as lines that fit a screen. Where there is room each column is as wide as
 * its widest cell; on a narrow screen long ones are cut down to their `least`, and when even that
 * is too wide the least important columns are left out. Where lines may be of any length nothing is
 * cut or left out. */
#ifndef DTQ_SHOW_TABLE_H
#define DTQ_SHOW_TABLE_H

#include "common/screen.h"

struct table_column {
    const char *head;
    int rank;   /* 0: always shown; of all others the one with the highest rank goes first */
    int least;  /* it may be cut down to so many columns; 0: never */
    bool right; /* of numbers */
};

struct table_cell; /* table.c */
struct table_line; /* table.c */

struct table {
    const struct table_column *columns; /* borrowed */
    size_t width;                       /* of them */
    struct buf text;                    /* owned; of all cells, one after the other */
    struct table_cell *cells;           /* owned; row by row */
    size_t cell_count, cell_cap;
    struct table_line *lines; /* owned; that are no rows */
    size_t line_count, line_cap;
};

void table_init(struct table *t, const struct table_column *columns, size_t width);
void table_clear(struct table *t);

/* The next cell of the row; behind the last one a new row begins. Bytes that a terminal would obey
 * become '?'. Memory that is lacking shows in table_draw. */
__attribute__((format(printf, 3, 4))) void table_cell(struct table *t, enum tone tone,
                                                      const char *format, ...);

/* A line of its own below the rows so far, indented; it may use the whole width, and is cut there.
 */
__attribute__((format(printf, 3, 4))) void table_line(struct table *t, enum tone tone,
                                                      const char *format, ...);

size_t table_rows(const struct table *t);

/* Head (unless all heads are empty) and rows. A column without any text in its rows is left out,
 * unless its rank is 0. Sets out->failed when memory is lacking. */
void table_draw(const struct table *t, const struct screen *screen, struct buf *out);

#endif
