/* tables.c: open data sets. A table is opened anew for each submission, so that a file that
 * changed between two is seen, also when both have the same id; opening is cheap, as the parsed
 * form lies in a cache file. Where that is the one of an earlier job, both have one mapping. */
#include "worker/tables.h"

#include "common/buf.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEPT = 8 /* tables not in use that stay open */ };

struct table {
    char *key;            /* owned */
    struct dataset *data; /* owned, with others that have the same; NULL while it is being opened */
    unsigned users;       /* of the same data any may count them */
    unsigned long used;   /* when last, for eviction */
    struct table *next;
};

struct tables {
    const struct dataset_place *place;
    pthread_mutex_t lock;
    pthread_cond_t opened;
    struct table *first;
    unsigned long clock;
};

struct tables *tables_new(const struct dataset_place *place)
{
    struct tables *t = calloc(1, sizeof *t);

    if (!t) return NULL;
    t->place = place;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->opened, NULL);
    return t;
}

static bool tables_have(const struct tables *t, const struct dataset *data)
{
    struct table *table = t->first;

    while (table && table->data != data)
        table = table->next;
    return table;
}

static void table_unlink(struct tables *t, struct table *table)
{
    struct table **at = &t->first;

    while (*at != table)
        at = &(*at)->next;
    *at = table->next;
    if (!tables_have(t, table->data)) dataset_close(table->data);
    free(table->key);
    free(table);
}

void tables_free(struct tables *t)
{
    if (!t) return;
    while (t->first)
        table_unlink(t, t->first);
    pthread_cond_destroy(&t->opened);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Closes the table unused for longest while more than KEPT are unused. */
static void tables_trim(struct tables *t)
{
    for (;;) {
        struct table *oldest = NULL;
        unsigned unused = 0;
        for (struct table *table = t->first; table; table = table->next) {
            if (table->users || !table->data) continue;
            unused++;
            if (!oldest || table->used < oldest->used) oldest = table;
        }
        if (unused <= KEPT) return;
        table_unlink(t, oldest);
    }
}

static struct table *tables_find(struct tables *t, const char *key)
{
    struct table *table = t->first;

    while (table && strcmp(table->key, key) != 0)
        table = table->next;
    return table;
}

/* The same table as opened for an earlier job, or NULL: its pages are in place already, where those
 * of another mapping would come in one by one. */
static struct dataset *tables_former(const struct tables *t, const struct dataset *data)
{
    struct table *table = t->first;

    while (table && !(table->data && dataset_is_same(table->data, data)))
        table = table->next;
    return table ? table->data : NULL;
}

/* Waits a moment for another slot's opening, then says that this task still gets on. */
static bool tables_wait(struct tables *t, dataset_progress *progress, void *ctx)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 200000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&t->opened, &t->lock, &until);
    return progress && progress(ctx);
}

enum dtq_err tables_get(struct tables *t, const char *nonce, const struct dataset_options *options,
                        dataset_progress *progress, void *ctx, const struct dataset **out,
                        struct dtq_why *why)
{
    struct buf key = {0};
    struct table *table;
    struct dataset *data = NULL, *former;
    enum dtq_err err = DTQ_OK;

    buf_printf(&key, "%s|%s|%s|%s|%d|%d|%d|%d|%" PRIu64 "|%" PRIx64, nonce, options->ref,
               options->label ? options->label : "", options->label_ref ? options->label_ref : "",
               options->has_header, (int)options->format, options->delimiter, (int)options->missing,
               options->features, dataset_options_digest(options));
    if (key.failed) return err_set(why, DTQ_NOMEM, "out of memory for %s", options->ref);
    pthread_mutex_lock(&t->lock);
    while ((table = tables_find(t, key.data)) && !table->data) {
        if (tables_wait(t, progress, ctx)) {
            err = DTQ_CANCELLED;
            goto out;
        }
    }
    if (!table) {
        table = calloc(1, sizeof *table);
        if (!table) {
            err = err_set(why, DTQ_NOMEM, "out of memory for %s", options->ref);
            goto out;
        }
        table->key = key.data;
        key.data = NULL;
        table->next = t->first;
        t->first = table;
        pthread_mutex_unlock(&t->lock);
        err = dataset_open(t->place, options, progress, ctx, &data, why);
        pthread_mutex_lock(&t->lock);
        former = data ? tables_former(t, data) : NULL;
        if (former) dataset_close(data);
        table->data = former ? former : data;
        pthread_cond_broadcast(&t->opened);
        if (err != DTQ_OK) {
            table_unlink(t, table);
            goto out;
        }
    }
    table->users++;
    table->used = ++t->clock;
    tables_trim(t);
    *out = table->data;
out:
    pthread_mutex_unlock(&t->lock);
    buf_clear(&key);
    return err;
}

void tables_release(struct tables *t, const struct dataset *d)
{
    pthread_mutex_lock(&t->lock);
    for (struct table *table = t->first; table; table = table->next) {
        if (table->data != d || !table->users) continue;
        table->users--;
        break;
    }
    tables_trim(t);
    pthread_mutex_unlock(&t->lock);
}
