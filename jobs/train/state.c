/* state.c: a training on its master: its plan, what it holds, who takes part. */
#include "jobs/train/state.h"

#include "common/clock.h"
#include "jobs/names.h"
#include "jobs/train/vectors.h"

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

bool phase_holds(enum train_phase phase)
{
    return phase == PHASE_STATS || phase == PHASE_STEP || phase == PHASE_WHOLE ||
           phase == PHASE_SHARD || phase == PHASE_EVAL || phase == PHASE_FINAL;
}

uint64_t round_items(const struct job_state *s)
{
    const struct train_plan *plan = &s->plan;

    switch (s->phase) {
    case PHASE_STATS: return (plan->rows + plan->eval_rows - 1) / plan->eval_rows;
    case PHASE_STEP: return plan_chunks(plan, plan_batch_rows(plan, s->at.row));
    case PHASE_WHOLE: return plan_chunks(plan, plan->rows);
    case PHASE_SHARD: return plan->shards;
    case PHASE_EVAL: return plan_eval_chunks(plan);
    case PHASE_FINAL: return plan->final_chunks;
    case PHASE_PROBE:
    case PHASE_RUN:
    case PHASE_BATCH: break;
    }
    return 0;
}

uint64_t round_first(const struct job_state *s)
{
    return s->phase == PHASE_FINAL ? s->plan.test_chunks : 0;
}

uint64_t round_matrix(const struct job_state *s)
{
    return s->phase == PHASE_FINAL ? s->plan.matrix : s->plan.confusion;
}

void train_close(struct job_state *s)
{
    if (!s) return;
    held_clear(s);
    cJSON_Delete(s->workers);
    free(s->w);
    free(s->opt);
    free(s->trial);
    free(s->scaling);
    free(s->fill);
    free(s->columns);
    free(s->classes);
    free(s->confusion);
    free(s->best_w);
    free(s);
}

double state_elapsed_ms(const struct job_state *s)
{
    return (double)(clock_ns() - s->started_ns) / 1e6;
}

enum dtq_err state_worker(struct job_state *s, const char *worker, int64_t run_us,
                          struct dtq_why *why)
{
    const cJSON *item;
    cJSON *name;

    s->compute_ms += (double)run_us / 1000;
    cJSON_ArrayForEach(item, s->workers) if (!strcmp(item->valuestring, worker)) return DTQ_OK;
    name = cJSON_CreateString(worker);
    if (name && cJSON_AddItemToArray(s->workers, name)) return DTQ_OK;
    cJSON_Delete(name);
    return err_set(why, DTQ_NOMEM, "out of memory for a training");
}

enum dtq_err state_helpers(struct job_state *s, const char *names, uint64_t which,
                           struct dtq_why *why)
{
    char name[TRAIN_HELPERS_MAX];
    enum dtq_err err = DTQ_OK;

    for (; *names && which && err == DTQ_OK; which >>= 1) {
        size_t len = strcspn(names, " ");

        memcpy(name, names, len);
        name[len] = '\0';
        if (len && (which & 1)) err = state_worker(s, name, 0, why);
        names += len + (names[len] == ' ');
    }
    return err;
}

struct precondition state_precondition(const struct job_state *s)
{
    const double *means = s->opt + lbfgs_state(s->plan.weights);

    return (struct precondition){.outputs = s->plan.outputs,
                                 .features = s->plan.features,
                                 .bias = s->params.bias,
                                 .means = means,
                                 .factors = means + s->plan.features};
}

/* Of a target: what its gradients are measured in. */
static double target_unit(const struct job_state *s)
{
    double deviation = sqrt(s->spreads.train / (double)s->plan.rows);

    return s->params.model == GLM_LINREG && deviation > 0 ? deviation : 1;
}

double state_tol(const struct job_state *s)
{
    return s->params.tol * target_unit(s);
}

double state_gradient(const struct job_state *s)
{
    const struct precondition by = state_precondition(s);

    return lbfgs_gradient(s->opt, &by) / target_unit(s);
}

bool state_converged(const struct job_state *s)
{
    return s->ended && !s->lbfgs.tries;
}

enum dtq_err state_plan(struct job_state *s, struct dtq_why *why)
{
    const struct train_shape shape = {.rows = s->data.rows,
                                      .features = s->data.features,
                                      .values = s->data.values,
                                      .test_rows = s->params.test.ref ? s->test.rows : 0,
                                      .classes = s->class_count};
    enum dtq_err err;

    plan_init(&s->plan, &s->params, &shape, s->first);
    err = vectors_room(s, why);
    if (err == DTQ_OK)
        plan_model(&s->plan, &s->params, s->classes, s->scaling, &s->model, &s->optimizer);
    return err;
}

/* --- what the probe told ---------------------------------------------------------------------- */

/* The labels of a file against what the model needs. */
static enum dtq_err check_labels(const struct train_params *p, const char *ref,
                                 const struct train_facts *f, struct dtq_why *why)
{
    unsigned long long rows = (unsigned long long)f->file.rows;

    if (!p->binary) {
        if (p->model != GLM_LOGREG || f->zero_one) return DTQ_OK;
        return err_set(why, DTQ_INPUT,
                       "model=logreg learns labels 0 and 1, but those of %s go from %g to %g; give "
                       "task=binary_is_<label>, model=softmax, or another csvLabel",
                       ref, f->least, f->most);
    }
    if (f->positive) return DTQ_OK;
    return err_set(why, DTQ_INPUT,
                   "task asks for label %g, but none of the %llu rows of %s has it; the labels go "
                   "from %g to %g",
                   p->positive, rows, ref, f->least, f->most);
}

