/* predict_run.c: a prediction on a worker: the table looked at, rows scored. */
#include "jobs/predict_run.h"

#include "common/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The label's column when the table has one: as asked for now, or where the training's was. */
static const char *label_of(const cJSON *params)
{
    return fields_text(params, "csvLabel", fields_text(params, "label", "first"));
}

enum dtq_err predict_options(const cJSON *params, struct dataset_options *out, struct dtq_why *why)
{
    enum dtq_err err = data_read(params, DATASET_NO_LABEL, out, why);

    if (err != DTQ_OK) return err;
    out->features = (uint64_t)fields_int(params, "features", 0);
    if (out->label_ref) out->label = label_of(params);
    return DTQ_OK;
}

static enum dtq_err other_features(const cJSON *params, const struct dataset *d,
                                   const struct dataset_options *options, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "%s has %" PRIu64 " columns%s, but the model has %lld features; give a table of "
                   "the same columns as the training's, with its label's column or without",
                   options->ref, d->features,
                   strcmp(options->label, DATASET_NO_LABEL) ? " beside the label" : "",
                   fields_int(params, "features", 0));
}

/* Opens the table. Whether it has labels is told by csvLabel, or by the number of its columns. */
static enum dtq_err look_at(const cJSON *params, struct dataset_options *options,
                            const struct job_env *env, const struct dataset **out,
                            struct dtq_why *why)
{
    uint64_t features = (uint64_t)fields_int(params, "features", 0);
    enum dtq_err err = data_look(params, options, env, out, why);

    if (err == DTQ_OK && (*out)->features == features + 1 &&
        !fields_text(params, "csvLabel", NULL)) {
        options->label = label_of(params);
        err = data_look(params, options, env, out, why);
    }
    if (err != DTQ_OK) return err;
    return (*out)->features == features ? DTQ_OK : other_features(params, *out, options, why);
}

static enum dtq_err run_look(const cJSON *params, struct dataset_options *options,
                             const struct job_env *env, struct buf *result, struct dtq_why *why)
{
    const struct dataset *d;
    enum dtq_err err = look_at(params, options, env, &d, why);
    bool labelled = strcmp(options->label, DATASET_NO_LABEL) != 0, answers = labelled;
    cJSON *look;

    if (err != DTQ_OK) return err;
    for (uint64_t i = 0; i < d->rows && !answers; i++)
        answers = d->y[i] != 0; /* libsvm has labels whether one looks for them or not */
    look = cJSON_CreateObject();
    data_file_add(&(struct data_file){.rows = d->rows,
                                      .features = d->features,
                                      .digest = d->digest,
                                      .has_header = options->has_header,
                                      .labelled = labelled},
                  look);
    cJSON_AddBoolToObject(look, "answers", answers);
    if (data_print(look, result)) return DTQ_OK;
    return err_set(why, DTQ_NOMEM, "out of memory for a look at %s", options->ref);
}

/* Compares rows of a page with the labels of the table. */
static void compare(const struct model *m, const double *page, const double *y, size_t rows,
                    uint64_t *correct, double *squares)
{
    for (size_t r = 0; r < rows; r++) {
        double told = page[r * (m->outputs + 1) + m->outputs];
        double target = m->one_of_many ? (y[r] == m->positive) : y[r];

        if (m->kind == MODEL_LINREG)
            *squares += (told - target) * (told - target);
        else
            *correct += told == target;
    }
}

/* page (rows, outputs + 1): scores and label of each row from `row` on. */
static void tell_rows(const struct model *m, struct model_scorer *scorer, const struct dataset *d,
                      uint64_t row, size_t rows, double *scores, double *page)
{
    model_score(scorer, d, row, rows, scores);
    for (size_t r = 0; r < rows; r++) {
        memcpy(page, scores + r * m->outputs, m->outputs * sizeof *page);
        page[m->outputs] = model_label(m, page);
        page += m->outputs + 1;
    }
}

static enum dtq_err run_rows(const struct model *m, const struct dataset *d,
                             const struct data_part *part, const struct job_env *env,
                             struct buf *result, struct dtq_why *why)
{
    uint64_t rows = part->until - part->from;
    struct model_scorer *scorer = model_scorer_new(m);
    size_t block = least(rows, MODEL_ROWS);
    double *scores = malloc(block * m->outputs * sizeof *scores);
    double *page = malloc(rows * (m->outputs + 1) * sizeof *page);
    uint64_t correct = 0;
    double squares = 0;
    char text[JSON_NUMBER];
    enum dtq_err err = DTQ_OK;

    if (!scorer || !scores || !page) {
        err = err_set(why, DTQ_NOMEM, "out of memory for %" PRIu64 " rows of scores", rows);
        goto out;
    }
    for (uint64_t at = 0; at < rows; at += block) {
        size_t n = least(block, rows - at);
        double *to = page + at * (m->outputs + 1);

        tell_rows(m, scorer, d, part->from + at, n, scores, to);
        compare(m, to, d->y + part->from + at, n, &correct, &squares);
        env->progress(env->ctx);
        if (!env->cancelled(env->ctx)) continue;
        err = err_set(why, DTQ_CANCELLED, "cancelled");
        goto out;
    }
    buf_printf(result, "correct %" PRIu64 " squares %s\n", correct, json_number(squares, text));
    buf_add(result, page, rows * (m->outputs + 1) * sizeof *page);
    if (result->failed) err = err_set(why, DTQ_NOMEM, "out of memory for a result");
out:
    model_scorer_free(scorer);
    free(scores);
    free(page);
    return err;
}

static enum dtq_err run_part(const cJSON *params, struct dataset_options *options,
                             const struct data_part *part, const struct job_env *env,
                             struct buf *result, struct dtq_why *why)
{
    struct model model = {0};
    const struct dataset *d;
    const double *vector;
    size_t count;
    uint64_t version;
    enum dtq_err err = env->weights(env->ctx, UINT64_MAX, &vector, &count, &version, why);

    if (err == DTQ_OK) err = model_unpack(params, vector, count, &model, why);
    if (err != DTQ_OK) return err;
    options->has_header = part->file.has_header;
    if (part->file.labelled) options->label = label_of(params);
    err = data_open(options, &part->file, env, &d, why);
    if (err == DTQ_OK && d->features != model.features)
        err = other_features(params, d, options, why);
    if (err == DTQ_OK) err = run_rows(&model, d, part, env, result, why);
    model_clear(&model);
    return err;
}

enum dtq_err predict_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                         const struct job_env *env, struct dtq_why *why)
{
    struct dataset_options options;
    struct data_part part;
    enum dtq_err err = predict_options(params, &options, why);

    if (err == DTQ_OK && data_is_look(spec, len))
        return run_look(params, &options, env, result, why);
    if (err == DTQ_OK) err = data_part_read(spec, len, &part, why);
    if (err == DTQ_OK && part.until - part.from > PREDICT_PAGES_MAX / sizeof(double))
        err = err_set(why, DTQ_INPUT, "a task of %" PRIu64 " rows is too large",
                      part.until - part.from);
    return err == DTQ_OK ? run_part(params, &options, &part, env, result, why) : err;
}
