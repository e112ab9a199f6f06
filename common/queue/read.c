/* read.c: looks at the data of a queue; changes nothing. */
#include "common/queue/shared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const redisReply *r)
{
    return strdup(r->type == REDIS_REPLY_STRING ? r->str : "");
}

static int64_t read_number(const redisReply *r)
{
    int64_t value = 0;

    return reply_int(r, &value) ? value : 0;
}

bool queue_job_ended(const struct queue_job *job)
{
    return strcmp(job->state, "submitted") != 0 && strcmp(job->state, "running") != 0;
}

int64_t queue_job_wall_ms(const struct queue_job *job)
{
    int64_t end = job->finished_ms ? job->finished_ms : job->now_ms;

    return end > job->submitted_ms ? end - job->submitted_ms : 0;
}

void queue_job_clear(struct queue_job *job)
{
    free(job->error);
    free(job->params);
    free(job->report);
    memset(job, 0, sizeof *job);
}

/* The fields of a job's hash, in the order in which job_fill reads them. */
static const char *const job_names[] = {
    "type",         "state",        "producer",   "owner",           "error_code",
    "error",        "params",       "report",     "submitted_ms",    "started_ms",
    "finished_ms",  "total",        "done",       "retried",         "reclaimed",
    "late",         "max_attempts", "backoff_ms", "task_timeout_ms", "timeout_ms",
    "retention_ms", "nonce"};
enum { JOB_NAMES = sizeof job_names / sizeof *job_names };

/* A setting that the job was submitted with, or what stands for it. */
static int64_t job_setting(const redisReply *r, int64_t fallback)
{
    return r->type == REDIS_REPLY_NIL ? fallback : read_number(r);
}

static bool job_fill(struct queue_job *job, redisReply *const *v)
{
    if (!reply_copy(v[0], job->type, sizeof job->type) ||
        !reply_copy(v[1], job->state, sizeof job->state) ||
        !reply_copy(v[2], job->producer, sizeof job->producer) ||
        !reply_copy(v[3], job->owner, sizeof job->owner) ||
        !reply_copy(v[4], job->error_code, sizeof job->error_code))
        return false;
    job->error = read_text(v[5]);
    job->params = read_text(v[6]);
    job->report = read_text(v[7]);
    job->submitted_ms = read_number(v[8]);
    job->started_ms = read_number(v[9]);
    job->finished_ms = read_number(v[10]);
    job->total = (uint64_t)read_number(v[11]);
    job->done = (uint64_t)read_number(v[12]);
    job->retried = (uint64_t)read_number(v[13]);
    job->reclaimed = (uint64_t)read_number(v[14]);
    job->late = (uint64_t)read_number(v[15]);
    job->max_attempts = (uint64_t)job_setting(v[16], 5);
    job->backoff_ms = job_setting(v[17], 2000);
    job->task_timeout_ms = job_setting(v[18], 0);
    job->timeout_ms = job_setting(v[19], 0);
    job->retention_ms = job_setting(v[20], 604800000);
    if (!reply_copy(v[21], job->nonce, sizeof job->nonce)) return false;
    return job->error && job->params && job->report;
}

enum dtq_err queue_job_read(struct queue *q, const char *job_id, struct queue_job *out,
                            struct dtq_why *why)
{
    redisReply *replies[3] = {0}; /* job, workers, time */
    const redisReply *info, *now;
    struct queue_job job = {0};
    char workers_key[ID_MAX + 16];
    enum dtq_err err = id_check("job id", job_id, why);

    if (err != DTQ_OK) return err;
    snprintf(workers_key, sizeof workers_key, "%s:workers", job_id);
    conn_command(q, "HMGET");
    command_key(&q->command, q, "job:", job_id);
    for (size_t i = 0; i < JOB_NAMES; i++)
        command_text(&q->command, job_names[i]);
    err = conn_send(q, why);
    conn_command(q, "HLEN");
    command_key(&q->command, q, "job:", workers_key);
    if (err == DTQ_OK) err = conn_send(q, why);
    conn_command(q, "TIME");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 3, replies, why);
    if (err != DTQ_OK) goto out;
    info = replies[0];
    now = replies[2];
    if (!reply_is_array(info, JOB_NAMES) || !reply_is_array(now, 2)) {
        err = conn_odd_reply(q, "HMGET", why);
    } else if (info->element[1]->type == REDIS_REPLY_NIL) {
        err = err_set(why, DTQ_JOB_GONE, "there is no job \"%s\" in queue \"%s\"; see dtq jobs",
                      job_id, q->name);
    } else if (!job_fill(&job, info->element)) {
        err = conn_odd_reply(q, "HMGET", why);
    } else {
        snprintf(job.id, sizeof job.id, "%s", job_id);
        job.workers = (uint64_t)read_number(replies[1]);
        job.now_ms = read_number(now->element[0]) * 1000 + read_number(now->element[1]) / 1000;
        *out = job;
        memset(&job, 0, sizeof job);
    }
