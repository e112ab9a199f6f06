/* watch.c: sees workers that died. */
#include "master/watch.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 300,     /* found within two looks: well under a second */
    REST_MS = 3000,    /* longer than a worker's longest pause between two tries to connect */
    DENIED_MS = 60000, /* when this user of Redis may not ask for connections */
};

struct watch {
    struct queue_missing *suspects; /* owned; missing at the last look */
    size_t count;
    bool denied;
};

struct watch *watch_new(void)
{
    return calloc(1, sizeof(struct watch));
}

static void watch_take(struct watch *w, struct queue_missing *suspects, size_t count)
{
    free(w->suspects);
    w->suspects = suspects;
    w->count = count;
}

void watch_free(struct watch *w)
{
    if (!w) return;
    watch_take(w, NULL, 0);
    free(w);
}

int64_t watch_rest(struct watch *w)
{
    watch_take(w, NULL, 0);
    return REST_MS;
}

static bool watch_suspected(const struct watch *w, const struct queue_missing *missing)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->suspects[i].worker, missing->worker) == 0 &&
            strcmp(w->suspects[i].client, missing->client) == 0)
            return true;
    return false;
}

enum dtq_err watch_look(struct watch *w, struct queue *q, int64_t *next_ms, struct dtq_why *why)
{
    struct queue_missing *missing = NULL;
    size_t count = 0;
    enum dtq_err err = queue_find_missing(q, &missing, &count, why);

    *next_ms = LOOK_MS;
    if (err_is_refusal(err)) {
        if (!w->denied)
            log_warn("%s; dead workers are found by their leases only, allow CLIENT LIST to find "
                     "them within a second",
                     why->text);
        w->denied = true;
        *next_ms = DENIED_MS;
        return DTQ_OK;
    }
    if (err != DTQ_OK) return err;
    for (size_t i = 0; i < count && err == DTQ_OK; i++) {
        if (!watch_suspected(w, &missing[i])) continue;
        err = queue_dismiss(q, &missing[i], why);
        if (err == DTQ_OK)
            log_info("worker %s is gone: its connection is closed", missing[i].worker);
        if (err == DTQ_UNKNOWN_WORKER) err = DTQ_OK;
    }
    watch_take(w, missing, count);
    return err;
}
