/* table.c: the formats, and how one is told from another. */
#include "common/dataset/table.h"

#include "common/dataset/csv.h"
#include "common/dataset/foreign.h"
#include "common/dataset/idx.h"
#include "common/dataset/libsvm.h"
#include "common/dataset/source.h"

#include <stdlib.h>
#include <string.h>

/* Whether the name, without .gz, ends so. */
static bool is_named(const char *name, const char *ending)
{
    size_t len = strlen(name), want = strlen(ending);
    if (len > 3 && strcmp(name + len - 3, ".gz") == 0) len -= 3;
    return len > want && strncasecmp(name + len - want, ending, want) == 0;
}

static enum dataset_format detect(const struct source *s)
{
    static const char *const endings[] = {".libsvm", ".svmlight", ".svm"};
    if (idx_is(s->head, s->head_used)) return DATASET_IDX;
    int told = libsvm_is((const char *)s->head, s->head_used);
    for (size_t i = 0; told < 0 && i < sizeof endings / sizeof endings[0]; i++)
        if (is_named(s->name, endings[i])) told = 1;
    return told > 0 ? DATASET_LIBSVM : DATASET_CSV;
}

static enum dtq_err source_new(int fd, const char *name, struct source **out, struct dtq_why *why)
{
    struct source *s = calloc(1, sizeof *s);
    if (!s) return err_set(why, DTQ_NOMEM, "%.200s: out of memory", name);
    *out = s;
    return source_open(s, fd, name, why);
}

static void source_free(struct source *s)
{
    if (s) source_clear(s);
    free(s);
}

enum dtq_err table_format(int fd, const char *name, const struct dataset_options *options,
                          enum dataset_format *out, struct dtq_why *why)
{
    struct source *s = NULL;
    enum dtq_err err = DTQ_OK;
    *out = options->format;
    if (*out != DATASET_AUTO) return DTQ_OK;
    err = source_new(fd, name, &s, why);
    if (err == DTQ_OK) *out = detect(s);
    source_free(s);
    return err;
}

enum dtq_err table_settle(int fd, const char *name, enum dataset_format format,
                          struct dataset_options *options, struct dtq_why *why)
{
    struct source *s = NULL;
    enum dtq_err err;
    if (format != DATASET_CSV || !options->has_header) options->columns = NULL;
    if (!options->columns) return DTQ_OK;
    err = source_new(fd, name, &s, why);
    if (err == DTQ_OK) err = foreign_check(s, why);
    if (err == DTQ_OK) err = csv_settle(s, options, why);
    source_free(s);
    return err;
}

enum dtq_err table_read(const struct table_files *files, enum dataset_format format,
                        const struct dataset_options *options, dataset_progress *progress,
                        void *ctx, struct store *store, struct layout *out, struct dtq_why *why)
{
    struct source *s = NULL, *labels = NULL;
    enum dtq_err err = source_new(files->fd, files->name, &s, why);
    if (err == DTQ_OK && format == DATASET_IDX && files->labels_fd >= 0)
        err = source_new(files->labels_fd, files->labels_name, &labels, why);
    if (err != DTQ_OK) goto out;
    if (why) why->text[0] = '\0';
    if (format != DATASET_IDX) err = foreign_check(s, why);
    if (err == DTQ_OK && format != DATASET_CSV && options->ignore)
        err = err_set(
            why, DTQ_INPUT,
            "ignore=%.60s: %.200s is not a CSV file; only columns of those can be ignored",
            options->ignore, files->name);
    if (err != DTQ_OK) goto out;
    switch (format) {
    case DATASET_IDX: err = idx_read(s, labels, progress, ctx, store, why); break;
    case DATASET_LIBSVM: err = libsvm_read(s, options, progress, ctx, store, why); break;
    default: err = csv_read(s, options, progress, ctx, store, why); break;
    }
    if (err == DTQ_OK) err = store_finish(store, files->name, options, out, why);
    if (err == DTQ_NOMEM)
        err_set(why, err, "%.200s: no memory for more than %llu rows of %llu features", files->name,
                (unsigned long long)store->rows, (unsigned long long)store->features);
out:
    source_free(s);
    source_free(labels);
    return err;
}
