/* share.c: the parts of a run, for the slot that has it and for those that help. */
#include "jobs/train/share.h"

#include "jobs/train/shards.h"

#include <stdlib.h>
#include <string.h>

enum share_kind { SHARE_CHUNKS, SHARE_SHARDS, SHARE_EVALUATION };

/* What a round is computed from: 8-byte words only. */
struct share_input {
    uint64_t kind;
    uint64_t epoch;
    uint64_t first, end; /* rows of the batch; shards; chunks of the evaluation */
    double numbers[];    /* raw weights; shards: weights, state */
};

/* What a part comes to. */
struct share_output {
    struct train_sums sums;
    uint64_t above;   /* an evaluation: scores of rows whose target is 1 */
    double numbers[]; /* raw gradient; weights, state; counts of the confusion matrix, scores */
};

struct share {
    struct share_input *input; /* owned */
    const void **outputs;      /* (plan_parts) owned */
};

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t input_numbers(const struct train_plan *plan)
{
    return most(plan->raws, shards_width(plan));
}

static struct job_share shape_of(const struct train_plan *plan)
{
    uint64_t numbers = plan->shards ? shards_width(plan) : plan->raws;

    if (plan_eval_chunks(plan))
        numbers = most(numbers, plan->confusion + (plan->binary ? plan->eval_rows : 0));
    return (struct job_share){
        .input = sizeof(struct share_input) + input_numbers(plan) * sizeof(double),
        .output = sizeof(struct share_output) + numbers * sizeof(double),
        .parts_most = (unsigned)plan_parts(plan),
    };
}

/* --- a part ----------------------------------------------------------------------------------- */

static enum dtq_err chunk_part(struct work *k, const struct share_input *in, unsigned part,
                               struct share_output *out)
{
    uint64_t row = in->first + part * k->plan.chunk_rows;
    uint64_t rows = in->end - row < k->plan.chunk_rows ? in->end - row : k->plan.chunk_rows;
    struct glm_sums sums;
    enum dtq_err err = work_chunk(k, row, rows, out->numbers, &sums);

    sums_add(&out->sums, &sums);
    return err;
}

static enum dtq_err evaluation_part(struct work *k, const struct share_input *in, unsigned part,
                                    struct share_output *out)
{
    const struct train_plan *plan = &k->plan;
    struct work_scores scores = {0};
    uint64_t *counts = calloc(plan->confusion + 1, sizeof *counts);
    uint64_t row, rows;
    double *to = out->numbers + plan->confusion;
    struct glm_sums sums = {0};
    enum dtq_err err = counts ? DTQ_OK : work_no_memory(k->why);
    bool train, ranked;

    rows = plan_eval_piece(plan, in->first + part, &row, &train);
    ranked = plan_ranks(plan, train);
    if (err == DTQ_OK && ranked) err = work_scores_alloc(k, rows, &scores);
    if (err == DTQ_OK)
        err = work_eval_chunk(k, in->first + part, &sums, ranked ? &scores : NULL,
                              plan->confusion ? counts : NULL);
    if (err == DTQ_OK) {
        sums_add(&out->sums, &sums);
        for (uint64_t i = 0; i < plan->confusion; i++)
            out->numbers[i] = (double)counts[i];
        out->above = scores.above_count;
        if (ranked) {
            memcpy(to, scores.above, scores.above_count * sizeof *to);
            memcpy(to + scores.above_count, scores.below, scores.below_count * sizeof *to);
        }
    }
    work_scores_clear(&scores);
    free(counts);
    return err;
}

static enum dtq_err compute_part(struct work *k, const struct share_input *in, unsigned part,
                                 struct share_output *out)
{
    memset(out, 0, sizeof *out);
    switch ((enum share_kind)in->kind) {
    case SHARE_CHUNKS: return chunk_part(k, in, part, out);
    case SHARE_EVALUATION: return evaluation_part(k, in, part, out);
    case SHARE_SHARDS: break;
    }
    memcpy(out->numbers, in->numbers, shards_width(&k->plan) * sizeof(double));
    return work_shard(k, in->first + part, in->epoch, out->numbers, &out->sums);
}

