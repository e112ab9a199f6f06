/* picture.h: for tests of pictures and files: a folder of their own, files read back, pixels. All
 * functions fail the test when they cannot do their work. */
#ifndef DTQ_TEST_PICTURE_H
#define DTQ_TEST_PICTURE_H

#include <stddef.h>

struct picture {
    int width, height;
    void *surface; /* owned */
};

/* cmocka group fixtures: make a temporary folder, remove it with what it holds. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* Path of a file in the folder; valid until the eighth next call. */
const char *scratch_path(const char *name);

/* Number of files in the folder. */
size_t scratch_count(void);

void scratch_write(const char *name, const char *text);
char *scratch_read(const char *name); /* the whole file, NUL-ended; the caller frees */

void picture_open(struct picture *p, const char *name);
unsigned picture_at(const struct picture *p, double x, double y); /* 0xRRGGBB */
void picture_close(struct picture *p);

#endif