out:
    queue_job_clear(&job);
    for (size_t i = 0; i < 3; i++)
        freeReplyObject(replies[i]);
    return err;
}

/* Why a job that there was is not there: present is the nonce of what has its id now, "" nothing.
 */
static enum dtq_err job_gone(const char *job_id, const char *present, struct dtq_why *why)
{
    return err_set(why, DTQ_JOB_GONE,
                   "job %s is gone%s; it was removed after its end, or Redis has lost its data",
                   job_id, present[0] ? ", and its id is that of another job now" : "");
}

enum dtq_err queue_job_of(struct queue *q, const char *job_id, const char *nonce,
                          struct queue_job *out, struct dtq_why *why)
{
    struct queue_job job = {0};
    enum dtq_err err = queue_job_read(q, job_id, &job, why);

    if (nonce[0] && (err == DTQ_JOB_GONE || (err == DTQ_OK && strcmp(job.nonce, nonce) != 0)))
        err = job_gone(job_id, job.nonce, why);
    if (err == DTQ_OK)
        *out = job;
    else
        queue_job_clear(&job);
    return err;
}

enum dtq_err queue_job_still(struct queue *q, const char *job_id, const char *nonce,
                             struct dtq_why *why)
{
    redisReply *reply = NULL;
    char present[QUEUE_NONCE];
    enum dtq_err err = id_check("job id", job_id, why);

    if (err != DTQ_OK) return err;
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", job_id);
    command_text(&q->command, "nonce");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_copy(reply, present, sizeof present))
        err = conn_odd_reply(q, "HGET", why);
    else if (strcmp(present, nonce) != 0)
        err = job_gone(job_id, present, why);
    freeReplyObject(reply);
    return err;
}

enum dtq_err queue_job_ids(struct queue *q, size_t most, char (**out)[ID_MAX + 1], size_t *count,
                           struct dtq_why *why)
{
    redisReply *live = NULL, *ended = NULL;
    char(*ids)[ID_MAX + 1] = NULL;
    size_t used = 0;
    enum dtq_err err;

    conn_command(q, "XRANGE");
    command_key(&q->command, q, "jobs", "");
    command_text(&q->command, "-");
    command_text(&q->command, "+");
    command_text(&q->command, "COUNT");
    command_int(&q->command, (int64_t)most);
    err = conn_call(q, 0, &live, why);
    if (err != DTQ_OK) goto out;
    conn_command(q, "ZREVRANGE");
    command_key(&q->command, q, "finished", "");
    command_text(&q->command, "0");
    command_int(&q->command, (int64_t)most - 1);
    err = conn_call(q, 0, &ended, why);
    if (err != DTQ_OK) goto out;
    ids = malloc((most ? most : 1) * sizeof *ids);
    if (!ids) {
        err = err_set(why, DTQ_NOMEM, "out of memory for %zu job ids", most);
        goto out;
    }
    for (size_t i = 0; i < live->elements && used < most; i++) {
        const redisReply *row = live->element[i];
        if (reply_is_array(row, 2) && reply_is_array(row->element[1], 2) &&
            reply_copy(row->element[1]->element[1], ids[used], sizeof ids[used]))
            used++;
    }
    for (size_t i = 0; i < ended->elements && used < most; i++)
        if (reply_copy(ended->element[i], ids[used], sizeof ids[used])) used++;
    *out = ids;
    *count = used;
    ids = NULL;
out:
    free(ids);
    freeReplyObject(live);
    freeReplyObject(ended);
    return err;
}

/* What a person or a machine is called, and versions: texts even where they look like numbers. */
static bool is_text(const char *name)
{
    static const char *const texts[] = {"host", "version", "nonce", "last_task", "last_error"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i], name)) return true;
    return false;
}

/* Names and values of a stream entry or hash into an object; numbers become numbers. */
static void read_pairs(const redisReply *pairs, bool numbers, cJSON *to)
{
    for (size_t i = 0; i + 1 < pairs->elements; i += 2) {
        const redisReply *name = pairs->element[i], *value = pairs->element[i + 1];
        char *end = NULL;
        double number = 0;
        if (name->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING) continue;
        if (numbers && value->len && !is_text(name->str)) number = strtod(value->str, &end);
        if (end && end == value->str + value->len)
            cJSON_AddNumberToObject(to, name->str, number);
        else
            cJSON_AddStringToObject(to, name->str, value->str);
    }
}

