/* gearmand.c: the whole life of background jobs in gearmand, a number of requests on their way at a
 * time: submit all, then grab and complete all. Prints one JSON object of seconds. The packets are
 * those of Gearman's PROTOCOL document. */
#include "bench/peer.h"
#include "common/clock.h"

#include <arpa/inet.h>

enum { BODY = 100, DEPTH_MAX = 1000, HEAD = 12 };
enum packet {
    CAN_DO = 1,
    JOB_CREATED = 8,
    GRAB_JOB = 9,
    JOB_ASSIGN = 11,
    WORK_COMPLETE = 13,
    SUBMIT_JOB_BG = 18,
};

/* Writes the head and leaves room for len bytes behind it, where the caller puts them. */
static size_t packet_head(char *to, enum packet type, size_t len)
{
    uint32_t words[2] = {htonl((uint32_t)type), htonl((uint32_t)len)};

    memcpy(to, "\0REQ", 4);
    memcpy(to + 4, words, sizeof words);
    return HEAD;
}

/* Reads one packet that must be of this type; the body is valid until the next call. */
static char *packet_take(struct peer *p, enum packet type, size_t *len)
{
    const char *head = peer_take(p, HEAD);
    uint32_t words[2];

    memcpy(words, head + 4, sizeof words);
    if (memcmp(head, "\0RES", 4) != 0 || ntohl(words[0]) != (uint32_t)type)
        peer_die(p, "gearmand sent another packet than the one that was due");
    *len = ntohl(words[1]);
    return peer_take(p, *len);
}

static void submit_all(struct peer *p, long jobs, long depth)
{
    char request[HEAD + 8 + BODY];
    size_t at = packet_head(request, SUBMIT_JOB_BG, 3 + BODY), len;
    char *batch = malloc((size_t)depth * sizeof request);

    if (!batch) peer_die(p, "out of memory");
    memcpy(request + at, "b\0\0", 3); /* the function and an empty unique id */
    memset(request + at + 3, 'x', BODY);
    len = at + 3 + BODY;
    for (long i = 0; i < depth; i++)
        memcpy(batch + (size_t)i * len, request, len);
    for (long left = jobs, n; left; left -= n) {
        n = left < depth ? left : depth;
        peer_send(p, batch, (size_t)n * len);
        for (long i = 0; i < n; i++) {
            size_t ignored;
            packet_take(p, JOB_CREATED, &ignored);
        }
    }
    free(batch);
}

static void drain_all(struct peer *p, long jobs, long depth)
{
    enum { HANDLE = 64 };
    char *batch = malloc((size_t)depth * (HEAD + HANDLE + 1));
    char head[HEAD + 1];
    size_t len, size;

    if (!batch) peer_die(p, "out of memory");
    packet_head(head, CAN_DO, 1);
    head[HEAD] = 'b';
    peer_send(p, head, sizeof head);
    for (long left = jobs, n; left; left -= n) {
        n = left < depth ? left : depth;
        for (long i = 0; i < n; i++)
            packet_head(batch + i * HEAD, GRAB_JOB, 0);
        peer_send(p, batch, (size_t)n * HEAD);
        len = 0;
        for (long i = 0; i < n; i++) {
            const char *handle = packet_take(p, JOB_ASSIGN, &size);
            size_t bytes = strnlen(handle, size) + 1;
            if (bytes > HANDLE) peer_die(p, "gearmand sent a handle that is too long");
            packet_head(batch + len, WORK_COMPLETE, bytes);
            memcpy(batch + len + HEAD, handle, bytes);
            len += HEAD + bytes;
        }
        peer_send(p, batch, len);
    }
    free(batch);
}

int main(int argc, char **argv)
{
    long jobs = argc > 2 ? atol(argv[2]) : 0, depth = argc > 3 ? atol(argv[3]) : 0;
    struct peer peer;
    int64_t start, middle, end;

    if (jobs < 1 || depth < 1 || depth > DEPTH_MAX) {
        fprintf(stderr, "usage: gearmand PORT JOBS DEPTH (1 to %d)\n", DEPTH_MAX);
        return 2;
    }
    peer_open(&peer, argv[0], argv[1]);
    start = clock_ns();
    submit_all(&peer, jobs, depth);
    middle = clock_ns();
    drain_all(&peer, jobs, depth);
    end = clock_ns();
    printf("{\"put_s\": %.6f, \"drain_s\": %.6f}\n", (double)(middle - start) / 1e9,
           (double)(end - middle) / 1e9);
    peer_close(&peer);
    return EXIT_SUCCESS;
}
