/* artifacts.c: the files of a training. */
#include "producer/artifacts.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/plot/outfile.h"
#include "common/plot/weights_image.h"
#include "common/table/csvlog.h"
#include "producer/command.h"
#include "producer/curve.h"
#include "producer/describe.h"
#include "producer/outdir.h"
#include "producer/plot.h"
#include "producer/speedup.h"
#include "producer/tiles.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Redis' clock and that of the files may differ. */
enum { CLOCKS_APART_S = 60 };

/* What is being written. */
struct files {
    const struct app *app;
    struct queue *q;
    const struct queue_job *job;
    struct outdir out;
    const cJSON *epochs;
    const double *weights;
    size_t weight_count;
    char mode[SPEEDUP_MODE_MAX + 1];
    double throughput;
    cJSON *params, *report; /* owned; NULL: none */
    cJSON *list;            /* of the paths written */
};

static void wrote(struct files *f, const char *path)
{
    cJSON_AddItemToArray(f->list, cJSON_CreateString(path));
}

static enum dtq_err write_text(struct files *f, const char *path, const struct buf *text,
                               struct dtq_why *why)
{
    struct outfile o = {0};
    enum dtq_err err;

    if (text->failed) return err_set(why, DTQ_NOMEM, "out of memory for %s", path);
    err = outfile_open(&o, path, why);
    if (err != DTQ_OK) return err;
    fwrite(text->data, 1, text->len, o.f); /* an error shows in the commit */
    err = outfile_commit(&o, why);
    if (err == DTQ_OK) wrote(f, path);
    return err;
}

/* One line of numbers with all their digits: what wFile= reads. */
static enum dtq_err write_weights(struct files *f, const char *path, const double *w, size_t count,
                                  struct dtq_why *why)
{
    struct buf text = {0};
    enum dtq_err err;

    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%.17g", i ? "," : "", w[i]);
    buf_text(&text, "\n");
    err = write_text(f, path, &text, why);
    buf_clear(&text);
    return err;
}

static void epoch_path(const struct files *f, char path[OUTDIR_MAX], uint64_t epoch)
{
    outdir_path(&f->out, path, "logs/%s_epoch%03" PRIu64 "_weights.csv", f->job->id, epoch);
}

/* A file that is older than the job is one of an earlier job of this name. */
static void drop_older(const struct files *f, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && (int64_t)st.st_mtime < f->job->submitted_ms / 1000 - CLOCKS_APART_S)
        unlink(path);
}

/* The weights that an epoch left, when they are asked for. */
static enum dtq_err write_epoch(struct files *f, uint64_t epoch, struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    double *w = NULL;
    size_t count = 0;
    enum dtq_err err = DTQ_OK;

    epoch_path(f, path, epoch);
    if (f->app->epoch_weights) err = queue_history(f->q, f->job->id, epoch, &w, &count, why);
    if (err == DTQ_OK && count) err = write_weights(f, path, w, count, why);
    if (err == DTQ_OK && !count) drop_older(f, path);
    free(w);
    return err;
}

static enum dtq_err write_epochs(struct files *f, struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    struct buf text = {0};
    const cJSON *row;
    uint64_t last = 0;
    enum dtq_err err;

    outdir_path(&f->out, path, "logs/%s_epochs.csv", f->job->id);
    curve_to_csv(f->job->id, f->mode, f->epochs, &text);
    err = write_text(f, path, &text, why);
    buf_clear(&text);
    cJSON_ArrayForEach(row, f->epochs)
    {
        last = (uint64_t)fields_int(row, "epoch", 0);
        if (err == DTQ_OK) err = write_epoch(f, last, why);
    }
    /* What an earlier job of this name, of another Redis, left beyond the last one. */
    do
        epoch_path(f, path, ++last);
    while (unlink(path) == 0);
    return err;
}

/* One tile a class. Without --width, what is no picture is none. */
static enum dtq_err write_picture(struct files *f, struct dtq_why *why)
{
    char path[OUTDIR_MAX], title[ID_MAX + 40];
    struct tiles tiles = {0};
    struct weights_image image = {
        .width = (size_t)f->app->width,
        .colours = f->app->gray ? WEIGHTS_GRAY : WEIGHTS_DIVERGING,
        .title = title,
    };
    struct weights_layout layout;
    enum dtq_err err = tiles_read(f->params, f->report, f->weights, f->weight_count, &tiles, why);

    if (err != DTQ_OK) return err;
    image.weights = tiles.weights;
    image.n = tiles.n;
    image.tiles = tiles.count;
    image.captions = tiles.captions;
    if (image.width || weights_image_layout(&image, &layout, why) == DTQ_OK) {
        outdir_path(&f->out, path, "weights_%s.png", f->job->id);
        snprintf(title, sizeof title, "weights of job %s", f->job->id);
        err = weights_image_write(&image, path, why);
        if (err == DTQ_OK) wrote(f, path);
    }
    tiles_clear(&tiles);
    return err;
}

