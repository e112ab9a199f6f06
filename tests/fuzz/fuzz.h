/* fuzz.h: what the fuzz targets share: bytes as a file, options out of bytes, and a look at all of
 * a table. A target aborts where a promise is broken; the sanitizers see the rest. */
#ifndef DTQ_FUZZ_H
#define DTQ_FUZZ_H

#include "common/dataset/dataset.h"
#include "common/dataset/layout.h"

#include <stddef.h>
#include <stdint.h>

/* The entry of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process with a sentence when it does not hold. */
void fuzz_require(bool holds, const char *what);

/* A file in memory that holds these bytes. */
int fuzz_file(const void *data, size_t size);

/* Reads all of it: every number finite, every row and name where it should be. */
void fuzz_walk(const struct dataset *d);

/* Parses the file, and the labels unless their fd is -1, in this format; walks what comes out.
 * Whatever comes: a table, or a sentence that names the file. Closes both. */
void fuzz_parse(int fd, int labels_fd, enum dataset_format format,
                const struct dataset_options *options);

#endif
