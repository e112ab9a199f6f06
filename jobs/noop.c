/* noop.c: a load generator. Its tasks compute nothing; they sleep, carry bytes, fail and crash as
 * asked, to measure the queue and to try its failure handling. */
#include "jobs/types.h"

#include "common/clock.h"
#include "common/parse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WINDOW = 2048,
    BYTES_MAX = 1 << 20,
    OUTSTANDING_BYTES_MAX = 64 << 20, /* what a job may lay into Redis at a time */
    NAP_MS = 100,                     /* sleeping goes in pieces: a cancelled task leaves soon */
};

struct job_state {
    uint64_t tasks;
    uint64_t emitted;
    uint64_t folded;
    size_t payload_bytes;
    size_t result_bytes;
    bool stamp;
    uint64_t start_ns; /* the earliest start that a result told of; 0: none yet */
    char *spec;        /* owned; room for a number, a blank and the payload */
};

enum { SPEC_HEAD = 24 }; /* 20 digits and a blank */

static enum dtq_err check(const cJSON *params, struct dtq_why *why)
{
    (void)params;
    (void)why;
    return DTQ_OK; /* the table says it all */
}

static void noop_close(struct job_state *s)
{
    if (!s) return;
    free(s->spec);
    free(s);
}

/* "emitted folded" */
static bool checkpoint_read(struct job_state *s, const char *text, size_t len)
{
    const char *at = text, *end = text + len;

    return parse_u64(&at, end, &s->emitted) && at < end && *at++ == ' ' &&
           parse_u64(&at, end, &s->folded) && at == end && s->emitted <= s->tasks &&
           s->folded <= s->emitted;
}

static enum dtq_err noop_open(const cJSON *params, const void *checkpoint, size_t len,
                              const struct job_vectors *vectors, struct job_state **out,
                              struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);

    (void)vectors;
    if (s) {
        s->tasks = (uint64_t)fields_int(params, "tasks", 1);
        s->payload_bytes = (size_t)fields_int(params, "bytes", 0);
        s->result_bytes = (size_t)fields_int(params, "resultBytes", 0);
        s->stamp = fields_bool(params, "stamp", false);
        s->spec = malloc(SPEC_HEAD + s->payload_bytes);
    }
    if (!s || !s->spec) {
        noop_close(s);
        return err_set(why, DTQ_NOMEM, "out of memory for a job");
    }
    if (checkpoint && !checkpoint_read(s, checkpoint, len)) {
        noop_close(s);
        return err_set(why, DTQ_INPUT,
                       "the checkpoint of this job cannot be read; submit it again");
    }
    *out = s;
    return DTQ_OK;
}

/* The byte that the payload of a task consists of: a misplaced payload shows. */
static char filler(uint64_t no)
{
    return (char)('a' + no % 26);
}

/* Writes the digits of n and returns how many. */
static size_t digits_write(char *to, uint64_t n)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[sizeof digits - ++count] = (char)('0' + n % 10);
    } while (n /= 10);
    memcpy(to, digits + sizeof digits - count, count);
    return count;
}

static enum dtq_err split(struct job_state *s, const struct job_view *view,
                          const struct job_sink *sink, struct dtq_why *why)
{
    uint64_t most = OUTSTANDING_BYTES_MAX / (SPEC_HEAD + s->payload_bytes + s->result_bytes);
    uint64_t window = most < WINDOW ? most : WINDOW;
    uint64_t room = view->outstanding < window ? window - view->outstanding : 0;

    (void)why;
    if (view->most && room > view->most) room = view->most;
    for (; room && s->emitted < s->tasks; room--, s->emitted++) {
        size_t len = digits_write(s->spec, s->emitted);

        if (s->payload_bytes) {
            s->spec[len++] = ' ';
            memset(s->spec + len, filler(s->emitted), s->payload_bytes);
            len += s->payload_bytes;
        }
        sink->task(sink->ctx, s->emitted, s->spec, len);
    }
    return DTQ_OK;
}

static bool all_are(const char *bytes, size_t len, char byte)
{
    return !len || (bytes[0] == byte && !memcmp(bytes, bytes + 1, len - 1));
}

static enum dtq_err spec_check(const cJSON *params, const char *spec, size_t len, uint64_t *no,
                               struct dtq_why *why)
{
    size_t payload = (size_t)fields_int(params, "bytes", 0);
    const char *at = spec, *end = spec + len;

    if (parse_u64(&at, end, no) && (size_t)(end - at) == payload + (payload > 0) &&
        (!payload || (*at == ' ' && all_are(at + 1, payload, filler(*no)))))
        return DTQ_OK;
    return err_set(
        why, DTQ_INPUT,
        "a task of %zu bytes is not what was sent: a number and %zu bytes of payload were "
        "expected",
        len, payload);
}

/* A number in [0, 1), another one at each call: a retry must have its own luck. The mixing is
 * splitmix64 (Steele, Lea, Flood 2014). */
static double luck(uint64_t seed, uint64_t no)
{
    static uint64_t calls;
    uint64_t x = seed + no * 0x9e3779b97f4a7c15u + ((uint64_t)getpid() << 32) +
                 __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (double)(x >> 11) * 0x1p-53;
}

