/* rig.c: a queue with masters, workers and jobs, quickly. */
#include "tests/support/rig.h"

#include "tests/support/keys.h"
#include "tests/support/server.h"
#include "tests/support/wait.h"

#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOLD_MOST = 64 };

struct dtq_why rig_why;

/* An outcome that the test did not ask for. */
static void rig_must(enum dtq_err err)
{
    if (err != DTQ_OK) fail_msg("%s: %s", err_word(err), rig_why.text);
}

int rig_start(void **state)
{
    return server_start(state);
}

int rig_stop(void **state)
{
    keys_clear();
    return server_stop(state);
}

struct queue *rig_connect(void)
{
    struct queue *q = NULL;

    rig_must(queue_new(server_url(), "t", &q, &rig_why));
    rig_must(queue_connect(q, &rig_why));
    return q;
}

int rig_setup(void **state)
{
    server_do("FLUSHALL");
    rig_why.text[0] = '\0';
    *state = rig_connect();
    return 0;
}

int rig_teardown(void **state)
{
    queue_free(*state);
    return 0;
}

void rig_cut(struct queue *q)
{
    struct pollfd end = {queue_fd(q), POLLIN, 0};

    server_do("CLIENT KILL TYPE normal SKIPME yes");
    assert_int_equal(poll(&end, 1, 5000), 1);
}

void rig_assert_why(const char *part)
{
    if (!strstr(rig_why.text, part)) fail_msg("\"%s\" has not \"%s\"", rig_why.text, part);
}

/* --- roles ------------------------------------------------------------------------------------ */

struct queue_member rig_member(const char *id, unsigned slots)
{
    struct queue_member m = {.host = "here", .pid = 4711, .slots = slots, .lease_ms = RIG_LEASE_MS};

    snprintf(m.id, sizeof m.id, "%s", id);
    id_nonce(m.nonce);
    return m;
}

struct queue_member rig_worker(struct queue *q, const char *id, unsigned slots)
{
    struct queue_member m = rig_member(id, slots);
    struct queue_counts counts;
    struct queue_rival rival;

    rig_must(queue_join(q, &m, false, &counts, &rival, &rig_why));
    return m;
}

struct queue_member rig_master(struct queue *q, const char *id)
{
    struct queue_member m = rig_member(id, 0);
    struct queue_entries entries = {0};
    int64_t next_ms;

    rig_must(queue_preside(q, &m, &entries, &next_ms, &rig_why));
    queue_entries_clear(&entries);
    return m;
}

void rig_expire(const char *set, const char *member)
{
    server_do("ZADD %s%s XX 1 %s", RIG_KEY, set, member);
}

void rig_age(const char *slot, struct queue_claim *claim)
{
    rig_expire("since", slot);
    claim->token = 1;
}

void rig_expire_all(const char *set)
{
    redisReply *reply = server_run("ZRANGE %s%s 0 -1", RIG_KEY, set);

    for (size_t i = 0; i < reply->elements; i++)
        rig_expire(set, reply->element[i]->str);
    freeReplyObject(reply);
}

int64_t rig_reap(struct queue *q)
{
    int64_t next_ms = -2;

    rig_must(queue_reap(q, &next_ms, &rig_why));
    return next_ms;
}

/* --- jobs ------------------------------------------------------------------------------------- */

struct queue_submission rig_submission(const char *job)
{
    return (struct queue_submission){.job_id = job,
                                     .producer = "p1",
                                     .type = "sum",
                                     .params = "{\"end\":10}",
                                     .retention_ms = 86400000};
}

void rig_submit(struct queue *q, const struct queue_submission *s)
{
    char id[ID_MAX + 1];

    rig_must(queue_submit(q, s, id, &rig_why));
    assert_string_equal(id, s->job_id);
}

const char *rig_entry(const char *job)
{
    return server_text("HGET " RIG_KEY "job:%s entry", job);
}

struct queue_ownership rig_ownership(const char *job)
{
    struct queue_ownership owner = {0};

    snprintf(owner.job, sizeof owner.job, "%s", job);
    snprintf(owner.nonce, sizeof owner.nonce, "%s", rig_nonce(job));
    return owner;
}

const char *rig_nonce(const char *job)
{
    return job[0] ? server_text("HGET " RIG_KEY "job:%s nonce", job) : "";
}

enum dtq_err rig_adopt(struct queue *q, const struct queue_member *master, const char *entry,
                       struct queue_ownership *out)
{
    struct queue_adopted adopted = {0};
    enum dtq_err err = queue_adopt(q, master, entry, &adopted, &rig_why);

