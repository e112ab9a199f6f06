/* predict.c: the job type predict: a trained model's scores and labels for the rows of a table. The
 * model comes with the job, as one vector (model.h). A task scores some rows; what it found becomes
 * a page, kept for whoever submitted the job. One job tells of no more rows than fit
 * PREDICT_PAGES_MAX; for a longer table there is `skip`, and several jobs after each other. */
#include "jobs/types.h"

#include "common/json.h"
#include "jobs/predict_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 256 };

struct job_state {
    const cJSON *params; /* borrowed */
    struct dataset_options options;
    struct model model;    /* owned */
    struct data_file file; /* rows is 0 before the first look */
    char *warning;         /* owned; what the look has to tell; NULL: nothing */
    uint64_t from, until;  /* rows to tell of */
    uint64_t page_rows;
    uint64_t tasks;
    bool emitted;
    uint64_t folded;
    bool *here;              /* (tasks) owned, and both below; which tasks are folded */
    struct evaluated *parts; /* (tasks) what the rows of each come to */
    double *confusion;       /* (evaluated_matrix) of all of them; NULL: none */
};

static enum dtq_err check(const cJSON *params, struct dtq_why *why)
{
    struct dataset_options options;
    enum dtq_err err = predict_options(params, &options, why);

    return err == DTQ_OK ? model_shape_check(params, why) : err;
}

/* The model comes beside the parameters already. */
static enum dtq_err take_weights(cJSON *params, double **weights, size_t *count,
                                 struct dtq_why *why)
{
    (void)params;
    (void)why;
    *weights = NULL;
    *count = 0;
    return DTQ_OK;
}

static void predict_close(struct job_state *s)
{
    if (!s) return;
    model_clear(&s->model);
    free(s->warning);
    free(s->here);
    free(s->parts);
    free(s->confusion);
    free(s);
}

/* Rows, pages and tasks, from what a look found. */
static enum dtq_err learn(struct job_state *s, const cJSON *look, struct dtq_why *why)
{
    const char *warning = fields_text(look, "warning", NULL);
    size_t matrix = evaluated_matrix(&s->model);
    uint64_t row_bytes;
    uint64_t skip = (uint64_t)fields_int(s->params, "skip", 0);
    uint64_t rows = (uint64_t)fields_int(s->params, "rows", 0);
    struct data_file file;
    enum dtq_err err = data_file_get(look, &file, why);

    if (err != DTQ_OK) return err;
    row_bytes = predict_width(&s->model, file.answers) * sizeof(double);
    if (skip >= file.rows)
        return err_set(why, DTQ_INPUT,
                       "skip=%" PRIu64 ", but %s has %" PRIu64 " rows; skip fewer than that", skip,
                       s->options.ref, file.rows);
    if (!rows || rows > file.rows - skip) rows = file.rows - skip;
    if (rows > PREDICT_PAGES_MAX / row_bytes) rows = PREDICT_PAGES_MAX / row_bytes;
    s->page_rows = rows / TASKS_MAX + 1;
    if (s->page_rows < MODEL_ROWS) s->page_rows = MODEL_ROWS;
    if (s->page_rows > PREDICT_PAGE_MAX / row_bytes) s->page_rows = PREDICT_PAGE_MAX / row_bytes;
    if (!s->page_rows)
        return err_set(why, DTQ_INPUT, "a model of %zu classes is too large to predict with",
                       s->model.class_count);
    s->file = file;
    s->from = skip;
    s->until = skip + rows;
    s->tasks = (rows - 1) / s->page_rows + 1;
    s->here = calloc(s->tasks, sizeof *s->here);
    s->parts = calloc(s->tasks, sizeof *s->parts);
    if (file.answers && matrix) s->confusion = calloc(matrix, sizeof *s->confusion);
    if (warning) s->warning = strdup(warning);
    if (s->here && s->parts && (s->confusion || !file.answers || !matrix) &&
        (s->warning || !warning))
        return DTQ_OK;
    return err_set(why, DTQ_NOMEM, "out of memory for a prediction");
}

static bool read_parts(struct job_state *s, const cJSON *saved)
{
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(saved, "parts");
    size_t i = 0, matrix = s->confusion ? evaluated_matrix(&s->model) : 0;

    if (!cJSON_IsArray(list) || (uint64_t)cJSON_GetArraySize(list) != s->tasks) return false;
    cJSON_ArrayForEach(item, list)
    {
        s->here[i] = !cJSON_IsNull(item);
        if (s->here[i] && !evaluated_read(item, &s->parts[i])) return false;
        s->folded += s->here[i++];
    }
    list = cJSON_GetObjectItemCaseSensitive(saved, "confusion");
    i = 0;
    if ((size_t)cJSON_GetArraySize(list) != matrix) return false;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsNumber(item)) return false;
        s->confusion[i++] = item->valuedouble;
    }
    return true;
}

