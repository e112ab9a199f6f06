/* range.c: sum and sumsq, exact sums over a range of whole numbers of any size. A task is a part of
 * the range, computed in closed form, so that the length of the range costs nothing. */
#include "jobs/types.h"

#include "common/parse.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 100000,
    RESULT_MAX = 3 * DIGITS_MAX + 16, /* a sum of squares: the cube of an end */
    TASKS_MAX = 64,
    TASK_LENGTH = 1000000, /* numbers a task covers, until there are TASKS_MAX of them */
};

struct job_state {
    unsigned tasks;   /* in all */
    unsigned emitted; /* parts are emitted in order */
    unsigned folded;
    mpz_t sum;
};

static bool decimal(const char *text, size_t len)
{
    size_t digits = len && (*text == '-' || *text == '+') ? len - 1 : len;

    return digits && strspn(text + len - digits, "0123456789") == digits;
}

/* text is decimal: an optional sign and digits. */
static void set_decimal(mpz_t n, const char *text)
{
    mpz_set_str(n, text + (*text == '+'), 10);
}

/* Adds the decimal text of n. */
static void print_decimal(const mpz_t n, struct buf *out)
{
    size_t room = mpz_sizeinbase(n, 10) + 2; /* sign and NUL; may be one digit too many */
    char *text = buf_grow(out, room);

    if (!text) return;
    mpz_get_str(text, 10, n);
    out->len -= room - strlen(text);
}

static enum dtq_err check_end(const cJSON *params, const char *name, struct dtq_why *why)
{
    const char *text = fields_text(params, name, "");
    char shown[PARSE_SHOWN];
    size_t len = strlen(text), digits = strspn(text, "+-") ? len - 1 : len;

    if (!decimal(text, len))
        return err_set(why, DTQ_INPUT,
                       "%s=%s: a whole number was expected, digits with an optional sign", name,
                       parse_shown(text, shown));
    if (digits > DIGITS_MAX)
        return err_set(why, DTQ_INPUT, "%s has %zu digits; at most %d are taken", name, digits,
                       DIGITS_MAX);
    return DTQ_OK;
}

/* Reads the ends of the range from checked parameters. */
static void get_ends(const cJSON *params, mpz_t start, mpz_t end)
{
    set_decimal(start, fields_text(params, "start", "0"));
    set_decimal(end, fields_text(params, "end", "0"));
}

static enum dtq_err check(const cJSON *params, struct dtq_why *why)
{
    char from[PARSE_SHOWN], to[PARSE_SHOWN];
    enum dtq_err err = check_end(params, "start", why);
    mpz_t start, end;

    if (err == DTQ_OK) err = check_end(params, "end", why);
    if (err != DTQ_OK) return err;
    mpz_inits(start, end, NULL);
    get_ends(params, start, end);
    if (mpz_cmp(end, start) < 0)
        err = err_set(why, DTQ_INPUT, "end=%s is before start=%s; give the smaller number as start",
                      parse_shown(fields_text(params, "end", ""), to),
                      parse_shown(fields_text(params, "start", ""), from));
    mpz_clears(start, end, NULL);
    return err;
}

static unsigned count_tasks(const cJSON *params)
{
    mpz_t start, length;
    unsigned tasks = TASKS_MAX;

    mpz_inits(start, length, NULL);
    get_ends(params, start, length);
    mpz_sub(length, length, start);
    mpz_add_ui(length, length, 1);
    mpz_cdiv_q_ui(length, length, TASK_LENGTH);
    if (mpz_cmp_ui(length, TASKS_MAX) < 0) tasks = (unsigned)mpz_get_ui(length);
    mpz_clears(start, length, NULL);
    return tasks;
}

static enum dtq_err checkpoint_read(struct job_state *s, const char *text, size_t len,
                                    struct dtq_why *why)
{
    char *copy = strndup(text, len);
    int at = 0;

    if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for a checkpoint");
    if (sscanf(copy, "emitted=%u folded=%u sum=%n", &s->emitted, &s->folded, &at) != 2 || !at ||
        s->emitted > s->tasks || s->folded > s->emitted || !decimal(copy + at, strlen(copy + at))) {
        free(copy);
        return err_set(why, DTQ_INPUT,
                       "the checkpoint of this job cannot be read; submit it again");
    }
    set_decimal(s->sum, copy + at);
    free(copy);
    return DTQ_OK;
}

static void range_close(struct job_state *s)
{
    if (!s) return;
    mpz_clear(s->sum);
    free(s);
}

static enum dtq_err range_open(const cJSON *params, const void *checkpoint, size_t len,
                               const struct job_vectors *vectors, struct job_state **out,
                               struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);
    enum dtq_err err = DTQ_OK;

    (void)vectors;
    if (!s) return err_set(why, DTQ_NOMEM, "out of memory for a job");
    mpz_init(s->sum);
    s->tasks = count_tasks(params);
    if (checkpoint) err = checkpoint_read(s, checkpoint, len, why);
    if (err != DTQ_OK) {
        range_close(s);
        return err;
    }
    *out = s;
    return DTQ_OK;
}

static enum dtq_err split(struct job_state *s, const struct job_view *view,
                          const struct job_sink *sink, struct dtq_why *why)
{
    (void)view;
    (void)why;
    for (; s->emitted < s->tasks; s->emitted++) {
        char spec[32];
        int len = snprintf(spec, sizeof spec, "part %u of %u", s->emitted + 1, s->tasks);

        sink->task(sink->ctx, s->emitted, spec, (size_t)len);
    }
    return DTQ_OK;
}

