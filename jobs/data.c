/* data.c: naming, opening and telling apart the tables of jobs. */
#include "jobs/data.h"

#include "common/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum dtq_err data_check_ref(const char *name, const char *ref, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    if (!ref || dataset_ref_path(ref)) return DTQ_OK;
    if (!strcmp(ref, "file:"))
        return err_set(why, DTQ_INPUT, "%s=file: lacks a path; expected one such as %s=digits.csv",
                       name, name);
    return err_set(why, DTQ_INPUT,
                   "%s=%s: only files can be read, and \"%.*s:\" is not one; copy the data into "
                   "a data folder of the workers and give its path there, such as %s=digits.csv",
                   name, parse_shown(ref, shown), (int)strcspn(ref, ":"), ref, name);
}

static bool is_place(const char *label)
{
    return !strcmp(label, "first") || !strcmp(label, "last") || !strcmp(label, DATASET_NO_LABEL);
}

enum dtq_err data_read(const cJSON *params, const char *label, struct dataset_options *out,
                       struct dtq_why *why)
{
    struct dataset_options o = {
        .ref = fields_text(params, "dataRef", ""),
        .label = fields_text(params, "csvLabel", label),
        .has_header = fields_bool(params, "hasHeader", false),
        .ignore = fields_text(params, "ignore", NULL),
        .label_ref = fields_text(params, "labelRef", NULL),
    };
    const cJSON *header = cJSON_GetObjectItemCaseSensitive(params, "hasHeader");
    char shown[PARSE_SHOWN];
    enum dtq_err err = data_check_ref("dataRef", o.ref, why);

    if (err == DTQ_OK) err = data_check_ref("labelRef", o.label_ref, why);
    if (err == DTQ_OK)
        err = dataset_read_format(fields_text(params, "format", NULL), &o.format, why);
    if (err == DTQ_OK)
        err = dataset_read_missing(fields_text(params, "missing", NULL), &o.missing, why);
    if (err == DTQ_OK)
        err = dataset_read_delimiter(fields_text(params, "delimiter", NULL), &o.delimiter, why);
    if (err == DTQ_OK && header && !o.has_header && !is_place(o.label))
        err = err_set(why, DTQ_INPUT,
                      "csvLabel=%s: a column can only be named when the file has a header; leave "
                      "hasHeader=false away, or give csvLabel=first or csvLabel=last",
                      parse_shown(o.label, shown));
    if (err == DTQ_OK) *out = o;
    return err;
}

/* A name is no number: the first line is a header when nothing in it is one. */
static bool is_header(const struct dataset *d)
{
    double number;

    for (uint64_t i = 0; i <= d->features; i++) {
        const char *name = dataset_name(d, i);

        if (!name || parse_real(name, &number)) return false;
    }
    return true;
}

enum dtq_err data_look(const cJSON *params, struct dataset_options *options,
                       const struct job_env *env, const struct dataset **out, struct dtq_why *why)
{
    bool given = cJSON_GetObjectItemCaseSensitive(params, "hasHeader") != NULL;
    struct dataset_options other = *options;
    const struct dataset *headed;
    struct dtq_why instead;
    enum dtq_err err;

    if (!given) options->has_header = !is_place(options->label);
    err = env->dataset(env->ctx, options, out, why);
    if (err != DTQ_INPUT || given || options->has_header) return err;
    other.has_header = true;
    if (env->dataset(env->ctx, &other, &headed, &instead) != DTQ_OK) {
        *why = instead; /* of a line further down, most likely */
        return err;
    }
    if (!is_header(headed)) return err; /* a row with something wrong in it */
    *options = other;
    *out = headed;
    return DTQ_OK;
}

enum dtq_err data_open(const struct dataset_options *options, const struct data_file *file,
                       const struct job_env *env, const struct dataset **out, struct dtq_why *why)
{
    const struct dataset *d;
    enum dtq_err err = env->dataset(env->ctx, options, &d, why);

    if (err != DTQ_OK) return err;
    if (d->rows != file->rows || d->features != file->features || d->digest != file->digest)
        return err_set(why, DTQ_INPUT,
                       "%s is another file here (%" PRIu64 " rows, %" PRIu64
                       " features, digest %016" PRIx64 ") than the one the job began with (%" PRIu64
                       ", %" PRIu64 ", %016" PRIx64
                       "); give all workers the same file and submit the job again",
                       options->ref, d->rows, d->features, d->digest, file->rows, file->features,
                       file->digest);
    *out = d;
    return DTQ_OK;
}

