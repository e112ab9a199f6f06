/* outfile.h: a file that appears under its name whole or not at all. It is written under a
 * temporary name in the same folder and renamed at the end; readers never see half a picture. */
#ifndef DTQ_OUTFILE_H
#define DTQ_OUTFILE_H

#include "common/err.h"

#include <stdio.h>

struct outfile {
    FILE *f; /* NULL when there is nothing to commit or abandon */
    char *path;
    char *temp;
};

/* Opens a temporary file beside path. DTQ_INPUT when path is empty or names something that is no
 * regular file (a folder, a device); DTQ_IO with path and reason; DTQ_NOMEM. */
enum dtq_err outfile_open(struct outfile *o, const char *path, struct dtq_why *why);

/* Writes out, closes and renames. On DTQ_IO (a full disk shows here) nothing is left behind and a
 * file that stood under path before still stands. o is empty afterwards in any case. */
enum dtq_err outfile_commit(struct outfile *o, struct dtq_why *why);

/* Closes and removes what was written so far; an empty or committed o is fine. */
void outfile_abandon(struct outfile *o);

#endif
