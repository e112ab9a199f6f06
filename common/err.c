/* err.c: words and sentences for enum dtq_err. */
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_word(enum dtq_err err)
{
    switch (err) {
#define X(name, number, word) \
    case DTQ_##name: return word;
        DTQ_ERRORS(X)
#undef X
    }
    return "unknown";
}

bool err_is_refusal(enum dtq_err err)
{
    return err == DTQ_SERVER || err == DTQ_DENIED;
}

enum dtq_err err_set(struct dtq_why *why, enum dtq_err err, const char *format, ...)
{
    va_list args;

    if (!why) return err;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return err;
}

enum dtq_err err_prefix(struct dtq_why *why, enum dtq_err err, const char *format, ...)
{
    char old[sizeof why->text];
    size_t used, room;
    va_list args;

    if (!why) return err;
    memcpy(old, why->text, sizeof old);
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    used = strlen(why->text);
    if (used + 2 < sizeof why->text) {
        memcpy(why->text + used, ": ", 2);
        used += 2;
        room = sizeof why->text - 1 - used;
        memcpy(why->text + used, old, strnlen(old, room));
        why->text[used + strnlen(old, room)] = '\0';
    }
    return err;
}
