/* futex.h: waiting for a number in memory that processes share (futex(2)). */
#ifndef DTQ_FUTEX_H
#define DTQ_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleeps while *word is `seen`; wait_ms < 0: as long as it takes. May wake for no reason. */
static inline void futex_wait(atomic_uint *word, uint32_t seen, int wait_ms)
{
    const struct timespec wait = {.tv_sec = wait_ms / 1000,
                                  .tv_nsec = (long)(wait_ms % 1000) * 1000000};

    syscall(SYS_futex, word, FUTEX_WAIT, seen, wait_ms < 0 ? NULL : &wait, NULL, 0);
}

static inline void futex_wake_all(atomic_uint *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* What a loop does that waits for another core. */
static inline void futex_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
