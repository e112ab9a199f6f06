/* events.c: following the event stream without missing a gap: it is trimmed at its old end, whether
 * somebody who reads it has come so far or not. */
#include "common/queue/shared.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* An id of a stream as a number that can be compared. */
struct place {
    uint64_t ms, no;
};

static struct place place_of(const char *id)
{
    char *end;
    struct place p = {.ms = strtoull(id, &end, 10)};

    if (*end == '-') p.no = strtoull(end + 1, NULL, 10);
    return p;
}

static bool is_after(const char *id, const char *other)
{
    const struct place a = place_of(id), b = place_of(other);

    return a.ms != b.ms ? a.ms > b.ms : a.no > b.no;
}

/* What XINFO STREAM tells; added -1 where the server does not count (before 7.0). */
struct info {
    char first[48]; /* the oldest entry; "" when there is none */
    int64_t length, added;
};

static void take_info(const redisReply *reply, struct info *out)
{
    *out = (struct info){.added = -1};
    if (!reply_is_array(reply, 0)) return; /* no such stream yet */
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const redisReply *value = reply->element[i + 1];
        char name[32];

        if (!reply_copy(reply->element[i], name, sizeof name)) continue;
        if (!strcmp(name, "length")) reply_int(value, &out->length);
        if (!strcmp(name, "entries-added")) reply_int(value, &out->added);
        if (!strcmp(name, "first-entry") && reply_is_array(value, 1))
            reply_copy(value->element[0], out->first, sizeof out->first);
    }
}

/* How many events between where it is and the oldest that is left are gone. */
static int64_t count_missed(const struct queue_follower *f, const struct info *info)
{
    if (!info->first[0] || !is_after(info->first, f->at.id)) return 0;
    if (!strcmp(f->at.id, "0-0")) return 0; /* from the oldest one on, whichever that is */
    if (info->added < 0 || !f->passed) return -1;
    if (info->added < f->passed - 1) return -1; /* another stream than the one that was read */
    return info->added - info->length - (f->passed - 1);
}

/* State and entries of one moment. */
static enum dtq_err read_both(struct queue *q, const char *from, redisReply *replies[4],
                              struct dtq_why *why)
{
    enum dtq_err err;

    conn_command(q, "MULTI");
    err = conn_send(q, why);
    conn_command(q, "XINFO");
    command_text(&q->command, "STREAM");
    command_key(&q->command, q, "events", "");
    if (err == DTQ_OK) err = conn_send(q, why);
    conn_command(q, "XREAD");
    command_text(&q->command, "COUNT");
    command_int(&q->command, SHARED_EVENTS);
    command_text(&q->command, "STREAMS");
    command_key(&q->command, q, "events", "");
    command_text(&q->command, from);
    if (err == DTQ_OK) err = conn_send(q, why);
    conn_command(q, "EXEC");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 4, replies, why);
    if (err == DTQ_OK && !reply_is_array(replies[3], 2)) err = conn_odd_reply(q, "EXEC", why);
    return err;
}

enum dtq_err queue_events_follow(struct queue *q, struct queue_follower *f, int64_t wait_ms,
                                 cJSON **out, int64_t *missed, struct dtq_why *why)
{
    redisReply *replies[4] = {0};
    const redisReply *streams, *rows;
    struct queue_cursor at = f->at;
    struct info info;
    cJSON *ring = NULL;
    enum dtq_err err = queue_events(q, &at, wait_ms, &ring, why);

    cJSON_Delete(ring); /* it only told that there is something */
    if (err == DTQ_OK) err = read_both(q, f->at.id, replies, why);
    if (err != DTQ_OK) goto out;
    take_info(replies[3]->element[0], &info);
    streams = replies[3]->element[1];
    if (!reply_is_array(streams, 1) || !reply_is_array(streams->element[0], 2)) {
        err = DTQ_NONE; /* all of it was trimmed meanwhile */
        goto out;
    }
    rows = streams->element[0]->element[1];
    *missed = count_missed(f, &info);
    /* All there ever were, when nothing is left behind these. */
    if (info.added >= 0 && rows->elements < SHARED_EVENTS)
        f->passed = info.added + 1;
    else if (info.added >= 0 && !strcmp(f->at.id, "0-0"))
        f->passed = info.added - info.length + (int64_t)rows->elements + 1;
    else if (f->passed)
        f->passed += (*missed > 0 ? *missed : 0) + (int64_t)rows->elements;
    *out = shared_events(rows, &f->at);
    if (!*out) err = err_set(why, DTQ_NOMEM, "out of memory for events");
out:
    for (size_t i = 0; i < 4; i++)
        freeReplyObject(replies[i]);
    return err;
}
