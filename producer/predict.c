/* predict.c: the command predict: the rows of a table through the model of a training. A job tells
 * of as many rows as Redis is to hold at a time; for a longer table jobs follow each other, each
 * fetched and dropped before the next one begins. */
#include "producer/command.h"
#include "producer/interrupt.h"
#include "producer/job_json.h"
#include "producer/rows.h"
#include "producer/submit.h"
#include "producer/trained.h"
#include "producer/wait.h"

#include <stdlib.h>
#include <string.h>

/* One prediction at work. */
struct prediction {
    const struct app *app;
    struct queue *q;
    struct rows rows;
    struct queue_job job;  /* the last one, ended */
    uint64_t skip, wanted; /* of the next job; wanted 0: all there are */
    char digest[20];       /* of the table */
};

/* What the new table has in common with that of the training, unless it is said otherwise. */
static cJSON *habits(const cJSON *training, const struct model *m)
{
    const char *delimiter = fields_text(training, "delimiter", NULL);
    cJSON *base = cJSON_CreateObject();

    if (delimiter) cJSON_AddStringToObject(base, "delimiter", delimiter);
    if (m->fill || m->missing == DATASET_ZERO)
        cJSON_AddStringToObject(base, "missing", m->fill ? "mean" : "zero");
    cJSON_AddStringToObject(base, "label", fields_text(training, "csvLabel", "first"));
    return base;
}

static enum dtq_err read_order(const struct trained *t, const char *const *texts, size_t count,
                               struct order *out, struct dtq_why *why)
{
    cJSON *base = habits(t->params, &t->model);
    double *vector = NULL;
    size_t numbers = 0;
    enum dtq_err err = model_pack(&t->model, base, &vector, &numbers, why);

    if (err == DTQ_OK) err = order_based(job_find("predict"), base, texts, count, out, why);
    if (err == DTQ_OK) {
        out->weights = vector;
        out->weight_count = numbers;
        vector = NULL;
    }
    cJSON_Delete(base);
    free(vector);
    return err;
}

static void set_number(cJSON *params, const char *name, uint64_t value)
{
    cJSON_DeleteItemFromObjectCaseSensitive(params, name);
    if (value) cJSON_AddNumberToObject(params, name, (double)value);
}

/* Takes the rows of the ended job. *more: the table has further rows that are wanted. */
static enum dtq_err take(struct prediction *p, bool drop, bool *more, struct dtq_why *why)
{
    cJSON *report = cJSON_Parse(p->job.report);
    const char *digest = fields_text(report, "digest", "");
    uint64_t rows = (uint64_t)fields_int(report, "rows", 0);
    uint64_t all = (uint64_t)fields_int(report, "fileRows", 0);
    enum dtq_err err = DTQ_OK;

    if (p->digest[0] && strcmp(p->digest, digest))
        err = err_set(why, DTQ_INPUT, "the table changed while it was predicted; predict again");
    snprintf(p->digest, sizeof p->digest, "%s", digest);
    if (err == DTQ_OK) err = rows_add(&p->rows, p->q, &p->job, drop, why);
    p->skip = (uint64_t)fields_int(report, "skip", 0) + rows;
    *more = p->skip < all && p->wanted != rows;
    if (p->wanted) p->wanted -= rows < p->wanted ? rows : p->wanted;
    cJSON_Delete(report);
    return err;
}

static int finish(struct prediction *p)
{
    struct buf summary = {0};
    struct dtq_why why;
    cJSON *value;
    enum dtq_err err = rows_commit(&p->rows, &why);

    if (err != DTQ_OK) return app_fail(p->app, err, &why);
    rows_summary(&p->rows, &summary);
    for (const cJSON *w = p->rows.warnings ? p->rows.warnings->child : NULL; w; w = w->next)
        app_note(p->app, "warning: %s", w->valuestring);
    if (!summary.failed) app_note(p->app, "%s: %s", p->job.id, summary.data);
    buf_clear(&summary);
    if (!p->app->program.json) return APP_DONE;
    value = job_json(&p->job, NULL);
    rows_tell(&p->rows, value);
    err = app_print_json(value, &why);
    cJSON_Delete(value);
    return err == DTQ_OK ? APP_DONE : app_fail(p->app, err, &why);
}

