/* predict.c: the job type predict: a trained model's scores and labels for the rows of a table. The
 * model comes with the job, as one vector (model.h). A task scores some rows; what it found becomes
 * a page, kept for whoever submitted the job. One job tells of no more rows than fit
 * PREDICT_PAGES_MAX; for a longer table there is `skip`, and several jobs after each other. */
#include "jobs/types.h"

#include "common/json.h"
#include "jobs/predict_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS_MAX = 256 };

/* How well the rows of a task are told, where the table has labels. */
struct hits {
    bool here;
    uint64_t correct;
    double squares; /* linreg: sum of (z - y)^2 */
};

struct job_state {
    const cJSON *params; /* borrowed */
    struct dataset_options options;
    struct model model;    /* owned */
    struct data_file file; /* rows is 0 before the first look */
    bool answers;          /* the table has labels to compare with */
    uint64_t from, until;  /* rows to tell of */
    uint64_t page_rows;
    uint64_t tasks;
    bool emitted;
    uint64_t folded;
    struct hits *hits; /* (tasks) owned */
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
    free(s->hits);
    free(s);
}

/* Rows, pages and tasks, from what a look found. */
static enum dtq_err learn(struct job_state *s, const cJSON *look, struct dtq_why *why)
{
    uint64_t row_bytes = (s->model.outputs + 1) * sizeof(double);
    uint64_t skip = (uint64_t)fields_int(s->params, "skip", 0);
    uint64_t rows = (uint64_t)fields_int(s->params, "rows", 0);
    struct data_file file;
    enum dtq_err err = data_file_get(look, &file, why);

    if (err != DTQ_OK) return err;
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
    s->answers = fields_bool(look, "answers", false);
    s->from = skip;
    s->until = skip + rows;
    s->tasks = (rows - 1) / s->page_rows + 1;
    s->hits = calloc(s->tasks, sizeof *s->hits);
    return s->hits ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for a prediction");
}

static enum dtq_err checkpoint_read(struct job_state *s, const void *text, size_t len,
                                    struct dtq_why *why)
{
    cJSON *saved = cJSON_ParseWithLength(text, len);
    const cJSON *look = cJSON_GetObjectItemCaseSensitive(saved, "look"), *item;
    uint64_t i = 0;
    enum dtq_err err = DTQ_OK;

    if (!cJSON_IsObject(saved))
        err = err_set(why, DTQ_INPUT, "the checkpoint of this job cannot be read; submit it again");
    else if (look)
        err = learn(s, look, why);
    s->emitted = fields_bool(saved, "emitted", false);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(saved, "hits"))
    {
        if (err != DTQ_OK || i == s->tasks) break;
        s->hits[i].here = cJSON_IsArray(item);
        s->hits[i].correct = s->hits[i].here ? (uint64_t)cJSON_GetNumberValue(item->child) : 0;
        s->hits[i].squares = s->hits[i].here ? cJSON_GetNumberValue(cJSON_GetArrayItem(item, 1))
                                             : 0;
        s->folded += s->hits[i++].here;
    }
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

/* The first line of a result; *page is what stands behind it. */
static bool read_hits(const struct job_result *result, uint64_t rows, struct hits *out,
                      const char **page)
{
    const char *end = memchr(result->data, '\n', result->len);
    char line[80] = "";
    int used = 0;

    if (!end || (size_t)(end - (const char *)result->data) >= sizeof line) return false;
    memcpy(line, result->data, (size_t)(end - (const char *)result->data));
    if (sscanf(line, "correct %" SCNu64 " squares %lf%n", &out->correct, &out->squares, &used) !=
            2 ||
        line[used] || out->correct > rows || !(out->squares >= 0))
        return false;
    *page = end + 1;
    return true;
}

static enum dtq_err reduce(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    uint64_t i = result->no - 1, rows;
    struct hits hits = {.here = true};
    const char *page;
    double *aligned;
    size_t count;

    if (!s->file.rows && !result->no) return fold_look(s, result, step, why);
    if (!s->file.rows || !result->no || i >= s->tasks || s->hits[i].here)
        return misfit(result, why);
    rows = i + 1 < s->tasks ? s->page_rows : s->until - s->from - i * s->page_rows;
    count = rows * (s->model.outputs + 1);
    if (!read_hits(result, rows, &hits, &page) ||
        (size_t)((const char *)result->data + result->len - page) != count * sizeof(double))
        return misfit(result, why);
    aligned = malloc(count * sizeof *aligned);
    if (!aligned) return err_set(why, DTQ_NOMEM, "out of memory for a page of scores");
    memcpy(aligned, page, count * sizeof *aligned);
    sink->page(sink->ctx, i, aligned, count);
    free(aligned);
    s->hits[i] = hits;
    *step = ++s->folded == s->tasks ? JOB_DONE : JOB_FOLDED;
    return DTQ_OK;
}

static cJSON *hits_json(const struct hits *hits)
{
    cJSON *pair;

    if (!hits->here) return cJSON_CreateNull();
    pair = cJSON_CreateArray();
    cJSON_AddItemToArray(pair, cJSON_CreateNumber((double)hits->correct));
    cJSON_AddItemToArray(pair, json_exact(hits->squares));
    return pair;
}

static void checkpoint(const struct job_state *s, struct buf *out)
{
    cJSON *saved = cJSON_CreateObject(), *look, *list;

    cJSON_AddBoolToObject(saved, "emitted", s->emitted);
    if (s->file.rows) {
        look = cJSON_AddObjectToObject(saved, "look");
        data_file_add(&s->file, look);
        cJSON_AddBoolToObject(look, "answers", s->answers);
        list = cJSON_AddArrayToObject(saved, "hits");
        for (uint64_t i = 0; i < s->tasks; i++)
            cJSON_AddItemToArray(list, hits_json(&s->hits[i]));
    }
    data_print(saved, out);
}

static void report(const struct job_state *s, cJSON *out)
{
    double rows = (double)(s->until - s->from), squares = 0;
    uint64_t correct = 0;

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
    if (!s->answers || s->folded < s->tasks) return;
    for (uint64_t i = 0; i < s->tasks; i++) { /* in their order: the same bits every time */
        correct += s->hits[i].correct;
        squares += s->hits[i].squares;
    }
    if (s->model.kind == MODEL_LINREG)
        cJSON_AddItemToObject(out, "rmse", json_exact(sqrt(squares / rows)));
    else
        cJSON_AddItemToObject(out, "accuracy", json_exact((double)correct / rows));
}

static const struct field fields[] = {
    DATA_FIELDS("CSV: the label's column, when there is one: first, last, its name, or none; found "
                "out by the number of columns when not given"),
    DATA_MISSING_FIELD("refuse",
                       "empty cells: refuse, count as zero, or as the mean of the column"),
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
    .close = predict_close,
};
