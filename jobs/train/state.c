/* state.c: a training on its master: begun, and let go. */
#include "jobs/train/state.h"

#include "common/clock.h"
#include "jobs/train/saved.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void held_clear(struct job_state *s)
{
    for (uint64_t i = 0; s->held && i < s->tasks; i++)
        result_clear(&s->held[i]);
    free(s->held);
    free(s->here);
    s->held = NULL;
    s->here = NULL;
}

enum dtq_err held_alloc(struct job_state *s, struct dtq_why *why)
{
    s->held = calloc(s->tasks, sizeof *s->held);
    s->here = calloc(s->tasks, sizeof *s->here);
    if (s->held && s->here) return DTQ_OK;
    held_clear(s);
    return err_set(why, DTQ_NOMEM, "out of memory for %llu results", (unsigned long long)s->tasks);
}

void train_close(struct job_state *s)
{
    if (!s) return;
    held_clear(s);
    cJSON_Delete(s->workers);
    free(s->w);
    free(s->best_w);
    free(s);
}

double state_elapsed_ms(const struct job_state *s)
{
    return (double)(clock_ns() - s->started_ns) / 1e6;
}

enum dtq_err state_worker(struct job_state *s, const char *worker, struct dtq_why *why)
{
    const cJSON *item;
    cJSON *name;

    cJSON_ArrayForEach(item, s->workers) if (!strcmp(item->valuestring, worker)) return DTQ_OK;
    name = cJSON_CreateString(worker);
    if (name && cJSON_AddItemToArray(s->workers, name)) return DTQ_OK;
    cJSON_Delete(name);
    return err_set(why, DTQ_NOMEM, "out of memory for a training");
}

/* Copies count finite numbers into *to. */
static enum dtq_err copy_vector(const double *from, size_t count, double **to, struct dtq_why *why)
{
    double *copy;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(from[i]))
            return err_set(why, DTQ_INPUT, "weight %zu is %g; finite numbers were expected", i + 1,
                           from[i]);
    copy = malloc(count * sizeof *copy);
    if (!copy) return err_set(why, DTQ_NOMEM, "out of memory for weights");
    memcpy(copy, from, count * sizeof *copy);
    *to = copy;
    return DTQ_OK;
}

enum dtq_err state_plan(struct job_state *s, struct dtq_why *why)
{
    plan_init(&s->plan, &s->params, s->data.rows, s->data.features, s->test.rows);
    if (!s->w) {
        s->w = calloc(s->data.features, sizeof *s->w);
        s->weight_count = s->data.features;
    }
    if (s->w && s->weight_count != s->data.features)
        return err_set(why, DTQ_INPUT,
                       "%llu weights were given, but %s has %llu features; give one weight a "
                       "feature",
                       (unsigned long long)s->weight_count, s->params.data.ref,
                       (unsigned long long)s->data.features);
    if (s->params.patience && !s->best_w) s->best_w = calloc(s->data.features, sizeof *s->best_w);
    if (!s->w || (s->params.patience && !s->best_w))
        return err_set(why, DTQ_NOMEM, "out of memory for %llu weights",
                       (unsigned long long)s->data.features);
    return DTQ_OK;
}

/* The labels of a file against what the model needs. */
static enum dtq_err check_labels(const struct train_params *p, const char *ref,
                                 const struct train_facts *f, struct dtq_why *why)
{
    unsigned long long rows = (unsigned long long)f->file.rows;

    if (p->problem.target == LINEAR_AS_IS) {
        if (p->problem.model != LINEAR_LOGREG || f->zero_one) return DTQ_OK;
        return err_set(why, DTQ_INPUT,
                       "model=logreg learns labels 0 and 1, but those of %s go from %g to %g; give "
                       "task=binary_is_<label>, or another csvLabel",
                       ref, f->least, f->most);
    }
    if (f->positive) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "task asks for label %g, but none of the %llu rows of %s has it; the labels go "
                   "from %g to %g",
                   p->problem.positive, rows, ref, f->least, f->most);
}

enum dtq_err state_learn(struct job_state *s, const struct train_facts *data,
                         const struct train_facts *test, struct dtq_why *why)
{
    const struct train_params *p = &s->params;
    unsigned long long rows = (unsigned long long)data->file.rows;
    unsigned long long features = (unsigned long long)data->file.features;
    enum dtq_err err;

    if (p->samples > data->file.rows)
        return err_set(why, DTQ_INPUT,
                       "samples=%llu, but %s has %llu rows; give at most that many, or leave "
                       "samples away",
                       (unsigned long long)p->samples, p->data.ref, rows);
    if (p->features && p->features != data->file.features)
        return err_set(why, DTQ_INPUT,
                       "features=%llu, but %s has %llu columns beside the label; give that number, "
                       "or leave features away",
                       (unsigned long long)p->features, p->data.ref, features);
    if (test && test->file.features != data->file.features)
        return err_set(why, DTQ_INPUT,
                       "%s has %llu columns beside the label, but %s has %llu; give a testRef of "
                       "the same kind",
                       p->test.ref, (unsigned long long)test->file.features, p->data.ref, features);
    err = check_labels(p, p->data.ref, data, why);
    if (err == DTQ_OK && test && p->problem.target == LINEAR_AS_IS)
        err = check_labels(p, p->test.ref, test, why);
    if (err != DTQ_OK) return err;
    s->data = data->file;
    if (test) s->test = test->file;
    return state_plan(s, why);
}

/* The vectors that belong to the state: those committed, or those the job came with. */
static enum dtq_err take_vectors(struct job_state *s, const struct job_vectors *v,
                                 struct dtq_why *why)
{
    bool begun = s->phase != PHASE_PROBE;
    enum dtq_err err = DTQ_OK;

    if ((begun || s->params.given_weights) && (!v->weights || !v->weight_count))
        return err_set(why, DTQ_INPUT,
                       begun
                           ? "the weights of this job are gone; submit it again"
                           : "init=weights, but no weights came with the job; give w=, or wFile=");
    if (begun || s->params.given_weights) {
        err = copy_vector(v->weights, v->weight_count, &s->w, why);
        s->weight_count = v->weight_count;
    }
    if (err != DTQ_OK || !s->best_epoch) return err;
    if (!v->best || v->best_count != s->data.features)
        return err_set(why, DTQ_INPUT, "the best weights of this job are gone; submit it again");
    return copy_vector(v->best, v->best_count, &s->best_w, why);
}

enum dtq_err train_open(const cJSON *params, const void *checkpoint, size_t len,
                        const struct job_vectors *vectors, struct job_state **out,
                        struct dtq_why *why)
{
    struct job_state *s = calloc(1, sizeof *s);
    enum dtq_err err = DTQ_NOMEM;

    if (!s) goto out;
    s->started_ns = clock_ns();
    s->workers = cJSON_CreateArray();
    if (!s->workers) goto out;
    err = train_params_read(params, &s->params, why);
    if (err == DTQ_OK && checkpoint) err = saved_read(s, checkpoint, len, why);
    if (err == DTQ_OK) err = take_vectors(s, vectors, why);
    if (err == DTQ_OK && s->phase != PHASE_PROBE) err = state_plan(s, why);
    if (err == DTQ_OK && checkpoint) err = saved_check(s, why);
    if (err == DTQ_OK && s->tasks && (s->phase == PHASE_STEP || s->phase == PHASE_EVAL))
        err = held_alloc(s, why);
    if (err != DTQ_OK) goto out;
    *out = s;
    s = NULL;
out:
    if (err == DTQ_NOMEM) err_set(why, err, "out of memory for a training");
    train_close(s);
    return err;
}
