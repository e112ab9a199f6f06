/* params.h: what a training is asked to do, read once from its JSON. */
#ifndef DTQ_TRAIN_PARAMS_H
#define DTQ_TRAIN_PARAMS_H

#include "common/dataset/dataset.h"
#include "common/math/linear.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum train_mode { TRAIN_SYNC, TRAIN_ASYNC };

/* Texts are borrowed from the JSON. */
struct train_params {
    enum train_mode mode;
    struct linear_problem problem;
    struct dataset_options data;
    struct dataset_options test; /* ref is NULL: no test set */
    uint64_t samples;            /* 0: all rows */
    uint64_t features;           /* 0: as many as the file has */
    uint64_t epochs;
    uint64_t batch;
    double lr;
    uint64_t patience; /* 0: no early stop */
    double min_delta;
    bool given_weights; /* start from weights that came with the job, not from zeros */
};

/* Reads parameters that fit the field table; DTQ_INPUT with a sentence for what the table cannot
 * tell: task, normalize, references, combinations. */
enum dtq_err train_params_read(const cJSON *json, struct train_params *out, struct dtq_why *why);

/* For job_type.take_weights: the numbers of w, or of the file wFile, leave the parameters, and
 * init=weights takes their place. */
enum dtq_err train_take_weights(cJSON *params, double **weights, size_t *count,
                                struct dtq_why *why);

#endif
