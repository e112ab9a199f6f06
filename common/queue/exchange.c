/* exchange.c: see exchange.h and io_uring(7). */
#include "common/queue/exchange.h"

#include <stdlib.h>

#ifdef DTQ_URING

#include "common/clock.h"

#include <liburing.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum { EXCHANGES_MOST = 16 }; /* each has a file and some pages of the kernel's */

enum { SENT = 1, READY = 2 }; /* the two parts, as bits */

struct exchange {
    struct io_uring ring;
};

static atomic_int exchange_count;

struct exchange *exchange_new(void)
{
    struct exchange *e = NULL;

    if (atomic_fetch_add(&exchange_count, 1) < EXCHANGES_MOST) e = malloc(sizeof *e);
    if (e && io_uring_queue_init(2, &e->ring, 0) == 0) return e;
    free(e);
    atomic_fetch_sub(&exchange_count, 1);
    return NULL;
}

void exchange_free(struct exchange *e)
{
    if (!e) return;
    io_uring_queue_exit(&e->ring);
    free(e);
    atomic_fetch_sub(&exchange_count, 1);
}

/* Not to wait is part of the sending: else the kernel might read the data after our return. */
static void ask(struct exchange *e, int fd, const void *data, size_t len)
{
    struct io_uring_sqe *part = io_uring_get_sqe(&e->ring);

    io_uring_prep_send(part, fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    part->user_data = SENT;
    part = io_uring_get_sqe(&e->ring);
    io_uring_prep_poll_add(part, fd, POLLIN);
    part->user_data = READY;
}

int exchange_run(struct exchange *e, int fd, const void *data, size_t len, int64_t limit_ms,
                 size_t *sent)
{
    struct __kernel_timespec limit = {limit_ms / 1000, limit_ms % 1000 * 1000000};
    struct io_uring_cqe *part;
    int64_t until_ms = clock_ms() + limit_ms;
    unsigned head, count = 0, done = 0;

    *sent = 0;
    ask(e, fd, data, len);
    io_uring_submit_and_wait_timeout(&e->ring, &part, 2, &limit, NULL);
    io_uring_for_each_cqe(&e->ring, head, part)
    {
        count++;
        done |= (unsigned)part->user_data;
        if (part->user_data == SENT && part->res > 0) *sent = (size_t)part->res;
    }
    io_uring_cq_advance(&e->ring, count);
    if (done == (SENT | READY)) return 1;
    return clock_ms() >= until_ms ? 0 : -1;
}

#else

struct exchange *exchange_new(void)
{
    return NULL;
}

void exchange_free(struct exchange *e)
{
    (void)e;
}

int exchange_run(struct exchange *e, int fd, const void *data, size_t len, int64_t limit_ms,
                 size_t *sent)
{
    (void)e, (void)fd, (void)data, (void)len, (void)limit_ms;
    *sent = 0;
    return -1;
}

#endif
