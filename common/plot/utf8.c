/* utf8.c: checking and cutting UTF-8. */
#include "common/plot/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character that begins at s, 0 when there is no valid one. */
static size_t char_bytes(const unsigned char *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    uint32_t c;

    if (n < 2) return n;
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
        size_t n = char_bytes(s);
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
