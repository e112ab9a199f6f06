/* first.c: see first.h. */
#include "jobs/first.h"

enum {
    TASKS_MOST = 64, /* enough to begin with; a master makes the rest meanwhile */
    BYTES_MOST = 1 << 16,
};

struct making {
    struct round *round;
    bool fits; /* into a submission */
};

static void sink_task(void *ctx, uint64_t no, const void *spec, size_t len)
{
    struct making *m = ctx;

    m->fits = m->fits && no == m->round->count && m->round->count < TASKS_MOST &&
              m->round->specs.len + len <= BYTES_MOST;
    if (m->fits) round_add(m->round, spec, len);
}

/* What else a round may put goes through a commit. */
static void sink_weights(void *ctx, const char *name, const double *w, size_t count,
                         uint64_t version)
{
    struct making *m = ctx;

    (void)name, (void)w, (void)count, (void)version;
    m->fits = false;
}

static void sink_epoch(void *ctx, const cJSON *metrics, const double *w, size_t count)
{
    struct making *m = ctx;

    (void)metrics, (void)w, (void)count;
    m->fits = false;
}

static void sink_page(void *ctx, uint64_t no, const double *numbers, size_t count)
{
    struct making *m = ctx;

    (void)no, (void)numbers, (void)count;
    m->fits = false;
}

void first_round(const struct job_type *type, const cJSON *params, struct round *out)
{
    /* What a split may emit is bounded by what is outstanding already. */
    const struct job_view view = {
        .slots = 1,
        .outstanding = type->window > TASKS_MOST ? type->window - TASKS_MOST : 0,
    };
    const struct job_vectors none = {0};
    struct making m = {out, true};
    const struct job_sink sink = {&m, sink_task, sink_weights, sink_epoch, sink_page};
    struct job_state *state = NULL;
    struct dtq_why why;

    if (!type->early || type->open(params, NULL, 0, &none, &state, &why) != DTQ_OK) return;
    if (type->split(state, &view, &sink, &why) == DTQ_OK && m.fits && out->count)
        type->checkpoint(state, &out->checkpoint);
    else
        m.fits = false;
    type->close(state);
    if (!m.fits || round_failed(out)) round_clear(out);
}
