/* test_connect.c: connections: scripts that the server does not know, connections that are cut,
 * passwords, databases, the version of the data. */
#include "common/queue/conn.h"
#include "common/queue/exchange.h"
#include "common/queue/queue.h"
#include "lua/scripts.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct queue *open_url(const char *url)
{
    struct queue *q = NULL;

    assert_int_equal(queue_new(url, "t", &q, &rig_why), DTQ_OK);
    return q;
}

static void every_script_has_the_sha1_that_the_server_gives_it(void **state)
{
    (void)state;
    assert_true(scripts_count >= 14);
    for (size_t i = 0; i < scripts_count; i++) {
        const struct script *s = scripts_all[i];
        assert_string_equal(server_text("SCRIPT LOAD %b", s->text, s->len), s->sha1);
        assert_int_equal(strlen(s->text), s->len);
    }
}

static void a_script_that_the_server_forgot_is_loaded_and_called_again(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    server_do("SCRIPT FLUSH");
    rig_submit(q, &s);
    server_do("SCRIPT FLUSH");
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    server_do("SCRIPT FLUSH");
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    assert_int_equal(server_int("XLEN " RIG_KEY "events"), 2);
}

static void the_job_stream_is_read_after_a_forgotten_script_too(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 2);

    server_do("SCRIPT FLUSH");
    rig_push(q, &owner, 2, 1);
    assert_int_equal(owner.commits, 2);
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 3);
}

static void a_cut_connection_is_told_and_a_new_one_works(void **state)
{
    struct queue *q = *state;
    struct queue_job job;

    rig_job(q, "J1", 1);
    assert_true(queue_connected(q));
    assert_true(queue_fd(q) >= 0);
    rig_cut(q);
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_CONN);
    rig_assert_why(server_path());
    assert_false(queue_connected(q));
    assert_int_equal(queue_fd(q), -1);
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_CONN);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    assert_string_equal(job.state, "running");
    queue_job_clear(&job);
}

static void a_script_call_on_a_cut_connection_is_told(void **state)
{
    struct queue *q = *state;
    int64_t next_ms = 77;

    rig_cut(q);
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_CONN);
    assert_int_equal(next_ms, 77);
    assert_false(queue_connected(q));
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_CONN);
    rig_assert_why("not connected");
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_OK);
}

static void asking_on_a_cut_connection_closes_it(void **state)
{
    struct queue *q = *state;
    struct queue_member master = rig_master(q, "m");

    rig_cut(q);
    assert_int_equal(queue_wake_ask(q, &master, QUEUE_WAKE_FIRST, 1000, &rig_why), DTQ_CONN);
    assert_false(queue_connected(q));
    assert_int_equal(queue_fd(q), -1);
}

/* An error in the middle of a pipeline must not leave replies behind for the next call. */
static void an_error_reply_leaves_the_connection_in_step(void **state)
{
    struct queue *q = *state;
    struct queue_arrivals arrivals = {0};
    struct queue_job job;
    double *w = NULL;
    size_t count;
    uint64_t version;
    const struct queue_ownership bad = {.job = "bad"};

    rig_job(q, "J1", 1);
    server_do("SET " RIG_KEY "job:bad text");
    assert_int_equal(queue_collect(q, &bad, &arrivals, &rig_why), DTQ_SERVER);
    rig_assert_why("WRONGTYPE");
    assert_int_equal(queue_job_read(q, "bad", &job, &rig_why), DTQ_SERVER);
    rig_assert_why("WRONGTYPE");
    server_do("ACL SETUSER default -multi");
    assert_int_equal(queue_weights_read(q, "J1", "weights", &w, &count, &version, &rig_why),
                     DTQ_DENIED);
    server_do("ACL SETUSER default +multi");
    rig_assert_why("NOPERM");
    assert_true(queue_connected(q));
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    assert_string_equal(job.type, "sum");
    assert_int_equal(job.total, 1);
    queue_job_clear(&job);
}

static void an_error_inside_a_script_names_the_script(void **state)
{
    struct queue *q = *state;

    server_do("SET " RIG_KEY "job:bad text");
    assert_int_equal(queue_cancel(q, "bad", "me", &rig_why), DTQ_SERVER);
    rig_assert_why("cancel");
    rig_assert_why("WRONGTYPE");
    assert_true(queue_connected(q));
}

/* So many calls that an exchange is worth it, where there are any. */
static void use_much(struct queue *q)
{
    struct exchange *e = exchange_new();
    int64_t next_ms;

    if (!e) skip();
    exchange_free(e);
    for (int i = 0; i < 100; i++)
        assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_OK);
    assert_non_null(q->exchange);
}

