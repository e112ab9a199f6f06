/* plot.c: `dtq plot`. */
#include "producer/plot.h"

#include "producer/charts.h"
#include "producer/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum dtq_err plot_format(const struct app *app, struct chart_file *file, const char **end,
                         struct dtq_why *why)
{
    const char *format = app->format ? app->format : "png";

    if (strcmp(format, "png") && strcmp(format, "svg"))
        return err_set(why, DTQ_INPUT, "--format %.40s: expected png or svg", format);
    file->format = strcmp(format, "svg") ? CHART_PNG : CHART_SVG;
    file->scale = file->format == CHART_PNG ? 2 : 1; /* sharp in print, too */
    *end = format;
    return DTQ_OK;
}

static void tell_warnings(const struct app *app, struct buf *warnings)
{
    char *rest = warnings->failed ? NULL : warnings->data;

    for (char *line; rest && (line = strsep(&rest, "\n"));)
        if (*line) app_note(app, "%s", line);
    buf_clear(warnings);
}

enum dtq_err plot_speedup(const struct app *app, const struct outdir *out, const char *only,
                          cJSON *files, struct dtq_why *why)
{
    static const struct {
        const char *name;
        enum dtq_err (*draw)(const struct speedup *s, const struct chart_file *file,
                             struct dtq_why *why);
    } pictures[] = {{"speedup", charts_speedup}, {"sync_async", charts_modes}};
    char path[OUTDIR_MAX];
    struct chart_file file = {.path = path};
    struct buf warnings = {0};
    struct speedup s = {0};
    const char *end;
    enum dtq_err err = plot_format(app, &file, &end, why);

    outdir_path(out, path, "logs/speedup.csv");
    if (err == DTQ_OK && access(path, F_OK) != 0)
        err = err_set(why, DTQ_INPUT,
                      "there is no %s yet: trainings that a producer waits for write it, and dtq "
                      "speedup; --dir DIR names another folder",
                      path);
    if (err == DTQ_OK) err = speedup_read(path, only, &s, &warnings, why);
    tell_warnings(app, &warnings);
    for (size_t i = 0; err == DTQ_OK && i < sizeof pictures / sizeof *pictures; i++) {
        outdir_path(out, path, "logs/%s.%s", pictures[i].name, end);
        err = pictures[i].draw(&s, &file, why);
        if (err == DTQ_OK) cJSON_AddItemToArray(files, cJSON_CreateString(path));
        if (err == DTQ_NONE) {
            app_note(app, "%s", why->text);
            err = DTQ_OK;
        }
    }
    speedup_clear(&s);
    return err;
}

/* From Redis. DTQ_JOB_GONE: it does not know the job (any more). */
static enum dtq_err curve_from_queue(struct queue *q, const char *id, struct curve *out,
                                     struct describe *words, struct dtq_why *why)
{
    struct queue_job job = {0};
    cJSON *epochs = NULL, *params, *report;
    enum dtq_err err = queue_job_read(q, id, &job, why);

    if (err == DTQ_OK) err = queue_epochs(q, id, &epochs, why);
    if (err == DTQ_OK) err = queue_job_still(q, id, job.nonce, why);
    if (err == DTQ_OK && strcmp(job.type, "train"))
        err = err_set(why, DTQ_INPUT, "job %s is a %s: only trainings have curves", id, job.type);
    else if (err == DTQ_OK && !cJSON_GetArraySize(epochs))
        err = err_set(why, DTQ_INPUT,
                      "job %s is %s and has ended no epoch: there is nothing to draw", id,
                      job.state);
    if (err == DTQ_OK) {
        params = cJSON_Parse(job.params);
        report = cJSON_Parse(job.report);
        err = curve_from_json(epochs, params, report, out, why);
        describe_training(params, words);
        cJSON_Delete(params);
        cJSON_Delete(report);
    }
    cJSON_Delete(epochs);
    queue_job_clear(&job);
    return err;
}

/* From Redis if it is there and knows the job, else from the log. */
static enum dtq_err read_curve(const struct app *app, const struct outdir *out, struct queue *q,
                               const char *id, struct curve *curve, struct describe *words,
                               struct dtq_why *why)
{
    char path[OUTDIR_MAX];
    struct buf warnings = {0};
    enum dtq_err err = DTQ_JOB_GONE;

