/* interrupt.h: Ctrl-C (and SIGTERM, SIGHUP) while a command waits. The signal ends a blocking read
 * at once, so that nobody needs to wait in short naps. */
#ifndef DTQ_INTERRUPT_H
#define DTQ_INTERRUPT_H

#include <stdint.h>

/* From now on the first signal is remembered, a second one ends the program as usual. */
void interrupt_catch(void);

/* The signal that came, 0: none. */
int interrupt_seen(void);

/* A signal shuts this connection down, so that a read on it returns. -1: none. */
void interrupt_wakes(int fd);

/* Forgets the signal that came, and is ready for the next one: a console goes on after Ctrl-C. */
void interrupt_reset(void);

/* What a signal calls besides, in the signal handler; NULL: nothing. */
void interrupt_hook(void (*hook)(int number));

/* Sleeps so long, or until a signal comes. */
void interrupt_nap(int64_t ms);

#endif
