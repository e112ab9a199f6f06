/* fold.c: the owner's transitions on one job: what has arrived, and the commit that takes it into
 * the job's state. */
#include "common/queue/shared.h"
#include "lua/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before each spec in queue_commit.tasks, and each vector in queue_commit.history. */
struct queue_piece {
    uint64_t no;
    size_t len;
};

void queue_arrivals_clear(struct queue_arrivals *a)
{
    free(a->rows);
    free(a->fatal_message);
    freeReplyObject(a->keep);
    memset(a, 0, sizeof *a);
}

/* "<worker> <microseconds> <bytes>" */
static bool read_result(const redisReply *r, struct queue_arrival *row)
{
    const char *end = r->str + r->len, *at;
    size_t len;

    at = memchr(r->str, ' ', (size_t)r->len);
    if (!at || (len = (size_t)(at - r->str)) > ID_MAX) return false;
    memcpy(row->worker, r->str, len);
    row->worker[len] = '\0';
    row->run_us = 0;
    for (at++; at < end && *at >= '0' && *at <= '9'; at++)
        row->run_us = row->run_us * 10 + (*at - '0');
    if (at >= end || *at != ' ') return false;
    row->data = at + 1;
    row->len = (size_t)(end - at - 1);
    return true;
}

static bool read_arrivals(redisReply *results, struct queue_arrivals *a)
{
    size_t count = results->elements / 2;

    a->rows = malloc((count ? count : 1) * sizeof *a->rows);
    if (!a->rows) return false;
    for (size_t i = 0; i < count; i++) {
        int64_t no;
        if (!reply_int(results->element[2 * i], &no) || no < 0 ||
            results->element[2 * i + 1]->type != REDIS_REPLY_STRING ||
            !read_result(results->element[2 * i + 1], &a->rows[i]))
            return false;
        a->rows[i].no = (uint64_t)no;
    }
    a->count = count;
    a->keep = results;
    return true;
}

static bool read_state(const redisReply *info, const char *nonce, struct queue_arrivals *a)
{
    char state[16], present[QUEUE_NONCE];
    int64_t retried;

    if (!reply_is_array(info, 5) || !reply_copy(info->element[0], state, sizeof state) ||
        !reply_copy(info->element[1], a->fatal_code, sizeof a->fatal_code) ||
        !reply_copy(info->element[4], present, sizeof present))
        return false;
    if (reply_int(info->element[3], &retried)) a->retried = (uint64_t)retried;
    a->running = strcmp(state, "running") == 0 && strcmp(present, nonce) == 0;
    a->fatal_message = strdup(info->element[2]->type == REDIS_REPLY_STRING ? info->element[2]->str
                                                                           : "");
    return a->fatal_message != NULL;
}

enum dtq_err queue_collect(struct queue *q, const struct queue_ownership *owner,
                           struct queue_arrivals *out, struct dtq_why *why)
{
    struct queue_arrivals a = {0};
    redisReply *replies[3] = {0}; /* job, slots, results */
    char key[ID_MAX + 16];
    int64_t number = 0;
    enum dtq_err err;

    snprintf(key, sizeof key, "%s:results", owner->job);
    conn_command(q, "HMGET");
    command_key(&q->command, q, "job:", owner->job);
    command_text(&q->command, "state");
    command_text(&q->command, "fatal_code");
    command_text(&q->command, "fatal_message");
    command_text(&q->command, "retried");
    command_text(&q->command, "nonce");
    err = conn_send(q, why);
    conn_command(q, "SCARD");
    command_key(&q->command, q, "slots", "");
    if (err == DTQ_OK) err = conn_send(q, why);
    conn_command(q, "HGETALL");
    command_key(&q->command, q, "job:", key);
    if (err == DTQ_OK) err = conn_send(q, why);
    if (err == DTQ_OK) err = conn_receive_all(q, 3, replies, why);
    if (err != DTQ_OK) goto out;
    if (!read_state(replies[0], owner->nonce, &a) || !reply_int(replies[1], &number) ||
        !reply_is_array(replies[2], 0) || !read_arrivals(replies[2], &a)) {
        err = conn_odd_reply(q, "HGETALL", why);
        goto out;
    }
    replies[2] = NULL; /* in a.keep now */
    a.slots = (unsigned)number;
    *out = a;
    memset(&a, 0, sizeof a);
out:
    queue_arrivals_clear(&a);
    for (size_t i = 0; i < 3; i++)
        freeReplyObject(replies[i]);
    return err;
}

