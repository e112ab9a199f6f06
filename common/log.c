/* log.c: log lines, each written by one write(2) so that lines of several processes never mix. */
#include "common/log.h"

#include "common/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *log_name = "dtq";
static enum log_level log_least = LOG_LEVEL_INFO;
static bool log_json;
static void (*log_sink)(void *ctx, const char *line, size_t len);
static void *log_ctx;

void log_init(const char *name, enum log_level least)
{
    log_name = name;
    log_least = least;
}

void log_to(void (*sink)(void *ctx, const char *line, size_t len), void *ctx)
{
    log_sink = sink;
    log_ctx = ctx;
}

void log_as_json(void)
{
    log_json = true;
}

bool log_worth(unsigned n)
{
    return n % 64 == 0 || (n < 64 && (n & (n - 1)) == 0);
}

/* A quoted JSON string; what does not fit is left out. Returns its length. */
static int quote(const char *text, char *to, size_t size)
{
    size_t used = 0;

    to[used++] = '"';
    for (; *text && used + 8 < size; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < 0x20)
            used += (size_t)snprintf(to + used, 7, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            used += (size_t)snprintf(to + used, 3, "\\%c", c);
        else
            to[used++] = *text;
    }
    to[used++] = '"';
    to[used] = '\0';
    return (int)used;
}

static void write_json(const char *stamp, const char *level, const char *text)
{
    char line[2600];
    int used = snprintf(line, sizeof line,
                        "{\"at\":\"%s\",\"program\":\"%s\",\"level\":\"%s\",\"message\":", stamp,
                        log_name, level);
    ssize_t ignored;

    used += quote(text, line + used, sizeof line - (size_t)used - 3);
    memcpy(line + used, "}\n", 2);
    ignored = write(STDERR_FILENO, line, (size_t)used + 2);
    (void)ignored;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    char line[1200], stamp[25];
    va_list args;
    int used, body;
    ssize_t ignored;

    if (level < log_least) return;
    clock_stamp(stamp, clock_unix_ms());
    used = snprintf(line, sizeof line, "%s %s %s: ", stamp, log_name, words[level]);
    va_start(args, format);
    body = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    va_end(args);
    if (body < 0) return;
    if (log_json && !log_sink) {
        write_json(stamp, words[level], line + used);
        return;
    }
    used += body;
    if (used > (int)sizeof line - 2) used = sizeof line - 2;
    line[used++] = '\n';
    if (log_sink) {
        log_sink(log_ctx, line, (size_t)used);
        return;
    }
    ignored = write(STDERR_FILENO, line, (size_t)used);
    (void)ignored;
}
