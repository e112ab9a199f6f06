/* golden.h: the numbers that other programs came to (tests/golden/). */
#ifndef DTQ_GOLDEN_H
#define DTQ_GOLDEN_H

#include <cjson/cJSON.h>

/* The file as JSON; the caller frees it. */
cJSON *golden_read(const char *path);

#endif
