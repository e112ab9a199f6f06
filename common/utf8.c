/* utf8.c: checking and cutting UTF-8. */
#include "common/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character that begins at s, of which so many may be read; 0 when there is no valid
 * one. */
static size_t char_bytes(const unsigned char *s, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    uint32_t c;

    if (n < 2) return n;
    if (n > left) return 0;
    c = s[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2) return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
    /* No characters in XML, and C1 controls. */
    return c == 0xfffe || c == 0xffff || c < 0xa0 ? 0 : n;
}

void utf8_clean(const char *text, char *out, size_t size)
{
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    size_t used = 0;

    while (*s) {
        size_t n = char_bytes(s, SIZE_MAX);
        bool control = *s < 0x20 || *s == 0x7f;
        if (used + (n ? n : 1) >= size) break;
        if (n && !control) {
            memcpy(out + used, s, n);
        } else {
            out[used] = control ? ' ' : '?';
        }
        used += n ? n : 1;
        s += n ? n : 1;
    }
    out[used] = '\0';
}

size_t utf8_show(const char *text, size_t len, char control, char *out, size_t size)
{
    static const char unknown[] = "\xef\xbf\xbd", dots[] = "...";
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0, fits = 0; /* fits: where dots may go */

    for (size_t i = 0, n; i < len; i += n) {
        const char *from = text + i;
        size_t bytes;

        n = bytes = char_bytes(s + i, len - i);
        if (n == 0) {
            n = 1;
            from = unknown;
            bytes = sizeof unknown - 1;
        } else if (s[i] == '\r' && i + 1 < len && s[i + 1] == '\n') {
            continue;
        } else if (s[i] < 0x20 || s[i] == 0x7f) {
            from = strchr("\t\r\n", *from) && *from ? " " : &control;
            if (!*from) continue;
        }
        if (used + bytes >= size) {
            memcpy(out + fits, dots, sizeof dots);
            return fits + sizeof dots - 1;
        }
        memcpy(out + used, from, bytes);
        used += bytes;
        if (used + sizeof dots <= size) fits = used;
    }
    out[used] = '\0';
    return used;
}

size_t utf8_shorter(const char *text, size_t len)
{
    if (len) len--;
    while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

void utf8_xml(struct buf *b, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': buf_text(b, "&amp;"); break;
        case '<': buf_text(b, "&lt;"); break;
        case '>': buf_text(b, "&gt;"); break;
        case '"': buf_text(b, "&quot;"); break;
        default: buf_add(b, text, 1);
        }
    }
}
