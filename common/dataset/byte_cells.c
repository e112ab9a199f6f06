/* byte_cells.c: a cell at a time, eight bytes of text in a register; and which cells are left to
 * vectors. */
#include "common/dataset/byte_cells.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { VECTORS_FROM = 16 }; /* cells; fewer are as soon read one by one */

static uint64_t load_64(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

size_t byte_cells_read_plain(const char **text, size_t count, char delimiter, unsigned char *out)
{
    static const uint64_t digit_zeros = UINT64_C(0x0030003000300030);
    const uint64_t four_zeros = digit_zeros |
                                (unsigned char)delimiter * UINT64_C(0x0100010001000100);
    const char *p = *text;
    size_t i = 0;
    while (i < count) {
        uint64_t next = load_64(p);
        while (next == four_zeros && count - i >= 4) { /* zeros come in runs */
            memset(out + i, 0, 4);
            i += 4;
            p += 8;
            next = load_64(p);
        }
        if (i == count) break;
        /* A byte that is no digit gets its upper bit; a carry only reaches bytes behind it. */
        uint32_t v = (uint32_t)next ^ UINT32_C(0x30303030);
        uint32_t other = ((v + UINT32_C(0x76767676)) | v) & UINT32_C(0x80808080);
        if (other == 0) break;
        unsigned digits = (unsigned)__builtin_ctz(other) / 8;
        if (digits == 0 || p[digits] != delimiter) break;
        v <<= 8 * (3 - digits);
        uint32_t value = (v & 0xff) * 100 + (v >> 8 & 0xff) * 10 + (v >> 16 & 0xff);
        if (value > UINT8_MAX) break;
        out[i++] = (unsigned char)value;
        p += digits + 1;
    }
    *text = p;
    return i;
}

size_t byte_cells_read(const char **text, size_t count, char delimiter, unsigned char *out)
{
    if (count < VECTORS_FROM) return byte_cells_read_plain(text, count, delimiter, out);
    /* In tables of other numbers hardly any cell is one: seen sooner by the plain way. */
    size_t n = byte_cells_read_plain(text, 1, delimiter, out);
    if (n == 0) return 0;
    n += byte_cells_read_avx2(text, count - n, delimiter, out + n);
    return n + byte_cells_read_plain(text, count - n, delimiter, out + n);
}
