/* table_file.h: small data files in a folder of the test's own, and datasets opened from them. */
#ifndef DTQ_TABLE_FILE_H
#define DTQ_TABLE_FILE_H

#include "common/dataset/dataset.h"

/* The folder, made on first use, with room for data (root) and a cache below it. */
const char *table_root(void);
const char *table_cache(void);

/* root/name; valid until the next call. */
const char *table_path(const char *name);

/* Writes len bytes as root/name. */
void table_write(const char *name, const void *bytes, size_t len);

/* The same with a text. */
void table_text(const char *name, const char *text);

/* Opens root/name; cached: with the cache folder. */
enum dtq_err table_open(const char *name, const char *label, bool has_header, bool cached,
                        struct dataset **out, struct dtq_why *why);

/* Opens root/name with these options, whose ref is set. */
enum dtq_err table_open_with(struct dataset_options options, const char *name, bool cached,
                             struct dataset **out, struct dtq_why *why);

/* The same table whether it was parsed into memory, into the cache, or mapped from it; a failure is
 * the test's. The caller closes it. */
struct dataset *table_opened(struct dataset_options options, const char *name);

/* That the answer is DTQ_INPUT with a sentence that has this part. */
void table_assert_refused(struct dataset_options options, const char *name, const char *part);

/* The same for a text, as t.dat. */
void table_assert_text_refused(struct dataset_options options, const char *text, const char *part);

/* An element of x as a double. */
double table_x(const struct dataset *d, uint64_t row, uint64_t feature);

/* Group teardown of cmocka: removes the folder. */
int table_remove(void **state);

#endif
