/* csv_match.h: the columns of a file in the order that is wanted, by their names. It knows names;
 * no rows. */
#ifndef DTQ_CSV_MATCH_H
#define DTQ_CSV_MATCH_H

#include "common/dataset/csv_head.h"

/* Finds the label of the head, whose titles are read, and where each other column belongs: h->place
 * stays NULL where all are in their places. DTQ_INPUT with a sentence that has the names that are
 * missing and those that are unknown; of files with names that several columns have, too, unless
 * they are in the very order that is wanted. */
enum dtq_err csv_match(struct csv_head *h, const struct dataset_options *options,
                       struct dtq_why *why);

#endif
