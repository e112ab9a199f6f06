/* outdir.h: where the files of a training go: a folder of the user's, with a folder logs in it. It
 * knows names, not contents. */
#ifndef DTQ_OUTDIR_H
#define DTQ_OUTDIR_H

#include "common/err.h"

#include <stddef.h>

enum { OUTDIR_MAX = 4096 };

struct outdir {
    char dir[OUTDIR_MAX / 2]; /* "." for the working folder */
};

/* given: what --dir says, or NULL for DTQ_OUT, or the working folder when that is not set. Makes
 * no folder. DTQ_INPUT: the name is empty or too long. */
enum dtq_err outdir_choose(const char *given, struct outdir *out, struct dtq_why *why);

/* Makes the folder and its logs where they are missing. DTQ_INPUT with path and reason. */
enum dtq_err outdir_make(const struct outdir *out, struct dtq_why *why);

/* The path of a file in it, as a person would name it: without "./" before it. */
void outdir_path(const struct outdir *out, char path[OUTDIR_MAX], const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
