/* census_take.c: what the replies of a census tell. */
#include "common/queue/census_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a census has met: what was not asked about is, the next time. */
static struct census_job *met_job(struct census_reading *r, const char *id)
{
    struct census_job *job = census_add_job(r->c, id);

    if (census_name_add(&r->names.jobs, id, strlen(id), &r->names.failed)) r->more = true;
    return job;
}

static struct census_slot *met_slot(struct census_reading *r, const char *name)
{
    struct census_slot *slot = census_add_slot(r->c, name);

    if (slot && census_name_add(&r->names.helds, name, strlen(name), &r->names.failed))
        r->more = true;
    return slot;
}

/* The task of an id "J7/12"; NULL for what is no id. */
static struct census_task *met_task(struct census_reading *r, const char *id)
{
    const char *slash = strrchr(id, '/');
    char job_id[ID_MAX + 1], *end;
    struct census_job *job;
    uint64_t no;

    if (!slash || slash == id || slash - id > ID_MAX) return NULL;
    snprintf(job_id, sizeof job_id, "%.*s", (int)(slash - id), id);
    errno = 0;
    no = strtoull(slash + 1, &end, 10);
    if (errno || end == slash + 1 || *end) return NULL;
    job = met_job(r, job_id);
    return job ? census_add_task(job, no) : NULL;
}

static void take_time(struct census_reading *r, const redisReply *v)
{
    int64_t s = 0, us = 0;

    if (reply_is_array(v, 2) && reply_int(v->element[0], &s) && reply_int(v->element[1], &us))
        r->c->now_ms = s * 1000 + us / 1000;
}

static void take_paused(struct census_reading *r, const redisReply *v)
{
    r->c->paused = v->type == REDIS_REPLY_STRING;
}

static void take_draining(struct census_reading *r, const redisReply *v)
{
    r->c->draining = v->type == REDIS_REPLY_STRING;
}

static void take_ready(struct census_reading *r, const redisReply *v)
{
    r->c->ready = v->elements;
    for (size_t i = 0; i < v->elements; i++) {
        struct census_task *task = met_task(r, v->element[i]->str);
        if (!task) continue;
        task->ready++;
        task->before = v->elements - 1 - i;
    }
}

static void take_parked(struct census_reading *r, const redisReply *v)
{
    r->c->parked = v->elements;
    for (size_t i = 0; i < v->elements; i++) {
        struct census_task *task = met_task(r, v->element[i]->str);
        if (task) task->parked++;
    }
}

static void take_delayed(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i + 1 < v->elements; i += 2) {
        struct census_task *task = met_task(r, v->element[i]->str);
        if (task) reply_int(v->element[i + 1], &task->due_ms);
    }
}

static void take_leases(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i + 1 < v->elements; i += 2) {
        struct census_slot *slot = met_slot(r, v->element[i]->str);
        if (!slot) continue;
        slot->leased = true;
        reply_int(v->element[i + 1], &slot->ends_ms);
    }
}

static void take_since(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i + 1 < v->elements; i += 2) {
        struct census_slot *slot = met_slot(r, v->element[i]->str);
        if (!slot) continue;
        slot->token = true;
        slot->since_ms = (int64_t)(strtod(v->element[i + 1]->str, NULL) / 1e3);
    }
}

static void take_slots(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i < v->elements; i++) {
        struct census_slot *slot = met_slot(r, v->element[i]->str);
        if (slot) slot->listed = true;
    }
}

static void take_members(struct census_reading *r, const redisReply *v, enum census_role role)
{
    for (size_t i = 0; i + 1 < v->elements; i += 2) {
        struct census_member *m = census_add_member(r->c, role, v->element[i]->str);
        if (!m) continue;
        m->registered = true;
        reply_int(v->element[i + 1], &m->until_ms);
    }
}

static void take_workers(struct census_reading *r, const redisReply *v)
{
    take_members(r, v, CENSUS_WORKER);
}

static void take_masters(struct census_reading *r, const redisReply *v)
{
    take_members(r, v, CENSUS_MASTER);
}

static void take_gone(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i < v->elements; i++) {
        struct census_member *m = census_add_member(r->c, CENSUS_WORKER, v->element[i]->str);
        if (m) m->gone = true;
    }
}

