/* test_number.c: numbers from text are exactly strtod's; and the hash is exactly XXH64. */
#include "common/dataset/number.h"

#include "common/dataset/hash.h"
#include "tests/support/rounds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static locale_t c_locale;

static int open_locale(void **state)
{
    (void)state;
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c_locale == (locale_t)0;
}

static int close_locale(void **state)
{
    (void)state;
    freelocale(c_locale);
    return 0;
}

static void assert_as_strtod(const char *text)
{
    char *right_end;
    const char *end = NULL;
    double right = strtod(text, &right_end), value = 0;
    if (number_parse(text, c_locale, &value, &end) != NUMBER_OK ||
        memcmp(&value, &right, sizeof value) != 0 || end != right_end)
        fail_msg("\"%s\" gives %a up to \"%s\", strtod %a", text, value, end ? end : "?", right);
}

static void hard_texts_are_read_as_strtod_does(void **state)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+7",
                                        "007",
                                        "255",
                                        ".5",
                                        "5.",
                                        "-.5e-3",
                                        "1e22",
                                        "1e23",
                                        "1e-22",
                                        "1e-23",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740993.0",
                                        "123456789012345678",
                                        "1234567890123456789",
                                        "12345678901234567890",
                                        "18446744073709551616",
                                        "99999999999999999999999",
                                        "0.00000000000000000000001234567890123456789",
                                        "0000000000000000000000001",
                                        "0.0000000000000000000000000",
                                        "1.500000000000000000e+00",
                                        "3.141592653589793116e+00",
                                        "1.7976931348623157e308",
                                        "2.2250738585072011e-308",
                                        "4.9e-324",
                                        "2e-324",
                                        "1e-400",
                                        "0e999999999999",
                                        "1e-999999999999",
                                        "8.5,2",
                                        "12;",
                                        "3 4",
                                        "1e",
                                        "1e+",
                                        "6.02e23x",
                                        "1.2.3",
                                        "5e-1e"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_as_strtod(texts[i]);
}

static void hexadecimal_is_not_decimal(void **state)
{
    const char *text = "0x10", *end;
    double value;
    (void)state;
    assert_int_equal(number_parse(text, c_locale, &value, &end), NUMBER_OK);
    assert_true(value == 0 && end == text + 1);
}

static void any_double_is_read_back(void **state)
{
    static const char *const formats[] = {"%.17g", "%.18e", "%.6f", "%.3g", "%.0f", "%.15g"};
    uint64_t s = 88172645463325252u;
    char text[400];
    (void)state;
    for (int i = 0, count = rounds(200000); i < count; i++) {
        double value;
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        uint64_t bits = s;
        if (i % 2) bits = (bits & UINT64_C(0x800fffffffffffff)) | (UINT64_C(1000) + s % 46) << 52;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        snprintf(text, sizeof text, formats[i % 6], value);
        assert_as_strtod(text);
    }
}

static void what_is_no_decimal_number_is_refused(void **state)
{
    static const char *const texts[] = {"",    "-",   "+",   ".",   "-.", "e5",  "nan", "NaN",
                                        "inf", "-in", "--1", "+-1", " 1", "abc", ",",   "\n"};
    const char *end;
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(number_parse(texts[i], c_locale, &value, &end), NUMBER_NONE);
}

static void a_number_that_is_too_large_is_told_apart(void **state)
{
    static const char *const texts[] = {"1e309", "-1e309", "1.8e308", "1e99999999999999999999"};
    const char *end;
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(number_parse(texts[i], c_locale, &value, &end), NUMBER_RANGE);
}

/* The values of the first three are published with the algorithm. */
static void the_hash_is_xxh64(void **state)
{
    char long_text[101];
    (void)state;
    memset(long_text, 'x', sizeof long_text);
    assert_true(hash_64("", 0, 0) == UINT64_C(0xef46db3751d8e999));
    assert_true(hash_64("a", 1, 0) == UINT64_C(0xd24ec4f1a98c6e5b));
    assert_true(hash_64("abc", 3, 0) == UINT64_C(0x44bc2cf5ad770999));
    uint64_t before = hash_64(long_text, sizeof long_text, 0);
    assert_true(before != hash_64(long_text, sizeof long_text, 1));
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] ^= 1;
        assert_true(before != hash_64(long_text, sizeof long_text, 0));
        long_text[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_texts_are_read_as_strtod_does),
        cmocka_unit_test(hexadecimal_is_not_decimal),
        cmocka_unit_test(any_double_is_read_back),
        cmocka_unit_test(what_is_no_decimal_number_is_refused),
        cmocka_unit_test(a_number_that_is_too_large_is_told_apart),
        cmocka_unit_test(the_hash_is_xxh64),
    };
    return cmocka_run_group_tests(tests, open_locale, close_locale);
}
