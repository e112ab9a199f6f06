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
    if (out->missing == DATASET_MEAN && !fields_bool(params, "filled", false))
        return err_set(why, DTQ_INPUT,
                       "missing=mean: the model has no means to fill in, for it was not trained "
                       "with missing=mean; give missing=zero, or fill in the cells");
    if (out->missing == DATASET_MEAN) out->missing = DATASET_KEEP;
    out->features = (uint64_t)fields_int(params, "features", 0);
    if (out->label_ref) out->label = label_of(params);
    return DTQ_OK;
}

size_t predict_width(const struct model *m, bool answers)
{
    return m->outputs + 1 + (answers && m->kind == MODEL_LOGREG ? 2 : 0);
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The model of the job, and its table as it is opened. */
struct view {
    const cJSON *params;
    const struct job_env *env;
    struct model model;
    struct dataset_options options;
    struct dataset_columns columns;
    struct dtq_why *why;
};

static enum dtq_err view_open(struct view *v)
{
    size_t count;
    uint64_t version;
    const double *vector;
    enum dtq_err err = v->env->weights(v->env->ctx, UINT64_MAX, &vector, &count, &version, v->why);

    return err == DTQ_OK ? model_unpack(v->params, vector, count, &v->model, v->why) : err;
}

/* Whether the names of the model decide which column is which. */
static bool by_name(const struct view *v)
{
    return v->model.names.all.texts && v->options.has_header;
}

/* How columns are found: by their names where both sides have them. labelled: there is a label. */
static void set_columns(struct view *v, bool labelled)
{
    const char *said = fields_text(v->params, "csvLabel", NULL);
    const struct dataset_names *all = &v->model.names.all;

    v->options.columns = NULL;
    if (labelled) v->options.label = label_of(v->params);
    if (!by_name(v)) return;
    v->columns = (struct dataset_columns){*all, !said, true};
    v->options.columns = &v->columns;
}

static enum dtq_err other_features(const struct view *v, const struct dataset *d)
{
    return err_set(v->why, DTQ_INPUT,
                   "%s has %" PRIu64 " columns%s, but the model has %lld features; give a table of "
                   "the same columns as the training's, with its label's column or without",
                   v->options.ref, d->features,
                   strcmp(v->options.label, DATASET_NO_LABEL) ? " beside the label" : "",
                   fields_int(v->params, "features", 0));
}

/* Opens the table as it stands. Whether it has labels is told by csvLabel, or by the number of its
 * columns. */
static enum dtq_err look_by_count(struct view *v, const struct dataset **out)
{
    bool said = fields_text(v->params, "csvLabel", NULL);
    enum dtq_err err;

    v->options.columns = NULL;
    err = data_look(v->params, &v->options, v->env, out, v->why);
    if (err == DTQ_OK && (*out)->features == v->model.features + 1 && !said) {
        v->options.label = label_of(v->params);
        err = data_look(v->params, &v->options, v->env, out, v->why);
    }
    if (err != DTQ_OK) return err;
    return (*out)->features == v->model.features ? DTQ_OK : other_features(v, *out);
}

/* Opens the table by the names of its columns; by their number where it has none, which is tried
 * out when hasHeader is not given. */
static enum dtq_err look_at(struct view *v, const struct dataset **out)
{
    bool given = cJSON_GetObjectItemCaseSensitive(v->params, "hasHeader") != NULL;
    const struct dataset_names *all = &v->model.names.all;
    struct dataset_options plain = v->options;
    struct dtq_why first;
    enum dtq_err err;

    if (!all->texts || (given && !v->options.has_header)) return look_by_count(v, out);
    v->options.has_header = true;
    set_columns(v, false);
    err = v->env->dataset(v->env->ctx, &v->options, out, v->why);
    if (err == DTQ_INPUT && !*dataset_names_get(all, all->features) &&
        !fields_text(v->params, "csvLabel", NULL)) {
        set_columns(v, true); /* a label without a name is where it was in the training */
        err = v->env->dataset(v->env->ctx, &v->options, out, v->why);
    }
    if (err == DTQ_OK && (*out)->names) return DTQ_OK;
    if (err != DTQ_OK && (err != DTQ_INPUT || given)) return err;
    first = *v->why;
    plain.has_header = given;
    v->options = plain;
    if (err == DTQ_OK) return look_by_count(v, out); /* a format that has no names */
    plain.has_header = false;
    err = v->env->dataset(v->env->ctx, &plain, out, v->why);
    if (err == DTQ_OK) return look_by_count(v, out);
    *v->why = first;
    return err;
}

/* The table of a part, with its empty cells filled in. */
static enum dtq_err open_part(struct view *v, const struct data_part *part,
                              const struct dataset **out)
{
    enum dtq_err err;

    v->options.has_header = part->file.has_header;
    set_columns(v, part->file.labelled);
    err = data_open(&v->options, &part->file, v->env, out, v->why);
    if (err == DTQ_OK && (*out)->features != v->model.features) err = other_features(v, *out);
    if (err != DTQ_OK || !(*out)->absent_count) return err;
    v->options.fill = v->model.fill;
    v->options.fill_count = v->model.features;
    return data_open(&v->options, &part->file, v->env, out, v->why);
}

/* --- the look --------------------------------------------------------------------------------- */

/* What there is to tell of the table beside its rows; empty: nothing. */
static void warn(const struct view *v, const struct dataset *d, uint64_t strange,
                 struct dtq_why *text)
{
    const char *name = dataset_ref_path(v->options.ref);
    bool names = v->model.names.all.texts, csv = !d->starts && !v->options.label_ref;

    text->text[0] = '\0';
    if (strange < d->rows)
        err_set(text, DTQ_OK,
                "row %" PRIu64
                " of %.200s has label %g, which the model does not know: there are no "
                "figures of how well it does",
                strange + 1, name, d->y[strange]);
    else if (csv && names && !d->names)
        err_set(text, DTQ_OK, "columns of %.200s are matched by position: it has no line of names",
                name);
    else if (csv && !names && d->names)
        err_set(text, DTQ_OK,
                "columns of %.200s are matched by position: the training had no line of names",
                name);
}

static enum dtq_err run_look(struct view *v, struct buf *result)
{
    const struct dataset *d;
    enum dtq_err err = look_at(v, &d);
    struct data_file file;
    struct dtq_why warning;
    uint64_t strange = 0;
    cJSON *look;

    if (err != DTQ_OK) return err;
    file = (struct data_file){.rows = d->rows,
                              .features = d->features,
                              .digest = d->digest,
                              .has_header = v->options.has_header,
                              .labelled = strcmp(v->options.label, DATASET_NO_LABEL) != 0};
    if (v->options.columns && v->columns.label_by_name &&
        *dataset_names_get(&v->columns.names, v->model.features))
        file.labelled = *dataset_name(d, d->features); /* found, or not */
    file.answers = file.labelled;
    for (uint64_t i = 0; i < d->rows && !file.answers; i++)
        file.answers = d->y[i] != 0; /* libsvm has labels whether one looks for them or not */
    while (file.answers && strange < d->rows && evaluated_knows(&v->model, d->y[strange]))
        strange++;
    if (!file.answers) strange = d->rows;
    file.answers = file.answers && strange == d->rows;
    look = cJSON_CreateObject();
    data_file_add(&file, look);
    warn(v, d, strange, &warning);
    if (warning.text[0]) cJSON_AddStringToObject(look, "warning", warning.text);
    if (data_print(look, result)) return DTQ_OK;
    return err_set(v->why, DTQ_NOMEM, "out of memory for a look at %s", v->options.ref);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* One task of rows at work. */
struct part_work {
    const struct model *m;
    const struct dataset *d;
    struct model_scorer *scorer;
    struct evaluator *evaluator; /* NULL: the table has no labels */
    double *scores, *targets, *z;
};

/* page (rows, predict_width): what there is of each row from `row` on. */
static void tell_rows(const struct part_work *w, uint64_t row, size_t rows, double *page)
{
    size_t outputs = w->m->outputs, width = predict_width(w->m, w->evaluator != NULL);

    model_score(w->scorer, w->d, row, rows, w->scores);
    if (w->evaluator) evaluator_take(w->evaluator, w->d, row, rows, w->targets, w->z);
    for (size_t r = 0; r < rows; r++, page += width) {
        memcpy(page, w->scores + r * outputs, outputs * sizeof *page);
        page[outputs] = model_label(w->m, page);
        if (width == outputs + 1) continue;
        page[outputs + 1] = w->targets[r];
        page[outputs + 2] = w->z[r];
    }
}

/* Behind the line of sums: the rows, and the confusion matrix. */
static bool write_rows(const struct part_work *w, const double *page, size_t numbers,
                       struct buf *result)
{
    size_t matrix = w->evaluator ? evaluated_matrix(w->m) : 0;
    double *confusion = malloc((matrix + 1) * sizeof *confusion);
    struct evaluated sums = {0};
    cJSON *array;
    bool room = confusion != NULL;

    if (room && w->evaluator) evaluator_result(w->evaluator, &sums, matrix ? confusion : NULL);
    array = evaluated_json(&sums);
    room = data_print(array, result) && room;
    buf_text(result, "\n");
    buf_add(result, page, numbers * sizeof *page);
    if (room) buf_add(result, confusion, matrix * sizeof *confusion);
    free(confusion);
    return room && !result->failed;
}

static enum dtq_err run_rows(const struct view *v, const struct dataset *d,
                             const struct data_part *part, struct buf *result)
{
    const struct model *m = &v->model;
    uint64_t rows = part->until - part->from;
    size_t block = least(rows, MODEL_ROWS), width = predict_width(m, part->file.answers);
    struct part_work w = {.m = m, .d = d, .scorer = model_scorer_new(m)};
    double *page = malloc(rows * width * sizeof *page);
    enum dtq_err err = DTQ_OK;

    w.scores = malloc(block * (m->outputs + 2) * sizeof *w.scores);
    if (part->file.answers) w.evaluator = evaluator_new(m);
    if (!w.scorer || !w.scores || !page || (part->file.answers && !w.evaluator)) {
        err = err_set(v->why, DTQ_NOMEM, "out of memory for %" PRIu64 " rows of scores", rows);
        goto out;
    }
    w.targets = w.scores + block * m->outputs;
    w.z = w.targets + block;
    for (uint64_t at = 0; at < rows; at += block) {
        tell_rows(&w, part->from + at, least(block, rows - at), page + at * width);
        v->env->progress(v->env->ctx);
        if (!v->env->cancelled(v->env->ctx)) continue;
        err = err_set(v->why, DTQ_CANCELLED, "cancelled");
        goto out;
    }
    if (!write_rows(&w, page, rows * width, result))
        err = err_set(v->why, DTQ_NOMEM, "out of memory for a result");
out:
    model_scorer_free(w.scorer);
    evaluator_free(w.evaluator);
    free(w.scores);
    free(page);
    return err;
}

static enum dtq_err run_part(struct view *v, const void *spec, size_t len, struct buf *result)
{
    struct data_part part;
    const struct dataset *d;
    enum dtq_err err = data_part_read(spec, len, &part, v->why);

    if (err == DTQ_OK && part.until - part.from > PREDICT_PAGES_MAX / sizeof(double))
        err = err_set(v->why, DTQ_INPUT, "a task of %" PRIu64 " rows is too large",
                      part.until - part.from);
    if (err == DTQ_OK) err = open_part(v, &part, &d);
    return err == DTQ_OK ? run_rows(v, d, &part, result) : err;
}

enum dtq_err predict_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                         const struct job_env *env, struct dtq_why *why)
{
    struct view v = {.params = params, .env = env, .why = why};
    enum dtq_err err = predict_options(params, &v.options, why);

    if (err == DTQ_OK) err = view_open(&v);
    if (err == DTQ_OK)
        err = data_is_look(spec, len) ? run_look(&v, result) : run_part(&v, spec, len, result);
    model_clear(&v.model);
    return err;
}
