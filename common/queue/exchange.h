/* exchange.h: a request goes out and its answer is waited for in one system call, by io_uring.
 *
 * With two calls, whoever asks is often put aside between them, for the server that was woken runs
 * first on the same core. When that in turn wakes who is to do the work, two are ready there
 * already, and the third is sent to another core, which sleeps: its waking takes longer than all
 * else together. Knows sockets, not Redis. */
#ifndef DTQ_EXCHANGE_H
#define DTQ_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

struct exchange;

/* NULL: the kernel has no such thing or forbids it, as many containers do; or this process has as
 * many as are worth their memory. */
struct exchange *exchange_new(void);
void exchange_free(struct exchange *e); /* NULL is fine */

/* Sends what fits into the buffer of the socket and waits until there is something to read, or the
 * other side is gone. *sent: bytes that went out, also when 0 or -1 is returned. Returns as poll()
 * does: 1, or 0 after limit_ms, or -1 when a signal came in between or the kernel refused. After
 * what is not 1, only exchange_free is left. */
int exchange_run(struct exchange *e, int fd, const void *data, size_t len, int64_t limit_ms,
                 size_t *sent);

#endif
