/* csvtable.h: a tolerant reader of CSV files with a header line: columns by name, cells as text.
 * For logs that people have edited by hand; data for training is read by common/dataset. */
#ifndef DTQ_CSVTABLE_H
#define DTQ_CSVTABLE_H

#include "common/err.h"

#include <stddef.h>

struct csvtable_warning {
    size_t line; /* in the file, from 1 */
    char text[120];
};

struct csvtable {
    size_t rows, columns;
    const char *const *cells; /* (rows, columns) row-major, in the order of the names asked for */
    const size_t *lines;      /* (rows) where each row stands in the file, from 1 */
    const struct csvtable_warning *warnings; /* (warnings_kept) lines left out, and why */
    size_t warnings_kept;                    /* the first CSVTABLE_WARNINGS of them */
    size_t skipped;                          /* lines left out in all */
};

enum { CSVTABLE_WARNINGS = 20, CSVTABLE_MAX_BYTES = 256 << 20 };

/* Reads the columns `names` (count, at least 1) of the file; other columns are passed over. Names
 * match in any case and with blanks around them; of two columns with one name the first counts.
 * Cells may be quoted (RFC 4180, on one line); blanks around them are dropped, CR LF and a byte
 * order mark are fine, empty lines do not count. A line that cannot be read (another number of
 * cells than the header, a quote that does not end, a NUL) and a repeated header are left out with
 * a warning. A file of nothing but its header is a table of 0 rows. DTQ_INPUT: no such file, not a
 * regular file, empty, a name that the header does not have, too large; DTQ_IO with path and
 * reason; DTQ_NOMEM. The caller frees *out. */
enum dtq_err csvtable_read(const char *path, const char *const *names, size_t count,
                           struct csvtable **out, struct dtq_why *why);

/* NULL is fine. */
void csvtable_free(struct csvtable *t);

#endif