void data_part_write(const struct data_part *part, struct buf *out)
{
    buf_printf(out,
               "rows %" PRIu64 " to %" PRIu64 " of %" PRIu64 " features %" PRIu64 " digest %" PRIx64
               " header %d labelled %d answers %d",
               part->from, part->until, part->file.rows, part->file.features, part->file.digest,
               part->file.has_header, part->file.labelled, part->file.answers);
}

enum dtq_err data_part_read(const void *spec, size_t len, struct data_part *out,
                            struct dtq_why *why)
{
    struct data_part p = {0};
    char text[200] = "", shown[PARSE_SHOWN];
    int header = 0, labelled = 0, answers = 0, end = 0;

    memcpy(text, spec, len < sizeof text ? len : sizeof text - 1);
    if (sscanf(text,
               "rows %" SCNu64 " to %" SCNu64 " of %" SCNu64 " features %" SCNu64 " digest %" SCNx64
               " header %d labelled %d answers %d%n",
               &p.from, &p.until, &p.file.rows, &p.file.features, &p.file.digest, &header,
               &labelled, &answers, &end) != 8 ||
        (size_t)end != len || p.from >= p.until || p.until > p.file.rows || header >> 1 ||
        labelled >> 1 || answers >> 1)
        return err_set(why, DTQ_INPUT, "task \"%s\": \"rows A to B of N ...\" was expected",
                       parse_shown(text, shown));
    p.file.has_header = header;
    p.file.labelled = labelled;
    p.file.answers = answers;
    *out = p;
    return DTQ_OK;
}

enum dtq_err data_parts_emit(const struct data_file *file, uint64_t from, uint64_t until,
                             uint64_t rows, uint64_t no, const struct job_sink *sink,
                             struct dtq_why *why)
{
    struct buf spec = {0};

    for (uint64_t row = from; row < until && !spec.failed; row += rows) {
        uint64_t end = until - row < rows ? until : row + rows;

        buf_reset(&spec);
        data_part_write(&(struct data_part){.file = *file, .from = row, .until = end}, &spec);
        if (!spec.failed) sink->task(sink->ctx, no++, spec.data, spec.len);
    }
    if (spec.failed) return err_set(why, DTQ_NOMEM, "out of memory for a task");
    buf_clear(&spec);
    return DTQ_OK;
}

bool data_is_look(const void *spec, size_t len)
{
    return len == strlen(DATA_LOOK) && !memcmp(spec, DATA_LOOK, len);
}

bool data_print(cJSON *object, struct buf *out)
{
    char *text = cJSON_PrintUnformatted(object);

    if (text) buf_text(out, text);
    if (!text) out->failed = true;
    free(text);
    cJSON_Delete(object);
    return !out->failed;
}

void data_file_add(const struct data_file *file, cJSON *object)
{
    char digest[20];

    snprintf(digest, sizeof digest, "%016" PRIx64, file->digest);
    cJSON_AddNumberToObject(object, "rows", (double)file->rows);
    cJSON_AddNumberToObject(object, "features", (double)file->features);
    cJSON_AddStringToObject(object, "digest", digest);
    cJSON_AddBoolToObject(object, "hasHeader", file->has_header);
    cJSON_AddBoolToObject(object, "labelled", file->labelled);
    cJSON_AddBoolToObject(object, "answers", file->answers);
}

enum dtq_err data_file_get(const cJSON *object, struct data_file *out, struct dtq_why *why)
{
    const char *digest = fields_text(object, "digest", "");
    long long rows = fields_int(object, "rows", 0), features = fields_int(object, "features", 0);
    struct data_file f = {
        .has_header = fields_bool(object, "hasHeader", false),
        .labelled = fields_bool(object, "labelled", false),
        .answers = fields_bool(object, "answers", false),
    };
    int end = 0;

    if (rows < 1 || features < 1 || sscanf(digest, "%16" SCNx64 "%n", &f.digest, &end) != 1 ||
        digest[end])
        return err_set(why, DTQ_INPUT,
                       "what is kept of the file of this job cannot be read; submit it again");
    f.rows = (uint64_t)rows;
    f.features = (uint64_t)features;
    *out = f;
    return DTQ_OK;
}