/* How many parts that are; 0 for what cannot be. */
static uint64_t parts_of(const struct train_plan *plan, const struct share_input *in)
{
    if (in->first >= in->end) return 0;
    switch (in->kind) {
    case SHARE_CHUNKS: return in->end <= plan->rows ? plan_chunks(plan, in->end - in->first) : 0;
    case SHARE_SHARDS: return in->end <= plan->shards ? in->end - in->first : 0;
    case SHARE_EVALUATION: return in->end <= plan_eval_chunks(plan) ? in->end - in->first : 0;
    default: return 0;
    }
}

static size_t input_bytes(const struct train_plan *plan, uint64_t kind)
{
    uint64_t numbers = kind == SHARE_SHARDS ? shards_width(plan) : plan->raws;

    return sizeof(struct share_input) + numbers * sizeof(double);
}

/* --- the slot that has the run ---------------------------------------------------------------- */

enum dtq_err share_open(struct work *k)
{
    const struct job_env *env = k->env;
    const struct job_share shape = shape_of(&k->plan);

    if (!env->share || !plan_shares(&k->plan, k->task.from, k->task.until) ||
        !env->share(env->ctx, &shape))
        return DTQ_OK;
    k->share = calloc(1, sizeof *k->share);
    if (!k->share) return work_no_memory(k->why);
    k->share->input = malloc(shape.input);
    k->share->outputs = calloc(shape.parts_most, sizeof *k->share->outputs);
    return k->share->input && k->share->outputs ? DTQ_OK : work_no_memory(k->why);
}

void share_close(struct work *k)
{
    if (!k->share) return;
    free(k->share->input);
    free(k->share->outputs);
    free(k->share);
    k->share = NULL;
}

static enum dtq_err part_here(void *ctx, unsigned part, void *output)
{
    struct work *k = ctx;

    return compute_part(k, k->share->input, part, output);
}

/* A round; numbers are those that its kind takes. */
static enum dtq_err run_round(struct work *k, enum share_kind kind, uint64_t epoch, uint64_t first,
                              uint64_t end, const double *numbers)
{
    struct share_input *in = k->share->input;
    struct job_round round = {
        .input = in, .input_len = input_bytes(&k->plan, kind), .part = part_here, .ctx = k};

    *in = (struct share_input){.kind = kind, .epoch = epoch, .first = first, .end = end};
    memcpy(in->numbers, numbers, round.input_len - sizeof *in);
    round.parts = (unsigned)parts_of(&k->plan, in);
    return k->env->round(k->env->ctx, &round, k->share->outputs);
}

enum dtq_err share_batch(struct work *k, uint64_t row, uint64_t rows, double *raw_g,
                         struct train_sums *sums)
{
    const struct train_plan *plan = &k->plan;
    enum dtq_err err = run_round(k, SHARE_CHUNKS, k->epoch, row, row + rows, k->raw);

    if (err != DTQ_OK) return err;
    for (uint64_t i = 0; i < plan_chunks(plan, rows); i++) {
        const struct share_output *out = k->share->outputs[i];

        if (i)
            for (uint64_t j = 0; j < plan->raws; j++)
                raw_g[j] += out->numbers[j];
        else
            memcpy(raw_g, out->numbers, plan->raws * sizeof *raw_g);
        sums_join(sums, &out->sums);
    }
    return DTQ_OK;
}

enum dtq_err share_shards(struct work *k, double *w, double *state, uint64_t epoch,
                          struct train_sums *sums)
{
    const struct train_plan *plan = &k->plan;
    uint64_t width = shards_width(plan);
    double *sum = calloc(3 * width, sizeof *sum), *start = sum + width, *one = start + width;
    enum dtq_err err = DTQ_OK;

