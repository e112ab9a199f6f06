/* mates.c: a team is known by an id of the queue that Redis keeps, not by the URL, which may be
 * spelt in many ways. */
#include "worker/mates.h"

#include "common/log.h"
#include "worker/helper.h"

#include <stdio.h>
#include <string.h>

static void join(struct worker *w)
{
    char key[2 * ID_MAX + 40];
    struct team *team;
    struct dtq_why why = {""};

    /* Parts of one task are computed by programs of one version. */
    snprintf(key, sizeof key, DTQ_VERSION " %s %s", w->identity, queue_name(w->queue));
    if (team_join(w->team_dir, key, w->member.slots, &team, &why) != DTQ_OK) {
        log_info("%s: works alone: %s", w->member.id, why.text);
        return;
    }
    mates_part(w);
    w->teams[w->team_count++] = team;
    atomic_store(&w->team, team);
    w->helpers = helpers_start(w);
}

void mates_meet(struct worker *w)
{
    char before[sizeof w->identity];
    struct dtq_why why = {""};
    enum dtq_err err;

    if (!w->team_dir || !helpers_most()) return;
    memcpy(before, w->identity, sizeof before);
    err = queue_identity(w->queue, w->identity, &why);
    if (err != DTQ_OK)
        log_info("%s: does not know its team: %s", w->member.id, why.text);
    else if (strcmp(before, w->identity) != 0 && w->team_count < TEAMS_MOST)
        join(w);
}

void mates_part(struct worker *w)
{
    helpers_stop(w->helpers);
    w->helpers = NULL;
}

void mates_leave(struct worker *w)
{
    for (unsigned i = 0; i < w->team_count; i++)
        team_leave(w->teams[i]);
}
