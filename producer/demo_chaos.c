/* demo_chaos.c: everything is killed in turn while jobs run, and each of them ends right. */
#include "producer/demo_chaos.h"

#include "common/clock.h"
#include "common/fields.h"
#include "common/queue/findings.h"
#include "producer/demo_check.h"
#include "producer/demo_submit.h"
#include "producer/interrupt.h"
#include "producer/job_json.h"
#include "producer/render.h"
#include "producer/wait.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACK_MS = 20000, /* for what was killed to be there again */
    LOOK_MS = 50,
    REST_MS = 1200, /* between two victims: long enough for work to go on */
    STOPPED_MS = 1500,
    TASKS = 20000,
    AGAIN_MS = 500, /* between two looks for what is wrong */
};

#define NOOP "tasks=20000|ms=1"
#define TRAIN                                             \
    "model=logreg|task=binary_is_zero|dataRef=digits.csv" \
    "|hasHeader=true|normalize=16|batchSize=64|lr=0.5|epochs=2000|patience=100000"
#define SUM_END 1000000000000000000

struct chaos {
    const struct app *app;
    struct queue *q;
    struct demo_tell *tell;
    int kills;
};

/* --- who there is ------------------------------------------------------------------------------
 */

/* The connection went with the server: until there is one again. */
static enum dtq_err come_back(struct chaos *c, struct dtq_why *why)
{
    int64_t until = clock_ms() + BACK_MS;
    enum dtq_err err = DTQ_CONN;

    while (err == DTQ_CONN && clock_ms() < until && !interrupt_seen()) {
        err = queue_connect(c->q, why);
        interrupt_wakes(queue_fd(c->q));
        if (err == DTQ_CONN) interrupt_nap(LOOK_MS);
    }
    return interrupt_seen() ? err_set(why, DTQ_CANCELLED, "interrupted") : err;
}

/* The process that a victim is; 0: nobody of that name is there now. */
static enum dtq_err find_pid(struct chaos *c, const char *victim, pid_t *pid, struct dtq_why *why)
{
    bool worker = victim[0] == 'w';
    cJSON *list = NULL;
    const cJSON *row;
    enum dtq_err err;

    *pid = 0;
    if (strcmp(victim, "redis") == 0) {
        err = queue_server(c->q, &list, why);
        if (err == DTQ_OK) *pid = (pid_t)atoi(fields_text(list, "process_id", "0"));
        cJSON_Delete(list);
        return err;
    }
    err = worker ? queue_workers(c->q, &list, why) : queue_masters(c->q, &list, why);
    cJSON_ArrayForEach(row, list)
    {
        bool named = !worker || strcmp(fields_text(row, "worker", ""), victim) == 0;
        if (named && fields_real(row, "aliveMs", 0) > 0) *pid = (pid_t)fields_real(row, "pid", 0);
    }
    cJSON_Delete(list);
    return err;
}

/* Waits until the victim is there, as a living process. */
static enum dtq_err wait_for(struct chaos *c, const char *victim, pid_t *pid, struct dtq_why *why)
{
    int64_t until = clock_ms() + BACK_MS;
    enum dtq_err err;

    for (;;) {
        err = find_pid(c, victim, pid, why);
        if (err == DTQ_CONN) err = come_back(c, why);
        if (err != DTQ_OK || (*pid > 0 && kill(*pid, 0) == 0)) return err;
        if (interrupt_seen()) return err_set(why, DTQ_CANCELLED, "interrupted");
        if (clock_ms() > until)
            return err_set(why, DTQ_TIMEOUT, "%s did not come back within %d s", victim,
                           BACK_MS / 1000);
        interrupt_nap(LOOK_MS);
    }
}

/* --- the kills ---------------------------------------------------------------------------------
 */

static enum dtq_err done_so_far(struct chaos *c, const char *id, uint64_t *done,
                                struct dtq_why *why)
{
    struct queue_job job = {0};
    enum dtq_err err = queue_job_read(c->q, id, &job, why);

    if (err == DTQ_CONN && (err = come_back(c, why)) == DTQ_OK)
        err = queue_job_read(c->q, id, &job, why);
    *done = job.done;
    queue_job_clear(&job);
    return err;
}

static enum dtq_err kill_one(struct chaos *c, const char *victim, const char *noop, int64_t stop_ms,
                             struct dtq_why *why)
{
    uint64_t done = 0;
    pid_t pid = 0;
    enum dtq_err err = wait_for(c, victim, &pid, why);

    if (err == DTQ_OK) err = done_so_far(c, noop, &done, why);
    if (err != DTQ_OK) return err;
    demo_say(c->tell, "   kill -%s %ld: %s, with %" PRIu64 " of %d tasks done\n",
             stop_ms ? "STOP" : "9", (long)pid, victim, done, TASKS);
    kill(pid, stop_ms ? SIGSTOP : SIGKILL);
    interrupt_nap(stop_ms ? stop_ms : REST_MS);
    if (stop_ms) kill(pid, SIGCONT);
    c->kills++;
    return interrupt_seen() ? err_set(why, DTQ_CANCELLED, "interrupted") : DTQ_OK;
}

static enum dtq_err kill_all(struct chaos *c, const char *noop, struct dtq_why *why)
{
    static const struct {
        const char *victim;
        int64_t stop_ms;
    } rows[] = {{"w1", 0}, {"master", 0},          {"redis", 0}, {"w2", STOPPED_MS},
                {"w2", 0}, {"master", STOPPED_MS}, {"redis", 0}, {"w1", 0}};
    enum dtq_err err = DTQ_OK;

