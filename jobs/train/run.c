/* run.c: a training on a worker: files looked at, steps, gradients and evaluations computed. */
#include "jobs/train/run.h"

#include "jobs/train/codec.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_EVERY = 1 << 20, /* elements between two looks at whether the task is still wanted */
    LOOK_ROW = 64,        /* what a row costs beside its elements */
};

/* One task at work. */
struct work {
    const struct train_params *params;
    struct train_plan plan;
    struct train_task task;
    const struct dataset *data, *test; /* borrowed; test is NULL when there is none */
    const struct job_env *env;
    double *chunk;      /* (features) owned; scratch for one chunk's gradient */
    uint64_t unnoticed; /* work since the last look up */
    struct dtq_why *why;
};

static enum dtq_err no_memory(struct dtq_why *why)
{
    return err_set(why, DTQ_NOMEM, "out of memory for a training task");
}

/* Tells now and then that it is getting on, and whether to go on. */
static enum dtq_err look_up(struct work *k, uint64_t rows)
{
    k->unnoticed += rows * (k->plan.features + LOOK_ROW);
    if (k->unnoticed < LOOK_EVERY) return DTQ_OK;
    k->unnoticed = 0;
    k->env->progress(k->env->ctx);
    if (k->env->cancelled(k->env->ctx)) return err_set(k->why, DTQ_CANCELLED, "cancelled");
    return DTQ_OK;
}

