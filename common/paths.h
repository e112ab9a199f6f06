/* paths.h: folders of the user, where programs keep what they want to find again. */
#ifndef DTQ_COMMON_PATHS_H
#define DTQ_COMMON_PATHS_H

#include "common/err.h"

#include <stddef.h>

enum { PATHS_MAX = 4096 };

/* The usual folder for the state of `dtq up`. DTQ_INPUT: there is no home. */
enum dtq_err paths_state(char *path, size_t size, struct dtq_why *why);

/* Makes a folder and those above it, for this user alone. */
enum dtq_err paths_make(const char *path, struct dtq_why *why);

#endif
