/* server.h: a redis-server of the test program's own, on a unix socket in a folder of its own. Both
 * are gone when the program is, however it ends. And what a test asks of it past the queue's API.
 */
#ifndef DTQ_TEST_SERVER_H
#define DTQ_TEST_SERVER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

/* Group setup and teardown of cmocka. */
int server_start(void **state);
int server_stop(void **state);

const char *server_path(void); /* of the socket */
const char *server_url(void);

/* One command, formatted as by hiredis, on the test's own connection. An error reply fails the
 * test. The caller frees the reply. */
redisReply *server_run(const char *format, ...);

/* Any number of words; here an error is a reply like others. */
redisReply *server_argv(int argc, const char **argv);

/* server_run with the reply as a number; nil is -1. */
int64_t server_int(const char *format, ...);

/* The same with the reply as text: nil is "", the elements of an array stand with a blank between.
 * Valid until the fourth call from now. */
const char *server_text(const char *format, ...);

/* server_do: for the effect alone. */
void server_do(const char *format, ...);

/* Redis' clock. */
int64_t server_now_ms(void);

#endif