    for (size_t i = 0; i < sizeof rows / sizeof *rows && err == DTQ_OK; i++)
        err = kill_one(c, rows[i].victim, noop, rows[i].stop_ms, why);
    return err;
}

/* --- jobs --------------------------------------------------------------------------------------
 */

static enum dtq_err start(struct chaos *c, const char *type, const char *text, struct awaited *job,
                          struct dtq_why *why)
{
    return demo_submit(c->app, c->q, c->tell, type, text, job, why);
}

/* Its end; the caller clears *out. */
static enum dtq_err finish(struct chaos *c, struct awaited *job, struct queue_job *out,
                           struct dtq_why *why)
{
    struct buf text = {0};
    enum dtq_err err = wait_job(c->app, c->q, job, out, why);

    if (err != DTQ_OK) return err;
    render_summary(out, &text);
    demo_check(c->tell, strcmp(out->state, "completed") == 0 && out->done == out->total, "%s",
               text.failed ? out->id : text.data);
    buf_clear(&text);
    return DTQ_OK;
}

static enum dtq_err check_sum(struct chaos *c, struct awaited *started, struct dtq_why *why)
{
    struct queue_job job = {0};
    char digits[DEMO_DIGITS];
    enum dtq_err err = finish(c, started, &job, why);

    if (err == DTQ_OK) {
        cJSON *report = cJSON_Parse(job.report);
        const char *result = fields_text(report, "result", "nothing");
        demo_check(c->tell, strcmp(result, demo_sum(SUM_END, digits)) == 0, "%s = n (n + 1) / 2",
                   result);
        cJSON_Delete(report);
    }
    queue_job_clear(&job);
    return err;
}

static enum dtq_err check_noop(struct chaos *c, struct awaited *started, struct dtq_why *why)
{
    struct queue_job job = {0};
    enum dtq_err err = finish(c, started, &job, why);

    if (err == DTQ_OK) {
        cJSON *report = cJSON_Parse(job.report);
        demo_check(c->tell, fields_real(report, "count", 0) == TASKS,
                   "%d results, each counted once, though %" PRIu64
                   " tasks were taken back from those who died",
                   TASKS, job.reclaimed);
        cJSON_Delete(report);
    }
    queue_job_clear(&job);
    return err;
}

static enum dtq_err check_training(struct chaos *c, const char *calm, struct awaited *started,
                                   struct dtq_why *why)
{
    struct queue_job job = {0};
    double *a = NULL, *b = NULL;
    size_t a_count = 0, b_count = 0;
    enum dtq_err err = finish(c, started, &job, why);

    if (err == DTQ_OK) err = queue_weights(c->q, calm, &a, &a_count, why);
    if (err == DTQ_OK) err = queue_weights(c->q, started->id, &b, &b_count, why);
    if (err == DTQ_OK)
        demo_check(c->tell, demo_same_bits(a, a_count, b, b_count),
                   "all %zu weights have the same bits as those of %s, which nobody disturbed",
                   a_count, calm);
    free(a);
    free(b);
    queue_job_clear(&job);
    return err;
}

/* What two looks find. */
static enum dtq_err check_queue(struct chaos *c, struct dtq_why *why)
{
    struct findings first = {0}, second = {0};
    struct census census = {0};
    enum dtq_err err = census_read(c->q, &census, why);

    if (err == DTQ_OK) err = findings_judge(&census, &first, why);
    census_clear(&census);
    if (err == DTQ_OK && first.count) {
        interrupt_nap(AGAIN_MS);
        err = census_read(c->q, &census, why);
        if (err == DTQ_OK) err = findings_judge(&census, &second, why);
        findings_keep(&second, &first);
        census_clear(&census);
    }
    if (err == DTQ_OK)
        demo_check(c->tell, !second.count, "%s",
                   second.count ? second.rows[0].text
                                : "every task is in its place, and nothing lies about");
    findings_clear(&first);
    findings_clear(&second);
    return err;
}

enum dtq_err demo_chaos(const struct app *app, struct queue *q, struct demo_tell *tell,
                        struct dtq_why *why)
{
    struct chaos c = {app, q, tell, 0};
    struct awaited calm = {0}, noop = {0}, training = {0}, sums[2] = {0};
    struct queue_job job = {0};
    char sum[40];
    enum dtq_err err;

    snprintf(sum, sizeof sum, "1|%lld", (long long)SUM_END);
    demo_headline(tell, "A training in peace, for comparison");
    err = start(&c, "train", TRAIN, &calm, why);
    if (err == DTQ_OK) err = finish(&c, &calm, &job, why);
    queue_job_clear(&job);
    if (err != DTQ_OK) return err;
    demo_say(tell, "\n%d. The same and %d tasks more, and meanwhile everything is killed in turn\n",
             ++tell->step, TASKS);
    err = start(&c, "noop", NOOP, &noop, why);
    if (err == DTQ_OK) err = start(&c, "train", TRAIN, &training, why);
    if (err == DTQ_OK) err = start(&c, "sum", sum, &sums[0], why);
    if (err == DTQ_OK) err = kill_all(&c, noop.id, why);
    if (err == DTQ_CONN) err = come_back(&c, why);
    if (err == DTQ_OK) err = start(&c, "sum", sum, &sums[1], why);
    if (err != DTQ_OK) return err;
    demo_say(tell, "\n%d. %d kills later\n", ++tell->step, c.kills);
    for (size_t i = 0; i < 2 && err == DTQ_OK; i++)
        err = check_sum(&c, &sums[i], why);
    if (err == DTQ_OK) err = check_training(&c, calm.id, &training, why);
    if (err == DTQ_OK) err = check_noop(&c, &noop, why);
    return err == DTQ_OK ? check_queue(&c, why) : err;
}
