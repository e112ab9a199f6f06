/* clock.c: time on this machine. */
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_ms(void)
{
    return clock_ns() / 1000000;
}

void clock_sleep_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

int64_t clock_unix_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_stamp(char *text, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    unsigned ms = (unsigned)(unix_ms % 1000) % 1000;
    char head[20];

    gmtime_r(&seconds, &utc);
    if (strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &utc) == 0) head[0] = '\0';
    snprintf(text, 25, "%.19s.%03uZ", head, ms);
}
