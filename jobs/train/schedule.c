/* schedule.c: the learning rate of a step. */
#include "jobs/train/schedule.h"

#include "common/math/elementary.h"

double schedule_rate(const struct schedule *s, uint64_t epoch, uint64_t step, uint64_t steps)
{
    double done = (double)epoch * (double)steps + (double)step;
    double whole = (double)s->span * (double)steps;

    switch (s->kind) {
    case SCHEDULE_CONSTANT: break;
    case SCHEDULE_STEP: return s->lr * elementary_power(s->drop, epoch / s->every);
    case SCHEDULE_INVSCALING: return s->lr * elementary_exp(-s->power * elementary_log(done + 1));
    case SCHEDULE_COSINE: return done < whole ? s->lr * elementary_half_wave(done / whole) : 0;
    }
    return s->lr;
}