enum dtq_err queue_open_tasks(struct queue *q, const char *job_id, uint64_t **out, size_t *count,
                              struct dtq_why *why)
{
    redisReply *reply = NULL;
    char key[ID_MAX + 16];
    uint64_t *nos;
    size_t used = 0;
    int64_t no;
    enum dtq_err err;

    snprintf(key, sizeof key, "%s:tasks", job_id);
    conn_command(q, "HKEYS");
    command_key(&q->command, q, "job:", key);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    nos = malloc((reply->elements + 1) * sizeof *nos);
    for (size_t i = 0; nos && i < reply->elements; i++)
        if (reply_int(reply->element[i], &no) && no >= 0) nos[used++] = (uint64_t)no;
    freeReplyObject(reply);
    if (!nos) return err_set(why, DTQ_NOMEM, "out of memory for the tasks of job %s", job_id);
    *out = nos;
    *count = used;
    return DTQ_OK;
}

enum dtq_err queue_discard(struct queue *q, const struct queue_ownership *owner,
                           const uint64_t *nos, size_t count, struct dtq_why *why)
{
    struct command *c;
    redisReply *reply = NULL;
    enum dtq_err err, code;

    if (!count) return DTQ_OK;
    c = conn_script(q, &script_discard);
    command_text(c, owner->job);
    command_text(c, owner->nonce);
    command_text(c, owner->master);
    command_int(c, (int64_t)owner->fence);
    for (size_t i = 0; i < count; i++)
        command_int(c, (int64_t)nos[i]);
    err = conn_call(q, 0, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &code)) code = conn_odd_reply(q, "discard", why);
    freeReplyObject(reply);
    return code;
}

void queue_commit_fold(struct queue_commit *c, uint64_t no)
{
    buf_add(&c->folded, &no, sizeof no);
}

static void add_piece(struct buf *to, uint64_t no, const void *data, size_t len)
{
    struct queue_piece piece = {no, len};

    buf_add(to, &piece, sizeof piece);
    buf_add(to, data, len);
}

void queue_commit_task(struct queue_commit *c, uint64_t no, const void *spec, size_t len)
{
    add_piece(&c->tasks, no, spec, len);
    c->task_count++;
}

void queue_commit_history(struct queue_commit *c, uint64_t epoch, const double *w, size_t count)
{
    add_piece(&c->history, epoch, w, count * sizeof *w);
    c->history_count++;
}

void queue_commit_epoch(struct queue_commit *c, const cJSON *metrics)
{
    cJSON *copy;

    if (cJSON_GetArraySize(metrics) == 0) return; /* nothing to tell; a stream has no empty entry */
    copy = cJSON_Duplicate(metrics, true);
    if (!copy) c->epochs.failed = true;
    buf_add(&c->epochs, &copy, sizeof copy);
    if (c->epochs.failed) cJSON_Delete(copy);
}

void queue_commit_vector(struct queue_commit *c, const char *name, const double *v, size_t count)
{
    struct queue_vector *to = c->vectors;

    while (to < c->vectors + c->vector_count && strcmp(to->name, name) != 0)
        to++;
    if (to == c->vectors + QUEUE_VECTORS_MAX || strlen(name) >= sizeof to->name) {
        c->folded.failed = true; /* a job type has more vectors than were thought of */
        return;
    }
    if (to == c->vectors + c->vector_count) {
        c->vector_count++;
        memcpy(to->name, name, strlen(name) + 1);
    }
    buf_reset(&to->doubles);
    buf_add(&to->doubles, v, count * sizeof *v);
}

static size_t commit_epochs(const struct queue_commit *c)
{
    return c->epochs.len / sizeof(cJSON *);
}

static cJSON *commit_epoch(const struct queue_commit *c, size_t i)
{
    cJSON *metrics;

    memcpy(&metrics, c->epochs.data + i * sizeof metrics, sizeof metrics);
    return metrics;
}

void queue_commit_clear(struct queue_commit *c)
{
    for (size_t i = 0; i < commit_epochs(c); i++)
        cJSON_Delete(commit_epoch(c, i));
    buf_clear(&c->folded);
    buf_clear(&c->tasks);
    buf_clear(&c->epochs);
    buf_clear(&c->history);
    for (size_t i = 0; i < c->vector_count; i++)
        buf_clear(&c->vectors[i].doubles);
    memset(c, 0, sizeof *c);
}

