/* csv_ignore.h: columns of a file that are passed over, whatever they hold. It knows names and
 * numbers of columns; no rows. */
#ifndef DTQ_CSV_IGNORE_H
#define DTQ_CSV_IGNORE_H

#include "common/dataset/csv_head.h"

/* Marks the columns of ignore (NULL: none), names or numbers from 1 divided by commas, in
 * h->ignored. The titles are read. may_lack: a name that no column has is fine. DTQ_INPUT with a
 * sentence. */
enum dtq_err csv_ignore(struct csv_head *h, const char *ignore, bool may_lack, struct dtq_why *why);

/* With the label known: counts the features and divides the columns into h->runs. DTQ_INPUT: no
 * feature is left, or the label is ignored. */
enum dtq_err csv_divide(struct csv_head *h, const char *ignore, struct dtq_why *why);

#endif
