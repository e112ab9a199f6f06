/* schedule.h: the learning rate of a step, from its place in the training alone. */
#ifndef DTQ_TRAIN_SCHEDULE_H
#define DTQ_TRAIN_SCHEDULE_H

#include <stdint.h>

enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_STEP, /* lr * drop^(epoch / every), epochs from 0, the quotient without its rest */
    SCHEDULE_INVSCALING, /* lr / t^power, steps t from 1, as in scikit-learn's SGDClassifier */
    SCHEDULE_COSINE,     /* lr * (1 + cos(pi * done / span)) / 2, done and span in epochs
                            (Loshchilov & Hutter 2017, without restarts); 0 behind the span */
};

struct schedule {
    enum schedule_kind kind;
    double lr;
    double drop, power;
    uint64_t every;
    uint64_t span;
};

/* The rate of step `step` (from 0) of `steps` in epoch `epoch` (from 0). */
double schedule_rate(const struct schedule *s, uint64_t epoch, uint64_t step, uint64_t steps);

#endif
