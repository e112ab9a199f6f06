/* test_byte_cells.c: the fast way to read runs of small numbers reads what the plain one reads, and
 * touches nothing else: text and output are as long as they must be and no longer, so that a
 * sanitizer sees a byte too many. */
#include "common/dataset/byte_cells.h"
#include "tests/support/rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 32, TEXT_MAX = 4 * BLOCK, FILL = 0xaa };

typedef size_t read_fn(const char **text, size_t count, char delimiter, unsigned char *out);

/* What one way made of a text. */
struct reading {
    size_t count;
    size_t used; /* bytes of text */
    unsigned char values[TEXT_MAX];
};

/* Reads up to count cells of a line of len bytes, whose newline follows. */
static struct reading read_by(read_fn *way, const char *line, size_t len, char delimiter,
                              size_t count)
{
    struct reading r = {0};
    char *text = malloc(len + BYTE_CELLS_TEXT);
    unsigned char *out = malloc(count + BYTE_CELLS_OUT);
    assert_true(text && out);
    memcpy(text, line, len);
    memset(text + len, '0', BYTE_CELLS_TEXT); /* more digits, and none of them counts */
    text[len] = '\n';
    memset(out, FILL, count + BYTE_CELLS_OUT);
    const char *end = text;
    r.count = way(&end, count, delimiter, out);
    r.used = (size_t)(end - text);
    assert_true(r.count <= count && r.count <= TEXT_MAX && r.used <= len);
    memcpy(r.values, out, r.count);
    free(out);
    free(text);
    return r;
}

/* All ways agree; returns how many cells there were. */
static size_t read_all(const char *line, size_t len, char delimiter, size_t count)
{
    struct reading plain = read_by(byte_cells_read_plain, line, len, delimiter, count);
    struct reading fast = read_by(byte_cells_read, line, len, delimiter, count);
    struct reading part = read_by(byte_cells_read_avx2, line, len, delimiter, count);
    if (fast.count != plain.count || fast.used != plain.used)
        fail_msg("%zu cells in %zu bytes, not %zu in %zu, of \"%.*s\"", fast.count, fast.used,
                 plain.count, plain.used, (int)len, line);
    assert_memory_equal(fast.values, plain.values, sizeof plain.values);
    assert_true(part.count <= plain.count && part.used <= plain.used);
    assert_memory_equal(part.values, plain.values, part.count);
    assert_true(part.used == 0 || line[part.used - 1] == delimiter);
    return plain.count;
}

/* `front` good cells, so that what follows begins at byte `lead` of the text: of one digit, and
 * where the number of bytes is odd one of two. */
static char *lead_in(char *p, size_t lead, char delimiter, size_t *front)
{
    for (*front = 0; lead > 0; ++*front) {
        size_t digits = lead == 3 ? 2 : 1;
        memset(p, '7', digits);
        p[digits] = delimiter;
        p += digits + 1;
        lead -= digits + 1;
    }
    return p;
}

/* One cell at every place of a block, among others. Whether it is a good one is `good`. */
static void everywhere(const char *cell, size_t len, char delimiter, bool good)
{
    for (size_t lead = 0; lead <= 2 * BLOCK; lead++) {
        char line[TEXT_MAX + 32], *p;
        size_t front;
        if (lead == 1) continue; /* no cell is that short */
        p = lead_in(line, lead, delimiter, &front);
        memcpy(p, cell, len);
        p += len;
        for (int i = 0; i < 20; i++) {
            *p++ = delimiter;
            *p++ = (char)('0' + i % 10);
        }
        size_t n = read_all(line, (size_t)(p - line), delimiter, TEXT_MAX);
        assert_int_equal(n, good ? front + 20 : front);
    }
}