enum dtq_err queue_epochs(struct queue *q, const char *job_id, cJSON **out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    cJSON *list;
    char key[ID_MAX + 16];
    enum dtq_err err = id_check("job id", job_id, why);

    if (err != DTQ_OK) return err;
    conn_command(q, "XRANGE");
    snprintf(key, sizeof key, "%s:epochs", job_id);
    command_key(&q->command, q, "job:", key);
    command_text(&q->command, "-");
    command_text(&q->command, "+");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    list = cJSON_CreateArray();
    for (size_t i = 0; list && i < reply->elements; i++) {
        cJSON *row = cJSON_CreateObject();
        if (row && reply_is_array(reply->element[i], 2)) {
            read_pairs(reply->element[i]->element[1], true, row);
            cJSON_AddNumberToObject(row, "atMs",
                                    (double)strtoll(reply->element[i]->element[0]->str, NULL, 10));
        }
        cJSON_AddItemToArray(list, row);
    }
    freeReplyObject(reply);
    if (!list) return err_set(why, DTQ_NOMEM, "out of memory for the epochs of %s", job_id);
    *out = list;
    return DTQ_OK;
}

enum dtq_err queue_weights_read(struct queue *q, const char *job_id, const char *name, double **out,
                                size_t *count, uint64_t *version, struct dtq_why *why)
{
    redisReply *replies[4] = {0}; /* MULTI, two times "queued", EXEC */
    const redisReply *bytes;
    char key[ID_MAX + 16];
    enum dtq_err err = id_check("job id", job_id, why);
    double *w;
    size_t len;

    if (err != DTQ_OK) return err;
    /* MULTI, so that weights and version belong together. */
    conn_command(q, "MULTI");
    err = conn_send(q, why);
    if (err != DTQ_OK) return err;
    conn_command(q, "GET");
    snprintf(key, sizeof key, "%s:%s", job_id, name);
    command_key(&q->command, q, "job:", key);
    err = conn_send(q, why);
    conn_command(q, "HGET");
    command_key(&q->command, q, "job:", job_id);
    command_text(&q->command, "version");
    if (err == DTQ_OK) err = conn_send(q, why);
    conn_command(q, "EXEC");
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 4, replies, why);
    if (err != DTQ_OK) goto out;
    if (!reply_is_array(replies[3], 2)) {
        err = conn_odd_reply(q, "EXEC", why);
        goto out;
    }
    bytes = replies[3]->element[0];
    len = bytes->type == REDIS_REPLY_STRING ? (size_t)bytes->len : 0;
    if (len % sizeof(double) != 0) {
        err = err_set(why, DTQ_SERVER, "the weights of job \"%s\" have %zu bytes, no multiple of 8",
                      job_id, len);
        goto out;
    }
    w = realloc(*out, len ? len : 1);
    if (!w) {
        err = err_set(why, DTQ_NOMEM, "out of memory for %zu bytes of weights", len);
        goto out;
    }
    if (len) memcpy(w, bytes->str, len);
    *out = w;
    *count = len / sizeof(double);
    *version = (uint64_t)read_number(replies[3]->element[1]);
out:
    for (size_t i = 0; i < 4; i++)
        freeReplyObject(replies[i]);
    return err;
}

enum dtq_err queue_weights(struct queue *q, const char *job_id, double **out, size_t *count,
                           struct dtq_why *why)
{
    uint64_t version;

    *out = NULL;
    return queue_weights_read(q, job_id, "weights", out, count, &version, why);
}

/* Two pairs of an id and its score, by the ids as people count: w2 before w10. */
static int by_id(const void *a, const void *b)
{
    return strverscmp((*(redisReply *const *)a)->str, (*(redisReply *const *)b)->str);
}

/* Everyone of a ZSET of the living, with the hash of each. */
static enum dtq_err read_living(struct queue *q, const char *set, const char *kind, cJSON **out,
                                struct dtq_why *why)
{
    redisReply *ids = NULL, *now = NULL, *hash = NULL;
    cJSON *list = cJSON_CreateArray();
    char prefix[16];
    int64_t now_ms;
    enum dtq_err err;