static void a_connection_in_use_stays_in_step(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");
    struct queue_job job;
    char text[5000];

    use_much(q);
    rig_submit(q, &s);
    server_do("SCRIPT FLUSH");
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_OK);
    assert_int_equal(queue_cancel(q, "J1", "me", &rig_why), DTQ_JOB_GONE);
    server_do("SET " RIG_KEY "job:bad text");
    assert_int_equal(queue_cancel(q, "bad", "me", &rig_why), DTQ_SERVER);
    rig_assert_why("WRONGTYPE");
    memset(text, 'x', sizeof text - 1); /* longer than what is sent that way */
    text[sizeof text - 1] = '\0';
    assert_int_equal(queue_cancel(q, "J2", text, &rig_why), DTQ_JOB_GONE);
    assert_int_equal(queue_job_read(q, "J1", &job, &rig_why), DTQ_OK);
    assert_string_equal(job.state, "cancelled");
    queue_job_clear(&job);
    assert_non_null(q->exchange);
}

/* The replies to the rings behind jobs of one task are left unread until the next call. */
static void rings_are_no_answers(void **state)
{
    struct queue *q = *state;
    struct round first = {0};
    struct queue_submission s = rig_submission(NULL);
    char id[ID_MAX + 1], wanted[16];

    round_add(&first, "spec", 4);
    buf_text(&first.checkpoint, "1");
    s.first = &first;
    s.producer = "p";
    use_much(q);
    for (int i = 1; i <= 100; i++) {
        snprintf(wanted, sizeof wanted, "Jp-%d", i);
        assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_OK);
        assert_string_equal(id, wanted);
    }
    assert_int_equal(server_int("LLEN " RIG_KEY "ready"), 100);
    assert_non_null(q->exchange);
    round_clear(&first);
}

static void a_connection_in_use_that_is_cut_is_told(void **state)
{
    struct queue *q = *state;
    int64_t next_ms;

    use_much(q);
    rig_cut(q);
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_CONN);
    assert_null(q->exchange);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_OK);
}

static void a_server_that_is_silent_is_a_lost_connection(void **state)
{
    struct queue *q = *state;
    int64_t next_ms;

    use_much(q);
    q->timeout_ms = 50;
    server_do("CLIENT PAUSE 60000 WRITE");
    assert_int_equal(queue_reap(q, &next_ms, &rig_why), DTQ_CONN);
    server_do("CLIENT UNPAUSE");
    rig_assert_why("no answer in time");
    assert_false(queue_connected(q));
    assert_null(q->exchange);
}

static void nobody_at_the_socket_is_a_lost_connection(void **state)
{
    struct queue *q = open_url("unix:///nonexistent/redis.sock");

    (void)state;
    assert_int_equal(queue_connect(q, &rig_why), DTQ_CONN);
    rig_assert_why("unix:///nonexistent/redis.sock");
    rig_assert_why("No such file");
    assert_false(queue_connected(q));
    queue_free(q);
}

static void a_password_in_the_url_opens_the_server(void **state)
{
    char url[200];
    struct queue *q;

    (void)state;
    snprintf(url, sizeof url, "unix://:s3cret@%s", server_path());
    q = open_url(url);
    server_do("CONFIG SET requirepass s3cret");
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    server_do("CONFIG SET requirepass %s", "");
    assert_null(strstr(queue_where(q), "s3cret"));
    queue_free(q);
}

static void a_user_and_password_in_the_url_open_the_server(void **state)
{
    char url[200];
    struct queue *q;

    (void)state;
    server_do("ACL SETUSER ann on >pw ~* &* +@all");
    snprintf(url, sizeof url, "unix://ann:pw@%s", server_path());
    q = open_url(url);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    queue_free(q);
    server_do("ACL DELUSER ann");
}

static void a_wrong_password_is_refused_and_not_shown(void **state)
{
    char url[200];
    struct queue *q, *bare;

    (void)state;
    snprintf(url, sizeof url, "unix://:wr0ng@%s", server_path());
    q = open_url(url);
    bare = open_url(server_url());
    server_do("CONFIG SET requirepass s3cret");
    keys_mark();
    assert_int_equal(queue_connect(q, &rig_why), DTQ_DENIED);
    rig_assert_why("did not accept the password: check user:password@ in the URL");
    assert_null(strstr(rig_why.text, "wr0ng"));
    assert_false(queue_connected(q));
    assert_int_equal(queue_connect(bare, &rig_why), DTQ_DENIED);
    rig_assert_why("wants a password: write user:password@");
    rig_assert_why("DTQ_REDIS_PASSWORD_FILE (NOAUTH");
    keys_assert_same();
    server_do("CONFIG SET requirepass %s", "");
    assert_int_equal(queue_connect(q, &rig_why), DTQ_DENIED);
    rig_assert_why("has no password: omit it from the URL");
    assert_null(strstr(rig_why.text, "wr0ng"));
    queue_free(q);
    queue_free(bare);
}

