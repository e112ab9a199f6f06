/* epoch.c: what an epoch came to: metrics, patience, the report. */
#include "jobs/names.h"
#include "jobs/train/roc.h"
#include "jobs/train/state.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_TOLD_MAX = 10000 /* numbers of their vector */ };

static const char *const modes[] = {"sync", "async", "average"};
static const char *const models[] = {"linreg", "logreg", "softmax"};
static const char *const optimizers[] = {"sgd", "adagrad", "adam", "lbfgs"};

/* Where the optimiser stands: the rate of the epoch's last step, or of lbfgs what it minimises and
 * the largest element of its gradient, which tol is compared with. */
static void tell_optimizer(const struct job_state *s, cJSON *metrics)
{
    uint64_t steps = plan_epoch_steps(&s->plan);

    if (s->plan.whole) {
        cJSON_AddNumberToObject(metrics, "objective", s->lbfgs.value);
        cJSON_AddNumberToObject(metrics, "gradient", state_gradient(s));
        return;
    }
    cJSON_AddNumberToObject(
        metrics, "lr", schedule_rate(&s->params.schedule, s->epochs_done - 1, steps - 1, steps));
}

static enum dtq_err tell(const struct job_state *s, double ms, const struct job_sink *sink,
                         struct dtq_why *why)
{
    int workers = cJSON_GetArraySize(s->workers);
    double idle = ms * workers - s->compute_ms;
    cJSON *metrics = cJSON_CreateObject();

    if (!metrics) return err_set(why, DTQ_NOMEM, "out of memory for metrics");
    cJSON_AddNumberToObject(metrics, "epoch", (double)s->epochs_done);
    metrics_add(&s->last, metrics);
    cJSON_AddNumberToObject(metrics, "durationMs", ms);
    cJSON_AddNumberToObject(metrics, "throughput", ms > 0 ? (double)s->plan.rows * 1000 / ms : 0);
    cJSON_AddNumberToObject(metrics, "workers", workers);
    /* What the workers computed, all together, and what they waited: for Redis, for the master and
     * for each other. */
    cJSON_AddNumberToObject(metrics, "computeMs", s->compute_ms);
    cJSON_AddNumberToObject(metrics, "waitMs", idle > 0 ? idle : 0);
    tell_optimizer(s, metrics);
    sink->epoch(sink->ctx, metrics, s->w, s->plan.weights);
    cJSON_Delete(metrics);
    return DTQ_OK;
}

/* NaN, which is what there is before the first epoch, is worse than any number. */
static bool is_better(double now, double best, double min_delta)
{
    return isnan(best) ? !isnan(now) : now < best - min_delta;
}

/* Early stopping (Prechelt 1998, with a count of epochs as its criterion). */
static void ask_patience(struct job_state *s, const struct job_sink *sink)
{
    double now = metrics_watched(&s->last, &s->params);
    double best = metrics_watched(&s->best, &s->params);

    if (!is_better(now, best, s->params.min_delta)) {
        s->stopped = ++s->waited >= s->params.patience;
        return;
    }
    s->waited = 0;
    s->best = s->last;
    s->best_epoch = s->epochs_done;
    memcpy(s->best_w, s->w, s->plan.weights * sizeof *s->w);
    sink->weights(sink->ctx, "best", s->best_w, s->plan.weights, s->version);
}

enum dtq_err state_see(struct job_state *s, const struct train_seen *seen,
                       const struct job_sink *sink, struct dtq_why *why)
{
    if (seen->confusion) {
        size_t bytes = s->plan.matrix * sizeof *s->confusion;
        double *copy = malloc(bytes);

        if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for a confusion matrix");
        memcpy(copy, seen->confusion, bytes);
        free(s->confusion);
        s->confusion = copy;
        s->confusion_count = s->plan.matrix;
    }
    if (seen->roc) sink->weights(sink->ctx, "roc", seen->roc, 2 * roc_count(seen->roc), s->version);
    return DTQ_OK;
}

enum dtq_err epoch_end(struct job_state *s, const struct train_record *record,
                       const struct train_seen *seen, double ms, const struct job_sink *sink,
                       struct dtq_why *why)
{
    const double *v = s->last.value;
    enum dtq_err err;

    s->epochs_done++;
    metrics_compute(&s->last, &s->plan, &s->params, record, &s->spreads, seen->confusion);
    if (!isfinite(metrics_loss(&s->last)) || (s->plan.test_rows && !isfinite(v[METRIC_TEST_LOSS])))
        return err_set(why, DTQ_INPUT,
                       "the loss of epoch %llu is no finite number: with lr=%g the weights have "
                       "grown out of range; give a smaller lr, or normalize",
                       (unsigned long long)s->epochs_done, s->params.schedule.lr);
    err = tell(s, ms, sink, why);
    s->marked_ms += ms;
    s->compute_ms = 0;
    memset(&s->sums, 0, sizeof s->sums);
    while (cJSON_GetArraySize(s->workers))
        cJSON_DeleteItemFromArray(s->workers, 0);
    if (err == DTQ_OK && s->params.patience) ask_patience(s, sink);
    if (err == DTQ_OK && (!s->params.patience || s->best_epoch == s->epochs_done))
        err = state_see(s, seen, sink, why);
    return err;
}

