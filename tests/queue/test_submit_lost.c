/* test_submit_lost.c: a submission whose replies are lost. A server that drops each connection at
 * the first script stands in for one that dies again and again. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct dropper {
    int socket;
    char path[100];
    unsigned scripts; /* called, and not answered */
    pthread_t thread;
};

/* Answers what a connection needs to be set up, until a script is called. hiredis waits for each
 * reply, so that a read is a command. */
static void dropper_talk(struct dropper *d, int client)
{
    char text[4096];
    ssize_t len;

    while ((len = read(client, text, sizeof text - 1)) > 0) {
        const char *reply = "+OK\r\n";
        text[len] = '\0';
        if (strstr(text, "EVALSHA")) {
            d->scripts++;
            return;
        }
        if (strstr(text, "\r\nGET\r\n")) reply = "$1\r\n1\r\n";
        if (write(client, reply, strlen(reply)) < 0) return;
    }
}

static void *dropper_run(void *arg)
{
    struct dropper *d = arg;
    int client;

    while ((client = accept(d->socket, NULL, NULL)) >= 0) {
        dropper_talk(d, client);
        close(client);
    }
    return NULL;
}

static void dropper_start(struct dropper *d)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(d->path, sizeof d->path, "%s.drops", server_path());
    memcpy(at.sun_path, d->path, strlen(d->path) + 1);
    d->socket = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(d->socket >= 0);
    assert_int_equal(bind(d->socket, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(d->socket, 5), 0);
    assert_int_equal(pthread_create(&d->thread, NULL, dropper_run, d), 0);
}

static void dropper_stop(struct dropper *d)
{
    shutdown(d->socket, SHUT_RDWR);
    pthread_join(d->thread, NULL);
    close(d->socket);
    unlink(d->path);
}

static void a_submission_that_is_never_answered_is_no_success(void **state)
{
    struct dropper d = {0};
    struct queue_submission s = rig_submission("J1");
    char url[120], id[ID_MAX + 1] = "untouched";
    struct queue *q;

    (void)state;
    dropper_start(&d);
    snprintf(url, sizeof url, "unix://%s", d.path);
    assert_int_equal(queue_new(url, "t", &q, &rig_why), DTQ_OK);
    assert_int_equal(queue_submit(q, &s, id, &rig_why), DTQ_CONN);
    rig_assert_why(d.path);
    assert_string_equal(id, "untouched");
    queue_free(q);
    dropper_stop(&d);
    assert_true(d.scripts > 1);
}

static void a_submission_on_a_cut_connection_reaches_the_queue_once(void **state)
{
    struct queue *q = *state;
    struct queue_submission s = rig_submission("J1");

    rig_cut(q);
    rig_submit(q, &s);
    assert_int_equal(server_int("XLEN " RIG_KEY "jobs"), 1);
    assert_true(queue_connected(q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(a_submission_that_is_never_answered_is_no_success),
        rig_test(a_submission_on_a_cut_connection_reaches_the_queue_once),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
