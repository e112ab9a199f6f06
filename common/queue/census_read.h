/* census_read.h: how a census is read, inside the queue module: the names of what is there, what is
 * asked about them, and what the replies tell. */
#ifndef DTQ_CENSUS_READ_H
#define DTQ_CENSUS_READ_H

#include "common/queue/census.h"
#include "common/queue/shared.h"

/* The one of that name, made when it is new; NULL: out of memory, or no name at all. */
struct census_job *census_add_job(struct census *c, const char *id);
struct census_task *census_add_task(struct census_job *job, uint64_t no);
struct census_slot *census_add_slot(struct census *c, const char *name);
struct census_member *census_add_member(struct census *c, enum census_role role, const char *id);

/* --- census_names.c --------------------------------------------------------------------------- */

/* A name that is asked about. */
struct census_name {
    char text[ID_MAX + 24];
    bool ended; /* a job that need not be asked about again */
    bool keyed; /* there is a key with it */
    bool asked; /* in the present transaction */
    UT_hash_handle hh;
};

/* True when it is new and was added; *failed when memory ran out. */
bool census_name_add(struct census_name **set, const char *text, size_t len, bool *failed);
struct census_name *census_name_find(struct census_name *set, const char *text);
void census_names_clear(struct census_name **set);

struct census_names {
    struct census_name *jobs, *helds, *wakes;
    bool failed; /* out of memory */
};

/* Adds what keys there are, and looks which of the jobs have ended: those are kept for days. */
enum dtq_err census_names_scan(struct queue *q, struct census_names *names, struct dtq_why *why);

bool census_state_ended(const char *state);

/* --- census_take.c ---------------------------------------------------------------------------- */

struct census_reading {
    struct census *c;
    struct census_names names;
    bool more;                   /* something was met that had not been asked about */
    struct census_job **entries; /* owned; those that the stream of jobs names, in its order */
    size_t entry_count;
};

/* What is asked about the queue as a whole. */
struct census_look {
    const char *command, *key;
    const char *words[5]; /* behind the key */
    void (*take)(struct census_reading *r, const redisReply *v);
};
enum { CENSUS_LOOKS = 16 };
extern const struct census_look census_looks[CENSUS_LOOKS];

/* What is asked about each job: fields of its hash, and then keys beside it. */
enum { CENSUS_FIELDS = 8, CENSUS_BESIDE = 5 };
extern const char *const census_fields[CENSUS_FIELDS];
extern const struct census_beside {
    const char *command, *suffix;
} census_beside[CENSUS_BESIDE];

void census_take_held(struct census_reading *r, const char *slot, const redisReply *v);
void census_take_job(struct census_reading *r, const char *id, redisReply *const *v);

#endif
