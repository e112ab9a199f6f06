/* err.c: words and sentences for enum dtq_err. */
#include "common/err.h"

#include "common/utf8.h"

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

/* format, then old, into *why: both have parts that come from outside, or are cut. */
static void say(struct dtq_why *why, const char *old, const char *format, va_list args)
{
    char text[3 * sizeof why->text];
    size_t len;

    vsnprintf(text, 2 * sizeof why->text, format, args);
    len = strlen(text);
    len += (size_t)snprintf(text + len, sizeof text - len, "%s", old);
    utf8_show(text, len, '?', why->text, sizeof why->text);
}

enum dtq_err err_set(struct dtq_why *why, enum dtq_err err, const char *format, ...)
{
    va_list args;

    if (!why) return err;
    va_start(args, format);
    say(why, "", format, args);
    va_end(args);
    return err;
}

enum dtq_err err_prefix(struct dtq_why *why, enum dtq_err err, const char *format, ...)
{
    char old[2 + sizeof why->text];
    va_list args;

    if (!why) return err;
    snprintf(old, sizeof old, ": %s", why->text);
    va_start(args, format);
    say(why, old, format, args);
    va_end(args);
    return err;
}
