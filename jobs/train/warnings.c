/* warnings.c: what is worth telling of a training although it completed. */
#include "jobs/train/state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static void warn(cJSON *list, const char *format, ...)
{
    struct dtq_why text;
    va_list args;

    va_start(args, format);
    vsnprintf(text.text, sizeof text.text, format, args);
    va_end(args);
    cJSON_AddItemToArray(list, cJSON_CreateString(text.text));
}

/* What was asked for and could not be done as it stands, without harm. */
static void warn_input(const struct job_state *s, cJSON *list)
{
    const struct train_params *p = &s->params;

    if (p->ignored_task)
        warn(list, "task=%.60s is ignored: model=linreg predicts the label itself",
             p->ignored_task);
    if (s->unnamed)
        warn(list, "columns of %.200s are matched by position: it has no line of names",
             dataset_ref_path(p->data.ref));
    if (p->samples > s->plan.rows)
        warn(list, "samples=%" PRIu64 ", but %.200s has %" PRIu64 " rows%s; all of them were used",
             p->samples, p->data.ref, s->plan.rows, p->holdout ? " that are not held back" : "");
}

/* lbfgs ended without a gradient that counts as 0. */
static void warn_gradient(const struct job_state *s, cJSON *list)
{
    double gradient = state_gradient(s), tol = s->params.tol;

    if (s->lbfgs.tries)
        warn(list,
             "optimizer=lbfgs could get no further, though the largest element of its gradient is "
             "still %.3g (tol=%g); rounding may allow no more",
             gradient, tol);
    else if (s->stopped)
        warn(list,
             "optimizer=lbfgs was stopped by patience before it converged: the largest element of "
             "its gradient is %.3g (tol=%g)",
             gradient, tol);
    else
        warn(list,
             "optimizer=lbfgs did not converge in %llu epochs: the largest element of its gradient "
             "is %.3g (tol=%g); give more epochs, or continue with dtq resume and continue=true",
             (unsigned long long)(s->epochs_done - s->first), gradient, tol);
}

/* A model that knows less than nothing. Classes that weigh more than others make another loss than
 * the one that is told. */
static void warn_trivial(const struct job_state *s, cJSON *list)
{
    double loss = state_metrics(s)->value[METRIC_LOSS], trivial = s->baseline.trivial;

    if (s->params.balanced || !(trivial > 0) || !(loss > trivial * (1 + 1e-9))) return;
    warn(
        list,
        "the loss of the training set, %.4g, is worse than the %.4g of always telling the %s: give "
        "more epochs, another lr, %s%sor other data",
        loss, trivial,
        s->params.model == GLM_LINREG ? "mean of the targets" : "shares of the classes",
        s->params.bias ? "" : "bias=true, ",
        s->params.scaling == SCALING_STANDARD ? "" : "normalize=standard, ");
}

void report_warnings(const struct job_state *s, bool done, cJSON *out)
{
    cJSON *list = cJSON_CreateArray();

    warn_input(s, list);
    if (done && s->plan.whole && !state_converged(s)) warn_gradient(s, list);
    if (done) warn_trivial(s, list);
    if (cJSON_GetArraySize(list))
        cJSON_AddItemToObject(out, "warnings", list);
    else
        cJSON_Delete(list);
}
