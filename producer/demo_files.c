/* demo_files.c: the data that the demo reads, and the files that it leaves. */
#include "producer/demo_files.h"

#include "common/shipped.h"
#include "producer/artifacts.h"
#include "producer/paths.h"
#include "producer/plot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum dtq_err demo_data(const char *name, char *path, size_t size, struct dtq_why *why)
{
    char file[PATHS_MAX + 80];

    if (shipped_data(path, size)) {
        snprintf(file, sizeof file, "%s/%.60s", path, name);
        if (access(file, R_OK) == 0) return DTQ_OK;
    }
    snprintf(path, size, "data");
    snprintf(file, sizeof file, "data/%.60s", name);
    if (access(file, R_OK) == 0) return DTQ_OK;
    return err_set(
        why, DTQ_INPUT,
        "%s was found neither in ./data nor where `make install` puts data sets; run the "
        "demo in the folder of the sources, or install them",
        name);
}

enum dtq_err demo_folder(const char *given, struct outdir *out, struct dtq_why *why)
{
    const char *named = getenv("DTQ_OUT"), *base = getenv("TMPDIR");
    char temporary[OUTDIR_MAX / 2];
    enum dtq_err err;

    if (given || (named && *named)) {
        err = outdir_choose(given, out, why);
    } else if (access(".", W_OK | X_OK) == 0) {
        err = outdir_choose("dtq-demo", out, why);
    } else {
        snprintf(temporary, sizeof temporary, "%.1000s/dtq-demo-files-XXXXXX",
                 base && *base ? base : "/tmp");
        if (!mkdtemp(temporary))
            return err_set(why, DTQ_IO, "no folder for files can be made: %s: %s; give --dir DIR",
                           temporary, strerror(errno));
        err = outdir_choose(temporary, out, why);
    }
    return err == DTQ_OK ? outdir_make(out, why) : err;
}

enum dtq_err demo_write(const struct app *app, struct queue *q, const char *job_id, cJSON *files,
                        struct dtq_why *why)
{
    struct queue_job job = {0};
    struct outdir out;
    cJSON *written = NULL, *item;
    enum dtq_err err = outdir_choose(app->out, &out, why);

    if (err == DTQ_OK) err = queue_job_read(q, job_id, &job, why);
    if (err == DTQ_OK) err = artifacts_write(app, q, &job, &written, why);
    if (err == DTQ_OK) err = plot_curves(app, &out, q, &job_id, 1, written, why);
    if (err == DTQ_OK) err = plot_findings(app, &out, q, &job_id, 1, false, written, why);
    if (err == DTQ_OK) err = plot_weights(app, &out, q, &job_id, 1, written, why);
    while ((item = cJSON_DetachItemFromArray(written, 0)))
        cJSON_AddItemToArray(files, item);
    cJSON_Delete(written);
    queue_job_clear(&job);
    return err;
}

bool demo_file_holds(const struct outdir *out, const char *job_id, const double *w, size_t count)
{
    char path[OUTDIR_MAX];
    bool same = true;
    double value;
    FILE *f;

    outdir_path(out, path, "weights_%s.csv", job_id);
    f = fopen(path, "r");
    for (size_t i = 0; f && same && i < count; i++)
        same = fscanf(f, i ? ",%lf" : "%lf", &value) == 1 && !memcmp(&value, &w[i], sizeof value);
    same = f && same && fgetc(f) == '\n' && fgetc(f) == EOF;
    if (f) fclose(f);
    return same;
}
