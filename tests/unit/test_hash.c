/* test_hash.c: XXH64, of whole texts and of pieces. */
#include "common/dataset/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* From the specification's own examples. */
static void known_texts_have_their_hashes(void **state)
{
    static const char text[] = "Nobody inspects the spammish repetition";
    (void)state;
    assert_true(hash_64("", 0, 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(hash_64("a", 1, 0) == UINT64_C(0xd24ec4f1a98c6e5b));
    assert_true(hash_64("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    assert_true(hash_64(text, strlen(text), 0) == UINT64_C(0xfbcea83c8a378bf1));
}

static void pieces_make_no_difference(void **state)
{
    unsigned char bytes[200];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof bytes; len++)
        for (size_t piece = 1; piece < 70; piece++) {
            struct hash h;
            hash_init(&h, 5);
            for (size_t at = 0; at < len; at += piece)
                hash_add(&h, bytes + at, len - at < piece ? len - at : piece);
            assert_true(hash_end(&h) == hash_64(bytes, len, 5));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_their_hashes),
        cmocka_unit_test(pieces_make_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
