/* demo_tell.c: what a demo tells. */
#include "producer/demo_tell.h"

#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void demo_say(const struct demo_tell *t, const char *format, ...)
{
    va_list args;

    if (t->json) return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

void demo_check(struct demo_tell *t, bool good, const char *format, ...)
{
    char text[300];
    va_list args;
    cJSON *row = cJSON_CreateObject();

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    t->failed += !good;
    demo_say(t, "   %s  %s\n", good ? "ok    " : "FAILED", text);
    cJSON_AddNumberToObject(row, "step", t->step);
    cJSON_AddStringToObject(row, "check", text);
    cJSON_AddBoolToObject(row, "ok", good);
    cJSON_AddItemToArray(t->steps, row);
}

void demo_headline(struct demo_tell *t, const char *title)
{
    demo_say(t, "\n%d. %s\n", ++t->step, title);
}

/* As a word for a shell. */
static void add_quoted(struct buf *to, const char *word)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=,+%@";

    if (*word && !word[strspn(word, plain)]) {
        buf_text(to, word);
        return;
    }
    buf_text(to, "'");
    for (; *word; word++) {
        if (*word == '\'')
            buf_text(to, "'\\''");
        else
            buf_add(to, word, 1);
    }
    buf_text(to, "'");
}

void demo_command(const struct demo_tell *t, const char *const words[], size_t count)
{
    struct buf text = {0};

    add_quoted(&text, t->program);
    for (size_t i = 0; i < count && words[i]; i++) {
        buf_text(&text, " ");
        add_quoted(&text, words[i]);
    }
    buf_add(&text, "", 1);
    if (!text.failed) demo_say(t, "   $ %s\n", text.data);
    buf_clear(&text);
}
