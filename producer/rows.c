/* rows.c: pages of scores become lines. */
#include "producer/rows.h"

#include "common/json.h"
#include "common/show/render.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 100000 }; /* rows in one JSON value */

enum dtq_err rows_open(struct rows *r, const struct app *app, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    *r = (struct rows){.app = app};
    if (app->file) {
        err = outfile_open(&r->file, app->file, why);
        r->to = r->file.f;
    } else if (app->program.json) {
        r->list = cJSON_CreateArray();
        if (!r->list) err = err_set(why, DTQ_NOMEM, "out of memory for the rows");
    } else {
        r->to = stdout;
    }
    return err;
}

void rows_clear(struct rows *r)
{
    outfile_abandon(&r->file);
    cJSON_Delete(r->list);
    model_clear(&r->model);
    r->list = NULL;
}

/* The shape of the model and its classes, as they went with the job. */
static enum dtq_err read_model(struct rows *r, struct queue *q, const struct queue_job *job,
                               struct dtq_why *why)
{
    cJSON *params = cJSON_Parse(job->params);
    double *vector = NULL;
    size_t count = 0;
    enum dtq_err err = queue_weights(q, job->id, &vector, &count, why);

    model_clear(&r->model);
    if (err == DTQ_OK) err = model_unpack(params, vector, count, &r->model, why);
    cJSON_Delete(params);
    free(vector);
    return err;
}

static void head(const struct rows *r)
{
    char text[JSON_NUMBER];

    fputs("row", r->to);
    for (size_t k = 0; k < r->model.outputs; k++) {
        if (r->model.kind == MODEL_SOFTMAX)
            fprintf(r->to, ",score_%s", json_number(r->model.classes[k], text));
        else
            fputs(",score", r->to);
    }
    fputs(",label\n", r->to);
}

/* One row as a line: its number from 1, scores, label. */
static void line(const struct rows *r, uint64_t number, const double *row)
{
    char text[JSON_NUMBER];

    fprintf(r->to, "%" PRIu64, number);
    for (size_t k = 0; k <= r->model.outputs; k++)
        fprintf(r->to, ",%s", json_number(row[k], text));
    fputc('\n', r->to);
}

static bool item(const struct rows *r, uint64_t number, const double *row)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *scores = r->model.outputs > 1 ? json_exact_array(row, r->model.outputs)
                                         : json_exact(row[0]);

    cJSON_AddNumberToObject(object, "row", (double)number);
    if (!scores ||
        !cJSON_AddItemToObject(object, r->model.outputs > 1 ? "scores" : "score", scores))
        cJSON_Delete(scores);
    cJSON_AddItemToObject(object, "label", json_exact(row[r->model.outputs]));
    return object && cJSON_AddItemToArray(r->list, object);
}

static enum dtq_err page(struct rows *r, const struct queue_job *job, uint64_t first,
                         const double *numbers, size_t count, uint64_t rows, struct dtq_why *why)
{
    size_t width = r->model.outputs + 1;

    if (!count)
        return err_set(why, DTQ_JOB_GONE,
                       "the rows of job %s are not in Redis any more: they have been fetched; "
                       "predict again",
                       job->id);
    if (count != rows * width)
        return err_set(why, DTQ_SERVER,
                       "a page of job %s has %zu numbers; %" PRIu64 " rows of %zu were expected",
                       job->id, count, rows, width);
    for (uint64_t i = 0; i < rows; i++) {
        if (r->to)
            line(r, first + i + 1, numbers + i * width);
        else if (!item(r, first + i + 1, numbers + i * width))
            return err_set(why, DTQ_NOMEM, "out of memory for the rows");
    }
    return DTQ_OK;
}

static uint64_t whole(const cJSON *report, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(report, name);

    return cJSON_IsNumber(value) && value->valuedouble > 0 ? (uint64_t)value->valuedouble : 0;
}

/* How well the rows were told, where the report says so. */
static void add_hits(struct rows *r, const cJSON *report, uint64_t rows)
{
    const cJSON *accuracy = cJSON_GetObjectItemCaseSensitive(report, "accuracy");
    const cJSON *rmse = cJSON_GetObjectItemCaseSensitive(report, "rmse");

    if (cJSON_IsNumber(accuracy)) r->correct += nearbyint(accuracy->valuedouble * (double)rows);
    if (cJSON_IsNumber(rmse)) r->squares += rmse->valuedouble * rmse->valuedouble * (double)rows;
    if (cJSON_IsNumber(accuracy) || cJSON_IsNumber(rmse)) r->labelled += rows;
}

enum dtq_err rows_add(struct rows *r, struct queue *q, const struct queue_job *job, bool drop,
                      struct dtq_why *why)
{
    cJSON *report = cJSON_Parse(job->report);
    uint64_t rows = whole(report, "rows"), skip = whole(report, "skip");
    uint64_t page_rows = whole(report, "pageRows"), pages = whole(report, "pages");
    bool first = !r->model.weights;
    enum dtq_err err = read_model(r, q, job, why);

    if (err == DTQ_OK && r->list && r->count + rows > LIST_MAX)
        err = err_set(why, DTQ_INPUT,
                      "%" PRIu64 " rows are too many for one JSON value; name a file with --out: "
                      "dtq predict %s --out FILE",
                      r->count + rows, job->id);
    if (err == DTQ_OK && first && r->to) head(r);
    for (uint64_t i = 0; err == DTQ_OK && i < pages; i++) {
        uint64_t left = rows - i * page_rows;
        double *numbers = NULL;
        size_t count = 0;

        err = queue_history(q, job->id, i, &numbers, &count, why);
        if (err == DTQ_OK)
            err = page(r, job, skip + i * page_rows, numbers, count,
                       left < page_rows ? left : page_rows, why);
        free(numbers);
    }
    if (err == DTQ_OK) {
        r->count += rows;
        add_hits(r, report, rows);
    }
    if (err == DTQ_OK && drop) err = queue_history_drop(q, job->id, why);
    cJSON_Delete(report);
    return err;
}

enum dtq_err rows_commit(struct rows *r, struct dtq_why *why)
{
    if (r->file.f) return outfile_commit(&r->file, why);
    if (r->to) fflush(r->to);
    return DTQ_OK;
}

void rows_tell(struct rows *r, cJSON *value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(value, "rows");
    cJSON_AddNumberToObject(value, "rows", (double)r->count);
    if (r->labelled == r->count && r->model.kind == MODEL_LINREG)
        cJSON_ReplaceItemInObjectCaseSensitive(value, "rmse",
                                               json_exact(sqrt(r->squares / (double)r->count)));
    else if (r->labelled == r->count)
        cJSON_ReplaceItemInObjectCaseSensitive(value, "accuracy",
                                               json_exact(r->correct / (double)r->count));
    if (r->app->file) cJSON_AddStringToObject(value, "out", r->app->file);
    if (r->list) cJSON_AddItemToObject(value, "predictions", r->list);
    r->list = NULL;
}

void rows_summary(const struct rows *r, struct buf *out)
{
    render_count(r->count, out);
    buf_text(out, r->count == 1 ? " row" : " rows");
    if (r->labelled == r->count && r->model.kind == MODEL_LINREG)
        buf_printf(out, ", RMSE %.6g", sqrt(r->squares / (double)r->count));
    else if (r->labelled == r->count)
        buf_printf(out, ", accuracy %.6g", r->correct / (double)r->count);
    if (r->app->file) buf_printf(out, "; wrote %s", r->app->file);
}
