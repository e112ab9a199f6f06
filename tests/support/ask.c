/* ask.c: parameters as a person types them, taken or refused. */
#include "tests/support/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

cJSON *ask_params(const char *type, const char *text)
{
    struct dtq_why why;
    cJSON *params = NULL;
    enum dtq_err err = job_params(job_find(type), &text, 1, NULL, &params, &why);

    if (err != DTQ_OK) fail_msg("%s %s: %s", type, text, why.text);
    return params;
}

void ask_sentence(const struct dtq_why *why, const char *part, const char *other)
{
    if (!strstr(why->text, part) || !strstr(why->text, other))
        fail_msg("\"%s\" has not \"%s\" and \"%s\"", why->text, part, other);
}

void ask_refused(const char *type, const char *text, const char *part, const char *other)
{
    struct dtq_why why = {""};
    cJSON *params = NULL;

    assert_int_equal(job_params(job_find(type), &text, 1, NULL, &params, &why), DTQ_INPUT);
    assert_null(params);
    ask_sentence(&why, part, other);
}

static void saw_progress(void *ctx)
{
    ((struct ask_worker *)ctx)->progress++;
}

static bool is_cancelled(void *ctx)
{
    return ((struct ask_worker *)ctx)->cancelled;
}

struct job_env ask_env(struct ask_worker *worker)
{
    return (struct job_env){.ctx = worker, .progress = saw_progress, .cancelled = is_cancelled};
}

static void count_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    (void)spec;
    assert_true(len > 0);
    assert_int_equal(no, (*(uint64_t *)ctx)++);
}

struct job_sink ask_counter(uint64_t *count)
{
    return (struct job_sink){.ctx = count, .task = count_task};
}
