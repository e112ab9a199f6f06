/* nearby.c: the error's sentence is that of common/dataset/place.c. */
#include "producer/nearby.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nearby_hint(const char *error, struct buf *out)
{
    const char *end = strstr(error, ": there is no such file below the data roots");
    char name[PATH_MAX], folder[PATH_MAX];

    if (!end || end == error || (size_t)(end - error) >= sizeof name) return;
    snprintf(name, sizeof name, "%.*s", (int)(end - error), error);
    if (access(name, R_OK) != 0 || !getcwd(folder, sizeof folder)) return;
    buf_printf(out,
               "%s is in this folder, where the workers do not look; start them (or dtq up) with "
               "--data-dir %s, or copy it into one of their data folders",
               name, folder);
}
