/* work.c: the passes that all kinds of tasks consist of. */
#include "jobs/train/work.h"

#include "jobs/train/auc.h"
#include "jobs/train/roc.h"
#include "jobs/train/share.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_EVERY = 1 << 20, /* elements between two looks at whether the task is still wanted */
    LOOK_ROW = 64,        /* what a row costs beside its elements */
};

enum dtq_err work_no_memory(struct dtq_why *why)
{
    return err_set(why, DTQ_NOMEM, "out of memory for a training task");
}

enum dtq_err work_look_up(struct work *k, uint64_t rows)
{
    k->unnoticed += rows * (k->plan.row_elements + LOOK_ROW);
    if (k->unnoticed < LOOK_EVERY) return DTQ_OK;
    k->unnoticed = 0;
    k->env->progress(k->env->ctx);
    if (k->env->cancelled(k->env->ctx)) return err_set(k->why, DTQ_CANCELLED, "cancelled");
    return DTQ_OK;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void work_epoch(struct work *k, uint64_t epoch)
{
    k->epoch = epoch;
    k->train.shuffled = k->params.shuffle;
    if (k->params.shuffle) shuffle_init(&k->train.order, k->plan.rows, k->params.seed, epoch);
}

enum dtq_err work_chunk(struct work *k, uint64_t row, uint64_t rows, double *raw_g,
                        struct glm_sums *sums)
{
    enum dtq_err err = DTQ_OK;

    memset(raw_g, 0, k->plan.raws * sizeof *raw_g);
    *sums = (struct glm_sums){0};
    for (uint64_t end = row + rows; row < end && err == DTQ_OK;) {
        struct glm_rows piece;
        uint64_t n = rows_take(&k->train, row, least(k->plan.piece_rows, end - row), &k->room,
                               &piece);

        if (!n) return work_no_memory(k->why);
        glm_pass(&k->model, &piece, k->raw, raw_g, NULL, NULL, k->scratch, sums);
        row += n;
        err = work_look_up(k, n);
    }
    return err;
}

enum dtq_err work_batch(struct work *k, const double *w, uint64_t row, uint64_t rows, double *raw_g,
                        struct train_sums *sums)
{
    uint64_t end = row + rows;
    double *to = raw_g;

    glm_raw(&k->model, w, k->raw);
    if (k->share && !k->plan.shards && rows > k->plan.chunk_rows)
        return share_batch(k, row, rows, raw_g, sums);
    while (row < end) {
        uint64_t some = least(k->plan.chunk_rows, end - row);
        struct glm_sums chunk;
        enum dtq_err err = work_chunk(k, row, some, to, &chunk);

        if (err != DTQ_OK) return err;
        if (to != raw_g)
            for (uint64_t i = 0; i < k->plan.raws; i++)
                raw_g[i] += to[i];
        to = k->chunk_g;
        sums_add(sums, &chunk);
        row += some;
    }
    return DTQ_OK;
}

enum dtq_err work_step(struct work *k, double *w, double *state, uint64_t epoch, uint64_t step,
                       uint64_t steps, uint64_t row, uint64_t rows, struct train_sums *sums)
{
    double lr = schedule_rate(&k->params.schedule, epoch, step, steps);
    enum dtq_err err = work_batch(k, w, row, rows, k->raw_g, sums);

    if (err != DTQ_OK) return err;
    glm_gradient(&k->model, k->raw_g, k->g);
    optimizer_step(&k->optimizer, w, k->g, state, rows, lr, epoch * steps + step);
    return DTQ_OK;
}

enum dtq_err work_shard(struct work *k, uint64_t shard, uint64_t epoch, double *to,
                        struct train_sums *sums)
{
    const struct train_plan *plan = &k->plan;
    uint64_t row = plan_shard(plan, shard), end = plan_shard(plan, shard + 1);
    /* The same for all shards, though their lengths differ by a row. */
    uint64_t steps = plan_epoch_steps(plan);
    enum dtq_err err = DTQ_OK;

