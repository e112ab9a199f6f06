/* test_look.c: what people and programs see of a queue; looking changes nothing. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return text ? text : "(none)";
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* --- jobs ------------------------------------------------------------------------------------- */

static void a_job_is_read_from_submission_to_end(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 1);
    struct queue_ownership owner = rig_job(q, "J1", 2);
    struct queue_commit commit = {.total = 2};
    struct queue_claim claim = {0};
    struct queue_job job = {0};
    struct buf none = {0};

    rig_claim(q, &w, "w.0", "J1", 2, &claim);
    assert_int_equal(rig_complete(q, &w, "w.0", &claim), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_string_equal(job.id, "J1");
    assert_string_equal(job.type, "sum");
    assert_string_equal(job.state, "running");
    assert_string_equal(job.producer, "p1");
    assert_string_equal(job.owner, "m");
    assert_string_equal(job.params, "{\"end\":10}");
    assert_string_equal(job.report, "{}");
    assert_string_equal(job.error, "");
    assert_int_equal(job.total, 2);
    assert_int_equal(job.done, 0);
    assert_int_equal(job.workers, 1);
    assert_in_range(job.started_ms, job.submitted_ms, job.now_ms);
    assert_int_equal(job.finished_ms, 0);
    assert_false(queue_job_ended(&job));
    queue_job_clear(&job);
    assert_int_equal(queue_finish(q, &owner, &commit, &none, "{\"a\":1}", "failed", "io_error",
                                  "disk full", &rig_why),
                     DTQ_OK);
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    assert_true(queue_job_ended(&job));
    assert_string_equal(job.state, "failed");
    assert_string_equal(job.error_code, "io_error");
    assert_string_equal(job.error, "disk full");
    assert_string_equal(job.report, "{\"a\":1}");
    assert_in_range(job.finished_ms, job.started_ms, job.now_ms);
    queue_job_clear(&job);
    queue_claim_clear(&claim);
}

static void an_unknown_job_is_named_in_the_sentence(void **state)
{
    struct queue *q = *state;
    struct queue_job job;

    assert_int_equal(queue_job_read(q, "J9", &job, &rig_why), DTQ_JOB_GONE);
    rig_assert_why("no job \"J9\" in queue \"t\"");
    assert_int_equal(queue_job_read(q, "../J9", &job, &rig_why), DTQ_INPUT);
}