static enum dtq_err write_last_weights(struct files *f, struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    enum dtq_err err;

    outdir_path(&f->out, path, "weights_%s.csv", f->job->id);
    err = write_weights(f, path, f->weights, f->weight_count, why);
    return err == DTQ_OK ? write_picture(f, why) : err;
}

/* Workers that took part in an epoch, as its log has them: a job counts those too that only looked
 * at the data. */
static uint64_t workers_of(const struct files *f)
{
    const cJSON *row;
    long long most = 0;

    cJSON_ArrayForEach(row, f->epochs)
    {
        long long workers = fields_int(row, "workers", 0);

        if (workers > most) most = workers;
    }
    return most > 0 ? (uint64_t)most : f->job->workers;
}

static void metric(const struct files *f, const char *name, char text[40])
{
    double value = fields_real(f->report, name, NAN);

    text[0] = '\0';
    if (isfinite(value)) snprintf(text, 40, "%.17g", value);
}

/* Lines are told apart by time and id: with another Redis ids begin anew. */
static enum dtq_err write_shared(struct files *f, struct dtq_why *why)
{
    static const char *const columns[] = {"timestamp", "jobId",        "wallMs",  "throughput",
                                          "workers",   "mode",         "loss",    "accuracy",
                                          "testLoss",  "testAccuracy", "training"};
    char path[OUTDIR_MAX], stamp[25], wall[24], throughput[40], workers[24], metrics[4][40],
        digest[DESCRIBE_DIGEST_MAX], words[DESCRIBE_MAX];
    const char *const cells[] = {stamp,      f->job->id, wall,       throughput, workers, f->mode,
                                 metrics[0], metrics[1], metrics[2], metrics[3], words};
    struct describe d;
    struct speedup_row run = {.stamp = stamp,
                              .job_id = f->job->id,
                              .mode = f->mode,
                              .workers = (double)workers_of(f),
                              .wall_ms = (double)queue_job_wall_ms(f->job),
                              .params = digest,
                              .words = words};
    enum dtq_err err;

    for (size_t i = 0; i < 4; i++)
        metric(f, columns[6 + i], metrics[i]);
    describe_training(f->params, &d);
    describe_join(&d, 0, DESCRIBE_PARTS, words);
    describe_digest(f->params, f->report, digest);
    clock_stamp(stamp, f->job->finished_ms);
    snprintf(wall, sizeof wall, "%" PRId64, queue_job_wall_ms(f->job));
    snprintf(throughput, sizeof throughput, "%.12g", f->throughput);
    snprintf(workers, sizeof workers, "%" PRIu64, workers_of(f));
    outdir_path(&f->out, path, "logs/job_summaries.csv");
    err = csvlog_append_once(path, columns, cells, sizeof columns / sizeof *columns, 2, why);
    if (err != DTQ_OK && err != DTQ_NONE) return err;
    wrote(f, path);
    outdir_path(&f->out, path, "logs/speedup.csv");
    d.parts[DESCRIBE_MODE][0] = '\0'; /* has a column of its own */
    describe_join(&d, 0, DESCRIBE_PARTS, words);
    err = speedup_log(path, &run, why);
    if (err != DTQ_OK && err != DTQ_NONE) return err;
    wrote(f, path);
    return DTQ_OK;
}

static void read_report(struct files *f)
{
    f->params = cJSON_Parse(f->job->params);
    f->report = cJSON_Parse(f->job->report);
    snprintf(f->mode, sizeof f->mode, "%s",
             fields_text(f->report, "mode", fields_text(f->params, "mode", "")));
    f->throughput = fields_real(f->report, "throughput", 0);
}

static enum dtq_err nothing(const struct queue_job *job, struct dtq_why *why)
{
    if (strcmp(job->type, "train"))
        return err_set(why, DTQ_INPUT, "job %s is a %s; only trainings have files", job->id,
                       job->type);
    return err_set(why, DTQ_NONE, "job %s is %s and %s no epoch: there is nothing to write",
                   job->id, job->state, queue_job_ended(job) ? "came to the end of" : "has ended");
}

static enum dtq_err write_all(struct files *f, struct dtq_why *why)
{
    bool completed = !strcmp(f->job->state, "completed");
    enum dtq_err err = DTQ_OK;

    /* Of a job that failed at once the weights are those that it was given. */
    if (!cJSON_GetArraySize(f->epochs) && (!f->weight_count || !strcmp(f->job->state, "failed")))
        return nothing(f->job, why);
    read_report(f);
    err = outdir_make(&f->out, why);
    if (err == DTQ_OK && cJSON_GetArraySize(f->epochs)) err = write_epochs(f, why);
    if (err == DTQ_OK && completed) err = write_shared(f, why);
    if (err == DTQ_OK && f->weight_count) err = write_last_weights(f, why);
    return err;
}

