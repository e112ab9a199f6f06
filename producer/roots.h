/* roots.h: the folders below which the workers of `dtq up` look for files of data. */
#ifndef DTQ_ROOTS_H
#define DTQ_ROOTS_H

#include "common/err.h"

#include <cjson/cJSON.h>
#include <stddef.h>

enum { ROOTS_MOST = 4 };

struct roots {
    char *paths[ROOTS_MOST]; /* owned; absolute, each once, in the order of the search */
    size_t count;
};

/* The working folder, data in it, the folder given (NULL: none), the data sets that came with the
 * programs. DTQ_INPUT: the one given cannot be read. */
enum dtq_err roots_find(struct roots *r, const char *given, struct dtq_why *why);
void roots_clear(struct roots *r);

#endif
