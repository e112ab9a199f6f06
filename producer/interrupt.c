/* interrupt.c: signals that end a wait. A connection is shut down rather than closed: that is
 * allowed in a signal handler, and the descriptor stays ours. */
#include "producer/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static volatile sig_atomic_t seen;
static volatile sig_atomic_t watched = -1;

static void (*volatile hooked)(int number);

static void on_signal(int number)
{
    seen = number;
    if (watched >= 0) shutdown(watched, SHUT_RDWR);
    if (hooked) hooked(number);
}

void interrupt_catch(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

    signal(SIGPIPE, SIG_IGN); /* a connection that is gone is an error of the call, not our end */
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;

        /* nohup and `&` in a script ignore signals on purpose. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN) continue;
        sigaction(signals[i], &action, NULL);
    }
}

int interrupt_seen(void)
{
    return seen;
}

void interrupt_wakes(int fd)
{
    watched = fd;
    if (seen && fd >= 0) shutdown(fd, SHUT_RDWR);
}

void interrupt_reset(void)
{
    watched = -1;
    seen = 0;
    interrupt_catch();
}

void interrupt_hook(void (*hook)(int number))
{
    hooked = hook;
}

void interrupt_nap(int64_t ms)
{
    if (!seen && ms > 0) poll(NULL, 0, (int)ms);
}