static void the_database_of_the_url_is_used(void **state)
{
    char url[200];
    struct queue *q;
    struct queue_submission s = rig_submission("J1");

    (void)state;
    snprintf(url, sizeof url, "%s?db=3", server_url());
    q = open_url(url);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    keys_mark();
    rig_submit(q, &s);
    keys_assert_same();
    server_do("SELECT 3");
    assert_string_equal(server_text("HGET " RIG_KEY "job:J1 state"), "submitted");
    server_do("SELECT 0");
    queue_free(q);
    snprintf(url, sizeof url, "%s?db=9999", server_url());
    q = open_url(url);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_SERVER);
    assert_false(queue_connected(q));
    queue_free(q);
}

static void data_of_another_version_is_refused(void **state)
{
    struct queue *q = *state;

    server_do("SET dtq:version 99");
    keys_mark();
    assert_int_equal(queue_connect(q, &rig_why), DTQ_SERVER);
    rig_assert_why("\"99\"");
    rig_assert_why("version 1");
    assert_false(queue_connected(q));
    keys_assert_same();
}

static void a_queue_is_listed_and_its_version_kept(void **state)
{
    (void)state;
    assert_string_equal(server_text("GET dtq:version"), "1");
    assert_string_equal(server_text("SMEMBERS dtq:queues"), "t");
}

static void who_only_looks_writes_nothing_by_connecting(void **state)
{
    struct queue_names names = {0};
    struct queue *q;

    (void)state;
    server_do("DEL dtq:version dtq:queues");
    keys_mark();
    q = open_url(server_url());
    queue_only_looks(q);
    assert_int_equal(queue_connect(q, &rig_why), DTQ_OK);
    assert_int_equal(queue_names_read(q, &names, &rig_why), DTQ_OK);
    assert_int_equal(names.count, 0);
    keys_assert_same();
    server_do("SADD dtq:queues b a bad{name}");
    assert_int_equal(queue_names_read(q, &names, &rig_why), DTQ_OK);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.rows[0], "a");
    assert_string_equal(names.rows[1], "b");
    queue_names_clear(&names);
    server_do("SET dtq:version 99");
    assert_int_equal(queue_connect(q, &rig_why), DTQ_SERVER);
    rig_assert_why("version 1");
    queue_free(q);
}

static void a_clone_is_another_connection_to_the_same_queue(void **state)
{
    struct queue *q = *state, *other = NULL;

    assert_int_equal(queue_clone(q, &other, &rig_why), DTQ_OK);
    assert_false(queue_connected(other));
    assert_string_equal(queue_name(other), "t");
    assert_string_equal(queue_where(other), queue_where(q));
    assert_int_equal(queue_connect(other, &rig_why), DTQ_OK);
    assert_int_not_equal(queue_fd(other), queue_fd(q));
    queue_free(other);
    queue_free(NULL);
}

static void a_bad_url_or_queue_name_is_refused_before_connecting(void **state)
{
    struct queue *q = NULL;

    (void)state;
    assert_int_equal(queue_new("http://h", "t", &q, &rig_why), DTQ_INPUT);
    rig_assert_why("redis://");
    assert_int_equal(queue_new(server_url(), "a b", &q, &rig_why), DTQ_INPUT);
    rig_assert_why("queue name");
    assert_null(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(every_script_has_the_sha1_that_the_server_gives_it),
        rig_test(a_script_that_the_server_forgot_is_loaded_and_called_again),
        rig_test(the_job_stream_is_read_after_a_forgotten_script_too),
        rig_test(a_cut_connection_is_told_and_a_new_one_works),
        rig_test(a_script_call_on_a_cut_connection_is_told),
        rig_test(asking_on_a_cut_connection_closes_it),
        rig_test(an_error_reply_leaves_the_connection_in_step),
        rig_test(an_error_inside_a_script_names_the_script),
        rig_test(a_connection_in_use_stays_in_step),
        rig_test(rings_are_no_answers),
        rig_test(a_connection_in_use_that_is_cut_is_told),
        rig_test(a_server_that_is_silent_is_a_lost_connection),
        rig_test(nobody_at_the_socket_is_a_lost_connection),
        rig_test(a_password_in_the_url_opens_the_server),
        rig_test(a_user_and_password_in_the_url_open_the_server),
        rig_test(a_wrong_password_is_refused_and_not_shown),
        rig_test(the_database_of_the_url_is_used),
        rig_test(data_of_another_version_is_refused),
        rig_test(a_queue_is_listed_and_its_version_kept),
        rig_test(who_only_looks_writes_nothing_by_connecting),
        rig_test(a_clone_is_another_connection_to_the_same_queue),
        rig_test(a_bad_url_or_queue_name_is_refused_before_connecting),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
