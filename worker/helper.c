/* helper.c: a thread that sleeps until the team's bell rings, looks for a board, and computes parts
 * until there are none, or until the slots of this process need its core. */
#include "worker/helper.h"

#include "common/log.h"
#include "common/team/board.h"
#include "jobs/job.h"
#include "worker/brief.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MOST = 8 /* data sets that one task may open */ };

struct helper {
    struct helpers *all; /* borrowed */
    pthread_t thread;
    struct seat *seat; /* owned; the present one */
    struct brief brief;
    const struct dataset *tables[TABLES_MOST]; /* in use by the present task */
    size_t table_count;
};

struct helpers {
    struct worker *worker; /* borrowed */
    atomic_bool stop;
    unsigned count;
    struct helper one[];
};

unsigned helpers_most(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 0;
    return (unsigned)CPU_COUNT(&cores) - 1;
}

/* --- what a task may ask of a helper ---------------------------------------------------------- */

static void env_progress(void *ctx)
{
    (void)ctx; /* the lease is the leader's */
}

static bool env_cancelled(void *ctx)
{
    const struct helper *me = ctx;

    return atomic_load_explicit(&me->all->stop, memory_order_relaxed);
}

static bool env_stop(void *ctx)
{
    const struct helper *me = ctx;

    return env_cancelled(ctx) || hands_short(me->all->worker->hands);
}

static enum dtq_err env_weights(void *ctx, uint64_t version, const double **w, size_t *count,
                                uint64_t *got, struct dtq_why *why)
{
    (void)ctx, (void)version, (void)w, (void)count, (void)got;
    return err_set(why, DTQ_INPUT, "a helper has no weights");
}

static enum dtq_err env_vector(void *ctx, const char *name, uint64_t version, const double **v,
                               size_t *count, struct dtq_why *why)
{
    const struct helper *me = ctx;

    for (size_t i = 0; version == UINT64_MAX && i < me->brief.vector_count; i++) {
        if (strcmp(me->brief.vectors[i].name, name) != 0) continue;
        *v = me->brief.vectors[i].v;
        *count = me->brief.vectors[i].count;
        return DTQ_OK;
    }
    return err_set(why, DTQ_INPUT, "a helper was not told the %s", name);
}

static enum dtq_err env_dataset(void *ctx, const struct dataset_options *options,
                                const struct dataset **out, struct dtq_why *why)
{
    struct helper *me = ctx;
    enum dtq_err err;

    if (me->table_count == TABLES_MOST)
        return err_set(why, DTQ_INPUT, "a task opened more than %d data sets", TABLES_MOST);
    err = tables_get(me->all->worker->tables, me->brief.nonce, options, env_cancelled, me, out,
                     why);
    if (err == DTQ_OK) me->tables[me->table_count++] = *out;
    return err;
}

static enum dtq_err env_part(void *ctx, struct job_part *out)
{
    struct helper *me = ctx;
    struct seat_part part;
    enum dtq_err err = seat_next(me->seat, env_stop, me, &part);

    if (err != DTQ_OK) return err;
    *out = (struct job_part){.round = part.round,
                             .part = part.part,
                             .input = part.input,
                             .input_len = part.input_bytes,
                             .output = part.output,
                             .output_len = part.output_bytes};
    return DTQ_OK;
}

/* --- helping ---------------------------------------------------------------------------------- */

static enum dtq_err assist(struct helper *me, struct dtq_why *why)
{
    const struct job_env env = {.ctx = me,
                                .progress = env_progress,
                                .cancelled = env_cancelled,
                                .weights = env_weights,
                                .vector = env_vector,
                                .dataset = env_dataset,
                                .part = env_part};
    const struct job_type *type;
    size_t len;
    const void *bytes = seat_brief(me->seat, &len);
    cJSON *params;
    enum dtq_err err;

    if (!brief_read(bytes, len, &me->brief)) return err_set(why, DTQ_INPUT, "no brief");
    type = job_find(me->brief.type);
    if (!type || !type->assist)
        return err_set(why, DTQ_INPUT, "no help with tasks of type %s", me->brief.type);
    params = cJSON_ParseWithLength(me->brief.params, me->brief.params_len);
    if (!params) return err_set(why, DTQ_INPUT, "parameters that are no JSON");
    err = type->assist(params, me->brief.spec, me->brief.spec_len, &env, why);
    for (size_t i = 0; i < me->table_count; i++)
        tables_release(me->all->worker->tables, me->tables[i]);
    me->table_count = 0;
    cJSON_Delete(params);
    return err;
}

/* Helps with what there is, once. */
static void look_round(struct helper *me)
{
    struct worker *w = me->all->worker;
    struct dtq_why why = {""};
    enum dtq_err err;

    if (!hands_take(w->hands, &me->all->stop)) return;
    err = seat_take(w->team, w->member.id, &me->seat, &why);
    if (err == DTQ_OK) {
        err = assist(me, &why);
        seat_leave(me->seat);
        me->seat = NULL;
    }
    hands_give(w->hands);
    if (err != DTQ_OK && err != DTQ_NONE && err != DTQ_CANCELLED)
        log_debug("help with %s by %s: %s", me->brief.job, w->member.id, why.text);
}

static void *helper_run(void *arg)
{
    struct helper *me = arg;
    struct team *t = me->all->worker->team;
    uint32_t heard = team_rings(t);

    while (!atomic_load(&me->all->stop)) {
        look_round(me);
        team_wait(t, heard);
        heard = team_rings(t);
    }
    return NULL;
}

struct helpers *helpers_start(struct worker *w)
{
    unsigned most = helpers_most(), count = w->member.slots < most ? w->member.slots : most;
    struct helpers *h = w->team ? calloc(1, sizeof *h + count * sizeof *h->one) : NULL;

    if (!h) return NULL;
    h->worker = w;
    for (; h->count < count; h->count++) {
        struct helper *me = &h->one[h->count];

        me->all = h;
        if (pthread_create(&me->thread, NULL, helper_run, me) != 0) break;
    }
    if (h->count < count)
        log_warn("%s: %u threads instead of %u to help others", w->member.id, h->count, count);
    return h;
}

void helpers_stop(struct helpers *h)
{
    if (!h) return;
    atomic_store(&h->stop, true);
    hands_wake(h->worker->hands);
    team_ring(h->worker->team);
    for (unsigned i = 0; i < h->count; i++)
        pthread_join(h->one[i].thread, NULL);
    free(h);
}
