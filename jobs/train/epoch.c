/* epoch.c: what an epoch came to: metrics, patience, the report. */
#include "jobs/train/state.h"

#include <math.h>
#include <string.h>

static bool has_accuracy(const struct job_state *s)
{
    return s->params.problem.model == LINEAR_LOGREG;
}

static void metrics_add(const struct job_state *s, const struct train_metrics *m, cJSON *out)
{
    cJSON_AddNumberToObject(out, "loss", m->loss);
    if (has_accuracy(s)) cJSON_AddNumberToObject(out, "accuracy", m->accuracy);
    if (s->plan.test_rows) cJSON_AddNumberToObject(out, "testLoss", m->test_loss);
}

static enum dtq_err tell(const struct job_state *s, double ms, const struct job_sink *sink,
                         struct dtq_why *why)
{
    cJSON *metrics = cJSON_CreateObject();

    if (!metrics) return err_set(why, DTQ_NOMEM, "out of memory for metrics");
    cJSON_AddNumberToObject(metrics, "epoch", (double)s->epochs_done);
    metrics_add(s, &s->last, metrics);
    cJSON_AddNumberToObject(metrics, "durationMs", ms);
    cJSON_AddNumberToObject(metrics, "throughput", ms > 0 ? (double)s->plan.rows * 1000 / ms : 0);
    cJSON_AddNumberToObject(metrics, "workers", cJSON_GetArraySize(s->workers));
    sink->epoch(sink->ctx, metrics, s->w, s->plan.features);
    cJSON_Delete(metrics);
    return DTQ_OK;
}

/* Early stopping (Prechelt 1998, with a count of epochs as its criterion). */
static void ask_patience(struct job_state *s, const struct job_sink *sink)
{
    double loss = s->plan.test_rows ? s->last.test_loss : s->last.loss;
    double best = s->plan.test_rows ? s->best.test_loss : s->best.loss;

    if (s->best_epoch && !(loss < best - s->params.min_delta)) {
        s->stopped = ++s->waited >= s->params.patience;
        return;
    }
    s->waited = 0;
    s->best = s->last;
    s->best_epoch = s->epochs_done;
    memcpy(s->best_w, s->w, s->plan.features * sizeof *s->w);
    sink->weights(sink->ctx, "best", s->best_w, s->plan.features, s->version);
}

enum dtq_err epoch_end(struct job_state *s, const struct train_record *record, double ms,
                       const struct job_sink *sink, struct dtq_why *why)
{
    const struct train_plan *plan = &s->plan;
    double rows = (double)plan->rows, test_rows = (double)plan->test_rows;
    enum dtq_err err;

    s->epochs_done++;
    s->last.loss = record->loss / rows;
    s->last.accuracy = (double)record->correct / rows;
    s->last.test_loss = 0;
    if (plan->test_rows) {
        s->last.accuracy = (double)record->test_correct / test_rows;
        s->last.test_loss = record->test_loss / test_rows;
    }
    if (!isfinite(s->last.loss) || !isfinite(s->last.test_loss))
        return err_set(why, DTQ_INPUT,
                       "the loss of epoch %llu is no finite number: with lr=%g the weights have "
                       "grown out of range; give a smaller lr, or normalize",
                       (unsigned long long)s->epochs_done, s->params.lr);
    err = tell(s, ms, sink, why);
    s->marked_ms += ms;
    s->loss = 0;
    s->correct = 0;
    while (cJSON_GetArraySize(s->workers))
        cJSON_DeleteItemFromArray(s->workers, 0);
    if (err == DTQ_OK && s->params.patience) ask_patience(s, sink);
    return err;
}

/* Rows trained on in all epochs. */
static uint64_t count_rows(const struct job_state *s)
{
    uint64_t row = s->at.row;

    if (s->phase == PHASE_BATCH) row = s->folded * s->plan.batch;
    return s->at.epoch * s->plan.rows + (row < s->plan.rows ? row : s->plan.rows);
}

void train_report(const struct job_state *s, cJSON *out)
{
    bool done = s->stopped || (s->plan.epochs && s->at.epoch == s->plan.epochs);
    double ms = done ? s->marked_ms : state_elapsed_ms(s);
    bool patient = s->params.patience && s->best_epoch;
    uint64_t count;

    cJSON_AddStringToObject(out, "mode", s->params.mode == TRAIN_SYNC ? "sync" : "async");
    cJSON_AddStringToObject(out, "model", has_accuracy(s) ? "logreg" : "linreg");
    if (s->phase == PHASE_PROBE) return;
    count = count_rows(s);
    cJSON_AddNumberToObject(out, "samples", (double)s->plan.rows);
    cJSON_AddNumberToObject(out, "features", (double)s->plan.features);
    cJSON_AddNumberToObject(out, "epochsDone", (double)s->epochs_done);
    /* The numbers of the weights that the job ends with. */
    if (s->epochs_done) metrics_add(s, done && patient ? &s->best : &s->last, out);
    cJSON_AddNumberToObject(out, "count", (double)count);
    cJSON_AddNumberToObject(out, "throughput", ms > 0 ? (double)count * 1000 / ms : 0);
    if (patient) cJSON_AddNumberToObject(out, "bestEpoch", (double)s->best_epoch);
    if (s->stopped) cJSON_AddStringToObject(out, "stopped", "patience");
    if (s->params.mode == TRAIN_SYNC) return;
    cJSON_AddNumberToObject(out, "stalenessMean",
                            s->stale_count ? (double)s->stale_sum / (double)s->stale_count : 0);
    cJSON_AddNumberToObject(out, "stalenessMax", (double)s->stale_max);
}
