/* Exchanges over a pair of sockets. Where the kernel forbids them, nothing but that is seen. */
#include "common/queue/exchange.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000, SHORT_MS = 30 };

struct pair {
    struct exchange *e;
    int here, there;
};

static struct pair pair_new(void)
{
    struct pair p = {.e = exchange_new()};
    int ends[2];

    if (!p.e) skip(); /* a container, perhaps */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    p.here = ends[0];
    p.there = ends[1];
    return p;
}

static void pair_clear(struct pair *p)
{
    exchange_free(p->e);
    close(p->here);
    if (p->there >= 0) close(p->there);
}

/* Answers each request of 4 bytes with itself, until the other side closes. */
static void *echo(void *arg)
{
    char text[4];

    while (read(*(int *)arg, text, 4) == 4)
        if (write(*(int *)arg, text, 4) != 4) break;
    return NULL;
}

static void what_was_sent_is_answered(void **state)
{
    static const char *const words[] = {"ping", "pong", "done"};
    struct pair p = pair_new();
    pthread_t thread;
    char text[4];
    size_t sent;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, echo, &p.there), 0);
    for (size_t i = 0; i < 300; i++) {
        const char *word = words[i % 3];
        assert_int_equal(exchange_run(p.e, p.here, word, 4, LONG_MS, &sent), 1);
        assert_int_equal(sent, 4);
        assert_int_equal(recv(p.here, text, 4, MSG_DONTWAIT), 4);
        assert_memory_equal(text, word, 4);
    }
    shutdown(p.here, SHUT_WR);
    pthread_join(thread, NULL);
    pair_clear(&p);
}

static void silence_ends_the_wait(void **state)
{
    struct pair p = pair_new();
    char text[4];
    size_t sent;

    (void)state;
    assert_int_equal(exchange_run(p.e, p.here, "ping", 4, SHORT_MS, &sent), 0);
    assert_int_equal(sent, 4);
    assert_int_equal(recv(p.there, text, 4, MSG_DONTWAIT), 4);
    pair_clear(&p);
}

static void what_does_not_fit_is_not_sent_later(void **state)
{
    struct pair p = pair_new();
    char text[4096] = "";
    size_t sent = 1;

    (void)state;
    while (send(p.here, text, sizeof text, MSG_DONTWAIT) > 0) {
    }
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(exchange_run(p.e, p.here, "late", 4, SHORT_MS, &sent), 0);
    assert_int_equal(sent, 0);
    exchange_free(p.e);
    p.e = NULL;
    while (recv(p.there, text, sizeof text, MSG_DONTWAIT) > 0)
        assert_null(memchr(text, 'l', sizeof text));
    assert_int_equal(errno, EAGAIN);
    pair_clear(&p);
}

static void a_closed_socket_is_no_wait(void **state)
{
    struct pair p = pair_new();
    char text[4];
    size_t sent = 1;

    (void)state;
    close(p.there);
    p.there = -1;
    assert_int_equal(exchange_run(p.e, p.here, "ping", 4, LONG_MS, &sent), 1);
    assert_int_equal(sent, 0);
    assert_int_equal(recv(p.here, text, 4, MSG_DONTWAIT), 0);
    pair_clear(&p);
}

static void on_signal(int number)
{
    (void)number;
}

struct pest {
    pthread_t victim;
    atomic_bool stop;
};

static void *annoy(void *arg)
{
    struct pest *pest = arg;

    while (!atomic_load(&pest->stop)) {
        pthread_kill(pest->victim, SIGUSR1);
        usleep(1000);
    }
    return NULL;
}

static void a_signal_ends_the_wait(void **state)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct pair p = pair_new();
    struct pest pest = {.victim = pthread_self()};
    pthread_t thread;
    size_t sent;
    int ready;

    (void)state;
    sigaction(SIGUSR1, &action, NULL);
    assert_int_equal(pthread_create(&thread, NULL, annoy, &pest), 0);
    ready = exchange_run(p.e, p.here, "ping", 4, LONG_MS, &sent);
    atomic_store(&pest.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(ready, -1);
    assert_int_equal(sent, 4);
    pair_clear(&p);
}

static void a_process_has_a_few_and_no_more(void **state)
{
    struct exchange *all[1000] = {NULL};
    size_t count = 0, again = 0;

    (void)state;
    while (count < 1000 && (all[count] = exchange_new()))
        count++;
    if (!count) skip();
    assert_in_range(count, 1, 64);
    for (size_t i = 0; i < count; i++)
        exchange_free(all[i]);
    while (again < 1000 && (all[again] = exchange_new()))
        again++;
    assert_int_equal(again, count);
    for (size_t i = 0; i < again; i++)
        exchange_free(all[i]);
}

static void without_a_file_to_be_had_there_is_none(void **state)
{
    struct rlimit before, none;
    struct exchange *e;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    e = exchange_new();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(e);
    exchange_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sent_is_answered),
        cmocka_unit_test(silence_ends_the_wait),
        cmocka_unit_test(what_does_not_fit_is_not_sent_later),
        cmocka_unit_test(a_closed_socket_is_no_wait),
        cmocka_unit_test(a_signal_ends_the_wait),
        cmocka_unit_test(a_process_has_a_few_and_no_more),
        cmocka_unit_test(without_a_file_to_be_had_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
