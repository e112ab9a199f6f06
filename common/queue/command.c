/* command.c: a command as bytes on the wire, formatted straight into one buffer: no argument is
 * copied twice, whatever its size. */
#include "common/queue/conn.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void command_begin(struct command *c, const struct script *script)
{
    buf_reset(&c->text);
    buf_grow(&c->text, COMMAND_HEAD);
    c->count = 0;
    c->script = script;
}

/* Writes value in decimal so that it ends before `end`; returns where it starts. */
static char *digits(char *end, uint64_t value)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

char *command_room(struct command *c, size_t len)
{
    char head[24], *start = digits(head + 22, len);
    size_t size = (size_t)(head + 24 - --start);
    char *to = buf_grow(&c->text, size + len + 2);

    c->count++;
    if (!to) return NULL;
    *start = '$';
    memcpy(head + 22, "\r\n", 2);
    memcpy(to, start, size);
    memcpy(to + size + len, "\r\n", 2);
    return to + size;
}

void command_add(struct command *c, const void *data, size_t len)
{
    char *to = command_room(c, len);

    if (to && len) memcpy(to, data, len);
}

void command_text(struct command *c, const char *text)
{
    command_add(c, text, strlen(text));
}

void command_int(struct command *c, int64_t value)
{
    char text[24];
    char *at = digits(text + sizeof text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);

    if (value < 0) *--at = '-';
    command_add(c, at, (size_t)(text + sizeof text - at));
}

void command_key(struct command *c, const struct queue *q, const char *name, const char *more)
{
    char key[400];

    command_add(c, key, (size_t)snprintf(key, sizeof key, "%s%s%s", q->base, name, more));
}

struct command *conn_script(struct queue *q, const struct script *script)
{
    command_begin(&q->command, script);
    command_text(&q->command, "EVALSHA");
    command_text(&q->command, script->sha1);
    command_text(&q->command, "1");
    command_text(&q->command, q->base);
    return &q->command;
}

struct command *conn_command(struct queue *q, const char *name)
{
    command_begin(&q->command, NULL);
    command_text(&q->command, name);
    return &q->command;
}

const char *command_finish(struct command *c, size_t *len)
{
    char head[COMMAND_HEAD];
    int size = snprintf(head, sizeof head, "*%zu\r\n", c->count);
    char *start;

    if (c->text.failed) return NULL;
    start = c->text.data + COMMAND_HEAD - size;
    memcpy(start, head, (size_t)size);
    *len = c->text.len - COMMAND_HEAD + (size_t)size;
    return start;
}