static enum dtq_err run(const cJSON *params, const void *spec, size_t len, struct buf *result,
                        const struct job_env *env, struct dtq_why *why)
{
    int64_t start_ns = clock_ns(), until = start_ns / 1000000 + fields_int(params, "ms", 0);
    double crash = fields_real(params, "crash", 0), fail = fields_real(params, "fail", 0);
    uint64_t seed = (uint64_t)fields_int(params, "seed", 0), no;
    size_t bytes = (size_t)fields_int(params, "resultBytes", 0);
    enum dtq_err err = spec_check(params, spec, len, &no, why);
    char *to;

    if (err != DTQ_OK) return err;
    if (crash > 0 && luck(seed, no) < crash) kill(getpid(), SIGKILL);
    for (int64_t left; (left = until - clock_ms()) > 0;) {
        env->progress(env->ctx);
        if (env->cancelled(env->ctx)) return err_set(why, DTQ_CANCELLED, "cancelled");
        clock_sleep_ms(left < NAP_MS ? left : NAP_MS);
    }
    if (fail > 0 && luck(seed + 1, no) < fail)
        return err_set(why, DTQ_IO, "task %llu fails because fail=%g asks for it",
                       (unsigned long long)no, fail);
    to = buf_grow(result, bytes);
    if (!to) return err_set(why, DTQ_NOMEM, "out of memory for a result");
    memset(to, filler(no), bytes);
    if (fields_bool(params, "stamp", false))
        buf_printf(result, "%llu", (unsigned long long)start_ns);
    return DTQ_OK;
}

/* Checks what came back: the payload, and behind it the stamp if there is to be one. */
static bool result_read(const struct job_state *s, const struct job_result *result, uint64_t *start)
{
    const char *data = result->data, *at = data + s->result_bytes, *end = data + result->len;

    if (result->len < s->result_bytes || !all_are(data, s->result_bytes, filler(result->no)))
        return false;
    return s->stamp ? parse_u64(&at, end, start) && at == end : at == end;
}

static enum dtq_err reduce(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    uint64_t start_ns = 0;

    (void)sink;
    if (s->folded == s->emitted || !result_read(s, result, &start_ns))
        return err_set(why, DTQ_INPUT,
                       "task %llu: %zu bytes came back from %s, not the %zu%s asked for",
                       (unsigned long long)result->no, result->len, result->worker, s->result_bytes,
                       s->stamp ? " and a stamp" : "");
    if (start_ns && (!s->start_ns || start_ns < s->start_ns)) s->start_ns = start_ns;
    s->folded++;
    *step = s->folded == s->tasks ? JOB_DONE : JOB_FOLDED;
    return DTQ_OK;
}

static void checkpoint(const struct job_state *s, struct buf *out)
{
    char text[48];
    size_t len = digits_write(text, s->emitted);

    text[len++] = ' ';
    len += digits_write(text + len, s->folded);
    buf_add(out, text, len);
}

static void report(const struct job_state *s, cJSON *out)
{
    char text[24];

    cJSON_AddNumberToObject(out, "count", (double)s->folded);
    if (!s->start_ns) return;
    snprintf(text, sizeof text, "%llu", (unsigned long long)s->start_ns);
    cJSON_AddStringToObject(out, "startNs", text);
}

static const struct field fields[] = {
    {.name = "tasks",
     .kind = FIELD_INT,
     .required = true,
     .min = 1,
     .max = 1e9,
     .help = "how many tasks"},
    {.name = "ms",
     .kind = FIELD_INT,
     .fallback = "0",
     .min = 0,
     .max = 3600000,
     .help = "how long a task sleeps"},
    {.name = "bytes",
     .kind = FIELD_INT,
     .fallback = "0",
     .min = 0,
     .max = BYTES_MAX,
     .help = "payload that travels with a task"},
    {.name = "resultBytes",
     .kind = FIELD_INT,
     .fallback = "0",
     .min = 0,
     .max = BYTES_MAX,
     .help = "payload that comes back"},
    {.name = "stamp",
     .kind = FIELD_BOOL,
     .fallback = "false",
     .help = "tell when the first task started, in ns of its machine's monotonic clock"},
    {.name = "fail",
     .kind = FIELD_REAL,
     .fallback = "0",
     .min = 0,
     .max = 1,
     .help = "probability that a task reports an error that a retry may mend"},
    {.name = "crash",
     .kind = FIELD_REAL,
     .fallback = "0",
     .min = 0,
     .max = 1,
     .help = "probability that a task kills its worker process"},
    {.name = "seed",
     .kind = FIELD_INT,
     .fallback = "1",
     .min = 0,
     .max = 9e15,
     .help = "changes which tasks fail"},
};

static const char *const positional[] = {"tasks", NULL};

const struct job_type job_noop = {
    .name = "noop",
    .help = "a load generator: tasks that sleep, carry bytes, fail or crash as asked",
    .fields = fields,
    .field_count = sizeof fields / sizeof *fields,
    .positional = positional,
    .window = WINDOW,
    .early = true,
    .check = check,
    .open = noop_open,
    .split = split,
    .run = run,
    .reduce = reduce,
    .checkpoint = checkpoint,
    .report = report,
    .close = noop_close,
};