    snprintf(prefix, sizeof prefix, "%s:", kind);
    conn_command(q, "TIME");
    err = conn_call(q, 0, &now, why);
    if (err != DTQ_OK) goto out;
    now_ms = reply_is_array(now, 2)
                 ? read_number(now->element[0]) * 1000 + read_number(now->element[1]) / 1000
                 : 0;
    conn_command(q, "ZRANGE");
    command_key(&q->command, q, set, "");
    command_text(&q->command, "0");
    command_text(&q->command, "-1");
    command_text(&q->command, "WITHSCORES");
    err = conn_call(q, 0, &ids, why);
    if (err != DTQ_OK) goto out;
    if (ids->elements) qsort(ids->element, ids->elements / 2, 2 * sizeof *ids->element, by_id);
    for (size_t i = 0; i + 1 < ids->elements; i += 2) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, kind, ids->element[i]->str);
        cJSON_AddNumberToObject(row, "aliveMs",
                                (double)(read_number(ids->element[i + 1]) - now_ms));
        cJSON_AddItemToArray(list, row);
        conn_command(q, "HGETALL");
        command_key(&q->command, q, prefix, ids->element[i]->str);
        err = conn_call(q, 0, &hash, why);
        if (err != DTQ_OK) goto out;
        read_pairs(hash, true, row);
        freeReplyObject(hash);
        hash = NULL;
    }
    *out = list;
    list = NULL;
out:
    cJSON_Delete(list);
    freeReplyObject(ids);
    freeReplyObject(now);
    freeReplyObject(hash);
    return err;
}

enum dtq_err queue_workers(struct queue *q, cJSON **out, struct dtq_why *why)
{
    return read_living(q, "workers", "worker", out, why);
}

enum dtq_err queue_masters(struct queue *q, cJSON **out, struct dtq_why *why)
{
    return read_living(q, "masters", "master", out, why);
}

size_t queue_living(const cJSON *members)
{
    const cJSON *row;
    size_t living = 0;

    cJSON_ArrayForEach(row, members)
    {
        if (cJSON_GetNumberValue(cJSON_GetObjectItem(row, "aliveMs")) > 0) living++;
    }
    return living;
}

enum dtq_err shared_stream_end(struct queue *q, const char *stream, struct queue_cursor *out,
                               struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err;

    conn_command(q, "XREVRANGE");
    command_key(&q->command, q, stream, "");
    command_text(&q->command, "+");
    command_text(&q->command, "-");
    command_text(&q->command, "COUNT");
    command_text(&q->command, "1");
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    snprintf(out->id, sizeof out->id, "0-0");
    if (reply->elements && reply_is_array(reply->element[0], 1))
        reply_copy(reply->element[0]->element[0], out->id, sizeof out->id);
    freeReplyObject(reply);
    return DTQ_OK;
}

enum dtq_err queue_events_end(struct queue *q, struct queue_cursor *out, struct dtq_why *why)
{
    return shared_stream_end(q, "events", out, why);
}

cJSON *shared_events(const redisReply *rows, struct queue_cursor *cursor)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; list && i < rows->elements; i++) {
        const redisReply *row = rows->element[i];
        cJSON *event = cJSON_CreateObject();
        if (!reply_is_array(row, 2) ||
            !reply_copy(row->element[0], cursor->id, sizeof cursor->id)) {
            cJSON_Delete(event);
            continue;
        }
        cJSON_AddStringToObject(event, "id", cursor->id);
        cJSON_AddNumberToObject(event, "atMs", (double)strtoll(cursor->id, NULL, 10));
        read_pairs(row->element[1], false, event);
        cJSON_AddItemToArray(list, event);
    }
    return list;
}

enum dtq_err queue_events(struct queue *q, struct queue_cursor *cursor, int64_t wait_ms,
                          cJSON **out, struct dtq_why *why)
{
    redisReply *reply = NULL;
    cJSON *list;
    enum dtq_err err;

    conn_command(q, "XREAD");
    command_text(&q->command, "COUNT");
    command_int(&q->command, SHARED_EVENTS);
    command_text(&q->command, "BLOCK");
    command_int(&q->command, wait_ms > 0 ? wait_ms : 1); /* 0 would be for ever */
    command_text(&q->command, "STREAMS");
    command_key(&q->command, q, "events", "");
    command_text(&q->command, cursor->id[0] ? cursor->id : "$");
    err = conn_call(q, wait_ms, &reply, why);
    if (err != DTQ_OK) return err;
    if (reply->type == REDIS_REPLY_NIL) {
        freeReplyObject(reply);
        return DTQ_NONE;
    }
    if (!reply_is_array(reply, 1) || !reply_is_array(reply->element[0], 2)) {
        freeReplyObject(reply);
        return conn_odd_reply(q, "XREAD", why);
    }
    list = shared_events(reply->element[0]->element[1], cursor);
    freeReplyObject(reply);
    if (!list) return err_set(why, DTQ_NOMEM, "out of memory for events");
    *out = list;
    return DTQ_OK;
}
