/* plan.c: how a training is cut into steps, chunks and tasks. */
#include "jobs/train/plan.h"

enum {
    CHUNK_ELEMENTS = 1 << 20, /* a quarter of a millisecond: worth sending, soon done again */
    CHUNKS_MAX = 64,          /* of a batch: their gradients are held until all are there */
    EVAL_ELEMENTS = 1 << 22,
    SPREAD_ELEMENTS = 1 << 22,  /* less than this is done before other workers have heard of it */
    SPREAD_BYTES_MAX = 1 << 26, /* gradients of a step on their way */
    RUN_COST = 1 << 27,         /* elements that make some 50 ms of work */
    ROW_COST = 64,              /* a sigmoid and a loss, in elements of a dot product */
    STEP_COST = 256,
    RUN_BYTES_MAX = 1 << 22, /* of the result of a run */
    RECORD_BYTES = 32,       /* beside each vector of it */
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

void plan_init(struct train_plan *plan, const struct train_params *p, uint64_t rows,
               uint64_t features, uint64_t test_rows)
{
    *plan = (struct train_plan){
        .rows = p->samples ? p->samples : rows,
        .features = features,
        .epochs = p->epochs,
        .test_rows = test_rows,
        .stop_often = p->patience > 0,
    };
    plan->batch = min_u64(p->batch, plan->rows);
    plan->piece_rows = max_u64(1, CHUNK_ELEMENTS / features);
    plan->chunk_rows = max_u64(plan->piece_rows, ceil_div(plan->batch, CHUNKS_MAX));
    plan->eval_rows = max_u64(max_u64(1, EVAL_ELEMENTS / features),
                              ceil_div(test_rows, TRAIN_WINDOW));
}

uint64_t plan_batch_rows(const struct train_plan *plan, uint64_t row)
{
    return min_u64(plan->batch, plan->rows - row);
}

uint64_t plan_chunks(const struct train_plan *plan, uint64_t rows)
{
    return ceil_div(rows, plan->chunk_rows);
}

uint64_t plan_eval_chunks(const struct train_plan *plan, uint64_t rows)
{
    return ceil_div(rows, plan->eval_rows);
}

bool plan_spread(const struct train_plan *plan, uint64_t row, unsigned slots)
{
    uint64_t rows = plan_batch_rows(plan, row), chunks = plan_chunks(plan, rows);

    return slots > 1 && chunks > 1 && rows * plan->features >= SPREAD_ELEMENTS &&
           chunks * plan->features <= SPREAD_BYTES_MAX / sizeof(double);
}

bool plan_eval_inline(const struct train_plan *plan, unsigned slots)
{
    return slots == 1 || plan_eval_chunks(plan, plan->test_rows) <= 1;
}

struct train_pos plan_settle(const struct train_plan *plan, struct train_pos at)
{
    if (at.row == plan->rows && !plan->test_rows) return (struct train_pos){.epoch = at.epoch + 1};
    return at;
}

/* Whether a run that ended so many epochs may go on: the result has to hold one vector more. */
static bool room_for_more(const struct train_plan *plan, uint64_t epochs)
{
    return epochs + 1 <= RUN_BYTES_MAX / (plan->features * sizeof(double) + RECORD_BYTES);
}

uint64_t plan_run_vectors(struct train_pos from, struct train_pos until)
{
    return until.epoch - from.epoch + (until.row != 0);
}

struct train_pos plan_until(const struct train_plan *plan, struct train_pos from, unsigned slots)
{
    uint64_t row_cost = plan->features + ROW_COST, cost = 0;
    struct train_pos at = from;

    do {
        uint64_t epoch = at.epoch;

        if (at.row < plan->rows) {
            uint64_t rows = plan_batch_rows(plan, at.row);

            if (cost && plan_spread(plan, at.row, slots)) break;
            cost += rows * row_cost + STEP_COST;
            at.row += rows;
            at = plan_settle(plan, at);
        } else {
            cost += plan->test_rows * row_cost;
            at = (struct train_pos){.epoch = at.epoch + 1};
        }
        if (at.epoch > epoch && (plan->stop_often || at.epoch == plan->epochs)) break;
        if (at.row == plan->rows && !plan_eval_inline(plan, slots)) break;
        if (at.epoch > epoch && !room_for_more(plan, at.epoch - from.epoch)) break;
    } while (cost < RUN_COST);
    return at;
}

bool plan_has(const struct train_plan *plan, struct train_pos at)
{
    if (at.epoch >= plan->epochs) return at.epoch == plan->epochs && !at.row;
    if (at.row >= plan->rows) return at.row == plan->rows && plan->test_rows;
    return at.row % plan->batch == 0;
}

bool plan_leads(const struct train_plan *plan, struct train_pos from, struct train_pos until)
{
    return plan_has(plan, from) && plan_has(plan, until) &&
           (from.epoch < until.epoch || (from.epoch == until.epoch && from.row < until.row));
}
