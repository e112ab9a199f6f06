/* master.c: the one loop of a master: do what is due, learn when the next thing is due, sleep
 * exactly until then or until something comes in. After any trouble with the connection everything
 * is dropped and adopted again: all that counts lies in Redis. */
#include "master/master.h"

#include "common/clock.h"
#include "common/log.h"
#include "master/heal.h"
#include "master/owned.h"
#include "master/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MOST = 1000, /* owned at the same time; the others wait in the stream */
    INTAKE_MOST = 50, /* adopted at a time */
    BLOCK_MS = 5000,  /* of the blocking read; also bounds how long a lost peer goes unseen */
    TICK_MS = 250,    /* between two looks at the time limits and slow tasks of jobs */
    IDLE_MS = 60000,  /* with nothing known to be due */
    REST_MS = 1500,   /* longer than a worker's longest pause between two tries to connect */
};

static void master_drop(struct master *m, struct owned *o)
{
    HASH_DEL(m->jobs, o);
    owned_free(o);
}

static void master_drop_all(struct master *m)
{
    struct owned *o, *after;

    HASH_ITER(hh, m->jobs, o, after)
    master_drop(m, o);
}

/* Takes what waits for one job. */
static enum dtq_err master_step(struct master *m, struct owned *o, struct dtq_why *why)
{
    bool ended = false, retried = false;
    enum dtq_err err = owned_step(m->queue, o, &ended, &retried, why);

    if (retried) m->reap_due = 0;
    if (ended) master_drop(m, o);
    return err;
}

/* The job of this entry, or the next new one (NULL; DTQ_NONE or DTQ_FENCED: none is to be had). */
static enum dtq_err master_adopt(struct master *m, const char *entry, struct dtq_why *why)
{
    struct queue_adopted adopted = {0};
    struct owned *o = NULL, *had;
    enum dtq_err err = queue_adopt(m->queue, &m->member, entry, &adopted, why);

    if (err == DTQ_JOB_GONE || (err == DTQ_FENCED && entry)) return DTQ_OK;
    if (err != DTQ_OK) return err;
    HASH_FIND_STR(m->jobs, adopted.owner.job, had);
    if (had) master_drop(m, had);
    log_info("adopt %s (%s), fence %" PRIu64, adopted.owner.job, adopted.type, adopted.owner.fence);
    err = owned_open(m->queue, &adopted, &o, why);
    queue_adopted_clear(&adopted);
    if (err != DTQ_OK || !o) return err;
    HASH_ADD_STR(m->jobs, owner.job, o);
    if (m->tick_due > clock_ms() + TICK_MS) m->tick_due = clock_ms() + TICK_MS;
    return master_step(m, o, why);
}

static enum dtq_err master_adopt_all(struct master *m, struct queue_entries *entries,
                                     struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; i < entries->count && err == DTQ_OK; i++)
        err = master_adopt(m, entries->ids[i], why);
    queue_entries_clear(entries);
    return err;
}

static enum dtq_err master_preside(struct master *m, struct dtq_why *why)
{
    struct queue_entries entries = {0};
    int64_t next_ms = 0, beat_ms = m->member.lease_ms / 3;
    enum dtq_err err = queue_preside(m->queue, &m->member, &entries, &next_ms, why);

    if (err != DTQ_OK) return err;
    /* A dead master whose jobs cannot all be had must not make us spin. */
    m->preside_due = clock_ms() + (next_ms < 50 ? 50 : next_ms < beat_ms ? next_ms : beat_ms);
    m->intake = true;
    return master_adopt_all(m, &entries, why);
}

/* Masters of this host whose process is no more (and this process' own former ids) are declared
 * dead at once. */
static enum dtq_err master_bury_local(struct master *m, struct dtq_why *why)
{
    cJSON *list = NULL;
    const cJSON *row;
    enum dtq_err err = queue_masters(m->queue, &list, why);

    cJSON_ArrayForEach(row, list)
    {
        const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(row, "master"));
        const char *host = cJSON_GetStringValue(cJSON_GetObjectItem(row, "host"));
        const cJSON *pid = cJSON_GetObjectItem(row, "pid");
        if (err != DTQ_OK || !id || !host || !cJSON_IsNumber(pid) || pid->valuedouble < 1 ||
            strcmp(host, m->member.host) != 0)
            continue;
        if ((int)pid->valuedouble == m->member.pid ||
            (kill((pid_t)pid->valuedouble, 0) != 0 && errno == ESRCH))
            err = queue_abdicate(m->queue, id, why);
        if (err == DTQ_NONE) err = DTQ_OK;
    }
    cJSON_Delete(list);
    return err;
}