    if (!sum) return work_no_memory(k->why);
    memcpy(start, w, plan->weights * sizeof *w);
    if (plan->state) memcpy(start + plan->weights, state, plan->state * sizeof *state);
    if (k->share) err = run_round(k, SHARE_SHARDS, epoch, 0, plan->shards, start);
    for (uint64_t i = 0; i < plan->shards && err == DTQ_OK; i++) {
        struct train_sums alone = {0};
        const struct train_sums *its = &alone;
        const double *left = one;

        if (k->share) {
            const struct share_output *out = k->share->outputs[i];

            its = &out->sums;
            left = out->numbers;
        } else {
            memcpy(one, start, width * sizeof *one);
            err = work_shard(k, i, epoch, one, &alone);
        }
        shards_add(plan, i, left, sum);
        sums_join(sums, its);
    }
    shards_mean(plan, sum);
    if (err == DTQ_OK) {
        memcpy(w, sum, plan->weights * sizeof *w);
        if (plan->state) memcpy(state, sum + plan->weights, plan->state * sizeof *state);
    }
    free(sum);
    return err;
}

enum dtq_err share_evaluation(struct work *k, uint64_t first, uint64_t last,
                              struct train_sums *sums, struct work_scores *scores,
                              uint64_t *confusion)
{
    const struct train_plan *plan = &k->plan;
    enum dtq_err err = run_round(k, SHARE_EVALUATION, k->epoch, first, last, k->raw);

    for (uint64_t i = first; i < last && err == DTQ_OK; i++) {
        const struct share_output *out = k->share->outputs[i - first];
        const double *from = out->numbers + plan->confusion;
        uint64_t row, rows, below;
        bool train;

        sums_join(sums, &out->sums);
        for (uint64_t n = 0; confusion && n < plan->confusion; n++)
            confusion[n] += (uint64_t)out->numbers[n];
        if (!scores) continue;
        rows = plan_eval_piece(plan, i, &row, &train);
        below = rows - out->above;
        memcpy(scores->above + scores->above_count, from, out->above * sizeof *from);
        memcpy(scores->below + scores->below_count, from + out->above, below * sizeof *from);
        scores->above_count += out->above;
        scores->below_count += below;
    }
    return err;
}

/* --- those that help -------------------------------------------------------------------------- */

/* What k computes with becomes that of this round. */
static void adopt(struct work *k, const struct share_input *in)
{
    if (in->kind != SHARE_SHARDS) memcpy(k->raw, in->numbers, k->plan.raws * sizeof *k->raw);
    if (in->epoch != k->epoch) work_epoch(k, in->epoch);
}

static enum dtq_err assist(struct work *k)
{
    const struct job_env *env = k->env;
    const struct job_share shape = shape_of(&k->plan);
    uint64_t round = UINT64_MAX;
    struct job_part part;
    enum dtq_err err;

    work_epoch(k, k->task.from.epoch);
    while ((err = env->part(env->ctx, &part)) == DTQ_OK) {
        const struct share_input *in = part.input;

        if (part.input_len < sizeof *in || part.input_len != input_bytes(&k->plan, in->kind) ||
            part.output_len < shape.output || part.part >= parts_of(&k->plan, in))
            return err_set(k->why, DTQ_INPUT, "a part that is none of this training");
        if (part.round != round) adopt(k, in);
        round = part.round;
        err = compute_part(k, in, part.part, part.output);
        if (err != DTQ_OK) return err;
    }
    return err == DTQ_NONE ? DTQ_OK : err;
}

enum dtq_err train_assist(const cJSON *params, const void *spec, size_t len,
                          const struct job_env *env, struct dtq_why *why)
{
    struct work k = {.env = env, .why = why};
    enum dtq_err err = train_params_read(params, &k.params, why);

    if (err == DTQ_OK) err = task_read(spec, len, &k.task, why);
    if (err != DTQ_OK) return err;
    if (k.task.kind != TRAIN_RUN)
        return err_set(why, DTQ_INPUT, "this task of a training has no parts");
    err = work_open(&k);
    if (err == DTQ_OK) err = assist(&k);
    work_clear(&k);
    return err;
}
