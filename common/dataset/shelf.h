/* shelf.h: a cache folder as a whole: what is in it, and what has to leave. Other files that may
 * lie there are left alone. */
#ifndef DTQ_SHELF_H
#define DTQ_SHELF_H

#include "common/dataset/dataset.h"

/* Removes what processes that were killed left behind: files half written, and locks. */
void shelf_sweep(const char *dir);

/* Removes the least recently used caches until all of them together have at most max_bytes (0: 4
 * GiB or a tenth of the disk, whichever is less); never `keep` (a path; NULL: none). Whoever has
 * one of them mapped goes on with it. */
void shelf_evict(const char *dir, uint64_t max_bytes, const char *keep);

#endif
