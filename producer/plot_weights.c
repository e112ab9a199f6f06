/* plot_weights.c: the weights of jobs with a scale, as pictures. */
#include "producer/plot.h"

#include "producer/charts.h"

#include <stdlib.h>
#include <string.h>

static enum dtq_err draw(const struct app *app, const struct chart_file *file,
                         const struct queue_job *job, const double *weights, size_t count,
                         struct dtq_why *why)
{
    cJSON *params = cJSON_Parse(job->params), *report = cJSON_Parse(job->report);
    struct tiles tiles = {0};
    const struct chart_weights chart = {.id = job->id,
                                        .params = params,
                                        .report = report,
                                        .tiles = &tiles,
                                        .width = (size_t)app->width,
                                        .gray = app->gray};
    enum dtq_err err = tiles_read(params, report, weights, count, &tiles, why);

    if (err == DTQ_OK) err = charts_weights(&chart, file, why);
    tiles_clear(&tiles);
    cJSON_Delete(params);
    cJSON_Delete(report);
    return err;
}

static enum dtq_err plot_one(const struct app *app, const struct outdir *out, struct queue *q,
                             const char *id, cJSON *files, struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    struct chart_file file = {.path = path};
    struct queue_job job = {0};
    double *weights = NULL;
    size_t count = 0;
    const char *end;
    enum dtq_err err = plot_format(app, &file, &end, why);

    if (err == DTQ_OK) err = queue_job_read(q, id, &job, why);
    if (err == DTQ_OK) err = queue_weights(q, id, &weights, &count, why);
    outdir_path(out, path, "logs/%s_weights.%s", id, end);
    if (err == DTQ_OK && count) {
        err = draw(app, &file, &job, weights, count, why);
        if (err == DTQ_OK) cJSON_AddItemToArray(files, cJSON_CreateString(path));
    }
    free(weights);
    queue_job_clear(&job);
    return err == DTQ_JOB_GONE ? DTQ_OK : err; /* its curves came from a log */
}

enum dtq_err plot_weights(const struct app *app, const struct outdir *out, struct queue *q,
                          const char *const *ids, size_t count, cJSON *files, struct dtq_why *why)
{
    enum dtq_err err = outdir_make(out, why);

    for (size_t i = 0; err == DTQ_OK && i < count; i++)
        err = plot_one(app, out, q, ids[i], files, why);
    return err;
}