static void live_jobs_come_oldest_first_then_ended_ones_newest_first(void **state)
{
    struct queue *q = *state;
    const char *names[] = {"J1", "J2", "J3", "J4"};
    char(*ids)[ID_MAX + 1] = NULL;
    size_t count = 0;

    assert_int_equal(queue_job_ids(q, 10, &ids, &count, &rig_why), DTQ_OK);
    assert_int_equal(count, 0);
    free(ids);
    for (size_t i = 0; i < 4; i++) {
        struct queue_submission s = rig_submission(names[i]);
        rig_submit(q, &s);
    }
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_cancel(q, "J3", "me", &rig_why), DTQ_OK);
    server_do("ZADD " RIG_KEY "finished 2e13 J3");
    keys_mark();
    assert_int_equal(queue_job_ids(q, 10, &ids, &count, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_int_equal(count, 4);
    assert_string_equal(ids[0], "J2");
    assert_string_equal(ids[1], "J4");
    assert_string_equal(ids[2], "J3");
    assert_string_equal(ids[3], "J1");
    free(ids);
    assert_int_equal(queue_job_ids(q, 3, &ids, &count, &rig_why), DTQ_OK);
    assert_int_equal(count, 3);
    free(ids);
}

/* --- weights and metrics ---------------------------------------------------------------------- */

static void weights_come_back_to_the_bit_with_their_version(void **state)
{
    struct queue *q = *state;
    const double w[] = {0.1, -0.0, 1e-310, INFINITY};
    struct queue_ownership owner = rig_job(q, "J1", 1);
    struct queue_commit commit = {.total = 1, .version = 41};
    struct buf none = {0};
    double *got = NULL;
    size_t count = 77;
    uint64_t version = 77, waiting;

    assert_int_equal(queue_weights(q, "J1", &got, &count, &rig_why), DTQ_OK);
    assert_int_equal(count, 0);
    free(got);
    got = NULL;
    queue_commit_vector(&commit, "weights", w, 4);
    queue_commit_vector(&commit, "best", w + 1, 1);
    assert_int_equal(queue_commit(q, &owner, &commit, &none, "{}", &waiting, &rig_why), DTQ_OK);
    queue_commit_clear(&commit);
    assert_int_equal(queue_weights_read(q, "J1", "weights", &got, &count, &version, &rig_why),
                     DTQ_OK);
    assert_int_equal(version, 41);
    assert_int_equal(count, 4);
    assert_memory_equal(got, w, sizeof w);
    assert_int_equal(queue_weights_read(q, "J1", "best", &got, &count, &version, &rig_why), DTQ_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(got, w + 1, sizeof *w);
    server_do("SET " RIG_KEY "job:J1:weights 12345");
    assert_int_equal(queue_weights_read(q, "J1", "weights", &got, &count, &version, &rig_why),
                     DTQ_SERVER);
    rig_assert_why("5 bytes, no multiple of 8");
    free(got);
}

static void epochs_come_back_as_they_were_written(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    struct queue_commit commit = {.total = 1};
    struct buf none = {0};
    cJSON *metrics = cJSON_CreateObject(), *list = NULL;
    uint64_t waiting;

    cJSON_AddNumberToObject(metrics, "epoch", 3);
    cJSON_AddNumberToObject(metrics, "loss", 0.1 + 0.2);
    cJSON_AddStringToObject(metrics, "note", "fine");
    queue_commit_epoch(&commit, metrics);
    assert_int_equal(queue_commit(q, &owner, &commit, &none, "{}", &waiting, &rig_why), DTQ_OK);
    queue_commit_clear(&commit);
    cJSON_Delete(metrics);
    assert_int_equal(queue_epochs(q, "J1", &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    assert_true(number_of(cJSON_GetArrayItem(list, 0), "epoch") == 3);
    assert_true(number_of(cJSON_GetArrayItem(list, 0), "loss") == 0.1 + 0.2);
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "note"), "fine");
    cJSON_Delete(list);
    assert_int_equal(queue_epochs(q, "J9", &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 0);
    cJSON_Delete(list);
}

/* --- who is there ----------------------------------------------------------------------------- */

static void workers_and_masters_are_listed_with_the_time_they_have_left(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "w", 3);
    cJSON *list = NULL;
    cJSON *stats = cJSON_Parse("{\"completed\":12,\"last_error\":\"7\",\"host\":\"12e4\"}");
    const cJSON *row;

    rig_master(q, "m");
    assert_int_equal(queue_beat(q, &w, stats, NULL, 0, &rig_why), DTQ_OK);
    cJSON_Delete(stats);
    keys_mark();
    assert_int_equal(queue_workers(q, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    row = cJSON_GetArrayItem(list, 0);
    assert_string_equal(text_of(row, "worker"), "w");
    assert_true(number_of(row, "slots") == 3);
    assert_true(number_of(row, "pid") == 4711);
    assert_true(number_of(row, "completed") == 12);
    assert_string_equal(text_of(row, "last_error"), "7");
    assert_string_equal(text_of(row, "host"), "12e4"); /* as containers may be called */
    assert_true(number_of(row, "aliveMs") > 0 && number_of(row, "aliveMs") <= RIG_LEASE_MS);
    cJSON_Delete(list);
    assert_int_equal(queue_masters(q, &list, &rig_why), DTQ_OK);
    keys_assert_same();
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "master"), "m");
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "host"), "here");
    cJSON_Delete(list);
}

static void what_a_worker_holds_is_told_at_this_moment(void **state)
{
    struct queue *q = *state;
    struct queue_member w = rig_worker(q, "a.b", 2), idle = rig_worker(q, "a", 1);
    struct queue_claim claim = {0};
    cJSON *list = NULL;
    const cJSON *row, *holds, *hold;

    (void)idle;
    rig_job(q, "J1", 3);
    rig_claim(q, &w, "a.b.1", "J1", 2, &claim);
    assert_int_equal(queue_workers(q, &list, &rig_why), DTQ_OK);
    keys_mark();
    assert_int_equal(queue_holds(q, list, &rig_why), DTQ_OK);
    keys_assert_same();
    cJSON_ArrayForEach(row, list)
    {
        holds = cJSON_GetObjectItem(row, "holds");
        if (strcmp(text_of(row, "worker"), "a.b")) {
            assert_null(holds);
            continue;
        }
        assert_int_equal(cJSON_GetArraySize(holds), 1);
        hold = cJSON_GetArrayItem(holds, 0);
        assert_string_equal(text_of(hold, "slot"), "a.b.1");
        assert_string_equal(text_of(hold, "task"), "J1/0");
        assert_true(number_of(hold, "tasks") == (double)claim.count);
        assert_true(number_of(hold, "ageMs") >= 0 && number_of(hold, "ageMs") < 60000);
    }
    cJSON_Delete(list);
    assert_int_equal(rig_complete(q, &w, "a.b.1", &claim), DTQ_OK);
    assert_int_equal(queue_workers(q, &list, &rig_why), DTQ_OK);
    assert_int_equal(queue_holds(q, list, &rig_why), DTQ_OK);
    cJSON_ArrayForEach(row, list)
    {
        assert_null(cJSON_GetObjectItem(row, "holds"));
    }
    cJSON_Delete(list);
    queue_claim_clear(&claim);
}

