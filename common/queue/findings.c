/* findings.c: what is wrong in a queue. A task is in exactly one place, a hold has a lease or a
 * worker that answers for it, counts agree, each live job is heard of by a master, and nothing lies
 * about that nobody has. */
#include "common/queue/findings.h"

#include "common/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADOPTED_MS = 10000 }; /* a master adopts at once what it is given */

const char *finding_word(enum finding_kind kind)
{
    static const char *const words[] = {
#define X(name, word) word,
        FINDINGS(X)
#undef X
    };

    return words[kind];
}

void findings_clear(struct findings *f)
{
    free(f->rows);
    memset(f, 0, sizeof *f);
}

/* One more row, or NULL. */
static struct finding *found(struct findings *f, enum finding_kind kind, const char *id,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

static struct finding *found(struct findings *f, enum finding_kind kind, const char *id,
                             const char *format, ...)
{
    struct finding *row;
    va_list args;

    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        struct finding *rows = realloc(f->rows, room * sizeof *rows);
        if (!rows) return NULL;
        f->rows = rows;
        f->room = room;
    }
    row = &f->rows[f->count++];
    memset(row, 0, sizeof *row);
    row->kind = kind;
    snprintf(row->id, sizeof row->id, "%s", id);
    va_start(args, format);
    vsnprintf(row->text, sizeof row->text, format, args);
    va_end(args);
    return row;
}

/* --- tasks ------------------------------------------------------------------------------------ */

static unsigned places(const struct census_task *t)
{
    return t->ready + t->parked + t->held + (t->due_ms != 0) + t->arrived + t->dead + t->staged;
}

