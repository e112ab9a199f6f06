/* model.h: a trained model by itself: all that is needed to score a row. It knows numbers, JSON and
 * the kernels; no jobs, no files.
 *
 * Of a row x, in which fill[j] stands where it has no value: x'[j] = (x[j] - offset[j]) *
 * factor[j], then z[k] = w[k] . x' + bias[k]. linreg answers z; logreg p = 1 / (1 + exp(-z)), the
 * probability of classes[1]; softmax a probability for each class, exp(z[k]) / sum of exp(z). */
#ifndef DTQ_MODEL_H
#define DTQ_MODEL_H

#include "common/buf.h"
#include "common/dataset/dataset.h"
#include "common/err.h"
#include "jobs/names.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row a kind: name, word on the wire and in files. */
#define MODEL_KINDS(X)  \
    X(LINREG, "linreg") \
    X(LOGREG, "logreg") \
    X(SOFTMAX, "softmax")
#define MODEL_KIND_WORDS "linreg logreg softmax"

enum model_kind {
#define X(name, word) MODEL_##name,
    MODEL_KINDS(X)
#undef X
};

struct model {
    enum model_kind kind;
    uint64_t features;
    size_t outputs;     /* rows of weights: 1, or one a class (softmax) */
    size_t class_count; /* linreg 0, logreg 2 */
    double scale;       /* a feature counts as x / scale, where there are no columns' own; else 1 */
    bool one_of_many;   /* logreg: what it tells apart is label `positive` from all others */
    double positive;
    double *weights; /* (outputs, features) row-major; owned, as all below */
    double *bias;    /* (outputs); NULL: none */
    double *offset;  /* (features), with factor; NULL: none */
    double *factor;  /* (features) */
    double *classes; /* (class_count) labels */
    double *fill;    /* (features) what empty cells count as; NULL: `missing` says it */
    enum dataset_missing missing; /* DATASET_REFUSE, DATASET_ZERO; DATASET_MEAN: fill */
    struct names names;           /* of the columns; none: not known */
    char *label;                  /* name of the label's column; NULL: not known */
    char *task;      /* of a binary model that asks for one label of many; NULL: none */
    char *normalize; /* as the training was asked; NULL: none */
};

const char *model_kind_word(enum model_kind kind);

/* False: no such word. */
bool model_kind_read(const char *word, enum model_kind *out);

void model_clear(struct model *m);

/* A copy of count numbers; NULL, with the sentence, when memory ran out. */
double *model_numbers(const double *from, size_t count, struct dtq_why *why);

/* Answers per row: linreg z; logreg p; softmax one p a class. And what the answers say: linreg the
 * answer itself, else the label of the class that is most probable (the first of several). */
double model_label(const struct model *m, const double *scores);

/* What scoring needs beside the model, made once for many rows. */
struct model_scorer;

/* NULL: out of memory. The model is borrowed for the life of the scorer. */
struct model_scorer *model_scorer_new(const struct model *m);
void model_scorer_free(struct model_scorer *s);

/* scores (rows, outputs) of the rows from `row` on; d has as many features as the model. At most
 * MODEL_ROWS rows at a time. */
enum { MODEL_ROWS = 1024 };
void model_score(struct model_scorer *s, const struct dataset *d, uint64_t row, size_t rows,
                 double *scores);

/* --- as one vector, on its way to workers: model_pack.c --------------------------------------- */

/* The numbers of the model one after the other: weights, bias, offset, factor, classes, fill, names
 * of columns (jobs/names.h); its shape goes into params (the hidden fields of MODEL_FIELDS). *out
 * is malloc'ed. */
enum dtq_err model_pack(const struct model *m, cJSON *params, double **out, size_t *count,
                        struct dtq_why *why);

/* Fills *out; model_clear it. DTQ_INPUT: the vector is not of the shape that params tell. */
enum dtq_err model_unpack(const cJSON *params, const double *vector, size_t count,
                          struct model *out, struct dtq_why *why);

/* The shape in params makes sense. */
enum dtq_err model_shape_check(const cJSON *params, struct dtq_why *why);

/* clang-format off */
#define MODEL_FIELDS                                                                               \
    {.name = "model", .kind = FIELD_CHOICE, .required = true, .choices = MODEL_KIND_WORDS,         \
     .help = "what the numbers are", .hidden = true},                                              \
    {.name = "features", .kind = FIELD_INT, .required = true, .min = 1, .max = 1e9,                \
     .help = "features of the model", .hidden = true},                                             \
    {.name = "classes", .kind = FIELD_INT, .fallback = "0", .min = 0, .max = 1e6,                  \
     .help = "classes of the model", .hidden = true},                                              \
    {.name = "bias", .kind = FIELD_BOOL, .fallback = "false",                                      \
     .help = "the model has a bias", .hidden = true},                                              \
    {.name = "scaled", .kind = FIELD_BOOL, .fallback = "false",                                    \
     .help = "offset and factor of each feature", .hidden = true},                                 \
    {.name = "filled", .kind = FIELD_BOOL, .fallback = "false",                                    \
     .help = "what empty cells of each feature count as", .hidden = true},                         \
    {.name = "names", .kind = FIELD_INT, .fallback = "0", .min = 0, .max = 1e9,                    \
     .help = "numbers that hold the names of the columns", .hidden = true},                        \
    {.name = "scale", .kind = FIELD_TEXT, .fallback = "1",                                         \
     .help = "all features are divided by this number", .hidden = true},                           \
    {.name = "positive", .kind = FIELD_TEXT,                                                       \
     .help = "the label that counts as 1, all others as 0", .hidden = true}
/* clang-format on */

/* --- from a training: model_training.c -------------------------------------------------------- */

struct model_vector {
    const double *v;
    size_t count;
};

/* What a training keeps of what it learnt; count 0 where it has no such vector. */
struct model_learnt {
    struct model_vector weights; /* a row an output, features and behind them the bias, if any */
    struct model_vector scaling; /* offsets, then factors of all features */
    struct model_vector fill;    /* what empty cells of each feature count as */
    struct model_vector columns; /* names of the columns; see jobs/names.h */
};

/* The model that a training of these parameters, with this report, ended with (or has come to). Of
 * softmax the report has "classes". *out is to be cleared. DTQ_INPUT: they make no model. */
enum dtq_err model_of_training(const cJSON *params, const cJSON *report,
                               const struct model_learnt *learnt, struct model *out,
                               struct dtq_why *why);

/* --- for other programs: model_export.c ------------------------------------------------------- */

#define MODEL_FORMATS "json csv vw sklearn-json"

/* Adds the model in one of the formats to out; job_id is told where there is a place for it.
 * DTQ_INPUT: there is no such format, or it cannot say this model. */
enum dtq_err model_export(const struct model *m, const char *job_id, const char *format,
                          struct buf *out, struct dtq_why *why);

#endif