/* first and last number of a part (counted from 1): the range cut evenly. */
static void cut(mpz_t first, mpz_t last, const cJSON *params, unsigned part, unsigned parts)
{
    mpz_t start, length, offset;

    mpz_inits(start, length, offset, NULL);
    get_ends(params, start, length);
    mpz_sub(length, length, start);
    mpz_add_ui(length, length, 1);
    mpz_mul_ui(offset, length, part - 1);
    mpz_fdiv_q_ui(offset, offset, parts);
    mpz_add(first, start, offset);
    mpz_mul_ui(offset, length, part);
    mpz_fdiv_q_ui(offset, offset, parts);
    mpz_add(last, start, offset);
    mpz_sub_ui(last, last, 1);
    mpz_clears(start, length, offset, NULL);
}

typedef void range_total(mpz_t out, const mpz_t first, const mpz_t last);

/* out = first + ... + last = (first + last)(last - first + 1) / 2 */
static void total_of_numbers(mpz_t out, const mpz_t first, const mpz_t last)
{
    mpz_t length;

    mpz_init(length);
    mpz_sub(length, last, first);
    mpz_add_ui(length, length, 1);
    mpz_add(out, first, last);
    mpz_mul(out, out, length);
    mpz_divexact_ui(out, out, 2);
    mpz_clear(length);
}

/* out = n(n+1)(2n+1)/6: the sum of squares from 1 to n; as a difference of two of them it gives the
 * sum between for negative n too, because out(n) - out(n-1) = n^2 holds for all n. */
static void squares_to(mpz_t out, const mpz_t n)
{
    mpz_t factor;

    mpz_init_set(factor, n);
    mpz_add_ui(out, n, 1);
    mpz_mul(out, out, factor);
    mpz_mul_2exp(factor, factor, 1);
    mpz_add_ui(factor, factor, 1);
    mpz_mul(out, out, factor);
    mpz_divexact_ui(out, out, 6);
    mpz_clear(factor);
}

static void total_of_squares(mpz_t out, const mpz_t first, const mpz_t last)
{
    mpz_t before;

    mpz_init(before);
    mpz_sub_ui(before, first, 1);
    squares_to(before, before);
    squares_to(out, last);
    mpz_sub(out, out, before);
    mpz_clear(before);
}

static enum dtq_err run(range_total *total, const cJSON *params, const void *spec, size_t len,
                        struct buf *result, const struct job_env *env, struct dtq_why *why)
{
    char text[32] = "", extra;
    unsigned part, parts;
    mpz_t first, last, sum;

    memcpy(text, spec, len < sizeof text ? len : sizeof text - 1);
    if (sscanf(text, "part %u of %u%c", &part, &parts, &extra) != 2 || !part || part > parts)
        return err_set(why, DTQ_INPUT, "task \"%.31s\": \"part N of M\" was expected", text);
    env->progress(env->ctx);
    mpz_inits(first, last, sum, NULL);
    cut(first, last, params, part, parts);
    total(sum, first, last);
    print_decimal(sum, result);
    mpz_clears(first, last, sum, NULL);
    return result->failed ? err_set(why, DTQ_NOMEM, "out of memory for a result") : DTQ_OK;
}

static enum dtq_err run_sum(const cJSON *params, const void *spec, size_t len, struct buf *result,
                            const struct job_env *env, struct dtq_why *why)
{
    return run(total_of_numbers, params, spec, len, result, env, why);
}

static enum dtq_err run_sumsq(const cJSON *params, const void *spec, size_t len, struct buf *result,
                              const struct job_env *env, struct dtq_why *why)
{
    return run(total_of_squares, params, spec, len, result, env, why);
}

static enum dtq_err reduce(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why)
{
    char *text = result->len <= RESULT_MAX ? strndup(result->data, result->len) : NULL;
    mpz_t part;

    (void)sink;
    if (!text || strlen(text) != result->len || !decimal(text, result->len) ||
        s->folded == s->emitted) {
        free(text);
        return err_set(why, DTQ_INPUT,
                       "task %llu: %zu bytes that are no decimal number came back from %s",
                       (unsigned long long)result->no, result->len, result->worker);
    }
    mpz_init(part);
    set_decimal(part, text);
    mpz_add(s->sum, s->sum, part);
    mpz_clear(part);
    free(text);
    s->folded++;
    *step = s->folded == s->tasks ? JOB_DONE : JOB_FOLDED;
    return DTQ_OK;
}

static void checkpoint(const struct job_state *s, struct buf *out)
{
    buf_printf(out, "emitted=%u folded=%u sum=", s->emitted, s->folded);
    print_decimal(s->sum, out);
}

static void report(const struct job_state *s, cJSON *out)
{
    struct buf text = {0};

    if (s->folded < s->tasks) return;
    print_decimal(s->sum, &text);
    if (!text.failed) cJSON_AddStringToObject(out, "result", text.data);
    buf_clear(&text);
}

static const struct field fields[] = {
    {.name = "start",
     .kind = FIELD_TEXT,
     .required = true,
     .noun = "a whole number",
     .help = "first number of the range, up to 100,000 digits"},
    {.name = "end",
     .kind = FIELD_TEXT,
     .required = true,
     .noun = "a whole number",
     .help = "last number of the range, included"},
};

static const char *const positional[] = {"start", "end", NULL};

#define RANGE_TYPE(word, function, line)                                                       \
    {                                                                                          \
        .name = word, .help = line, .fields = fields, .positional = positional,                \
        .field_count = sizeof fields / sizeof *fields, .window = TASKS_MAX, .early = true,     \
        .check = check, .open = range_open, .split = split, .run = function, .reduce = reduce, \
        .checkpoint = checkpoint, .report = report, .close = range_close                       \
    }

const struct job_type job_sum = RANGE_TYPE("sum", run_sum, "exact sum of start..end");
const struct job_type job_sumsq = RANGE_TYPE("sumsq", run_sumsq,
                                             "exact sum of the squares of start..end");
