/* latency.c: how long it takes from the submission of a job of one task to the start of its run on
 * an idle worker, against a bare wake-up: an LPUSH until the process that blocks on BRPOPLPUSH has
 * it. Both by turns, on one machine, whose monotonic clock all processes share. Prints a line for
 * each: "dtq" or "wake", and microseconds. */
#include "common/clock.h"
#include "common/fields.h"
#include "common/queue/queue.h"
#include "jobs/first.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TURN = 50, IDLE_MS = 3 /* for the other side to block again */ };

static void die(const char *what)
{
    fprintf(stderr, "latency: %s\n", what);
    exit(EXIT_FAILURE);
}

static void command(redisContext *c, const char *text)
{
    redisReply *reply = redisCommand(c, text);

    if (!reply || reply->type == REDIS_REPLY_ERROR) die(reply ? reply->str : c->errstr);
    freeReplyObject(reply);
}

static redisContext *connect_to(const char *path)
{
    redisContext *c = redisConnectUnix(path);

    if (!c || c->err) die(c ? c->errstr : "out of memory");
    return c;
}

/* The other side of the bare wake-up: writes the time at which it had each element. */
static void sleeper(const char *path, int to, long rounds)
{
    redisContext *c = connect_to(path);

    for (long i = 0; i < rounds; i++) {
        int64_t now;
        command(c, "BRPOPLPUSH bench:from bench:to 0");
        now = clock_ns();
        if (write(to, &now, sizeof now) != sizeof now) die("a pipe broke");
        command(c, "DEL bench:to");
    }
    redisFree(c);
}

static void wake_turn(redisContext *c, int from, long rounds)
{
    for (long i = 0; i < rounds; i++) {
        int64_t start, woken;
        clock_sleep_ms(IDLE_MS);
        start = clock_ns();
        command(c, "LPUSH bench:from x");
        if (read(from, &woken, sizeof woken) != sizeof woken) die("the sleeper has ended");
        printf("wake %.1f\n", (double)(woken - start) / 1e3);
    }
}

/* When the job's task started, or 0 while it has not ended. */
static int64_t started_ns(struct queue *q, const char *id)
{
    struct queue_job job = {0};
    struct dtq_why why = {""};
    cJSON *report;
    int64_t ns = 0;

    if (queue_job_read(q, id, &job, &why) != DTQ_OK) die(why.text);
    if (queue_job_ended(&job)) {
        report = cJSON_Parse(job.report);
        ns = strtoll(fields_text(report, "startNs", "0"), NULL, 10);
        cJSON_Delete(report);
        if (!ns) die("a job ended without a start");
    }
    queue_job_clear(&job);
    return ns;
}

static void dtq_turn(struct queue *q, long rounds)
{
    static const char text[] = "{\"tasks\":1,\"bytes\":100,\"stamp\":true}";
    cJSON *params = cJSON_Parse(text);

    if (!params) die("out of memory");
    for (long i = 0; i < rounds; i++) {
        struct round first = {0};
        struct queue_submission s = {
            .producer = "bench", .type = "noop", .params = text, .first = &first};
        char id[ID_MAX + 1];
        struct dtq_why why = {""};
        int64_t start, started = 0;
        clock_sleep_ms(IDLE_MS);
        start = clock_ns();
        first_round(job_find("noop"), params, &first);
        if (queue_submit(q, &s, id, &why) != DTQ_OK) die(why.text);
        while (!started) { /* no look before the task has run: it would be in the way */
            clock_sleep_ms(IDLE_MS);
            started = started_ns(q, id);
        }
        printf("dtq %.1f\n", (double)(started - start) / 1e3);
        round_clear(&first);
    }
    cJSON_Delete(params);
}

int main(int argc, char **argv)
{
    long rounds = argc > 2 ? atol(argv[2]) : 0;
    struct queue *q = NULL;
    struct dtq_why why = {""};
    redisContext *c;
    char url[200];
    int ends[2], status;
    pid_t child = -1;

    if (argc != 3 || rounds < TURN) {
        fprintf(stderr, "usage: latency SOCKET ROUNDS (at least %d)\n", TURN);
        return 2;
    }
    if (pipe(ends) != 0 || (child = fork()) < 0) die("no pipe or no process to be had");
    if (!child) {
        close(ends[0]); /* so that the end of the other process is seen */
        sleeper(argv[1], ends[1], rounds / TURN * TURN);
        return EXIT_SUCCESS;
    }
    close(ends[1]);
    snprintf(url, sizeof url, "unix://%s", argv[1]);
    if (queue_new(url, "default", &q, &why) != DTQ_OK || queue_connect(q, &why) != DTQ_OK)
        die(why.text);
    c = connect_to(argv[1]);
    for (long i = 0; i < rounds / TURN; i++) {
        dtq_turn(q, TURN);
        wake_turn(c, ends[0], TURN);
    }
    waitpid(child, &status, 0);
    close(ends[0]);
    redisFree(c);
    queue_free(q);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
