/* tiles.h: the weights of a training by class and feature, with their names, from what Redis holds
 * of the job. It knows no Redis and no pictures. */
#ifndef DTQ_TILES_H
#define DTQ_TILES_H

#include "common/err.h"
#include "producer/findings.h"

#include <cjson/cJSON.h>
#include <stddef.h>

struct tiles {
    size_t count, n;                  /* classes (1 where there is one output) and features */
    double *weights;                  /* (count, n) owned; without intercepts */
    double *intercepts;               /* (count) owned; NULL: there are none */
    char (*names)[FINDINGS_NAME_MAX]; /* (count) owned; NULL where there is one output */
    const char **captions;            /* (count) owned; the same as pointers, or NULL */
};

/* weights (count) as the job holds them. Where the job has not said its shape, all of them are one
 * tile. DTQ_NOMEM. tiles_clear *out. */
enum dtq_err tiles_read(const cJSON *params, const cJSON *report, const double *weights,
                        size_t count, struct tiles *out, struct dtq_why *why);
void tiles_clear(struct tiles *t);

#endif