static enum dtq_err master_reap(struct master *m, struct dtq_why *why)
{
    int64_t next_ms = -1;
    enum dtq_err err = queue_reap(m->queue, &next_ms, why);

    m->reap_due = clock_ms() + (next_ms < 0 ? IDLE_MS : next_ms + 1);
    return err;
}

static enum dtq_err master_watch(struct master *m, struct dtq_why *why)
{
    int64_t next_ms = IDLE_MS;
    enum dtq_err err = watch_look(m->watch, m->queue, &next_ms, why);

    m->watch_due = clock_ms() + next_ms;
    return err;
}

static enum dtq_err master_heal(struct master *m, struct dtq_why *why)
{
    int64_t next_ms = -1;
    enum dtq_err err = heal_look(m->heal, m->queue, m->member.id, &next_ms, why);

    m->heal_due = next_ms < 0 ? INT64_MAX : clock_ms() + next_ms;
    return err;
}

/* What is due by the clock for the jobs themselves. */
static enum dtq_err master_tick(struct master *m, struct dtq_why *why)
{
    struct owned *o, *after;
    int64_t now = clock_ms();
    enum dtq_err err = DTQ_OK;
    bool ended;

    m->tick_due = m->jobs ? now + TICK_MS : now + IDLE_MS;
    HASH_ITER(hh, m->jobs, o, after)
    {
        if (err == DTQ_OK) err = owned_tick(m->queue, o, now, &ended, why);
        if (err == DTQ_OK && ended) master_drop(m, o);
    }
    return err;
}

/* Connects both and registers under a new id, so that nothing that is still on its way to the
 * former one can go astray; the jobs of that one are adopted. */
static enum dtq_err master_connect(struct master *m, struct dtq_why *why)
{
    char nonce[17];
    enum dtq_err err;

    master_drop_all(m);
    m->wake_asked = false;
    m->reap_due = 0;
    m->watch_due = clock_ms() + watch_rest(m->watch);
    m->heal_due = clock_ms() + heal_begin(m->heal);
    /* Whoever lost the server together with us has to come back before he counts as silent. */
    if (m->known) m->rest_until = clock_ms() + REST_MS;
    id_nonce(nonce);
    snprintf(m->member.id, sizeof m->member.id, "%.50s-%.4s", m->name, nonce);
    err = queue_connect(m->queue, why);
    if (err == DTQ_OK) err = queue_connect(m->wake, why);
    if (err == DTQ_OK) err = master_bury_local(m, why);
    if (err == DTQ_OK) err = master_preside(m, why);
    return err;
}

/* The jobs that waited to be looked at, each once. */
static enum dtq_err master_take_wakes(struct master *m, struct dtq_why *why)
{
    char first[ID_MAX + 1];
    char(*more)[ID_MAX + 1] = NULL;
    size_t count = 0;
    struct owned *o;
    bool intake = false;
    enum dtq_err err = queue_wake_take(m->wake, first, &intake, why);

    m->wake_asked = false;
    m->intake = m->intake || intake;
    m->order = intake ? QUEUE_WAKE_FIRST : QUEUE_INTAKE_FIRST; /* by turns */
    if (err != DTQ_OK || intake) return err == DTQ_NONE ? DTQ_OK : err;
    err = queue_wake_more(m->queue, &m->member, &more, &count, why);
    if (err == DTQ_NONE) err = DTQ_OK;
    for (size_t i = 0; err == DTQ_OK && i <= count; i++) {
        const char *id = i == 0 ? first : more[i - 1];
        bool again = i > 1 && strcmp(id, more[i - 2]) == 0;
        if (!id[0]) m->reap_due = 0;
        again = again || (i > 0 && strcmp(id, first) == 0);
        HASH_FIND_STR(m->jobs, id, o);
        if (o && !again) err = master_step(m, o, why);
    }
    free(more);
    return err;
}

/* Adopts jobs that nobody has, some at a time: what else is due is not kept waiting. */
static enum dtq_err master_take_new(struct master *m, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    for (int i = 0; i < INTAKE_MOST && err == DTQ_OK && HASH_COUNT(m->jobs) < JOBS_MOST; i++)
        err = master_adopt(m, NULL, why);
    if (err != DTQ_NONE && err != DTQ_FENCED) return err;
    m->intake = false;
    return DTQ_OK;
}

