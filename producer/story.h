/* story.h: what happened to a job or to one of its tasks, told from the events. Pure: from events
 * to sentences. */
#ifndef DTQ_STORY_H
#define DTQ_STORY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Whose story it is. */
struct story_of {
    const char *job;
    bool task;    /* of one task only, */
    uint64_t no;  /* this one */
    bool no_loss; /* which is known to have lost no worker */
};

/* Adds to `to` one object an event that belongs to the story: atMs and text. Epochs that follow
 * each other become one. events: as queue_events gives them, all of them in order. False: out of
 * memory. */
bool story_tell(const struct story_of *of, const cJSON *events, cJSON *to);

#endif
