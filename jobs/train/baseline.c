/* baseline.c: whether there is anything to learn, and whether a training diverged. */
#include "common/math/elementary.h"
#include "jobs/train/state.h"

#include <math.h>

/* The log loss of always telling a class by its share of the rows. */
static double entropy(const double *counts, uint64_t classes)
{
    double total = 0, sum = 0;

    for (uint64_t k = 0; k < classes; k++)
        total += counts[k];
    for (uint64_t k = 0; k < classes; k++)
        if (counts[k] > 0) sum -= counts[k] / total * elementary_log(counts[k] / total);
    return sum;
}

static bool one_class(const struct train_facts *f)
{
    return !f->positive || f->positive == f->used;
}

/* There is nothing to tell apart; weights from elsewhere may still be worth a try. A softmax looks
 * at its classes by itself. */
static enum dtq_err check_classes(const struct job_state *s, const struct train_facts *f,
                                  struct dtq_why *why)
{
    const struct train_params *p = &s->params;

    if (p->model != GLM_LOGREG || p->given_weights || s->going_on || !one_class(f)) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "all %llu rows of %s to be trained on have the label %g: there is nothing to "
                   "tell apart; give rows of both classes (another task, csvLabel, samples or "
                   "file)",
                   (unsigned long long)f->used, p->data.ref, f->least);
}

/* An AUC needs both classes, and no more rows than are ranked. */
static enum dtq_err check_watch(const struct job_state *s, const struct train_probe *probe,
                                struct dtq_why *why)
{
    const struct train_params *p = &s->params;
    const struct train_facts *f = p->watch_test ? &probe->test : &probe->data;
    const char *which = p->watch_test ? "test" : "training", *word = p->watch_test ? "test_" : "";

    if (!p->patience || p->watch != WATCH_AUC) return DTQ_OK;
    if (one_class(f))
        return err_set(why, DTQ_INPUT,
                       "watch=%sauc: all %llu rows of the %s set are of one class, so that they "
                       "have no AUC; give a %s set with both classes, or watch=%sloss",
                       word, (unsigned long long)f->used, which, which, word);
    if (plan_ranks(&s->plan, !p->watch_test)) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "watch=%sauc: the %s set has %llu rows, which are too many to be ranked for an "
                   "AUC; give watch=%sloss",
                   word, which, (unsigned long long)f->used, word);
}

enum dtq_err baseline_learn(struct job_state *s, const struct train_probe *probe,
                            struct dtq_why *why)
{
    const struct train_params *p = &s->params;
    const struct train_facts *f = &probe->data;
    const double shares[] = {(double)(f->used - f->positive), (double)f->positive};
    double most = fmax(f->least * f->least, f->most * f->most);
    enum dtq_err err = check_classes(s, f, why);

    if (err == DTQ_OK) err = check_watch(s, probe, why);
    switch (p->model) {
    case GLM_LINREG:
        s->baseline.trivial = f->spread / (double)f->used;
        s->baseline.zeros = p->binary ? 1 : most;
        break;
    case GLM_LOGREG:
        s->baseline.trivial = entropy(shares, 2);
        s->baseline.zeros = elementary_log(2);
        break;
    case GLM_SOFTMAX:
        s->baseline.trivial = entropy(probe->counts, probe->class_count);
        s->baseline.zeros = elementary_log((double)probe->class_count);
        break;
    }
    return err;
}

double state_largest(const struct job_state *s)
{
    double most = 0;

    for (uint64_t i = 0; i < s->weight_count; i++) {
        if (!isfinite(s->w[i])) return INFINITY;
        most = fmax(most, fabs(s->w[i]));
    }
    return most;
}

/* A squared error a thousand times that of no model at all comes from steps that made it grow, each
 * by a factor. A log loss grows with the scores, which may be large for want of normalisation, and
 * right; only what grew by a factor in each step comes to these. And it is the steps that did it:
 * not weights that were bad from the start. */
static bool diverged(const struct job_state *s, double loss, double largest)
{
    double bound = 1000 * fmax(s->baseline.trivial, s->baseline.zeros);

    if (s->params.model != GLM_LINREG) bound = fmax(bound, 1e30);
    return !isfinite(loss) || !isfinite(largest) ||
           (loss > bound && largest > 1000 * s->baseline.start);
}

enum dtq_err baseline_check(const struct job_state *s, struct dtq_why *why)
{
    double loss = state_metrics(s)->value[METRIC_LOSS], largest = state_largest(s);

    if (!diverged(s, loss, largest)) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "the training diverged: its loss is %.3g, that of %s %.3g, and its weights have "
                   "grown to %.3g; with lr=%g the steps are too long: give %sa smaller lr",
                   loss,
                   s->params.model == GLM_LINREG ? "always telling the mean"
                                                 : "always telling the shares of the classes",
                   s->baseline.trivial, largest, s->params.schedule.lr,
                   s->params.scaling == SCALING_NONE ? "normalize=standard, or " : "");
}
