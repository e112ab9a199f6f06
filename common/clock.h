/* clock.h: time on this machine. Deadlines between machines are Redis' business. */
#ifndef DTQ_CLOCK_H
#define DTQ_CLOCK_H

#include <stdint.h>

/* Nanoseconds on a clock that never steps; only differences mean anything. */
int64_t clock_ns(void);

/* The same in milliseconds. */
int64_t clock_ms(void);

/* Sleeps so many milliseconds, through signals too. */
void clock_sleep_ms(int64_t ms);

/* Writes the wall-clock time as 2026-01-31T12:00:00.123Z into text (at least 25 bytes). */
void clock_stamp(char *text, int64_t unix_ms);

/* Wall clock, milliseconds since 1970. */
int64_t clock_unix_ms(void);

#endif