/* A number as it goes into a stream: whole ones without a point, others with all their digits. */
static void add_metric(struct command *c, const cJSON *value)
{
    char text[40];

    if (cJSON_IsString(value)) {
        command_text(c, value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        snprintf(text, sizeof text, "%.17g", value->valuedouble);
        command_text(c, text);
    } else {
        command_text(c, "");
    }
}

/* A count, and so many pairs of a number and bytes. */
static void add_pieces(struct command *c, const struct buf *pieces, size_t count)
{
    const char *at = pieces->data;

    command_int(c, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        struct queue_piece piece;
        memcpy(&piece, at, sizeof piece);
        command_int(c, (int64_t)piece.no);
        command_add(c, at + sizeof piece, piece.len);
        at += sizeof piece + piece.len;
    }
}

static void add_commit(struct command *c, const struct queue_ownership *owner,
                       const struct queue_commit *commit, const struct buf *checkpoint,
                       const char *report)
{
    size_t folded = commit->folded.len / sizeof(uint64_t);

    command_text(c, owner->job);
    command_text(c, owner->nonce);
    command_text(c, owner->master);
    command_int(c, (int64_t)owner->fence);
    command_int(c, (int64_t)owner->commits);
    command_add(c, checkpoint->data, checkpoint->len);
    command_text(c, report);
    command_int(c, (int64_t)commit->version);
    command_int(c, (int64_t)commit->total);
    command_int(c, (int64_t)folded);
    for (size_t i = 0; i < folded; i++) {
        uint64_t no;
        memcpy(&no, commit->folded.data + i * sizeof no, sizeof no);
        command_int(c, (int64_t)no);
    }
    add_pieces(c, &commit->tasks, commit->task_count);
    command_int(c, (int64_t)commit_epochs(commit));
    for (size_t i = 0; i < commit_epochs(commit); i++) {
        const cJSON *metrics = commit_epoch(commit, i), *item;
        command_int(c, 2 * cJSON_GetArraySize(metrics));
        cJSON_ArrayForEach(item, metrics)
        {
            command_text(c, item->string);
            add_metric(c, item);
        }
    }
    add_pieces(c, &commit->history, commit->history_count);
    command_int(c, (int64_t)commit->vector_count);
    for (size_t i = 0; i < commit->vector_count; i++) {
        command_text(c, commit->vectors[i].name);
        command_add(c, commit->vectors[i].doubles.data, commit->vectors[i].doubles.len);
    }
}

static enum dtq_err commit_send(struct queue *q, struct queue_ownership *owner,
                                const struct queue_commit *c, redisReply **reply,
                                struct dtq_why *why)
{
    bool failed = c->folded.failed || c->tasks.failed || c->epochs.failed || c->history.failed;
    enum dtq_err err;

    for (size_t i = 0; i < c->vector_count; i++)
        failed = failed || c->vectors[i].doubles.failed;
    if (failed) return err_set(why, DTQ_NOMEM, "out of memory for a commit of job %s", owner->job);
    err = conn_call(q, 0, reply, why);
    if (err == DTQ_OK) owner->commits++;
    return err;
}

enum dtq_err queue_commit(struct queue *q, struct queue_ownership *owner,
                          const struct queue_commit *c, const struct buf *checkpoint,
                          const char *report, uint64_t *waiting, struct dtq_why *why)
{
    redisReply *reply = NULL;
    enum dtq_err err, code;
    int64_t number = 0;

    add_commit(conn_script(q, &script_commit), owner, c, checkpoint, report);
    err = commit_send(q, owner, c, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 2, &code) || (code == DTQ_OK && !reply_int(reply->element[1], &number)))
        code = conn_odd_reply(q, "commit", why);
    freeReplyObject(reply);
    if (code == DTQ_OK) *waiting = (uint64_t)number;
    return code;
}

enum dtq_err queue_finish(struct queue *q, struct queue_ownership *owner,
                          const struct queue_commit *c, const struct buf *checkpoint,
                          const char *report, const char *state, const char *code,
                          const char *message, struct dtq_why *why)
{
    struct command *command = conn_script(q, &script_finish);
    redisReply *reply = NULL;
    enum dtq_err err, answer;

    add_commit(command, owner, c, checkpoint, report);
    command_text(command, state);
    command_text(command, code);
    command_text(command, message);
    err = commit_send(q, owner, c, &reply, why);
    if (err != DTQ_OK) return err;
    if (!reply_code(reply, 1, &answer)) answer = conn_odd_reply(q, "finish", why);
    freeReplyObject(reply);
    return answer;
}
