/* export.c: the command export: a trained model for other programs. */
#include "common/plot/outfile.h"
#include "producer/command.h"
#include "producer/trained.h"

#include <stdio.h>
#include <string.h>

static enum dtq_err write_out(const struct app *app, const struct buf *text, struct dtq_why *why)
{
    struct outfile o = {0};
    enum dtq_err err;

    if (!app->file) {
        fwrite(text->data, 1, text->len, stdout); /* main tells when it cannot be written */
        return DTQ_OK;
    }
    err = outfile_open(&o, app->file, why);
    if (err != DTQ_OK) return err;
    fwrite(text->data, 1, text->len, o.f); /* an error shows in the commit */
    err = outfile_commit(&o, why);
    if (err == DTQ_OK) app_note(app, "wrote %s", app->file);
    return err;
}

static enum dtq_err tell_written(const struct app *app, const char *job_id, struct dtq_why *why)
{
    cJSON *value;
    enum dtq_err err;

    if (!app->file || !app->program.json) return DTQ_OK;
    value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "jobId", job_id);
    cJSON_AddStringToObject(value, "out", app->file);
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

int command_export(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct queue_job job = {0};
    struct trained trained = {0};
    struct buf text = {0};
    struct dtq_why why;
    enum dtq_err err = id_check("job id", words[0], &why);

    (void)count;
    if (err == DTQ_OK && app->program.json && app->format && !strstr(app->format, "json"))
        err = err_set(&why, DTQ_INPUT, "--json and --format %.40s contradict each other; omit one",
                      app->format);
    if (err == DTQ_OK) err = app_connect(app, &q, &why);
    if (err == DTQ_OK) err = queue_job_read(q, words[0], &job, &why);
    if (err == DTQ_OK) err = trained_read(q, &job, &trained, &why);
    if (err == DTQ_OK)
        err = model_export(&trained.model, job.id, app->format ? app->format : "json", &text, &why);
    if (err == DTQ_OK) err = write_out(app, &text, &why);
    if (err == DTQ_OK) err = tell_written(app, job.id, &why);
    trained_clear(&trained);
    queue_job_clear(&job);
    buf_clear(&text);
    queue_free(q);
    return err == DTQ_OK ? APP_DONE : app_fail(app, err, &why);
}
