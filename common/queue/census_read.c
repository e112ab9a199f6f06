/* census_read.c: reads a census: first the names of what is there, then all of it in one
 * transaction; once more when that shows names which had not been known. */
#include "common/queue/census_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 6, JOB_REPLIES = 1 + CENSUS_BESIDE };

static enum dtq_err ask_job(struct queue *q, const char *id, struct dtq_why *why)
{
    char key[ID_MAX + 24];
    enum dtq_err err;

    conn_command(q, "HMGET");
    command_key(&q->command, q, "job:", id);
    for (size_t i = 0; i < CENSUS_FIELDS; i++)
        command_text(&q->command, census_fields[i]);
    err = conn_send(q, why);
    for (size_t i = 0; i < CENSUS_BESIDE && err == DTQ_OK; i++) {
        conn_command(q, census_beside[i].command);
        snprintf(key, sizeof key, "%s%s", id, census_beside[i].suffix);
        command_key(&q->command, q, "job:", key);
        if (strcmp(census_beside[i].command, "LRANGE") == 0) {
            command_text(&q->command, "0");
            command_text(&q->command, "-1");
        }
        err = conn_send(q, why);
    }
    return err;
}

static enum dtq_err ask_look(struct queue *q, const struct census_look *look, struct dtq_why *why)
{
    conn_command(q, look->command);
    if (strcmp(look->command, "XINFO") == 0) command_text(&q->command, "GROUPS");
    if (look->key) command_key(&q->command, q, look->key, "");
    for (size_t i = 0; look->words[i]; i++)
        command_text(&q->command, look->words[i]);
    return conn_send(q, why);
}

/* Sends the transaction; *count is how many replies it has inside. */
static enum dtq_err ask_all(struct queue *q, struct census_names *names, size_t *count,
                            struct dtq_why *why)
{
    struct census_name *n;
    enum dtq_err err;

    conn_command(q, "MULTI");
    err = conn_send(q, why);
    for (*count = 0; *count < CENSUS_LOOKS && err == DTQ_OK; ++*count)
        err = ask_look(q, &census_looks[*count], why);
    for (n = names->helds; n && err == DTQ_OK; n = n->hh.next, ++*count) {
        conn_command(q, "LRANGE");
        command_key(&q->command, q, "held:", n->text);
        command_text(&q->command, "0");
        command_text(&q->command, "-1");
        err = conn_send(q, why);
        n->asked = true;
    }
    for (n = names->jobs; n && err == DTQ_OK; n = n->hh.next) {
        n->asked = !n->ended;
        if (n->ended) continue;
        err = ask_job(q, n->text, why);
        *count += JOB_REPLIES;
    }
    conn_command(q, "EXEC");
    return err == DTQ_OK ? conn_send(q, why) : err;
}

/* The replies in the order of ask_all. What is met on the way was not asked about, and comes behind
 * all that was. */
static void take_all(struct census_reading *r, redisReply *const *v)
{
    struct census_name *n;

    for (size_t i = 0; i < CENSUS_LOOKS; i++, v++)
        if ((*v)->type != REDIS_REPLY_ERROR) census_looks[i].take(r, *v);
    for (n = r->names.helds; n; n = n->hh.next)
        if (n->asked) census_take_held(r, n->text, *v++);
    for (n = r->names.jobs; n; n = n->hh.next) {
        struct census_job *job;
        if (!n->asked) continue;
        census_take_job(r, n->text, v);
        job = census_job(r->c, n->text);
        if (job) job->keys = n->keyed;
        v += JOB_REPLIES;
    }
    for (n = r->names.wakes; n; n = n->hh.next) {
        struct census_member *m = census_add_member(r->c, CENSUS_MASTER, n->text);
        if (m) m->wake = true;
    }
}

static enum dtq_err read_round(struct queue *q, struct census_reading *r, struct dtq_why *why)
{
    redisReply **replies = NULL;
    size_t count = 0;
    enum dtq_err err = census_names_scan(q, &r->names, why);

    if (err == DTQ_OK) err = ask_all(q, &r->names, &count, why);
    if (err != DTQ_OK) return err;
    replies = calloc(count + 2, sizeof *replies); /* with those of MULTI and EXEC */
    if (!replies) return err_set(why, DTQ_NOMEM, "out of memory for a census");
    err = conn_receive_all(q, count + 2, replies, why);
    if (err == DTQ_OK &&
        (!reply_is_array(replies[count + 1], count) || replies[count + 1]->elements != count))
        err = conn_odd_reply(q, "EXEC", why);
    if (err == DTQ_OK) take_all(r, replies[count + 1]->element);
    for (size_t i = 0; i < count + 2; i++)
        freeReplyObject(replies[i]);
    free(replies);
    if (err == DTQ_OK && r->names.failed)
        err = err_set(why, DTQ_NOMEM, "out of memory for a census");
    return err;
}

enum dtq_err census_read(struct queue *q, struct census *out, struct dtq_why *why)
{
    struct census c = {0};
    struct census_reading r = {.c = &c, .more = true};
    struct census_name *n;
    enum dtq_err err = DTQ_OK;

    for (int round = 0; round < ROUNDS && r.more && err == DTQ_OK; round++) {
        census_clear(&c);
        census_names_clear(&r.names.wakes);
        r.more = false;
        err = read_round(q, &r, why);
    }
    if (err == DTQ_OK && r.more)
        err = err_set(why, DTQ_NONE,
                      "so much comes and goes in queue \"%s\" that it cannot be seen at one "
                      "moment; try again, or pause the queue first (dtq queue pause)",
                      queue_name(q));
    for (n = r.names.jobs; err == DTQ_OK && n; n = n->hh.next) {
        struct census_job *job = n->ended ? census_add_job(&c, n->text) : NULL;
        if (job) snprintf(job->state, sizeof job->state, "ended");
    }
    free(r.entries);
    census_names_clear(&r.names.jobs);
    census_names_clear(&r.names.helds);
    census_names_clear(&r.names.wakes);
    if (err == DTQ_OK)
        *out = c;
    else
        census_clear(&c);
    return err;
}
