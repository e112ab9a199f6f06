/* objective.c: what an optimiser that takes all rows at a time minimises. */
#include "jobs/train/objective.h"

double objective(const struct glm *m, const struct optimizer *o, uint64_t rows, const double *w,
                 double sum, const double *raw, double *g)
{
    /* The gradient of linreg is that of half the squared error. */
    double value = sum / (double)rows / (m->model == GLM_LINREG ? 2 : 1);
    size_t count = glm_weights(m);

    glm_gradient(m, raw, g);
    for (size_t i = 0; i < count; i++) {
        bool bias = o->bias && i % o->width == o->width - 1;

        g[i] /= (double)rows;
        if (!(o->l2 > 0) || bias) continue;
        g[i] += o->l2 * w[i];
        value += o->l2 / 2 * (w[i] * w[i]);
    }
    return value;
}