static void a_console_is_listed_and_what_it_told_is_kept(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission(NULL);
    struct queue_cursor told = {"5-1"}, before = {"x"};
    char id[ID_MAX + 1];
    cJSON *list = NULL;

    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
    assert_int_equal(queue_attend(q, "ann", true, &told, &before, &rig_why), DTQ_OK);
    assert_string_equal(before.id, "");
    assert_int_equal(queue_producers(q, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 2);
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "producer"), "p1");
    assert_true(number_of(cJSON_GetArrayItem(list, 0), "jobs") == 1);
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 1), "producer"), "ann");
    assert_true(number_of(cJSON_GetArrayItem(list, 1), "ageMs") >= 0);
    cJSON_Delete(list);
    assert_int_equal(queue_attend(q, "ann", false, NULL, &before, &rig_why), DTQ_OK);
    assert_string_equal(before.id, "5-1");
    assert_int_equal(queue_producers(q, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 1);
    cJSON_Delete(list);
    assert_int_equal(queue_attend(q, "ann", true, NULL, &before, &rig_why), DTQ_OK);
    assert_string_equal(before.id, "5-1");
    keys_mark();
    assert_int_equal(queue_attend(q, "a b", true, NULL, NULL, &rig_why), DTQ_INPUT);
    keys_assert_same();
}

/* --- events ----------------------------------------------------------------------------------- */

static void events_are_read_on_from_a_cursor_and_each_once(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    struct queue_cursor cursor = {""};
    cJSON *list = NULL;

    assert_int_equal(queue_events_end(q, &cursor, &rig_why), DTQ_OK);
    assert_string_equal(cursor.id, "0-0");
    rig_submit(q, &s);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_chat(q, "ann", "hello\nworld", &rig_why), DTQ_OK);
    assert_int_equal(queue_events(q, &cursor, 1000, &list, &rig_why), DTQ_OK);
    assert_int_equal(cJSON_GetArraySize(list), 3);
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "event"), "job_submitted");
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 0), "job"), "J1");
    assert_true(number_of(cJSON_GetArrayItem(list, 0), "atMs") > 1e12);
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 2), "from"), "ann");
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 2), "text"), "hello\nworld");
    assert_string_equal(text_of(cJSON_GetArrayItem(list, 2), "id"), cursor.id);
    cJSON_Delete(list);
    assert_int_equal(queue_events(q, &cursor, 1, &list, &rig_why), DTQ_NONE);
    rig_master(q, "m");
    assert_int_equal(queue_events_end(q, &cursor, &rig_why), DTQ_OK);
    assert_int_equal(queue_events(q, &cursor, 1, &list, &rig_why), DTQ_NONE);
}

/* Adds events 1 to count as in "500-1". */
static void add_events(int ms, int count)
{
    for (int i = 1; i <= count; i++)
        server_do("XADD " RIG_KEY "events %d-%d event chat", ms, i);
}

/* Reads on; how many events came, and in *missed how many were trimmed before that. */
static int read_on(struct queue *q, struct queue_follower *f, int64_t *missed)
{
    cJSON *events = NULL;
    int count;

    *missed = -7;
    assert_int_equal(queue_events_follow(q, f, 1, &events, missed, &rig_why), DTQ_OK);
    count = cJSON_GetArraySize(events);
    cJSON_Delete(events);
    return count;
}

