/* demo_tell.c: what a demo tells. */
#include "producer/demo_tell.h"

#include <stdarg.h>
#include <stdio.h>

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

void demo_headline(struct demo_tell *t, const char *title, const char *command)
{
    demo_say(t, "\n%d. %s\n   $ dtq %s\n", ++t->step, title, command);
}
