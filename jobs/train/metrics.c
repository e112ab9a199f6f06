/* metrics.c: what sums over rows say of a model. */
#include "jobs/train/metrics.h"

#include <math.h>

static const char *const names[] = {
#define X(name, text) text,
    TRAIN_METRICS(X)
#undef X
};

void metrics_none(struct train_metrics *m)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        m->value[i] = NAN;
}

/* The metrics of one set, from its loss on. */
enum { LOSS, ACCURACY, PRECISION, RECALL, F1, AUC, RMSE, MAE, R2, SET_METRICS };
_Static_assert(METRIC_LOSS + SET_METRICS == METRIC_TEST_LOSS &&
                   METRIC_TEST_LOSS + SET_METRICS == METRIC_COUNT &&
                   METRIC_R2 == METRIC_LOSS + R2 && METRIC_TEST_R2 == METRIC_TEST_LOSS + R2,
               "both sets have the same metrics in the same order");

/* 0 of 0 is 0, as in the usual definitions of precision and recall. */
static double part(double of, double whole)
{
    return whole > 0 ? of / whole : 0;
}

static double f1_of(double precision, double recall)
{
    return part(2 * precision * recall, precision + recall);
}

/* v: where the metrics of this set begin. */
static void put_binary(const struct train_sums *s, uint64_t rows, bool ranked, double *v)
{
    double above = (double)s->positive, below = (double)(rows - s->positive);

    v[PRECISION] = part((double)s->hits, (double)s->guessed);
    v[RECALL] = part((double)s->hits, above);
    v[F1] = f1_of(v[PRECISION], v[RECALL]);
    if (ranked && above > 0 && below > 0) v[AUC] = (double)s->wins / (2 * above * below);
}

/* Means over the classes. confusion (classes, classes): rows by target, then by guess. */
static void put_classes(const double *confusion, uint64_t classes, double *v)
{
    v[PRECISION] = v[RECALL] = v[F1] = 0;
    for (uint64_t k = 0; k < classes; k++) {
        double told = 0, there = 0, p, r;

        for (uint64_t i = 0; i < classes; i++) {
            told += confusion[i * classes + k];
            there += confusion[k * classes + i];
        }
        p = part(confusion[k * classes + k], told);
        r = part(confusion[k * classes + k], there);
        v[PRECISION] += p / (double)classes;
        v[RECALL] += r / (double)classes;
        v[F1] += f1_of(p, r) / (double)classes;
    }
}

/* All of one set of so many rows, from its loss on. confusion: NULL: none. */
static void put_rows(enum glm_model model, uint64_t rows, const struct train_sums *s, double spread,
                     const double *confusion, uint64_t classes, bool ranked, double *v)
{
    v[LOSS] = s->loss / (double)rows;
    if (model == GLM_LINREG) {
        v[RMSE] = sqrt(v[LOSS]);
        v[MAE] = s->absolute / (double)rows;
        if (spread > 0) v[R2] = 1 - s->loss / spread;
        return;
    }
    v[ACCURACY] = (double)s->correct / (double)rows;
    if (model == GLM_LOGREG)
        put_binary(s, rows, ranked, v);
    else if (confusion)
        put_classes(confusion, classes, v);
}

static void put_set(const struct train_plan *plan, const struct train_params *p, bool train,
                    const struct train_sums *s, double spread, const double *confusion, bool ranked,
                    double *v)
{
    put_rows(p->model, train ? plan->rows : plan->test_rows, s, spread, confusion, plan->outputs,
             ranked && plan_ranks(plan, train), v);
}

void metrics_of_rows(struct train_metrics *m, enum glm_model model, uint64_t rows,
                     const struct train_sums *sums, double spread, const double *confusion,
                     uint64_t classes, bool ranked)
{
    metrics_none(m);
    put_rows(model, rows, sums, spread, confusion, classes, ranked, m->value + METRIC_LOSS);
}

void metrics_compute(struct train_metrics *m, const struct train_plan *plan,
                     const struct train_params *p, const struct train_record *record,
                     const struct train_spreads *spreads, const double *confusion)
{
    bool tests = plan->test_rows > 0;
    double *v = m->value;

    metrics_none(m);
    if (plan->train_chunks || plan->whole) {
        put_set(plan, p, true, &record->train, spreads->train, tests ? NULL : confusion,
                plan->train_chunks > 0, v + METRIC_LOSS);
    } else {
        v[METRIC_RUNNING_LOSS] = record->train.loss / (double)plan->rows;
        if (p->model != GLM_LINREG)
            v[METRIC_RUNNING_ACCURACY] = (double)record->train.correct / (double)plan->rows;
    }
    if (tests)
        put_set(plan, p, false, &record->test, spreads->test, confusion, true,
                v + METRIC_TEST_LOSS);
}

void metrics_final(struct train_metrics *m, const struct train_plan *plan,
                   const struct train_params *p, const struct train_sums *sums, double spread,
                   const double *confusion)
{
    for (size_t i = 0; i < METRIC_TEST_LOSS; i++)
        m->value[i] = NAN;
    put_set(plan, p, true, sums, spread, confusion, true, m->value + METRIC_LOSS);
}

bool metrics_complete(const struct train_metrics *m, const struct train_plan *plan,
                      const struct train_params *p)
{
    const double *v = m->value;

    if (isnan(v[METRIC_LOSS])) return false;
    if (p->model == GLM_LOGREG) return !plan_ranks(plan, true) || !isnan(v[METRIC_AUC]);
    return p->model == GLM_LINREG || !plan->matrix || !isnan(v[METRIC_PRECISION]);
}

double metrics_loss(const struct train_metrics *m)
{
    double plain = m->value[METRIC_LOSS];

    return isnan(plain) ? m->value[METRIC_RUNNING_LOSS] : plain;
}

void metrics_add(const struct train_metrics *m, cJSON *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (!isnan(m->value[i])) cJSON_AddNumberToObject(out, names[i], m->value[i]);
}

double metrics_watched(const struct train_metrics *m, const struct train_params *p)
{
    /* Of the training set: what there is of it after each epoch; and of the test set. */
    static const enum train_metric rows[][3] = {
        [WATCH_LOSS] = {METRIC_LOSS, METRIC_RUNNING_LOSS, METRIC_TEST_LOSS},
        [WATCH_ACCURACY] = {METRIC_ACCURACY, METRIC_RUNNING_ACCURACY, METRIC_TEST_ACCURACY},
        [WATCH_AUC] = {METRIC_AUC, METRIC_AUC, METRIC_TEST_AUC},
    };
    const enum train_metric *row = rows[p->watch];
    double value = m->value[row[p->watch_test ? 2 : 0]];

    if (isnan(value) && !p->watch_test) value = m->value[row[1]];
    return p->watch == WATCH_LOSS ? value : -value;
}