static void take_clients(struct census_reading *r, const redisReply *v)
{
    for (size_t i = 0; i < v->elements; i++) {
        struct census_member *m = census_add_member(r->c, CENSUS_WORKER, v->element[i]->str);
        if (m) m->client = true;
    }
}

/* Entries of the stream of jobs: id and its fields, of which "job" is the only one. */
static void take_entries(struct census_reading *r, const redisReply *v)
{
    free(r->entries);
    r->entry_count = 0;
    r->entries = calloc(v->elements + 1, sizeof(struct census_job *));
    if (!r->entries) r->names.failed = true;
    for (size_t i = 0; r->entries && i < v->elements; i++) {
        const redisReply *row = v->element[i];
        struct census_job *job;
        struct census_name *n;
        if (!reply_is_array(row, 2) || !reply_is_array(row->element[1], 2)) continue;
        job = met_job(r, row->element[1]->element[1]->str);
        if (!job || !reply_copy(row->element[0], job->found, sizeof job->found)) continue;
        r->entries[r->entry_count++] = job;
        n = census_name_find(r->names.jobs, job->id);
        if (n && n->ended) { /* replayed since, perhaps */
            n->ended = false;
            r->more = true;
        }
    }
}

/* Order of two entries "<ms>-<n>", as strcmp gives it. */
static int by_entry(const char *a, const char *b)
{
    char *a_end, *b_end;
    uint64_t a_ms = strtoull(a, &a_end, 10), b_ms = strtoull(b, &b_end, 10), a_no, b_no;

    if (a_ms != b_ms) return a_ms < b_ms ? -1 : 1;
    a_no = *a_end ? strtoull(a_end + 1, NULL, 10) : 0;
    b_no = *b_end ? strtoull(b_end + 1, NULL, 10) : 0;
    return (a_no > b_no) - (a_no < b_no);
}

/* Who has been given which entry: rows of entry, master, idle time, times; in the stream's order.
 */
static void take_pending(struct census_reading *r, const redisReply *v)
{
    size_t at = 0;

    for (size_t i = 0; i < v->elements && at < r->entry_count; i++) {
        const redisReply *row = v->element[i];
        if (!reply_is_array(row, 3)) continue;
        while (at < r->entry_count && by_entry(r->entries[at]->found, row->element[0]->str) < 0)
            at++;
        if (at == r->entry_count || strcmp(r->entries[at]->found, row->element[0]->str) != 0)
            continue;
        reply_copy(row->element[1], r->entries[at]->reader, sizeof r->entries[at]->reader);
        reply_int(row->element[2], &r->entries[at]->idle_ms);
    }
}

/* Names and values of the one group: up to which entry masters have been given them. */
static void take_groups(struct census_reading *r, const redisReply *v)
{
    const redisReply *group = reply_is_array(v, 1) ? v->element[0] : NULL;
    char last[48] = "";

    for (size_t i = 0; group && i + 1 < group->elements; i += 2)
        if (strcmp(group->element[i]->str, "last-delivered-id") == 0)
            reply_copy(group->element[i + 1], last, sizeof last);
    for (size_t i = 0; i < r->entry_count; i++)
        r->entries[i]->delivered = last[0] && by_entry(r->entries[i]->found, last) <= 0;
}

const struct census_look census_looks[CENSUS_LOOKS] = {
    {"TIME", NULL, {NULL}, take_time},
    {"GET", "paused", {NULL}, take_paused},
    {"GET", "draining", {NULL}, take_draining},
    {"LRANGE", "ready", {"0", "-1"}, take_ready},
    {"LRANGE", "parked", {"0", "-1"}, take_parked},
    {"ZRANGE", "delayed", {"0", "-1", "WITHSCORES"}, take_delayed},
    {"ZRANGE", "leases", {"0", "-1", "WITHSCORES"}, take_leases},
    {"ZRANGE", "since", {"0", "-1", "WITHSCORES"}, take_since},
    {"SMEMBERS", "slots", {NULL}, take_slots},
    {"ZRANGE", "workers", {"0", "-1", "WITHSCORES"}, take_workers},
    {"ZRANGE", "masters", {"0", "-1", "WITHSCORES"}, take_masters},
    {"ZRANGE", "gone", {"0", "-1"}, take_gone},
    {"HKEYS", "clients", {NULL}, take_clients},
    {"XRANGE", "jobs", {"-", "+"}, take_entries},
    {"XPENDING", "jobs", {"masters", "-", "+", "1000000"}, take_pending},
    {"XINFO", "jobs", {NULL}, take_groups},
};

