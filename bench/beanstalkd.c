/* beanstalkd.c: the whole life of jobs in beanstalkd, a number of requests on their way at a time:
 * put all, then reserve and delete all. Prints one JSON object of seconds. */
#include "bench/peer.h"
#include "common/clock.h"

enum { BODY = 100, DEPTH_MAX = 1000 };

static void put_all(struct peer *p, long jobs, long depth)
{
    char request[BODY + 32], *reply;
    int head = snprintf(request, sizeof request, "put 1 0 60 %d\r\n", BODY);
    char *batch = malloc((size_t)depth * sizeof request);
    size_t len = (size_t)head + BODY + 2;

    if (!batch) peer_die(p, "out of memory");
    memset(request + head, 'x', BODY);
    memcpy(request + head + BODY, "\r\n", 2);
    for (long i = 0; i < depth; i++)
        memcpy(batch + (size_t)i * len, request, len);
    for (long left = jobs, n; left; left -= n) {
        n = left < depth ? left : depth;
        peer_send(p, batch, (size_t)n * len);
        for (long i = 0; i < n; i++)
            if (strncmp(reply = peer_line(p), "INSERTED ", 9) != 0) peer_die(p, reply);
    }
    free(batch);
}

static void drain_all(struct peer *p, long jobs, long depth)
{
    char *batch = malloc((size_t)depth * 40), *reply;
    unsigned long long id;
    size_t len, bytes;

    if (!batch) peer_die(p, "out of memory");
    for (long left = jobs, n; left; left -= n) {
        n = left < depth ? left : depth;
        for (long i = 0; i < n; i++)
            memcpy(batch + i * 9, "reserve\r\n", 9);
        peer_send(p, batch, (size_t)n * 9);
        len = 0;
        for (long i = 0; i < n; i++) {
            reply = peer_line(p);
            if (sscanf(reply, "RESERVED %llu %zu", &id, &bytes) != 2) peer_die(p, reply);
            peer_take(p, bytes + 2);
            len += (size_t)sprintf(batch + len, "delete %llu\r\n", id);
        }
        peer_send(p, batch, len);
        for (long i = 0; i < n; i++)
            if (strcmp(reply = peer_line(p), "DELETED") != 0) peer_die(p, reply);
    }
    free(batch);
}

int main(int argc, char **argv)
{
    long jobs = argc > 2 ? atol(argv[2]) : 0, depth = argc > 3 ? atol(argv[3]) : 0;
    struct peer peer;
    int64_t start, middle, end;

    if (jobs < 1 || depth < 1 || depth > DEPTH_MAX) {
        fprintf(stderr, "usage: beanstalkd SOCKET JOBS DEPTH (1 to %d)\n", DEPTH_MAX);
        return 2;
    }
    peer_open(&peer, argv[0], argv[1]);
    start = clock_ns();
    put_all(&peer, jobs, depth);
    middle = clock_ns();
    drain_all(&peer, jobs, depth);
    end = clock_ns();
    printf("{\"put_s\": %.6f, \"drain_s\": %.6f}\n", (double)(middle - start) / 1e9,
           (double)(end - middle) / 1e9);
    peer_close(&peer);
    return EXIT_SUCCESS;
}
