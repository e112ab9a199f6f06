/* fuzz_byte_cells.c: a line of text, read by vectors and without. The first byte is how many cells
 * are asked for, the second the delimiter. */
#include "common/dataset/byte_cells.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Not a byte longer than it must be, so that the sanitizer sees one too many. */
static void *copy(const void *data, size_t size, size_t slack)
{
    unsigned char *c = calloc(1, size + slack);
    fuzz_require(c, "memory");
    if (size > 0) memcpy(c, data, size);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = ",; \t|/:x";
    if (size < 2) return 0;
    const size_t count = data[0], bytes = size - 2;
    const char delimiter = delimiters[data[1] % (sizeof delimiters - 1)];
    char *text = copy(data + 2, bytes, BYTE_CELLS_TEXT);
    unsigned char *plain = copy("", 0, count + BYTE_CELLS_OUT);
    unsigned char *fast = copy("", 0, count + BYTE_CELLS_OUT);
    const char *plain_end = text, *fast_end = text;
    text[bytes] = '\n';
    size_t n = byte_cells_read_plain(&plain_end, count, delimiter, plain);
    fuzz_require(byte_cells_read(&fast_end, count, delimiter, fast) == n, "as many cells");
    fuzz_require(fast_end == plain_end, "as much text");
    fuzz_require(memcmp(fast, plain, n) == 0, "the same values");
    free(fast);
    free(plain);
    free(text);
    return 0;
}