    for (uint64_t step = 0; row < end && err == DTQ_OK; step++) {
        uint64_t rows = least(plan->batch, end - row);

        err = work_step(k, to, to + plan->weights, epoch, step, steps, row, rows, sums);
        row += rows;
    }
    return err;
}

/* --- evaluation ------------------------------------------------------------------------------- */

enum dtq_err work_scores_alloc(struct work *k, uint64_t rows, struct work_scores *out)
{
    /* Both sides may be all rows; the same again to sort them, and one piece. */
    double *room = malloc((3 * rows + k->plan.piece_rows + 1) * sizeof *room);

    if (!room) return work_no_memory(k->why);
    *out = (struct work_scores){.above = room, .below = room + rows};
    return DTQ_OK;
}

void work_scores_clear(struct work_scores *scores)
{
    free(scores->above);
    *scores = (struct work_scores){0};
}

/* Divides the scores of a piece between the two sides. */
static void scores_add(const struct glm *m, const struct glm_rows *piece, const double *z,
                       struct work_scores *scores)
{
    for (size_t i = 0; i < piece->rows; i++) {
        double y = piece->y[i];

        if (m->binary ? y == m->positive : y == 1)
            scores->above[scores->above_count++] = z[i];
        else
            scores->below[scores->below_count++] = z[i];
    }
}

enum dtq_err work_eval_chunk(struct work *k, uint64_t chunk, struct glm_sums *sums,
                             struct work_scores *scores, uint64_t *confusion)
{
    double *z = scores ? malloc((k->plan.piece_rows + 1) * sizeof *z) : NULL;
    enum dtq_err err = DTQ_OK;
    uint64_t row, rows;
    struct rows view;
    bool train;

