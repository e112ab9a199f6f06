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

/* 0 of 0 is 0, as in the usual definitions of precision and recall. */
static double part(double of, double whole)
{
    return whole > 0 ? of / whole : 0;
}

static void put_f1(double *precision, double *recall, double *f1)
{
    *f1 = part(2 * *precision * *recall, *precision + *recall);
}

static void put_binary(const struct train_sums *s, uint64_t rows, bool ranked, double *precision,
                       double *recall, double *f1, double *auc)
{
    double above = (double)s->positive, below = (double)(rows - s->positive);

    *precision = part((double)s->hits, (double)s->guessed);
    *recall = part((double)s->hits, above);
    put_f1(precision, recall, f1);
    if (ranked && above > 0 && below > 0) *auc = (double)s->wins / (2 * above * below);
}

/* Means over the classes. confusion (classes, classes): rows by target, then by guess. */
static void put_classes(const double *confusion, uint64_t classes, double *precision,
                        double *recall, double *f1)
{
    *precision = *recall = *f1 = 0;
    for (uint64_t k = 0; k < classes; k++) {
        double told = 0, there = 0, p, r, f;

        for (uint64_t i = 0; i < classes; i++) {
            told += confusion[i * classes + k];
            there += confusion[k * classes + i];
        }
        p = part(confusion[k * classes + k], told);
        r = part(confusion[k * classes + k], there);
        put_f1(&p, &r, &f);
        *precision += p / (double)classes;
        *recall += r / (double)classes;
        *f1 += f / (double)classes;
    }
}

static void put_real(const struct train_sums *s, double rows, double spread, double *rmse,
                     double *mae, double *r2)
{
    *rmse = sqrt(s->loss / rows);
    *mae = s->absolute / rows;
    if (spread > 0) *r2 = 1 - s->loss / spread;
}

void metrics_compute(struct train_metrics *m, const struct train_plan *plan,
                     const struct train_params *p, const struct train_record *record,
                     const struct train_spreads *spreads, const double *confusion)
{
    const struct train_sums *train = &record->train, *test = &record->test;
    double rows = (double)plan->rows, test_rows = (double)plan->test_rows;
    bool tests = plan->test_rows > 0;
    double *v = m->value;

    metrics_none(m);
    v[METRIC_LOSS] = train->loss / rows;
    if (tests) v[METRIC_TEST_LOSS] = test->loss / test_rows;
    if (p->model == GLM_LINREG) {
        put_real(train, rows, spreads->train, &v[METRIC_RMSE], &v[METRIC_MAE], &v[METRIC_R2]);
        if (tests)
            put_real(test, test_rows, spreads->test, &v[METRIC_TEST_RMSE], &v[METRIC_TEST_MAE],
                     &v[METRIC_TEST_R2]);
        return;
    }
    v[METRIC_ACCURACY] = (double)train->correct / rows;
    if (tests) {
        v[METRIC_TRAIN_ACCURACY] = v[METRIC_ACCURACY];
        v[METRIC_ACCURACY] = v[METRIC_TEST_ACCURACY] = (double)test->correct / test_rows;
    }
    if (p->model == GLM_LOGREG) {
        put_binary(train, plan->rows, plan->ranks && plan->train_chunks, &v[METRIC_PRECISION],
                   &v[METRIC_RECALL], &v[METRIC_F1], &v[METRIC_AUC]);
        if (tests)
            put_binary(test, plan->test_rows, plan->ranks, &v[METRIC_TEST_PRECISION],
                       &v[METRIC_TEST_RECALL], &v[METRIC_TEST_F1], &v[METRIC_TEST_AUC]);
        return;
    }
    if (!confusion) return;
    put_classes(confusion, plan->outputs, &v[tests ? METRIC_TEST_PRECISION : METRIC_PRECISION],
                &v[tests ? METRIC_TEST_RECALL : METRIC_RECALL],
                &v[tests ? METRIC_TEST_F1 : METRIC_F1]);
}

void metrics_add(const struct train_metrics *m, cJSON *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (!isnan(m->value[i])) cJSON_AddNumberToObject(out, names[i], m->value[i]);
}

double metrics_watched(const struct train_metrics *m, const struct train_params *p)
{
    static const enum train_metric rows[][2] = {
        [WATCH_LOSS] = {METRIC_LOSS, METRIC_TEST_LOSS},
        [WATCH_ACCURACY] = {METRIC_ACCURACY, METRIC_TEST_ACCURACY},
        [WATCH_AUC] = {METRIC_AUC, METRIC_TEST_AUC},
    };
    double value = m->value[rows[p->watch][p->watch_test]];

    /* "accuracy" is that of the test set in what people read; here it is what was asked for. */
    if (p->watch == WATCH_ACCURACY && !p->watch_test && !isnan(m->value[METRIC_TRAIN_ACCURACY]))
        value = m->value[METRIC_TRAIN_ACCURACY];
    return p->watch == WATCH_LOSS ? value : -value;
}
