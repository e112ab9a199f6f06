/* plot_findings.c: ROC curves and confusion matrices of jobs, as pictures. */
#include "producer/plot.h"

#include "common/fields.h"
#include "producer/charts.h"
#include "producer/findings.h"

#include <stdlib.h>
#include <string.h>

/* A job with all that its findings are read from. */
struct source {
    struct queue_job job;
    cJSON *params, *report; /* owned */
    double *roc;            /* owned */
    struct findings_job of; /* borrows from the above */
};

static void source_clear(struct source *s)
{
    cJSON_Delete(s->params);
    cJSON_Delete(s->report);
    free(s->roc);
    queue_job_clear(&s->job);
    *s = (struct source){0};
}

static enum dtq_err source_read(struct queue *q, const char *id, struct source *s,
                                struct dtq_why *why)
{
    size_t count = 0;
    uint64_t version;
    enum dtq_err err = queue_job_read(q, id, &s->job, why);

    if (err == DTQ_OK) err = queue_weights_read(q, id, "roc", &s->roc, &count, &version, why);
    if (err != DTQ_OK) return err;
    s->params = cJSON_Parse(s->job.params);
    s->report = cJSON_Parse(s->job.report);
    s->of = (struct findings_job){.id = s->job.id,
                                  .type = s->job.type,
                                  .state = s->job.state,
                                  .ended = queue_job_ended(&s->job),
                                  .params = s->params,
                                  .report = s->report,
                                  .roc = s->roc,
                                  .roc_count = count};
    return DTQ_OK;
}

/* What all pictures of one call share. */
struct drawing {
    const struct app *app;
    const struct outdir *out;
    struct chart_file file;
    const char *end;
    bool tell;
    cJSON *files;
    struct findings_roc *rocs;       /* (count) owned */
    struct chart_training *roc_jobs; /* (count) owned; of those that are there */
    size_t roc_count;
    struct buf usual; /* sentences of jobs that have no curve, as was to be expected */
};

static enum dtq_err draw_rocs(struct drawing *d, struct dtq_why *why)
{
    const char **ids = calloc(d->roc_count + 1, sizeof *ids);
    char path[OUTDIR_MAX], name[PLOT_NAME_BYTES];
    enum dtq_err err;

    if (!ids) return err_set(why, DTQ_NOMEM, "out of memory for a ROC curve");
    for (size_t i = 0; i < d->roc_count; i++)
        ids[i] = d->roc_jobs[i].id;
    plot_name(ids, d->roc_count, name);
    free(ids);
    if (!d->roc_count) return DTQ_OK;
    outdir_path(d->out, path, "logs/%s_roc.%s", name, d->end);
    d->file.path = path;
    err = charts_roc(d->roc_jobs, d->rocs, d->roc_count, &d->file, why);
    if (err == DTQ_OK) cJSON_AddItemToArray(d->files, cJSON_CreateString(path));
    return err;
}

static enum dtq_err draw_matrix(struct drawing *d, const struct findings_job *job,
                                struct dtq_why *why)
{
    struct findings_matrix *m = malloc(sizeof *m);
    struct chart_training training = {.id = job->id};
    char path[OUTDIR_MAX];
    enum dtq_err err;

    if (!m) return err_set(why, DTQ_NOMEM, "out of memory for a confusion matrix");
    err = findings_matrix(job, m, why);
    outdir_path(d->out, path, "logs/%s_confusion.%s", job->id, d->end);
    d->file.path = path;
    describe_training(job->params, &training.words);
    if (err == DTQ_OK) err = charts_confusion(&training, m, &d->file, why);
    if (err == DTQ_OK) cJSON_AddItemToArray(d->files, cJSON_CreateString(path));
    free(m);
    return err;
}

/* What the job has: a matrix is drawn, a curve is kept for draw_rocs. */
static enum dtq_err take(struct drawing *d, const struct findings_job *job, struct dtq_why *why)
{
    bool softmax = !strcmp(fields_text(job->params, "model", ""), "softmax");
    enum dtq_err err;

    if (softmax) {
        err = draw_matrix(d, job, why);
    } else {
        err = findings_roc(job, &d->rocs[d->roc_count], why);
        if (err == DTQ_OK) {
            d->roc_jobs[d->roc_count].id = job->id;
            describe_training(job->params, &d->roc_jobs[d->roc_count++].words);
        }
    }
    /* The curves are drawn all the same. */
    if (err == DTQ_NONE && d->tell && findings_expected(job)) app_note(d->app, "%s", why->text);
    if (err == DTQ_NONE && !findings_expected(job)) buf_printf(&d->usual, "%s\n", why->text);
    return err == DTQ_NONE ? DTQ_OK : err;
}

static void tell_usual(struct drawing *d)
{
    char *rest = d->usual.failed ? NULL : d->usual.data;

    for (char *line; rest && (line = strsep(&rest, "\n"));)
        if (*line) app_note(d->app, "%s", line);
}

enum dtq_err plot_findings(const struct app *app, const struct outdir *out, struct queue *q,
                           const char *const *ids, size_t count, bool tell, cJSON *files,
                           struct dtq_why *why)
{
    struct drawing d = {.app = app, .out = out, .tell = tell, .files = files};
    struct source *sources = calloc(count, sizeof *sources);
    enum dtq_err err = plot_format(app, &d.file, &d.end, why);

    d.rocs = calloc(count, sizeof *d.rocs);
    d.roc_jobs = calloc(count, sizeof *d.roc_jobs);
    if (err == DTQ_OK && (!sources || !d.rocs || !d.roc_jobs))
        err = err_set(why, DTQ_NOMEM, "out of memory for pictures of %zu jobs", count);
    if (err == DTQ_OK) err = outdir_make(out, why);
    for (size_t i = 0; err == DTQ_OK && i < count; i++) {
        err = source_read(q, ids[i], &sources[i], why);
        if (err == DTQ_OK) err = take(&d, &sources[i].of, why);
        if (err == DTQ_JOB_GONE) err = DTQ_OK; /* its curves came from a log */
    }
    if (err == DTQ_OK) err = draw_rocs(&d, why);
    if (tell && d.roc_count) tell_usual(&d); /* the picture is of fewer jobs than were named */
    for (size_t i = 0; i < d.roc_count; i++)
        findings_roc_clear(&d.rocs[i]);
    for (size_t i = 0; sources && i < count; i++)
        source_clear(&sources[i]);
    free(sources);
    free(d.rocs);
    free(d.roc_jobs);
    buf_clear(&d.usual);
    return err;
}
