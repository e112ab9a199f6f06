/* server.c: finding the Redis that a program means. */
#include "common/server.h"

#include <stdlib.h>
#include <string.h>

static enum dtq_err connect_to(const char *url, const char *queue, bool made, struct queue **out,
                               struct dtq_why *why)
{
    struct queue *q = NULL;
    enum dtq_err err = queue_new(url, queue, &q, why);

    if (err == DTQ_OK && !made) queue_only_looks(q);
    if (err == DTQ_OK) err = queue_connect(q, why);
    if (err == DTQ_OK) {
        *out = q;
        q = NULL;
    }
    queue_free(q);
    return err;
}

/* Nothing answers at the usual place, for the reason in *why, nor does any of the `dtq up`. */
static enum dtq_err nobody_there(const struct find_list *ups, struct dtq_why *why)
{
    const struct dtq_why reason = *why;
    bool refused = strstr(reason.text, "refused") != NULL;
    const char *there = refused ? "no Redis at " PROGRAM_URL : reason.text;

    if (ups->count)
        return err_set(why, DTQ_CONN,
                       "%.300s; the running `dtq up` with process id %ld does not answer either",
                       there, (long)ups->rows[0].pid);
    return err_set(why, DTQ_CONN,
                   "%.300s, and no running `dtq up`; start one with `dtq up` or redis-server, or "
                   "name it with --redis URL or DTQ_REDIS_URL",
                   there);
}

/* The newest running `dtq up` that answers. */
static enum dtq_err connect_to_up(const char *queue, bool made, struct queue **out,
                                  char up[FIND_URL], struct dtq_why *why)
{
    struct find_list ups = {0};
    struct dtq_why last;
    enum dtq_err err = DTQ_CONN;

    find_ups(&ups, NULL); /* a folder that is not to be trusted counts as none */
    /* A private server has no password, and refuses one. */
    if (ups.count) unsetenv("DTQ_REDIS_PASSWORD_FILE");
    for (size_t i = 0; i < ups.count && err == DTQ_CONN; i++) {
        err = connect_to(ups.rows[i].url, queue, made, out, &last);
        if (err == DTQ_OK) memcpy(up, ups.rows[i].url, FIND_URL);
    }
    if (err == DTQ_CONN)
        nobody_there(&ups, why);
    else if (err != DTQ_OK)
        *why = last;
    find_list_clear(&ups);
    return err;
}

enum dtq_err server_open(const struct program *p, const char *queue, bool made, struct queue **out,
                         char up[FIND_URL], struct dtq_why *why)
{
    enum dtq_err err = connect_to(program_url(p), queue, made, out, why);

    up[0] = '\0';
    if (err == DTQ_CONN && !program_url_given(p)) err = connect_to_up(queue, made, out, up, why);
    return err;
}