static enum dtq_err checkpoint_read(struct job_state *s, const void *text, size_t len,
                                    struct dtq_why *why)
{
    cJSON *saved = cJSON_ParseWithLength(text, len);
    const cJSON *look = cJSON_GetObjectItemCaseSensitive(saved, "look");
    enum dtq_err err = look ? learn(s, look, why) : DTQ_OK;

    if (err == DTQ_OK && (!cJSON_IsObject(saved) || (look && !read_parts(s, saved))))
        err = err_set(why, DTQ_INPUT, "the checkpoint of this job cannot be read; submit it again");
    s->emitted = fields_bool(saved, "emitted", false);
    cJSON_Delete(saved);
    return err;
}

static enum dtq_err predict_open(const cJSON *params, const void *checkpoint, size_t len,
                                 const struct job_vectors *vectors, struct job_state **out,
                                 struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);
    enum dtq_err err;

    if (!s) return err_set(why, DTQ_NOMEM, "out of memory for a prediction");
    s->params = params;
    err = predict_options(params, &s->options, why);
    if (err == DTQ_OK)
        err = model_unpack(params, vectors->weights.v, vectors->weights.count, &s->model, why);
    if (err == DTQ_OK && checkpoint) err = checkpoint_read(s, checkpoint, len, why);
    if (err != DTQ_OK) {
        predict_close(s);
        return err;
    }
    *out = s;
    return DTQ_OK;
}

static enum dtq_err split(struct job_state *s, const struct job_view *view,
                          const struct job_sink *sink, struct dtq_why *why)
{
    (void)view;
    if (s->emitted) return DTQ_OK;
    s->emitted = true;
    if (s->file.rows)
        return data_parts_emit(&s->file, s->from, s->until, s->page_rows, 1, sink, why);
    sink->task(sink->ctx, 0, DATA_LOOK, strlen(DATA_LOOK));
    return DTQ_OK;
}

static enum dtq_err misfit(const struct job_result *result, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "task %" PRIu64 ": %zu bytes that are no scores came back from %s", result->no,
                   result->len, result->worker);
}

static enum dtq_err fold_look(struct job_state *s, const struct job_result *result,
                              enum job_step *step, struct dtq_why *why)
{
    cJSON *look = cJSON_ParseWithLength(result->data, result->len);
    enum dtq_err err = learn(s, look, why);

    cJSON_Delete(look);
    s->emitted = false;
    *step = JOB_ROUND;
    return err;
}

/* The first line of a result; *numbers is what stands behind it. */
static bool read_sums(const struct job_result *result, uint64_t rows, bool answers,
                      struct evaluated *out, const char **numbers)
{
    const char *end = memchr(result->data, '\n', result->len);
    cJSON *array = NULL;
    bool fits;

    if (end)
        array = cJSON_ParseWithLength(result->data, (size_t)(end - (const char *)result->data));
    fits = evaluated_read(array, out) && out->rows == (answers ? rows : 0) &&
           out->sums.correct <= rows;
    cJSON_Delete(array);
    *numbers = end + 1;
    return fits;
}

static enum dtq_err reduce(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    size_t count, matrix = s->confusion ? evaluated_matrix(&s->model) : 0;
    uint64_t i = result->no - 1, rows;
    struct evaluated sums;
    const char *page;
    double *aligned;

    if (!s->file.rows && !result->no) return fold_look(s, result, step, why);
    if (!s->file.rows || !result->no || i >= s->tasks || s->here[i]) return misfit(result, why);
    rows = i + 1 < s->tasks ? s->page_rows : s->until - s->from - i * s->page_rows;
    count = rows * predict_width(&s->model, s->file.answers);
    if (!read_sums(result, rows, s->file.answers, &sums, &page) ||
        (size_t)((const char *)result->data + result->len - page) !=
            (count + matrix) * sizeof(double))
        return misfit(result, why);
    aligned = malloc((count + matrix) * sizeof *aligned);
    if (!aligned) return err_set(why, DTQ_NOMEM, "out of memory for a page of scores");
    memcpy(aligned, page, (count + matrix) * sizeof *aligned);
    sink->page(sink->ctx, i, aligned, count);
    for (size_t k = 0; k < matrix; k++)
        s->confusion[k] += aligned[count + k];
    free(aligned);
    s->here[i] = true;
    s->parts[i] = sums;
    *step = ++s->folded == s->tasks ? JOB_DONE : JOB_FOLDED;
    return DTQ_OK;
}

