/* submit.c: submits a number of equal jobs over one connection, as a program that uses the queue
 * would. Prints a line for each: its id, and how many microseconds the submission took. */
#include "common/clock.h"
#include "common/queue/queue.h"
#include "jobs/first.h"

#include <stdio.h>
#include <stdlib.h>

enum { JOBS_MAX = 100000 };

static int fail(const struct dtq_why *why)
{
    fprintf(stderr, "submit: %s\n", why->text);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct job_type *type = job_find("noop");
    long jobs = argc > 2 ? atol(argv[2]) : 0;
    struct queue *q = NULL;
    cJSON *params = NULL;
    char *text = NULL;
    struct dtq_why why = {""};
    enum dtq_err err;

    if (argc < 4 || jobs < 1 || jobs > JOBS_MAX) {
        fprintf(stderr, "usage: submit URL JOBS (1 to %d) FIELD=VALUE...\n", JOBS_MAX);
        return 2;
    }
    err = job_params(type, (const char *const *)argv + 3, (size_t)argc - 3, NULL, &params, &why);
    if (err == DTQ_OK) err = queue_new(argv[1], "default", &q, &why);
    if (err == DTQ_OK) err = queue_connect(q, &why);
    if (err == DTQ_OK && !(text = cJSON_PrintUnformatted(params)))
        err = err_set(&why, DTQ_NOMEM, "out of memory");
    for (long i = 0; err == DTQ_OK && i < jobs; i++) {
        struct round first = {0};
        struct queue_submission s = {.producer = "bench",
                                     .type = type->name,
                                     .params = text,
                                     .first = &first,
                                     .claim_max = type->claim_max};
        char id[ID_MAX + 1];
        int64_t start = clock_ns();
        first_round(type, params, &first);
        err = queue_submit(q, &s, id, &why);
        round_clear(&first);
        if (err == DTQ_OK)
            printf("%s%s %.1f", i ? "\n" : "", id, (double)(clock_ns() - start) / 1e3);
    }
    putchar('\n');
    queue_free(q);
    cJSON_Delete(params);
    free(text);
    return err == DTQ_OK ? EXIT_SUCCESS : fail(&why);
}
