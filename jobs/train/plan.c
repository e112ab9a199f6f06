/* plan.c: how a training is cut into steps, chunks and tasks. */
#include "jobs/train/plan.h"

#include "jobs/train/lbfgs.h"
#include "jobs/train/roc.h"

enum {
    PIECE_ELEMENTS = 1 << 20, /* a quarter of a millisecond */
    CHUNK_ELEMENTS = 1 << 18, /* worth sharing, soon done again */
    CHUNKS_MAX = 64,          /* of a batch: their gradients are held until all are there */
    EVAL_ELEMENTS = 1 << 22,
    SPREAD_ELEMENTS = 1 << 22,  /* less than this is done before other workers have heard of it */
    TEAM_ELEMENTS = 1 << 26,    /* the same where all of them can share a step in memory */
    SPREAD_BYTES_MAX = 1 << 26, /* gradients of a step on their way */
    RUN_COST = 1 << 28,         /* elements that make some 50 ms of work */
    RUN_TEAM = 8,               /* for so many slots at most, where they share it */
    SHARE_COST = 1 << 22,       /* a run of less is over before anybody could help */
    ROW_COST = 64,              /* a sigmoid and a loss, in elements of a dot product */
    STEP_COST = 256,
    RUN_BYTES_MAX = 1 << 22,    /* of the result of a run */
    RECORD_BYTES = 160,         /* beside each vector of it */
    RANKS_MAX = 1 << 23,        /* scores that are sorted for an AUC */
    CONFUSION_CLASSES_MAX = 64, /* more make a matrix that nobody reads */
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t ceil_div(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

/* Rows of a chunk when a batch is cut into chunks of `most` rows or less, but not into more than
 * chunks_max: a power of two of them, all alike, so that 2, 4 or 8 slots have the same to do. */
static uint64_t cut_evenly(uint64_t batch, uint64_t most, uint64_t chunks_max)
{
    uint64_t chunks = 1;

    while (2 * chunks <= chunks_max && ceil_div(batch, chunks) > most)
        chunks *= 2;
    return ceil_div(batch, chunks);
}

/* What is computed at a time. */
static void plan_cut(struct train_plan *plan, const struct train_params *p)
{
    uint64_t chunks_max = min_u64(CHUNKS_MAX, SPREAD_BYTES_MAX / sizeof(double) / plan->raws);

    plan->batch = plan->whole ? plan->rows : min_u64(p->batch, plan->rows);
    plan->shards = p->mode == TRAIN_AVERAGE ? min_u64(p->shards, plan->rows) : 0;
    plan->piece_rows = max_u64(1, PIECE_ELEMENTS / plan->row_elements);
    plan->chunk_rows = cut_evenly(plan->batch, max_u64(1, CHUNK_ELEMENTS / plan->row_elements),
                                  plan->whole ? max_u64(1, chunks_max) : CHUNKS_MAX);
    plan->eval_rows = max_u64(max_u64(1, EVAL_ELEMENTS / plan->row_elements),
                              ceil_div(max_u64(plan->test_rows, plan->rows), TRAIN_WINDOW));
    plan->test_chunks = ceil_div(plan->test_rows, plan->eval_rows);
    plan->final_chunks = ceil_div(plan->rows, plan->eval_rows);
    plan->train_chunks = p->full_metrics ? plan->final_chunks : 0;
}

void plan_init(struct train_plan *plan, const struct train_params *p,
               const struct train_shape *shape, uint64_t first)
{
    uint64_t held = p->holdout ? shape->rows / p->holdout : 0;
    uint64_t seen = shape->values ? ceil_div(shape->values, shape->rows) : shape->features;
    uint64_t outputs = p->model == GLM_SOFTMAX ? max_u64(1, shape->classes) : 1;
    struct optimizer optimizer;
    struct glm model;

    *plan = (struct train_plan){
        .rows = p->samples && p->samples < shape->rows - held ? p->samples : shape->rows - held,
        .features = shape->features,
        .outputs = outputs,
        .row_elements = outputs * max_u64(1, seen),
        .first = first,
        .epochs = first + p->epochs,
        .test_rows = p->holdout ? held : shape->test_rows,
        .binary = p->model == GLM_LOGREG,
        .whole = p->optimizer.kind == OPTIMIZER_LBFGS,
        .stop_often = p->patience > 0,
    };
    plan->classes = p->model == GLM_SOFTMAX ? outputs : 2;
    plan_model(plan, p, NULL, NULL, &model, &optimizer);
    plan->weights = glm_weights(&model);
    plan->raws = glm_raws(&model);
    plan->state = plan->whole ? lbfgs_state(plan->weights) + 2 * plan->features
                              : optimizer_state(&optimizer);
    plan_cut(plan, p);
    if (plan_eval_chunks(plan) && plan_ranks(plan, !plan->test_chunks)) plan->roc = ROC_NUMBERS;
    if (p->model == GLM_SOFTMAX && outputs <= CONFUSION_CLASSES_MAX)
        plan->matrix = outputs * outputs;
    if (plan_eval_chunks(plan)) plan->confusion = plan->matrix;
}

void plan_model(const struct train_plan *plan, const struct train_params *p, const double *classes,
                const double *scaling, struct glm *model, struct optimizer *optimizer)
{
    *model = (struct glm){
        .model = p->model,
        .features = plan->features,
        .outputs = plan->outputs,
        .bias = p->bias,
        .binary = p->binary,
        .positive = p->positive,
        .scale = p->scale,
        .offsets = scaling,
        .factors = scaling ? scaling + plan->features : NULL,
        .classes = classes,
        .class_weights = classes && p->balanced ? classes + plan->classes : NULL,
    };
    *optimizer = p->optimizer;
    optimizer->outputs = plan->outputs;
    optimizer->width = plan->features + p->bias;
    optimizer->bias = p->bias;
}

uint64_t plan_batch_rows(const struct train_plan *plan, uint64_t row)
{
    return min_u64(plan->batch, plan->rows - row);
}

uint64_t plan_step_rows(const struct train_plan *plan, uint64_t row)
{
    return plan->shards ? plan->rows - row : plan_batch_rows(plan, row);
}

uint64_t plan_steps(const struct train_plan *plan, uint64_t rows)
{
    return ceil_div(rows, plan->batch);
}

uint64_t plan_epoch_steps(const struct train_plan *plan)
{
    return plan_steps(plan, plan->shards ? ceil_div(plan->rows, plan->shards) : plan->rows);
}

uint64_t plan_chunks(const struct train_plan *plan, uint64_t rows)
{
    return ceil_div(rows, plan->chunk_rows);
}

uint64_t plan_shard(const struct train_plan *plan, uint64_t shard)
{
    uint64_t size = plan->rows / plan->shards, rest = plan->rows % plan->shards;

    return shard * size + shard * rest / plan->shards;
}

uint64_t plan_eval_chunks(const struct train_plan *plan)
{
    return plan->test_chunks + plan->train_chunks;
}

uint64_t plan_eval_piece(const struct train_plan *plan, uint64_t chunk, uint64_t *row, bool *train)
{
    *train = chunk >= plan->test_chunks;
    *row = (chunk - (*train ? plan->test_chunks : 0)) * plan->eval_rows;
    return min_u64(plan->eval_rows, (*train ? plan->rows : plan->test_rows) - *row);
}

bool plan_ranks(const struct train_plan *plan, bool train)
{
    return plan->binary && (train ? plan->rows : plan->test_rows) <= RANKS_MAX;
}

/* Rows that an evaluation looks at. */
static uint64_t evaluated_rows(const struct train_plan *plan)
{
    return plan->test_rows + (plan->train_chunks ? plan->rows : 0);
}

/* Nobody is left out when what is shared in memory is no task of its own. */
static bool all_near(struct train_slots slots)
{
    return slots.near >= slots.all;
}

bool plan_spread(const struct train_plan *plan, uint64_t row, struct train_slots slots)
{
    uint64_t rows = plan_batch_rows(plan, row), chunks = plan_chunks(plan, rows);

    return slots.all > 1 && chunks > 1 &&
           rows * plan->row_elements >= (all_near(slots) ? TEAM_ELEMENTS : SPREAD_ELEMENTS) &&
           chunks * plan->raws <= SPREAD_BYTES_MAX / sizeof(double);
}

bool plan_eval_inline(const struct train_plan *plan, struct train_slots slots)
{
    return slots.all == 1 || plan_eval_chunks(plan) <= 1 ||
           (all_near(slots) && evaluated_rows(plan) * plan->row_elements < TEAM_ELEMENTS);
}

bool plan_shards_run(const struct train_plan *plan, struct train_slots slots)
{
    return plan->shards && all_near(slots) &&
           plan->rows * (plan->row_elements + ROW_COST) < RUN_COST;
}

uint64_t plan_shard_group(const struct train_plan *plan, unsigned slots)
{
    uint64_t cost = plan->rows * (plan->row_elements + ROW_COST) / slots;
    /* One task a slot costs the fewest ways to Redis; where they are long, several, so that a slow
     * worker is not waited for. */
    uint64_t tasks = cost < RUN_COST ? slots : 4 * (uint64_t)slots;

    return max_u64(1, ceil_div(plan->shards, tasks));
}

struct train_pos plan_settle(const struct train_plan *plan, struct train_pos at)
{
    if (at.row == plan->rows && !plan_eval_chunks(plan))
        return (struct train_pos){.epoch = at.epoch + 1};
    return at;
}

/* Whether a run that ended so many epochs may go on: the result has to hold one vector more. */
static bool room_for_more(const struct train_plan *plan, uint64_t epochs)
{
    return epochs + 1 <=
           RUN_BYTES_MAX / ((plan->weights + plan->confusion) * sizeof(double) + RECORD_BYTES);
}

uint64_t plan_run_vectors(struct train_pos from, struct train_pos until)
{
    return until.epoch - from.epoch + (until.row != 0);
}

uint64_t plan_run_extra(const struct train_plan *plan, uint64_t epochs)
{
    return plan->state + epochs * plan->confusion + (epochs ? plan->roc : 0);
}

struct train_pos plan_until(const struct train_plan *plan, struct train_pos from,
                            struct train_slots slots)
{
    uint64_t row_cost = plan->row_elements + ROW_COST, cost = 0;
    uint64_t most = RUN_COST * max_u64(1, min_u64(slots.near, RUN_TEAM));
    struct train_pos at = from;

    do {
        uint64_t epoch = at.epoch;

        if (at.row < plan->rows) {
            uint64_t rows = plan_step_rows(plan, at.row);

            if (cost && !plan->shards && plan_spread(plan, at.row, slots)) break;
            cost += rows * row_cost + STEP_COST;
            at.row += rows;
            at = plan_settle(plan, at);
        } else {
            cost += evaluated_rows(plan) * row_cost;
            at = (struct train_pos){.epoch = at.epoch + 1};
        }
        if (at.epoch > epoch && (plan->stop_often || at.epoch == plan->epochs)) break;
        if (at.row == plan->rows && !plan_eval_inline(plan, slots)) break;
        if (at.epoch > epoch && !room_for_more(plan, at.epoch - from.epoch)) break;
    } while (cost < most);
    return at;
}

uint64_t plan_parts(const struct train_plan *plan)
{
    uint64_t parts = plan->shards ? plan->shards : plan_chunks(plan, plan->batch);

    return max_u64(parts, max_u64(plan->test_chunks, plan->train_chunks));
}

bool plan_shares(const struct train_plan *plan, struct train_pos from, struct train_pos until)
{
    uint64_t rows = (until.epoch - from.epoch) * (plan->rows + evaluated_rows(plan));

    /* Of the epochs at both ends only a part; to within the evaluation. */
    rows = rows + until.row > from.row ? rows + until.row - from.row : 0;
    return plan_parts(plan) > 1 && rows * (plan->row_elements + ROW_COST) >= SHARE_COST;
}

bool plan_has(const struct train_plan *plan, struct train_pos at)
{
    if (at.epoch < plan->first) return false;
    if (at.epoch >= plan->epochs) return at.epoch == plan->epochs && !at.row;
    if (at.row >= plan->rows) return at.row == plan->rows && plan_eval_chunks(plan);
    return plan->shards ? !at.row : at.row % plan->batch == 0;
}

bool plan_leads(const struct train_plan *plan, struct train_pos from, struct train_pos until)
{
    return plan_has(plan, from) && plan_has(plan, until) &&
           (from.epoch < until.epoch || (from.epoch == until.epoch && from.row < until.row));
}