static void every_number_is_read_at_every_place(void **state)
{
    (void)state;
    for (int width = 1; width <= 4; width++) {
        int past = width == 1 ? 10 : width == 2 ? 100 : 1000;
        for (int value = 0; value < past; value++) {
            char cell[16];
            int len = snprintf(cell, sizeof cell, "%0*d", width, value);
            everywhere(cell, (size_t)len, ',', width <= 3 && value <= 255);
        }
    }
}

static void other_cells_end_the_run_at_every_place(void **state)
{
    static const char *const cells[] = {
        "",           "-1",  "+1",    "-",    " 1",  "1 ",  "1.0",
        ".5",         "1e2", "\"1\"", "nan",  "1\r", "1\n", "/",
        ":",          "x",   "1x",    "x1",   "1/2", "0x1", "00000000000000000000000000",
        "256",        "999", "1000",  "2550", "25x", "2x5", "1234567",
        "0000000012",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        everywhere(cells[i], strlen(cells[i]), ',', false);
    for (int byte = 0; byte <= UINT8_MAX; byte++) {
        const char alone[] = {(char)byte}, between[] = {'1', (char)byte, '2'};
        bool digit = byte >= '0' && byte <= '9';
        if (byte == ',') continue;
        everywhere(alone, sizeof alone, ',', digit);
        everywhere(between, sizeof between, ',', digit);
    }
}

static void every_delimiter_divides(void **state)
{
    (void)state;
    for (int c = '\t'; c <= '~'; c++) {
        if ((c >= '0' && c <= '9') || c == '\n') continue;
        everywhere("255", 3, (char)c, true);
        everywhere("7", 1, (char)c, true);
        everywhere("256", 3, (char)c, false);
        everywhere("", 0, (char)c, false);
    }
}

/* What stands behind is another's: a label, or the rest of a line that is too long. */
static void no_more_than_count_are_read(void **state)
{
    static const char line[] = "0,0,12,0,255,7,0,0,0,0,0,0,0,100,3,0,0,0,0,0,99,0,1,2,3,4,5,6,7,8,"
                               "9,10,0,0,0,0,0,0,0,0,0,0,0,255,0,1";
    (void)state;
    for (size_t count = 0; count < 46; count++)
        assert_int_equal(read_all(line, sizeof line - 1, ',', count), count < 45 ? count : 45);
}

static void vectors_read_the_bulk_or_nothing(void **state)
{
    static const char *const cells[] = {"1,", "12,", "255,"};
    bool nothing = false;
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        char line[TEXT_MAX];
        size_t bytes = strlen(cells[i]), count = sizeof line / bytes;
        for (size_t k = 0; k < count; k++)
            memcpy(line + k * bytes, cells[i], bytes);
        struct reading r = read_by(byte_cells_read_avx2, line, count * bytes, ',', count);
        if (i == 0) nothing = r.count == 0;
        assert_int_equal(r.count, nothing ? 0 : count);
    }
}

static uint64_t thrown(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void any_text_is_read_alike(void **state)
{
    static const char mostly[] = "000000111222345556789,,,,,,,,,,,,,";
    static const char seldom[] = " -.\r\n\"x/:;\x80\xff";
    uint64_t s = 88172645463325252u;
    (void)state;
    for (int i = 0, count = rounds(100000); i < count; i++) {
        char line[TEXT_MAX];
        size_t len = thrown(&s) % sizeof line;
        unsigned odds = 1u << thrown(&s) % 9;
        for (size_t k = 0; k < len; k++)
            line[k] = thrown(&s) >> 32 & (odds - 1) ? mostly[thrown(&s) % (sizeof mostly - 1)]
                                                    : seldom[thrown(&s) % (sizeof seldom - 1)];
        read_all(line, len, ',', thrown(&s) % (TEXT_MAX / 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_read_at_every_place),
        cmocka_unit_test(other_cells_end_the_run_at_every_place),
        cmocka_unit_test(every_delimiter_divides),
        cmocka_unit_test(no_more_than_count_are_read),
        cmocka_unit_test(vectors_read_the_bulk_or_nothing),
        cmocka_unit_test(any_text_is_read_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
