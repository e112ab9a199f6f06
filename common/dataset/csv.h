/* csv.h: a table of numbers from delimited text: any one-byte delimiter, LF or CRLF, cells with or
 * without double quotes and blanks around them, with or without a line of names. */
#ifndef DTQ_CSV_H
#define DTQ_CSV_H

#include "common/dataset/dataset.h"
#include "common/dataset/source.h"
#include "common/dataset/store.h"

/* Reads the source into store (to be cleared by the caller in any case). DTQ_INPUT with a sentence;
 * DTQ_IO of
 * the source with one, of the store's file without; DTQ_NOMEM may be without; DTQ_CANCELLED. */
enum dtq_err csv_read(struct source *source, const struct dataset_options *options,
                      dataset_progress *progress, void *ctx, struct store *store,
                      struct dtq_why *why);

/* Of options with columns that are wanted: where the file has them in their order already,
 * `columns` becomes NULL and the label is said in other words that mean the same column, so that
 * the table is the one that is opened without such wishes. Errors as csv_read. */
enum dtq_err csv_settle(struct source *source, struct dataset_options *options,
                        struct dtq_why *why);

#endif
