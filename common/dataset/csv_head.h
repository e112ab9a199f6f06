/* csv_head.h: the parts of the reader that look at a table with care and without hurry: what the
 * first line says (delimiter, names, label column), single cells, and the sentences for what is
 * wrong. */
#ifndef DTQ_CSV_HEAD_H
#define DTQ_CSV_HEAD_H

#include "common/dataset/dataset.h"
#include "common/dataset/number.h"

/* Columns side by side: features, and behind them one that is none. */
struct csv_run {
    size_t features;
    enum { RUN_END, RUN_LABEL, RUN_IGNORED } then; /* RUN_END: the line ends */
};

struct csv_head {
    const char *name; /* borrowed: of the file, for sentences */
    char delimiter;   /* 0 before the first line is read */
    size_t columns;   /* with the label; 0 before the first line is read */
    size_t label;     /* column of the label, from 0; as many as columns: there is none */
    enum dataset_missing missing;
    char **titles;        /* owned, columns of them; NULL: no line of names */
    bool *ignored;        /* owned, (columns) those that are passed over; NULL: none */
    size_t features;      /* columns but for the label and those ignored */
    struct csv_run *runs; /* owned; all columns in their order */
    bool maybe_index;     /* so far column 1, which has no name, holds whole numbers alone */
    size_t *place;   /* owned, (columns) the feature that each column is; NULL: in their order */
    double *cells;   /* owned, (features) of a row with places, NaN for an empty one */
    const char *end; /* of the lines at hand, behind the newline of the last */
    uint64_t line;   /* number of the present line, from 1 */
    uint64_t first;  /* number of the line that gave `columns` */
    locale_t c_locale;
};

/* False: out of memory. csv_head_clear is fine in either case. */
bool csv_head_init(struct csv_head *h, const char *name);
void csv_head_clear(struct csv_head *h);

/* Reads the first line, which starts at *text; within quotes it may go on over the next. Moves
 * *text behind it when it holds names. DTQ_NONE: it is not whole yet, unless `last` says that
 * nothing follows. */
enum dtq_err csv_head_read(struct csv_head *h, const char **text,
                           const struct dataset_options *options, bool last, struct dtq_why *why);

/* The names of the columns as a list for a sentence, cut when long. list has CSV_TITLES_SHOWN bytes
 * and is what is returned. */
enum { CSV_TITLES_SHOWN = 300 };
const char *csv_list_titles(const struct csv_head *h, char *list);

/* The label's column by what the options say of it: first or last (of those that are not ignored),
 * none or a name. */
enum dtq_err csv_find_label(struct csv_head *h, const char *label, struct dtq_why *why);

/* Whether the line at *text holds nothing; if so, *text is moved behind it. */
bool csv_is_blank(const struct csv_head *h, const char **text);

/* The number in the cell at text; true and false count as 1 and 0. On NUMBER_OK and NUMBER_ABSENT
 * (nothing is in it, or a word such as NA) *end is the delimiter or newline behind the cell.
 * NUMBER_RANGE: beyond DATASET_LARGEST. */
enum number_result csv_cell(const struct csv_head *h, const char *text, double *value,
                            const char **end);

/* The delimiter or newline behind the cell at text, whatever the cell holds, within quotes line
 * ends and doubled quotes too (RFC 4180); *open: its quote is not closed before h->end. */
const char *csv_cell_end(const struct csv_head *h, const char *text, bool *open);

/* The newline behind the row at text; NULL: a quote is not closed before h->end. */
const char *csv_row_end(const struct csv_head *h, const char *text);

/* The cell [*from, *to) without the blanks and quotes around it. */
void csv_trim(const struct csv_head *h, const char **from, const char **to);

/* Says what is wrong with the row at text, on the present line: DTQ_INPUT. DTQ_NONE: the row is not
 * whole yet, unless `last` says that nothing follows. */
enum dtq_err csv_complain(const struct csv_head *h, const char *text, bool last,
                          struct dtq_why *why);

/* Says that the quote of the cell at text, in this column from 0, is closed nowhere. */
enum dtq_err csv_complain_open(const struct csv_head *h, const char *text, size_t column,
                               struct dtq_why *why);

#endif