enum dtq_err epoch_trained(struct job_state *s, const struct job_sink *sink, struct dtq_why *why)
{
    const struct train_record record = {.train = s->sums};
    const struct train_seen nothing = {0};

    s->at = plan_settle(&s->plan, s->at);
    if (s->at.row) return DTQ_OK;
    return epoch_end(s, &record, &nothing, state_elapsed_ms(s) - s->marked_ms, sink, why);
}

/* Rows trained on in all epochs of this job. */
static uint64_t count_rows(const struct job_state *s)
{
    uint64_t row = s->at.row;

    if (s->phase == PHASE_BATCH) row = s->folded * s->plan.batch;
    return (s->at.epoch - s->plan.first) * s->plan.rows + (row < s->plan.rows ? row : s->plan.rows);
}

/* Rows of the matrix by target, each by guess. */
static void report_confusion(const struct job_state *s, cJSON *out)
{
    uint64_t classes = s->plan.outputs;
    cJSON *rows;

    if (!s->confusion || s->confusion_count != classes * classes) return;
    rows = cJSON_AddArrayToObject(out, "confusion");
    for (uint64_t k = 0; rows && k < classes; k++)
        cJSON_AddItemToArray(rows,
                             cJSON_CreateDoubleArray(s->confusion + k * classes, (int)classes));
}

/* Names of the features as "columns", and of the label: told once, at the end, for people. Programs
 * have the vector. */
static void report_names(const struct job_state *s, cJSON *out)
{
    struct names names = {0};
    cJSON *array, *label;

    if (!s->columns || s->columns_count > NAMES_TOLD_MAX ||
        names_unpack(s->columns, s->columns_count, &names, NULL) != DTQ_OK)
        return;
    array = names_json(&names.all);
    label = cJSON_DetachItemFromArray(array, (int)names.all.features);
    cJSON_AddItemToObject(out, "columns", array);
    cJSON_AddItemToObject(out, "label", label);
    names_clear(&names);
}

void train_report(const struct job_state *s, cJSON *out)
{
    bool done = s->phase != PHASE_PROBE && state_trained(s);
    double ms = done ? s->marked_ms : state_elapsed_ms(s);
    bool patient = s->params.patience && s->best_epoch;
    uint64_t count;

    cJSON_AddStringToObject(out, "mode", modes[s->params.mode]);
    cJSON_AddStringToObject(out, "model", models[s->params.model]);
    if (s->phase == PHASE_PROBE) return;
    count = count_rows(s);
    cJSON_AddStringToObject(out, "optimizer", optimizers[s->params.optimizer.kind]);
    cJSON_AddNumberToObject(out, "samples", (double)s->plan.rows);
    cJSON_AddNumberToObject(out, "features", (double)s->plan.features);
    if (s->params.model == GLM_SOFTMAX && s->classes)
        cJSON_AddItemToObject(out, "classes",
                              cJSON_CreateDoubleArray(s->classes, (int)s->plan.classes));
    if (s->plan.test_rows) cJSON_AddNumberToObject(out, "testSamples", (double)s->plan.test_rows);
    cJSON_AddNumberToObject(out, "epochsDone", (double)s->epochs_done);
    if (s->first) cJSON_AddNumberToObject(out, "epochsBefore", (double)s->first);
    if (s->epochs_done) metrics_add(done ? state_metrics(s) : &s->last, out);
    report_confusion(s, out);
    if (done) report_names(s, out);
    report_warnings(s, done, out);
    cJSON_AddNumberToObject(out, "count", (double)count);
    cJSON_AddNumberToObject(out, "throughput", ms > 0 ? (double)count * 1000 / ms : 0);
    if (patient) cJSON_AddNumberToObject(out, "bestEpoch", (double)s->best_epoch);
    if (s->stopped) cJSON_AddStringToObject(out, "stopped", "patience");
    if (s->ended)
        cJSON_AddStringToObject(out, "stopped", s->lbfgs.tries ? "no_progress" : "converged");
    if (s->plan.whole && s->epochs_done) {
        cJSON_AddBoolToObject(out, "converged", state_converged(s));
        cJSON_AddNumberToObject(out, "gradient", state_gradient(s));
    }
    if (s->params.mode != TRAIN_ASYNC) return;
    cJSON_AddNumberToObject(out, "stalenessMean",
                            s->stale_count ? (double)s->stale_sum / (double)s->stale_count : 0);
    cJSON_AddNumberToObject(out, "stalenessMax", (double)s->stale_max);
}