const char *const census_fields[CENSUS_FIELDS] = {"state", "owner",      "entry", "total",
                                                  "done",  "speculated", "begun", "commits"};
const struct census_beside census_beside[CENSUS_BESIDE] = {
    {"HKEYS", ":tasks"},   {"HKEYS", ":results"}, {"HKEYS", ":dead"},
    {"HGETALL", ":tries"}, {"LRANGE", ":staged"},
};

void census_take_held(struct census_reading *r, const char *name, const redisReply *v)
{
    struct census_slot *slot = census_add_slot(r->c, name);

    if (!slot) return;
    slot->held = v->elements;
    for (size_t i = 0; i < v->elements; i++) {
        struct census_task *task = met_task(r, v->element[i]->str);
        snprintf(slot->first, sizeof slot->first, "%s", v->element[i]->str);
        if (!task) continue;
        task->held++;
        task->slot = slot->name;
    }
}

/* What a number found beside a job's hash says of its task; value is that of HGETALL. */
static void note_spec(struct census_task *task, const redisReply *value)
{
    (void)value;
    task->spec = true;
}

static void note_arrived(struct census_task *task, const redisReply *value)
{
    (void)value;
    task->arrived = true;
}

static void note_dead(struct census_task *task, const redisReply *value)
{
    (void)value;
    task->dead = true;
}

static void note_tries(struct census_task *task, const redisReply *value)
{
    char *end = NULL;

    task->attempts = (unsigned)strtoul(value->str, &end, 10);
    if (end) task->lost = (unsigned)strtoul(end, NULL, 10);
}

static void note_staged(struct census_task *task, const redisReply *value)
{
    (void)value;
    task->staged = true;
}

/* Of "12", or of an id "J7/12"; false for anything else. */
static bool number_of(const redisReply *r, uint64_t *no)
{
    const char *slash = r->type == REDIS_REPLY_STRING ? strrchr(r->str, '/') : NULL;
    char *end;
    int64_t number;

    if (!slash) {
        if (!reply_int(r, &number) || number < 0) return false;
        *no = (uint64_t)number;
        return true;
    }
    *no = strtoull(slash + 1, &end, 10);
    return end != slash + 1 && !*end;
}

static void take_beside(struct census_job *job, const redisReply *v, bool values,
                        void (*note)(struct census_task *task, const redisReply *value))
{
    size_t step = values ? 2 : 1;

    for (size_t i = 0; i + step <= v->elements; i += step) {
        struct census_task *task;
        uint64_t no;
        if (!number_of(v->element[i], &no)) continue;
        task = census_add_task(job, no);
        if (task) note(task, v->element[i + step - 1]);
    }
}

/* In the order of census_beside. */
static void (*const notes[CENSUS_BESIDE])(struct census_task *task, const redisReply *value) = {
    note_spec, note_arrived, note_dead, note_tries, note_staged};

void census_take_job(struct census_reading *r, const char *id, redisReply *const *v)
{
    struct census_job *job = census_add_job(r->c, id);
    const redisReply *info = v[0];
    int64_t number;

    if (!job || !reply_is_array(info, CENSUS_FIELDS)) return;
    reply_copy(info->element[0], job->state, sizeof job->state);
    reply_copy(info->element[1], job->owner, sizeof job->owner);
    reply_copy(info->element[2], job->entry, sizeof job->entry);
    if (reply_int(info->element[3], &number)) job->total = (uint64_t)number;
    if (reply_int(info->element[4], &number)) job->done = (uint64_t)number;
    job->doubled = info->element[5]->type == REDIS_REPLY_STRING;
    job->half = info->element[6]->type == REDIS_REPLY_STRING &&
                info->element[7]->type == REDIS_REPLY_STRING &&
                strcmp(info->element[6]->str, info->element[7]->str) != 0;
    job->live = job->state[0] && !census_state_ended(job->state);
    for (size_t i = 0; i < CENSUS_BESIDE; i++)
        take_beside(job, v[1 + i], strcmp(census_beside[i].command, "HGETALL") == 0, notes[i]);
    job->specs = v[1]->elements;
}
