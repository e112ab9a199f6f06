/* place.h: from a reference to an open file, and never to one outside the data roots. */
#ifndef DTQ_PLACE_H
#define DTQ_PLACE_H

#include "common/dataset/dataset.h"

#include <sys/stat.h>

struct place_file {
    const char *name; /* borrowed from the reference: as the person wrote it, without "file:" */
    char *path;       /* owned: absolute, without symbolic links */
    int fd;           /* open for reading; a regular file */
    struct stat st;
};

/* DTQ_INPUT, DTQ_IO or DTQ_NOMEM with a sentence. The caller closes *out on DTQ_OK. */
enum dtq_err place_open(const struct dataset_place *place, const char *ref, struct place_file *out,
                        struct dtq_why *why);
void place_close(struct place_file *f);

/* DTQ_OK when the file is still as it was when it was opened. */
enum dtq_err place_unchanged(const struct place_file *f, struct dtq_why *why);

#endif
