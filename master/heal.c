/* heal.c: mends what is wrong in a queue, after each connection. */
#include "master/heal.h"

#include "common/log.h"
#include "common/queue/findings.h"

#include <stdlib.h>
#include <string.h>

enum {
    BEGIN_MS = 1000, /* workers and masters are back by then, and have claimed what they held */
    AGAIN_MS = 500,  /* between two looks; what a step leaves open is over by then */
    BUSY_MS = 5000,  /* when too much comes and goes to be seen at one moment */
    TOLD = 20,       /* findings that are logged one by one */
};

struct heal {
    bool begun;
    struct findings first; /* of the look before */
};

struct heal *heal_new(void)
{
    return calloc(1, sizeof(struct heal));
}

void heal_free(struct heal *h)
{
    if (!h) return;
    findings_clear(&h->first);
    free(h);
}

int64_t heal_begin(struct heal *h)
{
    findings_clear(&h->first);
    h->begun = false;
    return 0;
}

static void heal_tell(const struct findings *f)
{
    for (size_t i = 0; i < f->count && i < TOLD; i++)
        log_warn("heal: %s; %s", f->rows[i].text, f->rows[i].did);
    if (f->count > TOLD) log_warn("heal: and %zu more", f->count - TOLD);
}

enum dtq_err heal_look(struct heal *h, struct queue *q, const char *master, int64_t *next_ms,
                       struct dtq_why *why)
{
    struct census c = {0};
    struct findings f = {0};
    enum dtq_err err;

    if (!h->begun) {
        h->begun = true;
        *next_ms = BEGIN_MS;
        return repair_log(q, why);
    }
    err = census_read(q, &c, why);
    *next_ms = -1;
    if (err == DTQ_NONE) {
        *next_ms = BUSY_MS;
        return DTQ_OK;
    }
    if (err == DTQ_OK) err = findings_judge(&c, &f, why);
    if (err == DTQ_OK && h->first.count) {
        findings_keep(&f, &h->first);
        err = findings_mend(q, &c, &f, master, why);
        heal_tell(&f);
        findings_clear(&h->first);
    } else if (err == DTQ_OK && f.count) {
        h->first = f;
        memset(&f, 0, sizeof f);
        *next_ms = AGAIN_MS;
    }
    census_clear(&c);
    findings_clear(&f);
    if (err_is_refusal(err)) { /* this user of Redis may not look; a person can, with dtq fsck */
        log_warn("heal: %s", why->text);
        err = DTQ_OK;
    }
    return err;
}
