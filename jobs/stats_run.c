/* stats_run.c: statistics on a worker: the table looked at, chunks of rows counted. */
#include "jobs/stats_run.h"

#include "jobs/names.h"

#include <stdlib.h>

enum dtq_err stats_options(const cJSON *params, struct dataset_options *out, struct dtq_why *why)
{
    return data_read(params, "first", out, why);
}

/* Empty cells of each feature. */
static cJSON *absent_cells(const struct dataset *d)
{
    cJSON *list = d->missing ? cJSON_CreateArray() : NULL;

    for (uint64_t i = 0; list && i < d->features; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)d->missing[i]));
    return list;
}

static enum dtq_err run_look(const cJSON *params, struct dataset_options *options,
                             const struct job_env *env, struct buf *result, struct dtq_why *why)
{
    const struct dataset *d;
    enum dtq_err err = data_look(params, options, env, &d, why);
    cJSON *look, *names, *absent;
    struct dataset_names all;

    if (err != DTQ_OK) return err;
    all = dataset_names(d);
    look = cJSON_CreateObject();
    data_file_add(&(struct data_file){.rows = d->rows,
                                      .features = d->features,
                                      .digest = d->digest,
                                      .has_header = options->has_header,
                                      .labelled = true},
                  look);
    names = d->names && d->features <= STATS_COLUMNS_MAX ? names_json(&all) : NULL;
    absent = d->features <= STATS_COLUMNS_MAX ? absent_cells(d) : NULL;
    if (names) cJSON_AddItemToObject(look, "names", names);
    if (absent) cJSON_AddItemToObject(look, "absent", absent);
    if (data_print(look, result)) return DTQ_OK;
    return err_set(why, DTQ_NOMEM, "out of memory for a look at %s", options->ref);
}

/* out (features + 1): of one chunk; the label is the last column. */
static void chunk(const struct dataset *d, uint64_t row, size_t rows, struct stats *out)
{
    if (d->starts) {
        const struct sparse_rows part = {.type = d->type,
                                         .x = d->x,
                                         .columns = d->columns,
                                         .starts = d->starts + row,
                                         .rows = rows};

        stats_chunk_sparse(&part, d->features, out);
    } else {
        const char *x = d->x;

        stats_chunk(d->type, x + row * d->features * dataset_type_bytes(d->type), rows, d->features,
                    out);
    }
    stats_chunk(DATASET_F64, d->y + row, rows, 1, out + d->features);
}

static enum dtq_err run_rows(const struct dataset *d, const struct data_part *part,
                             const struct job_env *env, struct buf *result, struct dtq_why *why)
{
    size_t columns = d->features + 1;
    struct stats_tree *tree = stats_tree_new(columns);
    struct stats *node = calloc(columns, sizeof *node);
    bool room = tree && node;
    enum dtq_err err = DTQ_OK;

    for (uint64_t row = part->from; room && row < part->until; row += STATS_CHUNK_ROWS) {
        uint64_t rows = part->until - row;

        if (rows > STATS_CHUNK_ROWS) rows = STATS_CHUNK_ROWS;
        chunk(d, row, rows, node);
        room = stats_tree_push(tree, node, 0);
        env->progress(env->ctx);
        if (!env->cancelled(env->ctx)) continue;
        err = err_set(why, DTQ_CANCELLED, "cancelled");
        goto out;
    }
    if (!room || !stats_tree_finish(tree, node)) {
        err = err_set(why, DTQ_NOMEM, "out of memory for statistics of %zu columns", columns);
        goto out;
    }
    buf_add(result, node, columns * sizeof *node);
    if (result->failed) err = err_set(why, DTQ_NOMEM, "out of memory for a result");
out:
    stats_tree_free(tree);
    free(node);
    return err;
}

enum dtq_err stats_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                       const struct job_env *env, struct dtq_why *why)
{
    struct dataset_options options;
    const struct dataset *d;
    struct data_part part;
    enum dtq_err err = stats_options(params, &options, why);

    if (err == DTQ_OK && data_is_look(spec, len))
        return run_look(params, &options, env, result, why);
    if (err == DTQ_OK) err = data_part_read(spec, len, &part, why);
    if (err != DTQ_OK) return err;
    options.has_header = part.file.has_header;
    err = data_open(&options, &part.file, env, &d, why);
    return err == DTQ_OK ? run_rows(d, &part, env, result, why) : err;
}