enum dtq_err artifacts_write(const struct app *app, struct queue *q, const struct queue_job *job,
                             cJSON **files, struct dtq_why *why)
{
    struct files f = {.app = app, .q = q, .job = job, .list = cJSON_CreateArray()};
    cJSON *epochs = NULL;
    double *weights = NULL;
    enum dtq_err err = f.list ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for files");

    if (err == DTQ_OK) err = outdir_choose(app->out, &f.out, why);
    if (err == DTQ_OK) err = queue_epochs(q, job->id, &epochs, why);
    if (err == DTQ_OK) err = queue_weights(q, job->id, &weights, &f.weight_count, why);
    if (err == DTQ_OK) err = queue_job_still(q, job->id, job->nonce, why);
    f.epochs = epochs;
    f.weights = weights;
    if (err == DTQ_OK) err = write_all(&f, why);
    cJSON_Delete(epochs);
    cJSON_Delete(f.params);
    cJSON_Delete(f.report);
    free(weights);
    *files = f.list;
    return err;
}

/* All paths in one line; those of the weights of epochs as "first ... last". */
static void list_files(const cJSON *files, struct buf *out)
{
    const cJSON *item, *first = NULL, *last = NULL;
    const char *between = "";

    cJSON_ArrayForEach(item, files)
    {
        const char *tail = strstr(item->valuestring, "_weights.csv");

        if (tail && strstr(item->valuestring, "_epoch")) {
            if (!first) first = item;
            last = item;
            continue;
        }
        buf_printf(out, "%s%s", between, item->valuestring);
        between = ", ";
    }
    if (first) buf_printf(out, "%s%s", between, first->valuestring);
    if (first != last) buf_printf(out, " ... %s", last->valuestring);
}

int artifacts_after(const struct app *app, struct queue *q, const struct queue_job *job, int code)
{
    struct buf text = {0};
    struct dtq_why why;
    cJSON *files = NULL;
    enum dtq_err err;

    if (app->no_files || strcmp(job->type, "train")) return code;
    err = artifacts_write(app, q, job, &files, &why);
    list_files(files, &text);
    if (text.len && !text.failed) app_note(app, "wrote %s", text.data);
    if (err != DTQ_OK && err != DTQ_NONE) {
        app_note(app, "%s; the job is kept: dtq artifacts %s --dir DIR writes its files", why.text,
                 job->id);
        if (code == APP_DONE) code = APP_FAILED;
    }
    buf_clear(&text);
    cJSON_Delete(files);
    return code;
}

static enum dtq_err print_files(const struct app *app, const struct queue_job *job,
                                const cJSON *files, struct dtq_why *why)
{
    const cJSON *item;
    cJSON *value;
    enum dtq_err err;

    if (!app->program.json) {
        cJSON_ArrayForEach(item, files) puts(item->valuestring);
        return DTQ_OK;
    }
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "jobId", job->id);
    cJSON_AddStringToObject(value, "state", job->state);
    cJSON_AddItemReferenceToObject(value, "files", (cJSON *)files);
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

/* What dtq plot draws of the job; after a wait it would take longer than many a training. */
static enum dtq_err draw_charts(const struct app *app, struct queue *q, const struct queue_job *job,
                                cJSON *files, struct dtq_why *why)
{
    const char *const ids[] = {job->id};
    struct outdir out;
    cJSON *report = cJSON_Parse(job->report);
    bool any = fields_int(report, "epochsDone", 0) > 0;
    enum dtq_err err = outdir_choose(app->out, &out, why);

    cJSON_Delete(report);
    if (err == DTQ_OK && any) err = plot_curves(app, &out, q, ids, 1, files, why);
    if (err == DTQ_OK && any) err = plot_findings(app, &out, q, ids, 1, false, files, why);
    if (err == DTQ_OK && any) err = plot_weights(app, &out, q, ids, 1, files, why);
    return err;
}

int command_artifacts(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct dtq_why why;
    cJSON *files = NULL;
    enum dtq_err err = id_check("job id", words[0], &why);
    int code;

    (void)count;
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = queue_job_read(q, words[0], &job, &why);
    if (err == DTQ_OK) err = artifacts_write(app, q, &job, &files, &why);
    if (err == DTQ_OK) err = draw_charts(app, q, &job, files, &why);
    if (err == DTQ_OK) err = print_files(app, &job, files, &why);
    code = err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
    if (err == DTQ_NONE && queue_job_ended(&job)) code = APP_FAILED; /* nor will there ever be */
    cJSON_Delete(files);
    queue_job_clear(&job);
    queue_free(q);
    return code;
}
