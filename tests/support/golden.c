/* golden.c: the numbers that other programs came to. */
#include "tests/support/golden.h"

#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

cJSON *golden_read(const char *path)
{
    FILE *from = fopen(path, "r");
    struct buf text = {0};
    char piece[4096];
    size_t got;
    cJSON *json;

    assert_non_null(from);
    while ((got = fread(piece, 1, sizeof piece, from)))
        buf_add(&text, piece, got);
    fclose(from);
    json = cJSON_Parse(text.data);
    assert_non_null(json);
    buf_clear(&text);
    return json;
}
