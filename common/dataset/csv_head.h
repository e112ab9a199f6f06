/* csv_head.h: what the first line says about a table (delimiter, names, label column), single
 * cells, and the sentences for what is wrong. */
#ifndef DTQ_CSV_HEAD_H
#define DTQ_CSV_HEAD_H

#include "common/dataset/dataset.h"
#include "common/dataset/number.h"

struct csv_head {
    const char *name; /* borrowed: of the file, for sentences */
    char delimiter;   /* 0 before the first line is read */
    size_t columns;   /* with the label; 0 before the first line is read */
    size_t label;     /* column of the label, from 0; as many as columns: there is none */
    enum dataset_missing missing;
    char **titles;  /* owned, columns of them; NULL: no line of names */
    size_t *place;  /* owned, (columns) the feature that each column is; NULL: in their order */
    double *cells;  /* owned, (features) of a row with places, NaN for an empty one */
    uint64_t line;  /* number of the present line, from 1 */
    uint64_t first; /* number of the line that gave `columns` */
    locale_t c_locale;
};

/* False: out of memory. csv_head_clear is fine in either case. */
bool csv_head_init(struct csv_head *h, const char *name);
void csv_head_clear(struct csv_head *h);

/* Reads the first line, which starts at *text. Moves *text behind it when it holds names. */
enum dtq_err csv_head_read(struct csv_head *h, const char **text,
                           const struct dataset_options *options, struct dtq_why *why);

/* The label's column by what the options say of it: first, last, none or a name. */
enum dtq_err csv_find_label(struct csv_head *h, const char *label, struct dtq_why *why);

/* Whether the line at *text holds nothing; if so, *text is moved behind it. */
bool csv_is_blank(const struct csv_head *h, const char **text);

/* The number in the cell at text. On NUMBER_OK and NUMBER_ABSENT (nothing is in it) *end is the
 * delimiter or newline behind the cell. */
enum number_result csv_cell(const struct csv_head *h, const char *text, double *value,
                            const char **end);

/* Says what is wrong with the line at text, the present one. Always DTQ_INPUT. */
enum dtq_err csv_complain(const struct csv_head *h, const char *text, struct dtq_why *why);

#endif
