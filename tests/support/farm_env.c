/* farm_env.c: what a task may ask of the farm: weights, tables, and help with its parts. */
#include "tests/support/farm_run.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const vector_names[] = {
#define X(name) #name,
    JOB_VECTORS(X) JOB_FINDINGS(X)
#undef X
};

uint64_t farm_roll(struct farm_run *r, uint64_t sides)
{
    r->dice = r->dice * 6364136223846793005u + 1442695040888963407u;
    return (r->dice >> 33) % sides;
}

bool farm_chance(struct farm_run *r, unsigned percent)
{
    return farm_roll(r, 100) < percent;
}

size_t farm_vector(const char *name)
{
    for (size_t i = 0; i < VECTORS; i++)
        if (!strcmp(vector_names[i], name)) return i;
    fail_msg("no job has a vector \"%s\"", name);
    return 0;
}

static void saw_progress(void *ctx)
{
    ((struct farm_run *)ctx)->progress++;
}

static bool is_cancelled(void *ctx)
{
    (void)ctx;
    return false;
}

static enum dtq_err give_weights(void *ctx, uint64_t version, const double **w, size_t *count,
                                 uint64_t *got, struct dtq_why *why)
{
    struct farm_run *r = ctx;
    const struct vector *v = &r->now[VECTOR_weights];

    if (version != UINT64_MAX && version != r->version)
        return err_set(why, DTQ_CANCELLED, "version %llu is no more", (unsigned long long)version);
    *w = v->w;
    *count = v->count;
    *got = r->version;
    return DTQ_OK;
}

static enum dtq_err give_vector(void *ctx, const char *name, uint64_t version, const double **w,
                                size_t *count, struct dtq_why *why)
{
    struct farm_run *r = ctx;
    const struct vector *v = &r->now[farm_vector(name)];

    if (version != UINT64_MAX && version != r->version)
        return err_set(why, DTQ_CANCELLED, "version %llu is no more", (unsigned long long)version);
    *w = v->w;
    *count = v->count;
    return DTQ_OK;
}

/* Opened anew each time, as by a worker that has not seen it yet. */
static enum dtq_err open_file(struct farm_run *r, const struct dataset_options *options,
                              const struct dataset **out, struct dtq_why *why)
{
    struct dataset *d;
    enum dtq_err err = table_open_with(*options, options->ref, false, &d, why);

    if (err != DTQ_OK) return err;
    r->files = realloc(r->files, (r->file_count + 1) * sizeof *r->files);
    assert_non_null(r->files);
    *out = r->files[r->file_count++] = d;
    return DTQ_OK;
}

void farm_close_files(struct farm_run *r)
{
    while (r->file_count)
        dataset_close(r->files[--r->file_count]);
    free(r->files);
    r->files = NULL;
}

static enum dtq_err give_dataset(void *ctx, const struct dataset_options *options,
                                 const struct dataset **out, struct dtq_why *why)
{
    struct farm_run *r = ctx;
    const struct farm_table *t = r->farm->tables;

    for (; t && t->ref; t++)
        if (!strcmp(t->ref, options->ref)) {
            *out = t->table;
            return DTQ_OK;
        }
    if (strncmp(options->ref, "file:", 5)) return open_file(r, options, out, why);
    return err_set(why, DTQ_INPUT, "%s is not there", options->ref);
}

/* --- help --- */

static unsigned count_near(void *ctx)
{
    return ((struct farm_run *)ctx)->farm->slots_most;
}

static bool begin_share(void *ctx, const struct job_share *share)
{
    struct farm_run *r = ctx;

    assert_null(r->outputs);
    assert_int_equal(share->input % 8 + share->output % 8, 0);
    r->share = *share;
    r->outputs = malloc(share->parts_most * share->output);
    return true;
}

/* The one part that a helper gets. */
struct given {
    struct farm_run *run;
    struct job_part part;
    bool taken;
};

static enum dtq_err give_part(void *ctx, struct job_part *out)
{
    struct given *given = ctx;

    if (given->taken) return DTQ_NONE;
    given->taken = true;
    *out = given->part;
    return DTQ_OK;
}

static void helper_progress(void *ctx)
{
    (void)ctx;
}

static enum dtq_err helper_vector(void *ctx, const char *name, uint64_t version, const double **v,
                                  size_t *count, struct dtq_why *why)
{
    assert_true(version == UINT64_MAX);
    return give_vector(((struct given *)ctx)->run, name, version, v, count, why);
}

static enum dtq_err helper_dataset(void *ctx, const struct dataset_options *options,
                                   const struct dataset **out, struct dtq_why *why)
{
    return give_dataset(((struct given *)ctx)->run, options, out, why);
}

/* Somebody else computes the part: he knows parameters, spec and input, and has no weights. */
static void help(struct farm_run *r, const struct job_round *round, unsigned part, char *output)
{
    struct given given = {.run = r,
                          .part = {.round = 1,
                                   .part = part,
                                   .input = round->input,
                                   .input_len = round->input_len,
                                   .output = output,
                                   .output_len = r->share.output}};
    const struct job_env env = {.ctx = &given,
                                .progress = helper_progress,
                                .cancelled = is_cancelled,
                                .vector = helper_vector,
                                .dataset = helper_dataset,
                                .part = give_part};

    if (r->type->assist(r->params, r->shared->spec, r->shared->spec_len, &env, r->why) != DTQ_OK)
        fail_msg("help: %s", r->why->text);
    assert_true(given.taken);
    r->farm->helped++;
}

/* In any order, by anybody. */
static enum dtq_err run_round(void *ctx, const struct job_round *round, const void **outputs)
{
    struct farm_run *r = ctx;

    assert_in_range(round->parts, 1, r->share.parts_most);
    assert_in_range(round->input_len, 1, r->share.input);
    for (unsigned i = 0; i < round->parts; i++) {
        unsigned part = round->parts - 1 - i;
        char *output = r->outputs + part * r->share.output;

        memset(output, 0xff, r->share.output);
        if (farm_chance(r, r->farm->help_percent)) {
            help(r, round, part, output);
        } else {
            enum dtq_err err = round->part(round->ctx, part, output);
            if (err != DTQ_OK) return err;
        }
        outputs[part] = output;
    }
    return DTQ_OK;
}

static const char *name_helpers(void *ctx, uint64_t *us)
{
    struct farm_run *r = ctx;
    bool did = r->outputs && (!r->farm->clocked || ++r->asked % 2);

    *us = did ? 1000 : 0;
    return did ? "helper1 helper2" : NULL;
}

static int64_t look_at_clock(void *ctx)
{
    struct farm_run *r = ctx;
    int64_t looks = r->looks++;

    return looks * (looks + 1) * 1000;
}

struct job_env farm_env(struct farm_run *r)
{
    struct job_env env = {.ctx = r,
                          .progress = saw_progress,
                          .cancelled = is_cancelled,
                          .weights = give_weights,
                          .vector = give_vector,
                          .dataset = give_dataset};

    if (r->farm->clocked) env.clock_us = look_at_clock;
    if (!r->farm->help_percent) return env;
    env.team = count_near;
    env.share = begin_share;
    env.round = run_round;
    env.helpers = name_helpers;
    return env;
}
