/* team.h: the processes of one machine that work for the same queue, and how they find each other:
 * in a folder they share. It knows files and bytes; nothing of tasks or Redis.
 *
 * A team has a bell, a small file that all of it map. Whoever wants help rings; who has nothing to
 * do sleeps until it rings. Each member holds a lock on bytes of the bell, one for each of its
 * slots: the kernel lets go of it when the process dies, so the count of slots is always true. */
#ifndef DTQ_TEAM_H
#define DTQ_TEAM_H

#include "common/err.h"

#include <limits.h>
#include <stdint.h>

enum { TEAM_SLOTS_MOST = 1024 /* of a member */ };

struct team;

/* Joins the team of this key and this machine (of this boot of it: where machines share a folder
 * over a network, theirs are others), whose files lie in dir, which is made. DTQ_IO: the folder
 * cannot be used; DTQ_FULL: too many members; DTQ_NOMEM. */
enum dtq_err team_join(const char *dir, const char *key, unsigned slots, struct team **out,
                       struct dtq_why *why);
void team_leave(struct team *t); /* NULL is fine */

/* Slots of all living members, with our own. */
unsigned team_slots(struct team *t);

/* Everybody wakes. */
void team_ring(struct team *t);

/* How often it has rung; and sleeps until that is not `seen` any more. */
uint32_t team_rings(struct team *t);
void team_wait(struct team *t, uint32_t seen);

/* For board.c: the folder, and what the names of the team's boards begin with. */
int team_dir(const struct team *t);
const char *team_name(const struct team *t);

#endif
