/* findings.h: what the last evaluation of a training saw, from what Redis holds of the job: the ROC
 * curve of a binary one, the confusion matrix of a softmax. From bytes and JSON to numbers; it
 * knows no pictures. */
#ifndef DTQ_PRODUCER_FINDINGS_H
#define DTQ_PRODUCER_FINDINGS_H

#include "common/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FINDINGS_CLASSES_MAX = 64, FINDINGS_NAME_MAX = 32 };

/* A job as far as it matters here; borrowed. */
struct findings_job {
    const char *id, *type, *state;
    bool ended;
    const cJSON *params, *report; /* NULL: none */
    const double *roc;            /* the vector of that name */
    size_t roc_count;
};

struct findings_roc {
    size_t n;
    double *fpr, *tpr; /* (n) owned, one allocation */
    double rows;
    double auc;  /* exact; -1: unknown */
    bool tested; /* of the test set; else of the training set */
    /* Where predictions are made, at a probability of one half. */
    bool has_point;
    double point_fpr, point_tpr;
};

struct findings_matrix {
    size_t classes;
    uint64_t
        counts[FINDINGS_CLASSES_MAX * FINDINGS_CLASSES_MAX]; /* (classes, classes) true, told */
    char names[FINDINGS_CLASSES_MAX][FINDINGS_NAME_MAX];
    uint64_t rows, right;
    bool tested;
};

/* Whether a curve or a matrix ought to be there: a binary or softmax training that has been
 * evaluated. */
bool findings_expected(const struct findings_job *job);

/* DTQ_NONE with a sentence: the job has none, and why, or what would give it one. DTQ_INPUT with a
 * sentence: what is there makes no sense. findings_roc_clear *out. */
enum dtq_err findings_roc(const struct findings_job *job, struct findings_roc *out,
                          struct dtq_why *why);
void findings_roc_clear(struct findings_roc *roc);

/* What people call class i of a softmax: its label, as its report says; else a number from 1. */
const char *findings_class(const cJSON *report, size_t i, char text[FINDINGS_NAME_MAX]);

enum dtq_err findings_matrix(const struct findings_job *job, struct findings_matrix *out,
                             struct dtq_why *why);

#endif
