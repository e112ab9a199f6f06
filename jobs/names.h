/* names.h: names of columns on their way: as a vector of numbers, which is kept and copied beside
 * the weights that they belong to, and as JSON. It knows names; no tables, no jobs. */
#ifndef DTQ_JOBS_NAMES_H
#define DTQ_JOBS_NAMES_H

#include "common/dataset/dataset.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* Names that are owned. all.texts is NULL where there are none. */
struct names {
    struct dataset_names all;
    void *room; /* owned: what all of the above lies in */
};

void names_clear(struct names *n);

/* The vector: how many features there are, then the text of all names, each with its NUL, six bytes
 * in a number (the first one lowest), the last filled up with zeros. malloc'ed; NULL: no memory. */
double *names_pack(const struct dataset_names *names, size_t *count);

/* DTQ_INPUT: the vector holds no names. names_clear *out. */
enum dtq_err names_unpack(const double *vector, size_t count, struct names *out,
                          struct dtq_why *why);

/* An array of all names, the label's last; NULL: no memory. And back; DTQ_INPUT: it is no array of
 * texts. */
cJSON *names_json(const struct dataset_names *names);
enum dtq_err names_read(const cJSON *array, struct names *out, struct dtq_why *why);

#endif