/* Asks for news where nothing is asked, and waits for some until the next thing is due. */
static enum dtq_err master_wait(struct master *m, struct pollfd fds[2], struct dtq_why *why)
{
    int64_t reap_due = m->reap_due > m->rest_until ? m->reap_due : m->rest_until;
    int64_t due = m->preside_due < reap_due ? m->preside_due : reap_due;
    int64_t looks = m->watch_due < m->tick_due ? m->watch_due : m->tick_due;
    int64_t first = due < looks ? due : looks;
    int64_t left = (first < m->heal_due ? first : m->heal_due) - clock_ms();
    bool room = HASH_COUNT(m->jobs) < JOBS_MOST;
    enum dtq_err err = DTQ_OK;

    if (!m->wake_asked) {
        err = queue_wake_ask(m->wake, &m->member, room ? m->order : QUEUE_WAKE_ONLY, BLOCK_MS, why);
        m->wake_asked = true;
    }
    if (err != DTQ_OK) return err;
    if (left < 0 || (m->intake && room)) left = 0;
    fds[0] = (struct pollfd){queue_fd(m->wake), POLLIN, 0};
    fds[1] = (struct pollfd){m->stop_fd, POLLIN, 0};
    if (poll(fds, 2, (int)left) < 0) fds[0].revents = 0;
    return DTQ_OK;
}

/* Serves on good connections until an error or the end. */
static enum dtq_err master_serve(struct master *m, struct dtq_why *why)
{
    struct pollfd fds[2];
    enum dtq_err err = DTQ_OK;

    while (err == DTQ_OK && !atomic_load(m->stop)) {
        err = master_wait(m, fds, why);
        if (err == DTQ_OK && fds[0].revents) err = master_take_wakes(m, why);
        if (err == DTQ_OK && m->intake) err = master_take_new(m, why);
        if (err == DTQ_OK && clock_ms() >= m->preside_due) err = master_preside(m, why);
        if (err == DTQ_OK && clock_ms() >= m->watch_due) err = master_watch(m, why);
        if (err == DTQ_OK && clock_ms() >= m->heal_due) err = master_heal(m, why);
        if (err == DTQ_OK && clock_ms() >= m->tick_due) err = master_tick(m, why);
        if (err == DTQ_OK && clock_ms() >= m->reap_due && clock_ms() >= m->rest_until)
            err = master_reap(m, why);
    }
    return err;
}

/* Waits before try number `tries` to connect again: 50 ms doubling to 1 s; the stop ends it. */
static void master_backoff(struct master *m, unsigned tries)
{
    struct pollfd fd = {m->stop_fd, POLLIN, 0};

    poll(&fd, 1, tries < 5 ? 50 << tries : 1000);
}

/* A server that evicts keys loses jobs, and nothing else would say so before that. Where this user
 * may not look nothing is said. */
static enum dtq_err master_check_policy(struct master *m, struct dtq_why *why)
{
    cJSON *server = NULL;
    enum dtq_err err = queue_server(m->queue, &server, why);
    const char *policy = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(server, "maxmemory_policy"));

    if (policy && strcmp(policy, "noeviction"))
        log_warn("Redis at %s has maxmemory-policy %s: when its memory is full it drops keys, and "
                 "with them jobs; set maxmemory-policy noeviction",
                 queue_where(m->queue), policy);
    cJSON_Delete(server);
    return err_is_refusal(err) ? DTQ_OK : err;
}

enum dtq_err master_run(struct master *m, struct dtq_why *why)
{
    unsigned tries = 0;
    enum dtq_err err = DTQ_OK;

    m->watch = watch_new();
    m->heal = heal_new();
    if (!m->watch || !m->heal) {
        watch_free(m->watch);
        heal_free(m->heal);
        return err_set(why, DTQ_NOMEM, "out of memory");
    }
    while (!atomic_load(m->stop)) {
        err = master_connect(m, why);
        if (err == DTQ_OK) {
            log_info("%s: %s queue %s at %s", m->member.id, m->known ? "back at" : "serving",
                     queue_name(m->queue), queue_where(m->queue));
            if (!m->known) err = master_check_policy(m, why);
            m->known = true;
            tries = 0;
            if (err == DTQ_OK) err = master_serve(m, why);
        }
        if (err_is_refusal(err) && !m->known) break;
        if (err != DTQ_OK) {
            log_line(log_worth(tries) ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "%s: %s; trying again",
                     m->member.id, why->text);
            master_backoff(m, tries++);
        }
    }
    master_drop_all(m);
    watch_free(m->watch);
    heal_free(m->heal);
    if (!atomic_load(m->stop)) return err;
    if (m->known && queue_connected(m->queue)) queue_abdicate(m->queue, m->member.id, why);
    return DTQ_OK;
}
