/* server.c: a private redis-server. A guard process of its own starts it and sees the end of the
 * test program as the end of a pipe; then it kills the server and removes the folder. */
#include "tests/support/server.h"

#include "common/buf.h"
#include "tests/support/wait.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { TEXTS = 4, START_MS = 20000 };

static char folder[60], path[80], url[100];
static pid_t guard;
static int life = -1; /* closed by the end of this process, too */
static redisContext *redis;
static struct buf texts[TEXTS];

static void guard_exec(void)
{
    int null = open("/dev/null", O_RDWR);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--save", "",
           "--appendonly", "no", "--dir", folder, (char *)NULL);
    perror("redis-server cannot be started; is it installed?");
    _exit(127);
}

/* The folder with all that lies in it. */
static void guard_remove(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.') unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir) closedir(dir);
    rmdir(folder);
}

static void guard_run(int end)
{
    pid_t server;
    char byte;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    server = fork();
    if (server == 0) guard_exec();
    while (read(end, &byte, 1) > 0)
        ;
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    guard_remove();
    _exit(0);
}

static bool server_answers(void)
{
    if (redis) redisFree(redis);
    redis = redisConnectUnix(path);
    return redis && !redis->err;
}

int server_start(void **state)
{
    const char *tmp = getenv("TMPDIR");
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN); /* as the programs do */
    snprintf(folder, sizeof folder, "%.40s/dtq-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder) || pipe2(ends, O_CLOEXEC) != 0) return -1;
    snprintf(path, sizeof path, "%s/redis.sock", folder);
    snprintf(url, sizeof url, "unix://%s", path);
    fflush(NULL);
    guard = fork();
    if (guard == 0) {
        close(ends[1]);
        guard_run(ends[0]);
    }
    close(ends[0]);
    life = ends[1];
    WAIT_FOR(START_MS, server_answers());
    return guard > 0 ? 0 : -1;
}

int server_stop(void **state)
{
    (void)state;
    if (redis) redisFree(redis);
    redis = NULL;
    for (int i = 0; i < TEXTS; i++)
        buf_clear(&texts[i]);
    close(life);
    return waitpid(guard, NULL, 0) == guard ? 0 : -1;
}

const char *server_path(void)
{
    return path;
}

const char *server_url(void)
{
    return url;
}

redisReply *server_argv(int argc, const char **argv)
{
    redisReply *reply = redisCommandArgv(redis, argc, argv, NULL);

    if (!reply) fail_msg("%s: %s", argv[0], redis->errstr);
    return reply;
}

static redisReply *server_call(const char *format, va_list args)
{
    redisReply *reply = redisvCommand(redis, format, args);

    if (!reply) fail_msg("%s: %s", format, redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR) fail_msg("%s: %s", format, reply->str);
    return reply;
}

redisReply *server_run(const char *format, ...)
{
    redisReply *reply;
    va_list args;

    va_start(args, format);
    reply = server_call(format, args);
    va_end(args);
    return reply;
}

void server_do(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    freeReplyObject(server_call(format, args));
    va_end(args);
}

int64_t server_int(const char *format, ...)
{
    redisReply *reply;
    int64_t value = -1;
    va_list args;

    va_start(args, format);
    reply = server_call(format, args);
    va_end(args);
    if (reply->type == REDIS_REPLY_INTEGER) value = reply->integer;
    if (reply->type == REDIS_REPLY_STRING) value = strtoll(reply->str, NULL, 10);
    freeReplyObject(reply);
    return value;
}

static void text_add(struct buf *text, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER) buf_printf(text, "%lld", reply->integer);
    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
        buf_add(text, reply->str, (size_t)reply->len);
    if (reply->type != REDIS_REPLY_ARRAY) return;
    for (size_t i = 0; i < reply->elements; i++) {
        if (i) buf_text(text, " ");
        text_add(text, reply->element[i]);
    }
}

const char *server_text(const char *format, ...)
{
    static unsigned turn;
    struct buf *text = &texts[turn++ % TEXTS];
    redisReply *reply;
    va_list args;

    va_start(args, format);
    reply = server_call(format, args);
    va_end(args);
    buf_reset(text);
    buf_text(text, "");
    text_add(text, reply);
    freeReplyObject(reply);
    assert_false(text->failed);
    return text->data;
}

int64_t server_now_ms(void)
{
    redisReply *reply = server_run("TIME");
    int64_t now_ms = strtoll(reply->element[0]->str, NULL, 10) * 1000 +
                     strtoll(reply->element[1]->str, NULL, 10) / 1000;

    freeReplyObject(reply);
    return now_ms;
}