static const void *row_at(const struct dataset *d, uint64_t row)
{
    return (const char *)d->x + row * d->features * dataset_type_bytes(d->type);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One chunk: g (features) is zeroed first, sums is zeroed first. Always cut into the same pieces,
 * so that a chunk has the same bits whoever computes it. */
static enum dtq_err chunk_gradient(struct work *k, const double *w, uint64_t row, uint64_t rows,
                                   double *g, struct linear_sums *sums)
{
    const struct dataset *d = k->data;
    enum dtq_err err = DTQ_OK;

    memset(g, 0, d->features * sizeof *g);
    *sums = (struct linear_sums){0};
    for (uint64_t end = row + rows; row < end && err == DTQ_OK;) {
        uint64_t piece = least(k->plan.piece_rows, end - row);

        linear_gradient(&k->params->problem, d->type, row_at(d, row), d->y + row, piece,
                        d->features, w, g, sums);
        row += piece;
        err = look_up(k, piece);
    }
    return err;
}

/* The gradient of the batch at row into g (features): its chunks added in their order. */
static enum dtq_err batch_gradient(struct work *k, const double *w, uint64_t row, double *g,
                                   double *loss, uint64_t *correct)
{
    uint64_t end = row + plan_batch_rows(&k->plan, row);
    double *to = g;

    while (row < end) {
        uint64_t rows = least(k->plan.chunk_rows, end - row);
        struct linear_sums sums;
        enum dtq_err err = chunk_gradient(k, w, row, rows, to, &sums);

        if (err != DTQ_OK) return err;
        if (to != g) linear_step(g, to, k->plan.features, -1);
        to = k->chunk;
        *loss += sums.loss;
        *correct += sums.correct;
        row += rows;
    }
    return DTQ_OK;
}

/* One chunk of the test set; sums is zeroed first. */
static enum dtq_err eval_chunk(struct work *k, const double *w, uint64_t row, uint64_t rows,
                               struct linear_sums *sums)
{
    const struct dataset *d = k->test;
    enum dtq_err err = DTQ_OK;

    *sums = (struct linear_sums){0};
    for (uint64_t end = row + rows; row < end && err == DTQ_OK;) {
        uint64_t piece = least(k->plan.piece_rows, end - row);

        linear_evaluate(&k->params->problem, d->type, row_at(d, row), d->y + row, piece,
                        d->features, w, sums);
        row += piece;
        err = look_up(k, piece);
    }
    return err;
}

/* The whole test set, chunk by chunk, added to the record. */
static enum dtq_err evaluate(struct work *k, const double *w, struct train_record *record)
{
    for (uint64_t row = 0; row < k->plan.test_rows; row += k->plan.eval_rows) {
        struct linear_sums sums;
        enum dtq_err err = eval_chunk(k, w, row, least(k->plan.eval_rows, k->plan.test_rows - row),
                                      &sums);

        if (err != DTQ_OK) return err;
        record->test_loss += sums.loss;
        record->test_correct += sums.correct;
    }
    return DTQ_OK;
}

/* TRAIN_RUN: the steps and evaluations from one position to the other. */
static enum dtq_err run_steps(struct work *k, const double *start, struct train_result *r)
{
    uint64_t features = k->plan.features;
    double *w, *g = malloc(features * sizeof *g);
    struct train_pos at = k->task.from;
    enum dtq_err err = DTQ_OK;

    r->record_count = k->task.until.epoch - at.epoch;
    r->vector_count = plan_run_vectors(at, k->task.until);
    if (!g || !result_alloc(r)) {
        free(g);
        return no_memory(k->why);
    }
    w = r->vectors;
    memcpy(w, start, features * sizeof *w);
    r->loss = k->task.loss;
    r->correct = k->task.correct;
    while (err == DTQ_OK && (at.epoch != k->task.until.epoch || at.row != k->task.until.row)) {
        struct train_record record = {0};
        uint64_t epoch = at.epoch;

        if (at.row < k->plan.rows) {
            uint64_t rows = plan_batch_rows(&k->plan, at.row);

            err = batch_gradient(k, w, at.row, g, &r->loss, &r->correct);
            if (err == DTQ_OK) linear_step(w, g, features, k->params->lr / (double)rows);
            at.row += rows;
            at = plan_settle(&k->plan, at);
        } else {
            err = evaluate(k, w, &record);
            at = (struct train_pos){.epoch = at.epoch + 1};
        }
        if (at.epoch == epoch) continue;
        record.loss = r->loss;
        record.correct = r->correct;
        r->records[epoch - k->task.from.epoch] = record;
        r->loss = 0;
        r->correct = 0;
        /* What the epoch left stays; the next one goes on with a copy. */
        if (w + features == r->vectors + r->vector_count * features) continue;
        memcpy(w + features, w, features * sizeof *w);
        w += features;
    }
    free(g);
    return err;
}

/* TRAIN_GRAD: each chunk's gradient by itself; the master adds them up. */
static enum dtq_err run_chunks(struct work *k, const double *w, struct train_result *r)
{
    uint64_t row = k->task.from.row, end = k->task.until.row;

    r->record_count = r->vector_count = plan_chunks(&k->plan, end - row);
    if (!result_alloc(r)) return no_memory(k->why);
    for (uint64_t i = 0; row < end; i++) {
        uint64_t rows = least(k->plan.chunk_rows, end - row);
        struct linear_sums sums;
        enum dtq_err err = chunk_gradient(k, w, row, rows, r->vectors + i * k->plan.features,
                                          &sums);

        if (err != DTQ_OK) return err;
        r->records[i] = (struct train_record){.loss = sums.loss, .correct = sums.correct};
        row += rows;
    }
    return DTQ_OK;
}

/* TRAIN_BATCH */
static enum dtq_err run_batch(struct work *k, const double *w, struct train_result *r)
{
    r->record_count = r->vector_count = 1;
    if (!result_alloc(r)) return no_memory(k->why);
    return batch_gradient(k, w, k->task.from.row, r->vectors, &r->records->loss,
                          &r->records->correct);
}

/* TRAIN_EVAL: each chunk's sums by themselves. */
static enum dtq_err run_eval(struct work *k, const double *w, struct train_result *r)
{
    uint64_t row = k->task.from.row, end = k->task.until.row;

    r->record_count = plan_eval_chunks(&k->plan, end - row);
    if (!result_alloc(r)) return no_memory(k->why);
    for (uint64_t i = 0; row < end; i++) {
        uint64_t rows = least(k->plan.eval_rows, end - row);
        struct linear_sums sums;
        enum dtq_err err = eval_chunk(k, w, row, rows, &sums);

        if (err != DTQ_OK) return err;
        r->records[i] = (struct train_record){.test_loss = sums.loss, .test_correct = sums.correct};
        row += rows;
    }
    return DTQ_OK;
}

static void look_at(const struct dataset *d, const struct linear_problem *problem,
                    struct train_facts *out)
{
    *out = (struct train_facts){
        .file = {.rows = d->rows, .features = d->features, .digest = d->digest},
        .zero_one = true,
        .least = d->y[0],
        .most = d->y[0],
    };
    for (uint64_t i = 0; i < d->rows; i++) {
        double y = d->y[i];

        if (y == problem->positive) out->positive++;
        if (y != 0 && y != 1) out->zero_one = false;
        if (y < out->least) out->least = y;
        if (y > out->most) out->most = y;
    }
}

static enum dtq_err probe(const struct train_params *p, const struct job_env *env,
                          struct buf *result, struct dtq_why *why)
{
    struct train_facts data, test;
    const struct dataset *d;
    enum dtq_err err = env->dataset(env->ctx, &p->data, &d, why);

    if (err != DTQ_OK) return err;
    look_at(d, &p->problem, &data);
    if (p->test.ref) {
        err = env->dataset(env->ctx, &p->test, &d, why);
        if (err != DTQ_OK) return err;
        look_at(d, &p->problem, &test);
    }
    facts_write(&data, p->test.ref ? &test : NULL, result);
    return result->failed ? no_memory(why) : DTQ_OK;
}

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

/* Whether the task asks for rows that are there. */
static bool task_fits(const struct train_plan *plan, const struct train_task *t)
{
    uint64_t from = t->from.row, until = t->until.row;

    switch (t->kind) {
    case TRAIN_RUN: return plan_leads(plan, t->from, t->until);
    case TRAIN_BATCH: return from < plan->rows && from % plan->batch == 0;
    case TRAIN_GRAD: return from < until && until <= plan->rows && until - from <= plan->batch;
    case TRAIN_EVAL: return from < until && until <= plan->test_rows;
    case TRAIN_PROBE: break;
    }
    return false;
}

static enum dtq_err work_open(struct work *k)
{
    const struct train_params *p = k->params;
    enum dtq_err err = open_same(&p->data, &k->task.data, k->env, &k->data, k->why);

    if (err == DTQ_OK && p->test.ref)
        err = open_same(&p->test, &k->task.test, k->env, &k->test, k->why);
    if (err != DTQ_OK) return err;
    plan_init(&k->plan, p, k->data->rows, k->data->features, k->test ? k->test->rows : 0);
    if (k->plan.rows > k->data->rows || (k->test && k->test->features != k->data->features) ||
        !task_fits(&k->plan, &k->task))
        return err_set(k->why, DTQ_INPUT, "the task asks for rows that %s has not", p->data.ref);
    k->chunk = malloc(k->plan.features * sizeof *k->chunk);
    return k->chunk ? DTQ_OK : no_memory(k->why);
}

static enum dtq_err compute(struct work *k, struct train_result *r)
{
    uint64_t version = k->task.kind == TRAIN_BATCH ? UINT64_MAX : k->task.version;
    const double *w;
    size_t count;
    enum dtq_err err = k->env->weights(k->env->ctx, version, &w, &count, &r->version, k->why);

    if (err != DTQ_OK) return err;
    if (count != k->plan.features)
        return err_set(k->why, DTQ_INPUT, "%zu weights for a file of %llu features", count,
                       (unsigned long long)k->plan.features);
    r->features = k->plan.features;
    switch (k->task.kind) {
    case TRAIN_RUN: return run_steps(k, w, r);
    case TRAIN_GRAD: return run_chunks(k, w, r);
    case TRAIN_BATCH: return run_batch(k, w, r);
    case TRAIN_EVAL: return run_eval(k, w, r);
    case TRAIN_PROBE: break;
    }
    return DTQ_INPUT;
}

enum dtq_err train_run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                       const struct job_env *env, struct dtq_why *why)
{
    struct train_params p;
    struct work k = {.params = &p, .env = env, .why = why};
    struct train_result r = {0};
    enum dtq_err err = train_params_read(params, &p, why);

    if (err == DTQ_OK) err = task_read(spec, len, &k.task, why);
    if (err != DTQ_OK) return err;
    if (k.task.kind == TRAIN_PROBE) return probe(&p, env, result, why);
    err = work_open(&k);
    if (err == DTQ_OK) err = compute(&k, &r);
    if (err == DTQ_OK) {
        result_write(&r, result);
        if (result->failed) err = no_memory(why);
    }
    result_clear(&r);
    free(k.chunk);
    return err;
}
