/* byte_cells.h: runs of cells that hold small whole numbers, which is what tables of pixels and
 * counts consist of. It knows digits and a delimiter; no lines, no tables, no other numbers. */
#ifndef DTQ_BYTE_CELLS_H
#define DTQ_BYTE_CELLS_H

#include <stddef.h>

enum {
    BYTE_CELLS_TEXT = 32, /* readable bytes from the one that ends the last cell on */
    BYTE_CELLS_OUT = 4,   /* writable bytes behind the last value */
};

/* Cells of one to three digits with a value of at most 255, each followed by the delimiter, which
 * is no digit: reads up to count of them from *text on into out (count) and returns how many there
 * were; *text is moved behind them. Some byte of the text must be neither digit nor delimiter, such
 * as the end of its line; BYTE_CELLS_TEXT bytes from there on are read, and none of them counts. Up
 * to BYTE_CELLS_OUT bytes behind the values may be overwritten. */
size_t byte_cells_read(const char **text, size_t count, char delimiter, unsigned char *out);

/* The same one cell after another. */
size_t byte_cells_read_plain(const char **text, size_t count, char delimiter, unsigned char *out);

/* The same in vectors; but may stop before cells that are good, and does so before the first where
 * the processor has no AVX2. */
size_t byte_cells_read_avx2(const char **text, size_t count, char delimiter, unsigned char *out);

#endif
