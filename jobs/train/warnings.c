/* warnings.c: what is worth telling of a training although it completed. */
#include "jobs/train/state.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static void warn(cJSON *list, const char *format, ...)
{
    char text[320];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
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

void report_warnings(const struct job_state *s, cJSON *out)
{
    cJSON *list = cJSON_CreateArray();

    if (s->plan.whole && !state_converged(s)) warn_gradient(s, list);
    if (cJSON_GetArraySize(list))
        cJSON_AddItemToObject(out, "warnings", list);
    else
        cJSON_Delete(list);
}