    if (q) err = curve_from_queue(q, id, curve, words, why);
    if (err != DTQ_JOB_GONE) return err;
    outdir_path(out, path, "logs/%s_epochs.csv", id);
    if (access(path, F_OK) != 0)
        return err_set(why, DTQ_INPUT,
                       "%s job \"%s\", and there is no %s either; dtq jobs lists "
                       "what there is",
                       q ? "Redis knows no" : "no Redis answers that might know", id, path);
    err = curve_from_csv(path, curve, &warnings, why);
    tell_warnings(app, &warnings);
    if (err == DTQ_OK && !curve->n)
        err = err_set(why, DTQ_INPUT, "%s holds no epoch: there is nothing to draw", path);
    if (err == DTQ_OK)
        app_note(app,
                 "%s is drawn from %s; a ROC curve or confusion matrix of it only Redis would know",
                 id, path);
    return err;
}

void plot_name(const char *const *ids, size_t count, char name[PLOT_NAME_BYTES])
{
    size_t used = 0;

    for (size_t i = 0; i < count && i < PLOT_IDS; i++)
        used += (size_t)snprintf(name + used, PLOT_NAME_BYTES - used, "%s%s", i ? "+" : "", ids[i]);
    if (count > PLOT_IDS)
        snprintf(name + used, PLOT_NAME_BYTES - used, "+%zu_more", count - PLOT_IDS);
}

enum dtq_err plot_curves(const struct app *app, const struct outdir *out, struct queue *q,
                         const char *const *ids, size_t count, cJSON *files, struct dtq_why *why)
{
    char path[OUTDIR_MAX], name[PLOT_NAME_BYTES];
    struct chart_file file = {.path = path};
    struct curve *curves = calloc(count, sizeof *curves);
    struct chart_training *trainings = calloc(count, sizeof *trainings);
    const char *end;
    enum dtq_err err = plot_format(app, &file, &end, why);

    if (err == DTQ_OK && (!curves || !trainings))
        err = err_set(why, DTQ_NOMEM, "out of memory for curves");
    for (size_t i = 0; err == DTQ_OK && i < count; i++) {
        err = id_check("job id", ids[i], why);
        if (err != DTQ_OK) break;
        trainings[i].id = ids[i];
        err = read_curve(app, out, q, ids[i], &curves[i], &trainings[i].words, why);
    }
    if (err == DTQ_OK) err = outdir_make(out, why);
    if (err == DTQ_OK) {
        plot_name(ids, count, name);
        outdir_path(out, path, "logs/%s_curves.%s", name, end);
        err = charts_curves(trainings, curves, count, &file, why);
    }
    if (err == DTQ_OK) cJSON_AddItemToArray(files, cJSON_CreateString(path));
    for (size_t i = 0; curves && i < count; i++)
        curve_clear(&curves[i]);
    free(curves);
    free(trainings);
    return err;
}

static enum dtq_err print_paths(const struct app *app, const cJSON *files, struct dtq_why *why)
{
    const cJSON *item;
    cJSON *value;
    enum dtq_err err;

    if (!app->program.json) {
        cJSON_ArrayForEach(item, files) puts(item->valuestring);
        return DTQ_OK;
    }
    value = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(value, "files", (cJSON *)files);
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

/* Each id once, in the order of the first time: a curve below its own double would not be seen. */
static size_t once_each(const char *const *ids, size_t count, const char **out)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        while (at < used && strcmp(out[at], ids[i]))
            at++;
        if (at == used) out[used++] = ids[i];
    }
    return used;
}

int command_plot(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct outdir out;
    struct dtq_why why;
    cJSON *files = cJSON_CreateArray();
    const char **ids = calloc((size_t)count + 1, sizeof *ids);
    size_t id_count = ids ? once_each(words, (size_t)count, ids) : 0;
    enum dtq_err err = outdir_choose(app->out, &out, &why);

    if (err == DTQ_OK && !ids) err = err_set(&why, DTQ_NOMEM, "out of memory for job ids");
    if (err == DTQ_OK && count && app->only)
        err = err_set(&why, DTQ_INPUT,
                      "--only chooses runs for the chart of speedups; with job ids "
                      "it has no meaning");
    if (err == DTQ_OK && !count) {
        err = plot_speedup(app, &out, app->only, files, &why);
    } else if (err == DTQ_OK) {
        err = app_connect(app, &q, &why);
        if (err == DTQ_OK || err == DTQ_CONN)
            err = plot_curves(app, &out, q, ids, id_count, files, &why);
        if (err == DTQ_OK && q) err = plot_findings(app, &out, q, ids, id_count, true, files, &why);
        if (err == DTQ_OK && q) err = plot_weights(app, &out, q, ids, id_count, files, &why);
    }
    if (err == DTQ_OK) err = print_paths(app, files, &why);
    cJSON_Delete(files);
    free(ids);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
