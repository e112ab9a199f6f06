/* shipped.h: what comes with the programs: where they are, and where their data sets are. */
#ifndef DTQ_SHIPPED_H
#define DTQ_SHIPPED_H

#include <stdbool.h>
#include <stddef.h>

/* The folder of this program. */
bool shipped_folder(char *path, size_t size);

/* The folder of the data sets: that of the sources for a program that was built there, else the one
 * that `make install` filled. False when there is none. */
bool shipped_data(char *path, size_t size);

#endif
