/* nearby.h: a file that no worker finds and that is in the working folder of who submitted the job.
 */
#ifndef DTQ_NEARBY_H
#define DTQ_NEARBY_H

#include "common/buf.h"

/* Adds a sentence that says so, and what to do, for a job that failed with this error; nothing for
 * other errors and files that are not here either. */
void nearby_hint(const char *error, struct buf *out);

#endif