    if (err == DTQ_OK) *out = adopted.owner;
    queue_adopted_clear(&adopted);
    return err;
}

struct queue_ownership rig_own(struct queue *q, const struct queue_member *master)
{
    struct queue_ownership owner = {0}, other;

    rig_must(rig_adopt(q, master, NULL, &owner));
    assert_int_equal(rig_adopt(q, master, NULL, &other), DTQ_NONE);
    return owner;
}

void rig_push(struct queue *q, struct queue_ownership *owner, uint64_t first, unsigned count)
{
    struct queue_commit commit = {.total = first + count};
    struct buf none = {0};
    uint64_t waiting;
    char spec[32];

    for (uint64_t no = first; no < first + count; no++) {
        int len = snprintf(spec, sizeof spec, "s%" PRIu64, no);
        queue_commit_task(&commit, no, spec, (size_t)len);
    }
    rig_must(queue_commit(q, owner, &commit, &none, "{}", &waiting, &rig_why));
    queue_commit_clear(&commit);
}

struct queue_ownership rig_job_of(struct queue *q, const struct queue_submission *s, unsigned count)
{
    struct queue_member master = rig_master(q, "m");
    struct queue_ownership owner;

    rig_submit(q, s);
    owner = rig_own(q, &master);
    if (count) rig_push(q, &owner, 0, count);
    return owner;
}

struct queue_ownership rig_job(struct queue *q, const char *job, unsigned count)
{
    struct queue_submission s = rig_submission(job);

    return rig_job_of(q, &s, count);
}

size_t rig_fold(struct queue *q, struct queue_ownership *owner)
{
    struct queue_arrivals arrivals = {0};
    struct queue_commit commit = {0};
    struct buf none = {0};
    uint64_t waiting;
    size_t count;

    commit.total = (uint64_t)server_int("HGET " RIG_KEY "job:%s total", owner->job);
    rig_must(queue_collect(q, owner, &arrivals, &rig_why));
    for (size_t i = 0; i < arrivals.count; i++)
        queue_commit_fold(&commit, arrivals.rows[i].no);
    count = arrivals.count;
    queue_arrivals_clear(&arrivals);
    rig_must(queue_commit(q, owner, &commit, &none, "{}", &waiting, &rig_why));
    queue_commit_clear(&commit);
    return count;
}

/* --- tasks ------------------------------------------------------------------------------------ */

void rig_claim(struct queue *q, const struct queue_member *m, const char *slot, const char *known,
               unsigned most, struct queue_claim *out)
{
    rig_must(queue_claim(q, m, slot, rig_nonce(known), most, out, &rig_why));
    assert_int_not_equal(out->count, 0);
}

/* Hands in all of the claim with one outcome. */
static enum dtq_err rig_hand_in(struct queue *q, const struct queue_member *m, const char *slot,
                                const struct queue_claim *held, enum queue_outcome outcome)
{
    struct queue_result results[HOLD_MOST];
    struct queue_claim next = {0};
    char data[HOLD_MOST][32];
    enum dtq_err err;

    assert_in_range(held->count, 0, HOLD_MOST);
    for (size_t i = 0; i < held->count; i++) {
        int len = snprintf(data[i], sizeof data[i], "r%" PRIu64, held->tasks[i].no);
        results[i] = (struct queue_result){.no = held->tasks[i].no,
                                           .outcome = outcome,
                                           .data = data[i],
                                           .len = (size_t)len,
                                           .code = outcome == QUEUE_FATAL ? "bad_input"
                                                                          : "io_error",
                                           .run_us = 7};
    }
    err = queue_complete(q, m, slot, held, results, held->count, 0, &next, &rig_why);
    assert_int_equal(next.count, 0);
    return err;
}

enum dtq_err rig_complete(struct queue *q, const struct queue_member *m, const char *slot,
                          const struct queue_claim *held)
{
    return rig_hand_in(q, m, slot, held, QUEUE_DONE);
}

enum dtq_err rig_fail(struct queue *q, const struct queue_member *m, const char *slot,
                      const struct queue_claim *held, enum queue_outcome outcome)
{
    return rig_hand_in(q, m, slot, held, outcome);
}

const char *rig_numbers(const struct queue_claim *claim)
{
    static char text[HOLD_MOST * 21 + 1];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < claim->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, i ? " %" PRIu64 : "%" PRIu64,
                                 claim->tasks[i].no);
    return text;
}
