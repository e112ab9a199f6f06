/* params.h: what a training is asked to do, read once from its JSON. */
#ifndef DTQ_TRAIN_PARAMS_H
#define DTQ_TRAIN_PARAMS_H

#include "common/dataset/dataset.h"
#include "common/math/glm.h"
#include "jobs/train/optimizer.h"
#include "jobs/train/schedule.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

enum train_mode { TRAIN_SYNC, TRAIN_ASYNC, TRAIN_AVERAGE };
enum train_scaling { SCALING_NONE, SCALING_STANDARD, SCALING_MINMAX };
enum train_watch { WATCH_LOSS, WATCH_ACCURACY, WATCH_AUC };

enum { TRAIN_CLASSES_MAX = 1000, TRAIN_UNBOUNDED = 1 << 30 };

/* Texts are borrowed from the JSON. */
struct train_params {
    enum train_mode mode;
    uint64_t shards;    /* TRAIN_AVERAGE */
    uint64_t staleness; /* TRAIN_ASYNC: updates that weights may be old by; TRAIN_UNBOUNDED: any */

    enum glm_model model;
    bool bias;
    bool binary; /* task=binary_is_...: the label `positive` counts as 1, all others as 0 */
    double positive;
    const char *ignored_task; /* of linreg, which has none; NULL: no task was ignored */
    bool balanced;            /* classes weigh as if there were as many rows of each */

    bool fills; /* empty cells count as the mean of their column over the rows trained on */
    struct dataset_options data;
    struct dataset_options test; /* ref is NULL: no other file to test on */
    uint64_t holdout;            /* every so manieth row of data is for testing; 0: none */
    uint64_t samples;            /* at most so many rows are trained on; 0: all */
    uint64_t features;           /* 0: as many as the file has */
    double scale;
    enum train_scaling scaling;

    uint64_t epochs;
    uint64_t batch;
    bool shuffle;
    uint64_t seed;
    struct schedule schedule;
    struct optimizer optimizer; /* but for its sizes */
    double tol;                 /* lbfgs */

    bool full_metrics; /* the training set is evaluated after each epoch too */
    enum train_watch watch;
    bool watch_test;   /* of the test set */
    uint64_t patience; /* 0: no early stop */
    double min_delta;

    bool given_weights; /* start from weights that came with the job, not from zeros */
    bool go_on;         /* from where a former job stood */
};

/* Whether there are rows to test on. */
bool params_tests(const struct train_params *p);

/* Whether tasks need the vector "classes". */
bool params_classes(const struct train_params *p);

/* Reads parameters that fit the field table; DTQ_INPUT with a sentence for what the table cannot
 * tell: task, normalize, references, combinations. */
enum dtq_err train_params_read(const cJSON *json, struct train_params *out, struct dtq_why *why);

/* job_type.follows */
enum dtq_err train_follows(const cJSON *former, const cJSON *params, struct dtq_why *why);

/* For job_type.take_weights: the numbers of w, or of the file wFile, leave the parameters, and
 * init=weights takes their place. */
enum dtq_err train_take_weights(cJSON *params, double **weights, size_t *count,
                                struct dtq_why *why);

#endif