    if (scores && !z) return work_no_memory(k->why);
    rows = plan_eval_piece(&k->plan, chunk, &row, &train);
    view = train ? k->train : k->test;
    view.shuffled = false;
    *sums = (struct glm_sums){0};
    for (uint64_t end = row + rows; row < end && err == DTQ_OK;) {
        struct glm_rows piece;
        uint64_t n = rows_take(&view, row, least(k->plan.piece_rows, end - row), &k->room, &piece);

        if (!n) err = work_no_memory(k->why);
        if (!n) break;
        glm_pass(&k->model, &piece, k->raw, NULL, z, confusion, k->scratch, sums);
        if (scores) scores_add(&k->model, &piece, z, scores);
        row += n;
        err = work_look_up(k, n);
    }
    free(z);
    return err;
}

/* All chunks of one set, into sums; confusion and roc may be NULL. */
static enum dtq_err evaluate_set(struct work *k, bool train, struct train_sums *sums,
                                 uint64_t *confusion, double *roc)
{
    uint64_t first = train ? k->plan.test_chunks : 0;
    uint64_t last = first + (train ? k->plan.train_chunks : k->plan.test_chunks);
    uint64_t rows = train ? k->plan.rows : k->plan.test_rows;
    bool ranked = plan_ranks(&k->plan, train);
    struct work_scores scores = {0};
    enum dtq_err err = ranked ? work_scores_alloc(k, rows, &scores) : DTQ_OK;

    memset(sums, 0, sizeof *sums);
    if (err == DTQ_OK && k->share && last - first > 1) {
        err = share_evaluation(k, first, last, sums, ranked ? &scores : NULL, confusion);
        first = last;
    }
    for (uint64_t i = first; i < last && err == DTQ_OK; i++) {
        struct glm_sums chunk;

        err = work_eval_chunk(k, i, &chunk, ranked ? &scores : NULL, confusion);
        if (err == DTQ_OK) sums_add(sums, &chunk);
    }
    if (err == DTQ_OK && ranked)
        sums->wins = auc_wins(scores.above, scores.above_count, scores.below, scores.below_count,
                              scores.below + rows);
    if (err == DTQ_OK && ranked && roc)
        roc_points(scores.above, scores.above_count, scores.below, scores.below_count, roc);
    work_scores_clear(&scores);
    return err;
}

enum dtq_err work_evaluate(struct work *k, const double *w, struct train_record *record,
                           double *confusion, double *roc)
{
    const struct train_plan *plan = &k->plan;
    uint64_t *counts = calloc(plan->confusion + 1, sizeof *counts);
    uint64_t *on_test = plan->confusion && plan->test_chunks ? counts : NULL;
    enum dtq_err err = DTQ_OK;

    if (!counts) return work_no_memory(k->why);
    glm_raw(&k->model, w, k->raw);
    if (plan->test_chunks)
        err = evaluate_set(k, false, &record->test, on_test, plan->roc ? roc : NULL);
    if (err == DTQ_OK && plan->train_chunks)
        err = evaluate_set(k, true, &record->train, plan->confusion && !on_test ? counts : NULL,
                           plan->roc && !plan->test_chunks ? roc : NULL);
    for (uint64_t i = 0; i < plan->confusion; i++)
        confusion[i] = (double)counts[i];
    free(counts);
    return err;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Opens a file and makes sure that it is the one the job began with. */
static enum dtq_err open_same(const struct dataset_options *options, const struct train_file *file,
                              const struct job_env *env, const struct dataset **out,
                              struct dtq_why *why)
{
    const struct dataset *d;
    enum dtq_err err = env->dataset(env->ctx, options, &d, why);

    if (err != DTQ_OK) return err;
    if (d->rows != file->rows || d->features != file->features || d->digest != file->digest)
        return err_set(why, DTQ_INPUT,
                       "%s is another file here (%llu rows, %llu features, digest %016llx) than "
                       "the one the job began with (%llu, %llu, %016llx); give all workers the "
                       "same file and submit the job again",
                       options->ref, (unsigned long long)d->rows, (unsigned long long)d->features,
                       (unsigned long long)d->digest, (unsigned long long)file->rows,
                       (unsigned long long)file->features, (unsigned long long)file->digest);
    *out = d;
    return DTQ_OK;
}

/* The same with its empty cells filled in. */
static enum dtq_err open_filled(struct work *k, const struct dataset_options *options,
                                const struct train_file *file, const struct dataset **out)
{
    struct dataset_options filled = *options;
    const struct dataset *kept = NULL;
    enum dtq_err err = open_same(options, file, k->env, &kept, k->why);

    if (err != DTQ_OK) return err;
    if (!kept->absent_count) {
        *out = kept;
        return DTQ_OK;
    }
    if (!k->fill)
        return err_set(k->why, DTQ_INPUT,
                       "the means that fill the empty cells of %s are gone; "
                       "submit the job again",
                       options->ref);
    filled.fill = k->fill;
    filled.fill_count = kept->features;
    return open_same(&filled, file, k->env, out, k->why);
}

enum dtq_err work_constant(struct work *k, const char *name, uint64_t count, const double **out,
                           size_t *got)
{
    enum dtq_err err = k->env->vector(k->env->ctx, name, UINT64_MAX, out, got, k->why);

    if (err != DTQ_OK || *got == count || (!count && *got)) return err;
    return err_set(k->why, DTQ_INPUT, "vector %s of the job has %zu numbers instead of %llu", name,
                   *got, (unsigned long long)count);
}

enum dtq_err work_learnt(struct work *k)
{
    struct dataset_options *data = &k->params.data;
    const double *v;
    size_t count;
    enum dtq_err err = DTQ_OK;

    if (k->task.fill && k->task.kind != TRAIN_PROBE)
        err = work_constant(k, "fill", k->task.data.features, &k->fill, &count);
    if (err != DTQ_OK || !k->task.columns) return err;
    err = work_constant(k, "columns", 0, &v, &count);
    if (err == DTQ_OK) err = names_unpack(v, count, &k->names, k->why);
    if (err != DTQ_OK) return err;
    /* A label that is given by its name is that column, whatever it was called before. */
    k->data_columns.names = k->names.all;
    k->data_columns.label_by_name = !strcmp(data->label, "first") || !strcmp(data->label, "last");
    data->columns = &k->data_columns;
    return DTQ_OK;
}

void work_test_columns(struct work *k)
{
    const struct dataset *train = k->train.table;

    if (train->starts) k->params.test.features = train->features;
    if (!train->names) return;
    k->test_columns = (struct dataset_columns){dataset_names(train), true, false};
    k->params.test.columns = &k->test_columns;
}

static enum dtq_err open_files(struct work *k)
{
    struct train_params *p = &k->params;
    enum dtq_err err = work_learnt(k);

    if (err == DTQ_OK) err = open_filled(k, &p->data, &k->task.data, &k->train.table);
    k->train.every = p->holdout;
    k->test = (struct rows){.every = p->holdout, .held = true};
    if (p->holdout) k->test.table = k->train.table;
    if (err != DTQ_OK || !p->test.ref) return err;
    work_test_columns(k);
    return open_filled(k, &p->test, &k->task.test, &k->test.table);
}

/* Whether the task asks for rows that are there. */
static bool task_fits(const struct train_plan *plan, const struct train_task *t)
{
    uint64_t from = t->from.row, until = t->until.row;

    switch (t->kind) {
    case TRAIN_RUN: return plan_leads(plan, t->from, t->until);
    case TRAIN_BATCH: return from < plan->rows && from % plan->batch == 0;
    case TRAIN_GRAD:
    case TRAIN_WHOLE: return from < until && until <= plan->rows && until - from <= plan->batch;
    case TRAIN_STATS: return from < until && until <= plan->rows;
    case TRAIN_SHARD: return from < until && until <= plan->shards;
    case TRAIN_EVAL: return from < until && until <= plan_eval_chunks(plan);
    case TRAIN_FINAL: return from < until && until <= plan->final_chunks;
    case TRAIN_PROBE: break;
    }
    return false;
}

static enum dtq_err open_model(struct work *k)
{
    const struct train_params *p = &k->params;
    struct train_plan *plan = &k->plan;
    const double *classes = NULL, *scaling = NULL;
    enum dtq_err err = DTQ_OK;
    size_t got;

    if (params_classes(p)) err = work_constant(k, "classes", 2 * plan->classes, &classes, &got);
    if (err == DTQ_OK && p->scaling != SCALING_NONE && k->task.kind != TRAIN_STATS)
        err = work_constant(k, "scaling", 2 * plan->features, &scaling, &got);
    if (err == DTQ_OK) plan_model(plan, p, classes, scaling, &k->model, &k->optimizer);
    return err;
}

enum dtq_err work_open(struct work *k)
{
    const struct train_params *p = &k->params;
    struct train_plan *plan = &k->plan;
    enum dtq_err err = open_files(k);
    struct train_shape shape = {.classes = k->task.classes};
    double *room;

    if (err != DTQ_OK) return err;
    shape.rows = k->train.table->rows;
    shape.features = k->train.table->features;
    shape.values = k->train.table->starts ? k->train.table->values : 0;
    shape.test_rows = p->test.ref ? k->test.table->rows : 0;
    plan_init(plan, p, &shape, 0);
    /* A job that goes on has its epochs behind those of a former one: any may be the first. */
    plan->epochs = k->task.from.epoch + p->epochs;
    if (plan->rows > rows_count(&k->train) ||
        (k->test.table && k->test.table->features != plan->features) || !task_fits(plan, &k->task))
        return err_set(k->why, DTQ_INPUT, "the task asks for rows that %s has not", p->data.ref);
    if ((err = open_model(k)) != DTQ_OK) return err;
    room = calloc(3 * plan->raws + plan->weights + glm_scratch(&k->model), sizeof *room);
    if (!room) return work_no_memory(k->why);
    k->raw = room;
    k->raw_g = k->raw + plan->raws;
    k->chunk_g = k->raw_g + plan->raws;
    k->g = k->chunk_g + plan->raws;
    k->scratch = k->g + plan->weights;
    return DTQ_OK;
}

void work_clear(struct work *k)
{
    rows_room_clear(&k->room);
    names_clear(&k->names);
    free(k->raw);
    k->raw = NULL;
}