static enum dtq_err check_files(const struct job_state *s, const struct train_probe *probe,
                                struct dtq_why *why)
{
    const struct train_params *p = &s->params;
    const struct train_file *data = &probe->data.file, *test = &probe->test.file;
    unsigned long long features = (unsigned long long)data->features;
    enum dtq_err err;

    if (p->features && p->features != data->features)
        return err_set(why, DTQ_INPUT,
                       "features=%llu, but %s has %llu columns beside the label; give that number, "
                       "or leave features away",
                       (unsigned long long)p->features, p->data.ref, features);
    if (probe->has_test && test->features != data->features)
        return err_set(why, DTQ_INPUT,
                       "%s has %llu columns beside the label, but %s has %llu; give a testRef of "
                       "the same kind",
                       p->test.ref, (unsigned long long)test->features, p->data.ref, features);
    err = check_labels(p, p->data.ref, &probe->data, why);
    if (err == DTQ_OK && p->test.ref && !p->binary)
        err = check_labels(p, p->test.ref, &probe->test, why);
    if (err == DTQ_OK && s->going_on && s->data.rows && s->data.digest != data->digest)
        err = err_set(why, DTQ_INPUT,
                      "%s is not the file that the former job was trained on; to continue exactly "
                      "it must be, so give that file, or leave continue away",
                      p->data.ref);
    return err;
}

/* Labels, and what a row of each weighs: as if all classes had the same number of rows. */
static enum dtq_err learn_classes(struct job_state *s, const struct train_probe *probe,
                                  struct dtq_why *why)
{
    bool softmax = s->params.model == GLM_SOFTMAX;
    uint64_t count = softmax ? probe->class_count : 2;
    double total = 0, positive = (double)probe->data.positive, *v;

    if (!params_classes(&s->params)) return DTQ_OK;
    v = calloc(2 * count, sizeof *v);
    if (!v)
        return err_set(why, DTQ_NOMEM, "out of memory for %llu classes", (unsigned long long)count);
    for (uint64_t i = 0; softmax && i < count; i++) {
        v[i] = probe->classes[i];
        v[count + i] = probe->counts[i];
        total += v[count + i];
    }
    if (!softmax) {
        v[1] = 1;
        total = (double)probe->data.used;
        v[2] = total - positive;
        v[3] = positive;
    }
    for (uint64_t i = count; i < 2 * count; i++)
        v[i] = s->params.balanced && v[i] > 0 ? total / ((double)count * v[i]) : 1;
    free(s->classes);
    s->classes = v;
    s->classes_count = 2 * count;
    s->class_count = probe->class_count;
    return DTQ_OK;
}

/* Names of the columns: those of a former job stay, for its weights are in their order. */
static enum dtq_err learn_names(struct job_state *s, const struct train_probe *probe,
                                struct dtq_why *why)
{
    struct names names = {0};
    cJSON *array;
    size_t count = 0;
    enum dtq_err err;

    s->unnamed = s->columns && !probe->names;
    if (s->columns || !probe->names) return DTQ_OK;
    array = cJSON_Parse(probe->names);
    err = names_read(array, &names, why);
    cJSON_Delete(array);
    if (err == DTQ_OK && names.all.features != probe->data.file.features)
        err = err_set(why, DTQ_INPUT, "%s has %llu features and names for %llu", s->params.data.ref,
                      (unsigned long long)probe->data.file.features,
                      (unsigned long long)names.all.features);
    if (err == DTQ_OK && !(s->columns = names_pack(&names.all, &count)))
        err = err_set(why, DTQ_NOMEM, "out of memory for the names of columns");
    s->columns_count = count;
    names_clear(&names);
    return err;
}

/* Vectors that a former job had and this one has no use for. */
static void forget(const struct train_params *p, struct job_state *s)
{
    if (p->scaling == SCALING_NONE) {
        free(s->scaling);
        s->scaling = NULL;
    }
    if (!p->fills) {
        free(s->fill);
        s->fill = NULL;
    }
}

enum dtq_err state_learn(struct job_state *s, struct train_probe *probe, struct dtq_why *why)
{
    enum dtq_err err = check_files(s, probe, why);

    if (err == DTQ_OK) err = learn_classes(s, probe, why);
    if (err == DTQ_OK) err = learn_names(s, probe, why);
    if (err != DTQ_OK) return err;
    s->data = probe->data.file;
    s->test = probe->test.file;
    if (!s->fill && probe->fill) {
        s->fill = probe->fill;
        s->fill_count = probe->fill_count;
        probe->fill = NULL;
    }
    s->spreads = (struct train_spreads){probe->data.spread, probe->test.spread};
    forget(&s->params, s);
    err = state_plan(s, why);
    if (err == DTQ_OK) err = baseline_learn(s, probe, why);
    if (err == DTQ_OK) s->baseline.start = state_largest(s);
    if (err == DTQ_OK && !plan_has(&s->plan, s->at))
        err = err_set(why, DTQ_INPUT,
                      "the former job ended within an epoch, after %llu rows, where batches of "
                      "%llu have no bound; keep its batchSize, mode and samples, or leave continue "
                      "away",
                      (unsigned long long)s->at.row, (unsigned long long)s->plan.batch);
    return err;
}
