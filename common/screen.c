/* screen.c: width and colours of a terminal, widths of texts. */
#include "common/screen.h"

#include "common/parse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL = 80, WIDEST = 10000 };

static int columns_of(int fd)
{
    const char *told = getenv("COLUMNS");
    struct winsize size;
    long long columns;

    if (told && parse_int(told, &columns) && columns > 0 && columns <= WIDEST) return (int)columns;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : USUAL;
}

struct screen screen_of(FILE *to)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    int fd = fileno(to); /* -1 of a stream in memory */
    struct screen s = {0};

    if (fd < 0 || !isatty(fd)) return s;
    s.columns = columns_of(fd);
    s.colours = term && *term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
    return s;
}

void screen_paint(const struct screen *s, enum tone tone, const char *text, size_t len,
                  struct buf *out)
{
    static const char *const codes[] = {
        [TONE_GOOD] = "32",  [TONE_BAD] = "31", [TONE_CALM] = "33",
        [TONE_VOICE] = "36", [TONE_DIM] = "2",
    };
    bool coloured = s->colours && tone != TONE_PLAIN && len;

    if (coloured) buf_printf(out, "\033[%sm", codes[tone]);
    buf_add(out, text, len);
    if (coloured) buf_text(out, "\033[0m");
}

/* The character at s and its bytes; a byte that begins none stands for itself. */
static size_t next_char(const char *text, uint32_t *c)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 1;

    *c = n == 1 ? s[0] : s[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if (s[i] >> 6 != 2) {
            *c = s[0];
            return 1;
        }
        *c = *c << 6 | (s[i] & 0x3f);
    }
    return n;
}

/* The blocks of Unicode whose characters take two columns or none (Unicode Standard Annex 11, and
 * the combining marks of its chapter 7). */
static int char_width(uint32_t c)
{
    static const struct {
        uint32_t first, last;
        int width;
    } blocks[] = {
        {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},
        {0x200b, 0x200f, 0},   {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0x33ff, 2},
        {0x3400, 0x4dbf, 2},   {0x4e00, 0x9fff, 2},   {0xa000, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
        {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},
        {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2},
        {0x1f900, 0x1f9ff, 2}, {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (c >= blocks[i].first && c <= blocks[i].last) return blocks[i].width;
    return 1;
}

int screen_width(const char *text)
{
    int width = 0;
    uint32_t c;

    for (; *text; width += char_width(c))
        text += next_char(text, &c);
    return width;
}

/* Bytes of the beginning of text that take at most these columns. */
static size_t fitting(const char *text, int columns)
{
    size_t kept = 0;

    while (text[kept]) {
        uint32_t c;
        size_t n = next_char(text + kept, &c);

        columns -= char_width(c);
        if (columns < 0) break;
        kept += n;
    }
    return kept;
}

void screen_cut(const char *text, int columns, struct buf *out)
{
    static const char dots[] = "...";
    int room = columns - (int)sizeof dots + 1;

    if (screen_width(text) <= columns) {
        buf_text(out, text);
    } else if (room < 1) {
        buf_add(out, text, fitting(text, columns));
    } else {
        buf_add(out, text, fitting(text, room));
        buf_text(out, dots);
    }
}

void screen_wrap(const struct screen *s, const char *text, int at, int indent, struct buf *out)
{
    for (bool first = true; *text; first = false) {
        size_t len = strcspn(text, " ");
        struct buf word = {0};
        int width;

        buf_add(&word, text, len);
        width = word.len ? screen_width(word.data) : 0;
        out->failed |= word.failed;
        buf_clear(&word);
        if (s->columns && at > indent && at + !first + width > s->columns) {
            buf_printf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            buf_text(out, " ");
            at++;
        }
        buf_add(out, text, len);
        at += width;
        text += len + (text[len] == ' ');
    }
}
