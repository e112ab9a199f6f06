/* census.c: what a census holds, by name. */
#include "common/queue/census_read.h"

#include <stdlib.h>
#include <string.h>

struct census_job *census_job(const struct census *c, const char *id)
{
    struct census_job *job;

    HASH_FIND_STR(c->jobs, id, job);
    return job;
}

struct census_task *census_task(const struct census_job *job, uint64_t no)
{
    struct census_task *task;

    HASH_FIND(hh, job->tasks, &no, sizeof no, task);
    return task;
}

struct census_slot *census_slot(const struct census *c, const char *name)
{
    struct census_slot *slot;

    HASH_FIND_STR(c->slots, name, slot);
    return slot;
}

static void member_key(enum census_role role, const char *id, char key[ID_MAX + 2])
{
    snprintf(key, ID_MAX + 2, "%c%.*s", role == CENSUS_WORKER ? 'w' : 'm', ID_MAX, id);
}

struct census_member *census_member(const struct census *c, enum census_role role, const char *id)
{
    struct census_member *member;
    char key[ID_MAX + 2];

    member_key(role, id, key);
    HASH_FIND_STR(c->members, key, member);
    return member;
}

size_t census_present(const struct census *c, enum census_role role)
{
    const struct census_member *m;
    size_t count = 0;

    for (m = c->members; m; m = m->hh.next)
        count += m->role == role && m->registered && m->until_ms > c->now_ms;
    return count;
}

struct census_job *census_add_job(struct census *c, const char *id)
{
    struct census_job *job = census_job(c, id);

    if (job || strlen(id) > ID_MAX) return job;
    job = calloc(1, sizeof *job);
    if (!job) return NULL;
    snprintf(job->id, sizeof job->id, "%s", id);
    HASH_ADD_STR(c->jobs, id, job);
    return job;
}

struct census_task *census_add_task(struct census_job *job, uint64_t no)
{
    struct census_task *task = census_task(job, no);

    if (task) return task;
    task = calloc(1, sizeof *task);
    if (!task) return NULL;
    task->no = no;
    HASH_ADD(hh, job->tasks, no, sizeof task->no, task);
    return task;
}

struct census_slot *census_add_slot(struct census *c, const char *name)
{
    struct census_slot *slot = census_slot(c, name);
    const char *dot = strrchr(name, '.');

    if (slot || !dot || dot - name > ID_MAX || strlen(name) >= sizeof slot->name) return slot;
    slot = calloc(1, sizeof *slot);
    if (!slot) return NULL;
    snprintf(slot->name, sizeof slot->name, "%s", name);
    snprintf(slot->worker, sizeof slot->worker, "%.*s", (int)(dot - name), name);
    HASH_ADD_STR(c->slots, name, slot);
    return slot;
}

struct census_member *census_add_member(struct census *c, enum census_role role, const char *id)
{
    struct census_member *member = census_member(c, role, id);

    if (member || strlen(id) > ID_MAX) return member;
    member = calloc(1, sizeof *member);
    if (!member) return NULL;
    member_key(role, id, member->key);
    member->id = member->key + 1;
    member->role = role;
    HASH_ADD_STR(c->members, key, member);
    return member;
}

static void free_job(struct census_job *job)
{
    struct census_task *task, *after;

    HASH_ITER(hh, job->tasks, task, after)
    {
        HASH_DEL(job->tasks, task);
        free(task);
    }
    free(job);
}

void census_clear(struct census *c)
{
    struct census_job *job, *next_job;
    struct census_slot *slot, *next_slot;
    struct census_member *member, *next_member;

    HASH_ITER(hh, c->jobs, job, next_job)
    {
        HASH_DEL(c->jobs, job);
        free_job(job);
    }
    HASH_ITER(hh, c->slots, slot, next_slot)
    {
        HASH_DEL(c->slots, slot);
        free(slot);
    }
    HASH_ITER(hh, c->members, member, next_member)
    {
        HASH_DEL(c->members, member);
        free(member);
    }
    memset(c, 0, sizeof *c);
}
