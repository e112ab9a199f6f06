/* parse.c: a number out of a whole text. */
#include "common/parse.h"

#include "common/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool parse_int(const char *text, long long *out)
{
    const char *digits = text + (*text == '-' || *text == '+');
    long long value;

    if (!*digits || digits[strspn(digits, "0123456789")]) return false;
    errno = 0;
    value = strtoll(text, NULL, 10);
    if (errno) return false;
    *out = value;
    return true;
}

bool parse_real(const char *text, double *out)
{
    char *end;
    double value;

    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false;
    value = strtod(text, &end);
    if (end == text || *end || !isfinite(value)) return false;
    *out = value;
    return true;
}

bool parse_bytes(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    const char *at = text, *unit;
    uint64_t value;
    unsigned shift;

    if (!parse_u64(&at, text + strlen(text), &value)) return false;
    if (*at && at[1]) return false;
    unit = *at ? strchr(units, toupper((unsigned char)*at)) : units;
    if (!unit) return false;
    shift = *at ? 10 * (unsigned)(unit - units + 1) : 0;
    if (value > UINT64_MAX >> shift) return false;
    *out = value << shift;
    return true;
}

bool parse_time(const char *text, int64_t *out)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 36e5}, {"d", 864e5}};
    size_t len = strspn(text, "0123456789.");
    char number[32];
    double value;

    if (!len || len >= sizeof number) return false;
    memcpy(number, text, len);
    number[len] = '\0';
    if (!parse_real(number, &value)) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + len, units[i].name) != 0) continue;
        value = round(value * units[i].ms);
        if (value > 0x1p53) return false;
        *out = (int64_t)value;
        return true;
    }
    return false;
}

bool parse_u64(const char **at, const char *end, uint64_t *out)
{
    const char *p = *at;
    uint64_t value = 0;

    for (; p < end && isdigit((unsigned char)*p); p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    if (p == *at) return false;
    *at = p;
    *out = value;
    return true;
}

const char *parse_shown(const char *text, char *to)
{
    utf8_show(text, strlen(text), '?', to, PARSE_SHOWN);
    return to;
}