/* Waits for a job. *code is the exit status where it did not complete. */
static bool await(struct prediction *p, struct awaited *of, int *code)
{
    struct dtq_why why;
    enum dtq_err err;

    queue_job_clear(&p->job);
    err = wait_job(p->app, p->q, of, &p->job, &why);
    if (err != DTQ_OK)
        *code = app_fail(p->app, err, &why);
    else if (strcmp(p->job.state, "completed"))
        *code = wait_tell(p->app, p->q, &p->job);
    else
        return true;
    return false;
}

static int predict_all(struct prediction *p, struct order *order)
{
    struct awaited submitted;
    struct dtq_why why;
    bool more = true;
    int code = APP_DONE;

    p->skip = (uint64_t)fields_int(order->params, "skip", 0);
    p->wanted = (uint64_t)fields_int(order->params, "rows", 0);
    while (more) {
        enum dtq_err err;

        set_number(order->params, "skip", p->skip);
        set_number(order->params, "rows", p->wanted);
        err = submit_order(p->app, p->q, order, &submitted, &why);
        if (err != DTQ_OK) return app_fail(p->app, err, &why);
        if (p->app->detach) return submit_tell_id(p->app, order->type->name, submitted.id);
        if (!await(p, &submitted, &code)) return code;
        err = take(p, true, &more, &why);
        if (err != DTQ_OK) return app_fail(p->app, err, &why);
        free(order->job_id); /* it was for the first one */
        order->job_id = NULL;
    }
    return finish(p);
}

/* The rows of a prediction that was submitted with -d, or by other programs. They stay in Redis. */
static int fetch(struct prediction *p, const struct queue_job *look)
{
    struct awaited job;
    struct dtq_why why;
    bool more;
    int code;
    enum dtq_err err = queue_events_end(p->q, &job.from, &why);

    memcpy(job.id, look->id, sizeof job.id);
    memcpy(job.nonce, look->nonce, sizeof job.nonce);
    if (err == DTQ_OK && !await(p, &job, &code)) return code;
    if (err == DTQ_OK) err = take(p, false, &more, &why);
    if (err != DTQ_OK) return app_fail(p->app, err, &why);
    if (more && !p->wanted)
        app_note(p->app, "the table goes on behind these rows; predict with skip=%llu for the next",
                 (unsigned long long)p->skip);
    return finish(p);
}

int command_predict(const struct app *app, int count, const char *const *words)
{
    struct prediction p = {.app = app};
    struct trained trained = {0};
    struct order order = {0};
    struct queue_job job = {0};
    struct dtq_why why;
    enum dtq_err err = id_check("job id", words[0], &why);
    bool fetched;
    int code;

    if (err == DTQ_OK) err = app_connect(app, &p.q, &why);
    if (err == DTQ_OK) err = queue_job_read(p.q, words[0], &job, &why);
    fetched = err == DTQ_OK && !strcmp(job.type, "predict");
    if (fetched && count > 1)
        err = err_set(&why, DTQ_INPUT,
                      "job %s is a prediction, whose rows dtq predict %s writes; for another table "
                      "give the id of the training",
                      job.id, job.id);
    if (err == DTQ_OK && !fetched && count < 2)
        err = err_set(&why, DTQ_INPUT, "predict needs a table: %s predict %s file:new.csv",
                      app->name, words[0]);
    if (err == DTQ_OK && !fetched) err = trained_read(p.q, &job, &trained, &why);
    if (err == DTQ_OK && !fetched)
        err = read_order(&trained, words + 1, (size_t)count - 1, &order, &why);
    if (err == DTQ_OK) err = rows_open(&p.rows, app, &why);
    if (err != DTQ_OK)
        code = app_fail(app, err, &why);
    else
        code = fetched ? fetch(&p, &job) : predict_all(&p, &order);
    rows_clear(&p.rows);
    order_clear(&order);
    trained_clear(&trained);
    queue_job_clear(&job);
    queue_job_clear(&p.job);
    queue_free(p.q);
    return code;
}
