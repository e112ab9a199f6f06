/* input.c: bytes of standard input. */
#include "common/console/input.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum dtq_err input_init(struct input *in, int fd, struct dtq_why *why)
{
    *in = (struct input){.fd = fd, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (in->wake_fd < 0)
        return err_set(why, DTQ_IO, "no descriptor for a console: %s", strerror(errno));
    return DTQ_OK;
}

void input_clear(struct input *in)
{
    if (in->wake_fd >= 0) close(in->wake_fd);
    in->wake_fd = -1;
}

enum input_got input_more(struct input *in)
{
    ssize_t len;

    if (in->at) memmove(in->bytes, in->bytes + in->at, in->len - in->at);
    in->len -= in->at;
    in->at = 0;
    do
        len = read(in->fd, in->bytes + in->len, sizeof in->bytes - in->len);
    while (len < 0 && errno == EINTR);
    if (len <= 0) return INPUT_END;
    in->len += (size_t)len;
    return INPUT_BYTES;
}

enum input_got input_wait(struct input *in)
{
    struct pollfd fds[2] = {{in->wake_fd, POLLIN, 0}, {in->fd, POLLIN, 0}};
    uint64_t count;

    for (;;) {
        if (poll(fds, 2, in->at < in->len ? 0 : -1) < 0 && errno != EINTR) return INPUT_END;
        if (read(in->wake_fd, &count, sizeof count) == (ssize_t)sizeof count) return INPUT_WOKEN;
        if (in->at < in->len) return INPUT_BYTES;
        if (fds[1].revents) return input_more(in);
    }
}

void input_wake(const struct input *in)
{
    const uint64_t one = 1;
    int saved = errno;
    ssize_t ignored = write(in->wake_fd, &one, sizeof one);

    (void)ignored; /* full: it is awake enough */
    errno = saved;
}
