/* tables.h: the data sets that a worker process has open, each opened once for a submission and
 * shared by the slots. */
#ifndef DTQ_TABLES_H
#define DTQ_TABLES_H

#include "common/dataset/dataset.h"

struct tables;

/* place is borrowed for the life of the tables. NULL when memory ran out. */
struct tables *tables_new(const struct dataset_place *place);
void tables_free(struct tables *t); /* NULL is fine; nothing may be in use */

/* The table behind options for a submission (its nonce), opened if need be (another slot's opening
 * is waited for). Errors as dataset_open. Each success is paired with one tables_release. */
enum dtq_err tables_get(struct tables *t, const char *nonce, const struct dataset_options *options,
                        dataset_progress *progress, void *ctx, const struct dataset **out,
                        struct dtq_why *why);
void tables_release(struct tables *t, const struct dataset *d);

#endif
