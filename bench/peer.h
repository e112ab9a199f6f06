/* peer.h: a plain stream connection with a buffer, for clients of other queues that keep many
 * requests on their way. It ends the program with a sentence when the other side does. */
#ifndef DTQ_BENCH_PEER_H
#define DTQ_BENCH_PEER_H

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PEER_ROOM = 1 << 20 };

struct peer {
    const char *program;
    int fd;
    char *in; /* owned; bytes from at to used are unread */
    size_t at, used;
};

__attribute__((noreturn)) static inline void peer_die(const struct peer *p, const char *what)
{
    fprintf(stderr, "%s: %s\n", p->program, what);
    exit(EXIT_FAILURE);
}

/* address: the path of a unix socket, or a port of this machine. */
static inline void peer_open(struct peer *p, const char *program, const char *address)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                 .sin_port = htons((uint16_t)atoi(address))};
    int failed, yes = 1;

    *p = (struct peer){.program = program, .in = malloc(PEER_ROOM)};
    if (!p->in) peer_die(p, "out of memory");
    if (address[0] == '/') {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", address);
        p->fd = socket(AF_UNIX, SOCK_STREAM, 0);
        failed = connect(p->fd, (struct sockaddr *)&local, sizeof local);
    } else {
        p->fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        failed = connect(p->fd, (struct sockaddr *)&remote, sizeof remote);
    }
    if (failed) peer_die(p, strerror(errno));
}

static inline void peer_send(struct peer *p, const void *data, size_t len)
{
    const char *at = data;

    while (len) {
        ssize_t sent = write(p->fd, at, len);
        if (sent <= 0) peer_die(p, "the server closed the connection");
        at += sent;
        len -= (size_t)sent;
    }
}

static inline void peer_more(struct peer *p)
{
    ssize_t got;

    memmove(p->in, p->in + p->at, p->used - p->at);
    p->used -= p->at;
    p->at = 0;
    if (p->used == PEER_ROOM) peer_die(p, "a reply is longer than the buffer");
    got = read(p->fd, p->in + p->used, PEER_ROOM - p->used);
    if (got <= 0) peer_die(p, "the server closed the connection");
    p->used += (size_t)got;
}

/* The next len bytes; valid until the next call. */
static inline char *peer_take(struct peer *p, size_t len)
{
    while (p->used - p->at < len)
        peer_more(p);
    p->at += len;
    return p->in + p->at - len;
}

/* The next line without its end; valid until the next call. */
static inline char *peer_line(struct peer *p)
{
    char *end;

    while (!(end = memmem(p->in + p->at, p->used - p->at, "\r\n", 2)))
        peer_more(p);
    *end = '\0';
    return peer_take(p, (size_t)(end - p->in) + 2 - p->at);
}

static inline void peer_close(struct peer *p)
{
    close(p->fd);
    free(p->in);
}

#endif
