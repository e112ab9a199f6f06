/* wait.h: waiting for a condition instead of sleeping. */
#ifndef DTQ_TEST_WAIT_H
#define DTQ_TEST_WAIT_H

#include "common/clock.h"

/* Looks every millisecond until the condition holds; fails the test after ms of them. */
#define WAIT_FOR(ms, condition)                                                                   \
    do {                                                                                          \
        int64_t wait_until = clock_ms() + (ms);                                                   \
        while (!(condition)) {                                                                    \
            if (clock_ms() > wait_until) fail_msg("not within %d ms: %s", (int)(ms), #condition); \
            clock_sleep_ms(1);                                                                    \
        }                                                                                         \
    } while (0)

#endif