/* "ready, held by w1.0" */
static void name_places(const struct census_task *t, struct buf *out)
{
    const struct {
        unsigned copies;
        const char *name;
    } rows[] = {{t->ready, "ready"},         {t->parked, "parked (the queue is paused)"},
                {t->due_ms != 0, "delayed"}, {t->arrived, "handed in"},
                {t->dead, "dead"},           {t->staged, "kept back until its commit counts"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned k = 0; k < rows[i].copies; k++)
            buf_printf(out, "%s%s", out->len ? ", " : "", rows[i].name);
    if (t->held)
        buf_printf(out, "%sheld by %s%s", out->len ? ", " : "", t->slot,
                   t->held > 1 ? " and another slot" : "");
}

static bool judge_task(struct findings *f, const struct census_job *job,
                       const struct census_task *t)
{
    struct finding *row = NULL;
    struct buf where = {0};
    unsigned count = places(t);
    bool wrong = true;

    name_places(t, &where);
    if (where.failed) return false;
    if (job->live && t->spec && count == 0)
        row = found(f, FINDING_TASK_NOWHERE, job->id,
                    "%s/%" PRIu64 " is in no place: it would never run, and %s never end", job->id,
                    t->no, job->id);
    else if (job->live && t->spec && count > 1 && !job->doubled)
        row = found(f, FINDING_TASK_TWICE, job->id, "%s/%" PRIu64 " is in %u places: %s", job->id,
                    t->no, count, where.data);
    else if (job->live && !t->spec && !job->doubled && count > t->held + t->dead)
        row = found(f, FINDING_TASK_UNKNOWN, job->id,
                    "%s/%" PRIu64 " is %s, but %s has no such task", job->id, t->no, where.data,
                    job->id);
    else if (!job->state[0] && t->ready + t->parked + (t->due_ms != 0) > 0)
        row = found(f, FINDING_TASK_UNKNOWN, job->id,
                    "%s/%" PRIu64 " is %s, but there is no job %s", job->id, t->no, where.data,
                    job->id);
    else
        wrong = false;
    buf_clear(&where);
    if (row) {
        row->task = true;
        row->no = t->no;
    }
    return !wrong || row;
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* Why no master would ever hear of the job; NULL: one will, or does. */
static const char *unheard(const struct census *c, const struct census_job *job)
{
    const struct census_member *reader = census_member(c, CENSUS_MASTER, job->reader);

    if (!job->found[0]) return "the stream of jobs does not name it";
    if (strcmp(job->found, job->entry) != 0) return "the stream of jobs names it by another entry";
    if (!job->delivered) return NULL;
    if (!job->reader[0]) return "its entry was taken from the stream of jobs, and nobody has it";
    if (!reader || !reader->registered)
        return "the master that took it from the stream is forgotten";
    if (job->owner[0] && strcmp(job->owner, job->reader) != 0)
        return "its owner is not the master that took it from the stream";
    if (!job->owner[0] && reader->until_ms > c->now_ms && job->idle_ms > ADOPTED_MS)
        return "the master that took it from the stream does not adopt it";
    return NULL;
}

static bool judge_live(struct findings *f, const struct census *c, const struct census_job *job)
{
    const struct census_task *t;
    const char *why = unheard(c, job);

    if (job->total - job->done != job->specs)
        return found(f, FINDING_JOB_LOST_DATA, job->id,
                     "%s has %" PRIu64 " tasks, of which %" PRIu64 " are folded, but %" PRIu64
                     " are there instead of %" PRId64 ": Redis lost data",
                     job->id, job->total, job->done, job->specs, (int64_t)(job->total - job->done));
    if (job->half)
        return found(f, FINDING_JOB_LOST_DATA, job->id,
                     "%s has half of a commit: Redis lost the other half", job->id);
    if (why && !found(f, FINDING_JOB_UNHEARD, job->id,
                      "%s is %s, but no master would take it over: %s", job->id, job->state, why))
        return false;
    for (t = job->tasks; t; t = t->hh.next)
        if (!judge_task(f, job, t)) return false;
    return true;
}

static bool judge_job(struct findings *f, const struct census *c, const struct census_job *job)
{
    const struct census_task *t;

    if (job->live) return judge_live(f, c, job);
    if (job->state[0])
        return !job->found[0] ||
               found(f, FINDING_JOB_LEFTOVERS, job->id,
                     "%s has ended, but the stream of jobs still names it", job->id);
    if ((job->keys || job->found[0]) &&
        !found(f, FINDING_JOB_LEFTOVERS, job->id, "there is no job %s, but something of it is left",
               job->id))
        return false;
    for (t = job->tasks; t; t = t->hh.next)
        if (!judge_task(f, job, t)) return false;
    return true;
}

/* --- slots and members ------------------------------------------------------------------------ */

static bool judge_slot(struct findings *f, const struct census *c, const struct census_slot *slot)
{
    const struct census_member *worker = census_member(c, CENSUS_WORKER, slot->worker);
    bool any = slot->leased || slot->token;

    if (worker && worker->registered) {
        /* Held without a lease: Redis moved it there, and the worker claims it next. */
        if (!any || (slot->leased && slot->token && slot->held)) return true;
        return found(f, FINDING_HOLD_DISAGREES, slot->name,
                     "%s has %s lease and %s token, and holds %zu tasks", slot->name,
                     slot->leased ? "a" : "no", slot->token ? "a" : "no", slot->held);
    }
    if (worker && worker->gone) return true; /* looked at once more within seconds */
    if (slot->held)
        return found(f, FINDING_HOLD_ORPHANED, slot->name,
                     "%s holds %zu tasks, %s first, but there is no worker %s", slot->name,
                     slot->held, slot->first, slot->worker);
    return (!any && !slot->listed) ||
           found(f, FINDING_HOLD_ORPHANED, slot->name,
                 "%s counts as a slot, but there is no worker %s", slot->name, slot->worker);
}

static bool judge_member(struct findings *f, const struct census_member *m)
{
    if (m->registered) return true;
    if (m->role == CENSUS_MASTER && m->wake)
        return found(f, FINDING_MASTER_LEFTOVERS, m->id,
                     "there is news for master %s, but there is no such master", m->id);
    return !m->client || m->gone ||
           found(f, FINDING_WORKER_LEFTOVERS, m->id,
                 "a connection of worker %s is remembered, but there is no such worker", m->id);
}

enum dtq_err findings_judge(const struct census *c, struct findings *out, struct dtq_why *why)
{
    struct findings f = {0};
    const struct census_job *job;
    const struct census_slot *slot;
    const struct census_member *m;
    bool good = true;

    for (job = c->jobs; job && good; job = job->hh.next)
        good = judge_job(&f, c, job);
    for (slot = c->slots; slot && good; slot = slot->hh.next)
        good = judge_slot(&f, c, slot);
    for (m = c->members; m && good; m = m->hh.next)
        good = judge_member(&f, m);
    if (good)
        *out = f;
    else
        findings_clear(&f);
    return good ? DTQ_OK : err_set(why, DTQ_NOMEM, "out of memory for what was found");
}

/* --- two looks -------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = (x->kind > y->kind) - (x->kind < y->kind);

    if (!order) order = strcmp(x->id, y->id);
    return order ? order : (x->no > y->no) - (x->no < y->no);
}

void findings_keep(struct findings *f, const struct findings *other)
{
    size_t kept = 0;

    if (f->count) qsort(f->rows, f->count, sizeof *f->rows, by_name);
    if (other->count) qsort(other->rows, other->count, sizeof *other->rows, by_name);
    for (size_t i = 0; i < f->count; i++)
        if (other->count &&
            bsearch(&f->rows[i], other->rows, other->count, sizeof *f->rows, by_name))
            f->rows[kept++] = f->rows[i];
    f->count = kept;
}

enum dtq_err findings_mend(struct queue *q, const struct census *c, struct findings *f,
                           const char *by, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; i < f->count && err == DTQ_OK; i++) {
        struct finding *row = &f->rows[i];
        const struct census_job *job = census_job(c, row->id);
        switch (row->kind) {
        case FINDING_TASK_NOWHERE:
        case FINDING_TASK_TWICE:
        case FINDING_TASK_UNKNOWN:
            err = repair_task(q, c, row->id, row->no, by, row->did, why);
            break;
        case FINDING_HOLD_ORPHANED:
        case FINDING_HOLD_DISAGREES: err = repair_slot(q, row->id, by, row->did, why); break;
        case FINDING_JOB_UNHEARD:
        case FINDING_JOB_LOST_DATA:
        case FINDING_JOB_LEFTOVERS:
            err = repair_job(q, row->id, job ? job->found : "", by, row->did, why);
            break;
        case FINDING_MASTER_LEFTOVERS:
            err = repair_member(q, CENSUS_MASTER, row->id, by, row->did, why);
            break;
        case FINDING_WORKER_LEFTOVERS:
            err = repair_member(q, CENSUS_WORKER, row->id, by, row->did, why);
            break;
        }
        if (err != DTQ_NONE) continue;
        snprintf(row->did, sizeof row->did, "nothing to do any more");
        err = DTQ_OK;
    }
    return err;
}