static void who_fell_behind_the_events_learns_how_many_are_gone(void **state)
{
    struct queue *q = *state;
    struct queue_follower f = {.at.id = "0-0"};
    int64_t missed;
    cJSON *events = NULL;
    bool counts;

    add_events(500, 1);
    counts = strstr(server_text("XINFO STREAM " RIG_KEY "events"), "entries-added") != NULL;
    server_do("DEL " RIG_KEY "events");
    assert_int_equal(queue_events_follow(q, &f, 1, &events, &missed, &rig_why), DTQ_NONE);
    add_events(500, 1200);
    server_do("XTRIM " RIG_KEY "events MAXLEN = 1100"); /* what nobody was reading yet */
    assert_int_equal(read_on(q, &f, &missed), 500);
    assert_int_equal(missed, 0);
    assert_string_equal(f.at.id, "500-600");
    server_do("XTRIM " RIG_KEY "events MAXLEN = 590");
    assert_int_equal(read_on(q, &f, &missed), 500);
    assert_int_equal(missed, counts ? 10 : -1);
    assert_int_equal(read_on(q, &f, &missed), 90);
    assert_int_equal(missed, 0);
    add_events(600, 20);
    server_do("XTRIM " RIG_KEY "events MAXLEN = 20"); /* up to where it was */
    assert_int_equal(read_on(q, &f, &missed), 20);
    if (counts) assert_int_equal(missed, 0);
    add_events(700, 20);
    server_do("XTRIM " RIG_KEY "events MAXLEN = 0");
    assert_int_equal(queue_events_follow(q, &f, 1, &events, &missed, &rig_why), DTQ_NONE);
    add_events(800, 2);
    assert_int_equal(read_on(q, &f, &missed), 2);
    assert_int_equal(missed, counts ? 20 : -1);
    assert_int_equal(queue_events_follow(q, &f, 1, &events, &missed, &rig_why), DTQ_NONE);
    /* From the end, where it does not know how many there were before. */
    f = (struct queue_follower){0};
    assert_int_equal(queue_events_end(q, &f.at, &rig_why), DTQ_OK);
    add_events(900, 3);
    assert_int_equal(read_on(q, &f, &missed), 3);
    assert_int_equal(missed, 0);
    add_events(910, 3);
    server_do("XTRIM " RIG_KEY "events MAXLEN = 1");
    assert_int_equal(read_on(q, &f, &missed), 1);
    assert_int_equal(missed, counts ? 2 : -1);
    /* Another stream than the one it knew. */
    server_do("DEL " RIG_KEY "events");
    add_events(1000, 1);
    assert_int_equal(read_on(q, &f, &missed), 1);
    assert_int_equal(missed, -1);
}

static void a_message_that_is_too_long_is_refused(void **state)
{
    struct queue *q = *state;
    char *text = calloc(1, QUEUE_CHAT_MAX + 2);

    assert_non_null(text);
    memset(text, 'a', QUEUE_CHAT_MAX + 1);
    keys_mark();
    assert_int_equal(queue_chat(q, "ann", text, &rig_why), DTQ_INPUT);
    keys_assert_same();
    rig_assert_why("4097 bytes; at most 4096");
    free(text);
}

static void workers_hear_of_what_is_over_from_now_on(void **state)
{
    struct queue *q = *state;
    struct queue_cursor cursor = {""};
    struct queue_control order = {0};
    char nonce[QUEUE_NONCE];

    rig_job(q, "J1", 1);
    rig_job(q, "J2", 1);
    snprintf(nonce, sizeof nonce, "%s", rig_nonce("J2"));
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_listen(q, &cursor, 1, &order, &rig_why), DTQ_NONE);
    assert_int_equal(queue_cancel(q, "J2", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_listen(q, &cursor, 1000, &order, &rig_why), DTQ_OK);
    assert_int_equal(order.order, QUEUE_CANCEL_JOB);
    assert_string_equal(order.id, "J2");
    assert_string_equal(order.nonce, nonce);
    assert_int_equal(queue_listen(q, &cursor, 1, &order, &rig_why), DTQ_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_job_is_read_from_submission_to_end),
        rig_test(an_unknown_job_is_named_in_the_sentence),
        rig_test(live_jobs_come_oldest_first_then_ended_ones_newest_first),
        rig_test(weights_come_back_to_the_bit_with_their_version),
        rig_test(epochs_come_back_as_they_were_written),
        rig_test(workers_and_masters_are_listed_with_the_time_they_have_left),
        rig_test(what_a_worker_holds_is_told_at_this_moment),
        rig_test(a_console_is_listed_and_what_it_told_is_kept),
        rig_test(events_are_read_on_from_a_cursor_and_each_once),
        rig_test(who_fell_behind_the_events_learns_how_many_are_gone),
        rig_test(a_message_that_is_too_long_is_refused),
        rig_test(workers_hear_of_what_is_over_from_now_on),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
