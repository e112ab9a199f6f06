/* csv.h: a table of numbers from comma-separated text: ',' or ';' or tab, LF or CRLF, cells with or
 * without double quotes and blanks around them, with or without a line of names. */
#ifndef DTQ_CSV_H
#define DTQ_CSV_H

#include "common/dataset/dataset.h"
#include "common/dataset/store.h"

/* Reads the file at fd into store (to be cleared by the caller in any case). name stands in the
 * sentences of DTQ_INPUT; DTQ_IO, DTQ_NOMEM and DTQ_CANCELLED as in dataset_open. */
enum dtq_err csv_read(int fd, const char *name, const struct dataset_options *options,
                      dataset_progress *progress, void *ctx, struct store *store,
                      struct dtq_why *why);

#endif
