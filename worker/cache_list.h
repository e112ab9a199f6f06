/* cache_list.h: the folder of parsed files, for people and programs. */
#ifndef DTQ_CACHE_LIST_H
#define DTQ_CACHE_LIST_H

#include "common/dataset/dataset.h"

/* Prints what lies in place->cache_dir to standard output, the last used first: a table, or one
 * JSON value. A folder that is not there is empty. DTQ_IO, DTQ_NOMEM with a sentence. */
enum dtq_err cache_list(const struct dataset_place *place, bool json, struct dtq_why *why);

#endif