static void checkpoint(const struct job_state *s, struct buf *out)
{
    cJSON *saved = cJSON_CreateObject(), *look, *list;

    cJSON_AddBoolToObject(saved, "emitted", s->emitted);
    if (s->file.rows) {
        look = cJSON_AddObjectToObject(saved, "look");
        data_file_add(&s->file, look);
        if (s->warning) cJSON_AddStringToObject(look, "warning", s->warning);
        list = cJSON_AddArrayToObject(saved, "parts");
        for (uint64_t i = 0; i < s->tasks; i++)
            cJSON_AddItemToArray(list,
                                 s->here[i] ? evaluated_json(&s->parts[i]) : cJSON_CreateNull());
        if (s->confusion)
            cJSON_AddItemToObject(saved, "confusion",
                                  json_exact_array(s->confusion, evaluated_matrix(&s->model)));
    }
    data_print(saved, out);
}

/* Rows of the matrix by target, each by guess, as a training reports it. */
static void report_confusion(const struct job_state *s, cJSON *out)
{
    cJSON *rows = s->confusion ? cJSON_AddArrayToObject(out, "confusion") : NULL;
    size_t n = s->model.outputs;

    for (size_t k = 0; rows && k < n; k++)
        cJSON_AddItemToArray(rows, cJSON_CreateDoubleArray(s->confusion + k * n, (int)n));
}

static void report(const struct job_state *s, cJSON *out)
{
    double rows = (double)(s->until - s->from);
    struct evaluated sums = {0};
    cJSON *list;

    cJSON_AddStringToObject(out, "model", model_kind_word(s->model.kind));
    if (!s->file.rows) return;
    data_file_add(&s->file, out); /* "rows" and "features" of the file, and more */
    cJSON_DeleteItemFromObjectCaseSensitive(out, "rows");
    cJSON_AddNumberToObject(out, "fileRows", (double)s->file.rows);
    cJSON_AddNumberToObject(out, "skip", (double)s->from);
    cJSON_AddNumberToObject(out, "rows", rows);
    cJSON_AddNumberToObject(out, "outputs", (double)s->model.outputs);
    cJSON_AddNumberToObject(out, "pageRows", (double)s->page_rows);
    cJSON_AddNumberToObject(out, "pages", (double)s->tasks);
    cJSON_AddNumberToObject(out, "width", (double)predict_width(&s->model, s->file.answers));
    if (s->warning && (list = cJSON_AddArrayToObject(out, "warnings")))
        cJSON_AddItemToArray(list, cJSON_CreateString(s->warning));
    if (!s->file.answers || s->folded < s->tasks) return;
    for (uint64_t i = 0; i < s->tasks; i++) /* in their order: the same bits every time */
        evaluated_add(&sums, &s->parts[i]);
    evaluated_tell(&sums, &s->model, s->confusion, false, out);
    report_confusion(s, out);
    cJSON_AddItemToObject(out, "sums", evaluated_json(&sums));
}

static const struct field fields[] = {
    DATA_FIELDS("CSV: the label's column, when there is one: first, last, its name, or none; found "
                "out by the number of columns when not given"),
    DATA_MISSING_FIELD(
        "refuse", "empty cells: refuse, count as zero, or as the mean that the training learnt"),
    {.name = "skip",
     .kind = FIELD_INT,
     .fallback = "0",
     .min = 0,
     .max = 9e15,
     .help = "rows to leave out at the start"},
    {.name = "rows",
     .kind = FIELD_INT,
     .min = 1,
     .max = 9e15,
     .help = "rows to score; all when not given"},
    {.name = "label", .kind = FIELD_TEXT, .help = "csvLabel of the training", .hidden = true},
    MODEL_FIELDS,
};

static const char *const positional[] = {"dataRef", NULL};

/* What is needed to fetch the pages and to go on with the next job. */
static const char *const internal[] = {"pages",  "pageRows", "width",    "outputs", "sums",
                                       "digest", "answers",  "labelled", NULL};

const struct job_type job_predict = {
    .name = "predict",
    .help = "scores and labels of the rows of a table, by a trained model",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .positional = positional,
    .window = TASKS_MAX,
    .check = check,
    .take_weights = take_weights,
    .open = predict_open,
    .split = split,
    .run = predict_run,
    .reduce = reduce,
    .checkpoint = checkpoint,
    .report = report,
    .internal = internal,
    .close = predict_close,
};
