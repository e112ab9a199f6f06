/* libsvm.h: the text format of LIBSVM and SVMlight, one row a line: a label, then index:value for
 * what is not 0, indices from 1 on and ascending, then perhaps # and a comment. qid:n, which
 * SVMlight has for ranking, is passed over. See the README of LIBSVM and svmlight.joachims.org. */
#ifndef DTQ_LIBSVM_H
#define DTQ_LIBSVM_H

#include "common/dataset/dataset.h"
#include "common/dataset/source.h"
#include "common/dataset/store.h"

/* Whether a text that starts with these bytes is one: 1 yes, 0 no, -1 when its first lines hold
 * labels alone and so do not tell. */
int libsvm_is(const char *head, size_t len);

/* Reads the source into store, sparse. An index 0 is refused, for a file that counts from 0 would
 * otherwise lose or shift a column without a word. Errors as csv_read. */
enum dtq_err libsvm_read(struct source *source, const struct dataset_options *options,
                         dataset_progress *progress, void *ctx, struct store *store,
                         struct dtq_why *why);

#endif
