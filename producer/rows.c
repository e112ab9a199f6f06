/* rows.c: pages of scores become lines. */
#include "producer/rows.h"

#include "common/json.h"
#include "common/show/render.h"

#include "jobs/train/auc.h"

#include <inttypes.h>
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
    cJSON_Delete(r->warnings);
    cJSON_Delete(r->figures);
    free(r->confusion);
    free(r->above);
    free(r->below);
    model_clear(&r->model);
    *r = (struct rows){0};
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

/* Keeps the score of a row that has a label, for the AUC of all rows. */
static bool rank_row(struct rows *r, const double *row)
{
    size_t used = r->above_count + r->below_count;
    double target = row[r->model.outputs + 1], z = row[r->model.outputs + 2];

    if (used >= EVALUATED_RANKS_MAX) return true; /* too many: there will be no AUC */
    if (used == r->ranks_room) {
        size_t room = used ? 2 * used : 1024;
        double *above = realloc(r->above, room * sizeof *above);
        double *below = realloc(r->below, room * sizeof *below);

        if (above) r->above = above;
        if (below) r->below = below;
        if (!above || !below) return false;
        r->ranks_room = room;
    }
    if (target == 1)
        r->above[r->above_count++] = z;
    else
        r->below[r->below_count++] = z;
    return true;
}

static enum dtq_err page(struct rows *r, const struct queue_job *job, uint64_t first,
                         const double *numbers, size_t count, uint64_t rows, size_t width,
                         struct dtq_why *why)
{

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
        if (width == r->model.outputs + 3 && !rank_row(r, numbers + i * width))
            return err_set(why, DTQ_NOMEM, "out of memory for the scores of the rows");
    }
    return DTQ_OK;
}

static uint64_t whole(const cJSON *report, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(report, name);

    return cJSON_IsNumber(value) && value->valuedouble > 0 ? (uint64_t)value->valuedouble : 0;
}

/* Takes the sums and the confusion matrix of a job's rows. */
static bool add_sums(struct rows *r, const cJSON *report)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(report, "confusion"), *row, *item;
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(report, "sums");
    size_t matrix = evaluated_matrix(&r->model), i = 0;
    struct evaluated sums;

    if (!array) return true;
    if (!evaluated_read(array, &sums)) return false;
    evaluated_add(&r->sums, &sums);
    if (!matrix) return true;
    if (!r->confusion) r->confusion = calloc(matrix, sizeof *r->confusion);
    cJSON_ArrayForEach(row, rows) cJSON_ArrayForEach(item, row) if (r->confusion && i < matrix)
        r->confusion[i++] += cJSON_IsNumber(item) ? item->valuedouble : 0;
    return r->confusion && i == matrix;
}

static void add_warnings(struct rows *r, const cJSON *report)
{
    const cJSON *warning, *there;

    cJSON_ArrayForEach(warning, cJSON_GetObjectItemCaseSensitive(report, "warnings"))
    {
        bool told = !cJSON_IsString(warning);

        cJSON_ArrayForEach(there, r->warnings)
            told = told || !strcmp(there->valuestring, warning->valuestring);
        if (told) continue;
        if (!r->warnings) r->warnings = cJSON_CreateArray();
        cJSON_AddItemToArray(r->warnings, cJSON_Duplicate(warning, true));
    }
}

enum dtq_err rows_add(struct rows *r, struct queue *q, const struct queue_job *job, bool drop,
                      struct dtq_why *why)
{
    cJSON *report = cJSON_Parse(job->report);
    uint64_t rows = whole(report, "rows"), skip = whole(report, "skip");
    uint64_t page_rows = whole(report, "pageRows"), pages = whole(report, "pages");
    size_t width = (size_t)whole(report, "width");
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
        if (err == DTQ_OK) err = queue_job_still(q, job->id, job->nonce, why);
        if (err == DTQ_OK)
            err = page(r, job, skip + i * page_rows, numbers, count,
                       left < page_rows ? left : page_rows, width, why);
        free(numbers);
    }
    if (err == DTQ_OK) {
        r->count += rows;
        add_warnings(r, report);
        if (!add_sums(r, report))
            err = err_set(why, DTQ_SERVER, "the sums in the report of job %s cannot be read",
                          job->id);
    }
    if (err == DTQ_OK && drop) err = queue_history_drop(q, job->id, why);
    cJSON_Delete(report);
    return err;
}

/* The figures of all rows, if all of them had labels. */
static enum dtq_err find_figures(struct rows *r, struct dtq_why *why)
{
    size_t ranked = r->above_count + r->below_count;
    size_t more = r->above_count > r->below_count ? r->above_count : r->below_count;
    double *room;

    if (!r->sums.rows || r->sums.rows != r->count) return DTQ_OK;
    room = malloc((more + 1) * sizeof *room);
    r->figures = cJSON_CreateObject();
    if (!room || !r->figures) {
        free(room);
        return err_set(why, DTQ_NOMEM, "out of memory for the figures of the rows");
    }
    if (ranked == r->count)
        r->sums.sums.wins = auc_wins(r->above, r->above_count, r->below, r->below_count, room);
    evaluated_tell(&r->sums, &r->model, r->confusion, ranked == r->count, r->figures);
    free(room);
    return DTQ_OK;
}

enum dtq_err rows_commit(struct rows *r, struct dtq_why *why)
{
    enum dtq_err err = find_figures(r, why);

    if (err != DTQ_OK) return err;
    if (r->file.f) return outfile_commit(&r->file, why);
    if (r->to) fflush(r->to);
    return DTQ_OK;
}

void rows_tell(struct rows *r, cJSON *value)
{
    static const char *const of_one_job[] = {"rows", "sums", "confusion", "width", "warnings"};
    size_t n = r->model.outputs;
    cJSON *item, *confusion = NULL;

    for (size_t i = 0; i < sizeof of_one_job / sizeof *of_one_job; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(value, of_one_job[i]);
    cJSON_AddNumberToObject(value, "rows", (double)r->count);
    cJSON_ArrayForEach(item, r->figures)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(value, item->string);
        cJSON_AddItemToObject(value, item->string, json_exact(item->valuedouble));
    }
    if (r->figures && r->confusion) confusion = cJSON_AddArrayToObject(value, "confusion");
    for (size_t k = 0; confusion && k < n; k++)
        cJSON_AddItemToArray(confusion, cJSON_CreateDoubleArray(r->confusion + k * n, (int)n));
    if (r->warnings) cJSON_AddItemToObject(value, "warnings", cJSON_Duplicate(r->warnings, true));
    if (r->app->file) cJSON_AddStringToObject(value, "out", r->app->file);
    if (r->list) cJSON_AddItemToObject(value, "predictions", r->list);
    r->list = NULL;
}

void rows_summary(const struct rows *r, struct buf *out)
{
    static const struct {
        const char *name, *shown;
    } words[] = {{"loss", "loss"},
                 {"accuracy", "accuracy"},
                 {"precision", "precision"},
                 {"recall", "recall"},
                 {"f1", "F1"},
                 {"auc", "AUC"},
                 {"rmse", "RMSE"},
                 {"mae", "MAE"},
                 {"r2", "R2"}};

    render_count(r->count, out);
    buf_text(out, r->count == 1 ? " row" : " rows");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const cJSON *figure = cJSON_GetObjectItemCaseSensitive(r->figures, words[i].name);

        if (figure) buf_printf(out, ", %s %.6g", words[i].shown, figure->valuedouble);
    }
    if (r->app->file) buf_printf(out, "; wrote %s", r->app->file);
}
