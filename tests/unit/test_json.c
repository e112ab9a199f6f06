/* test_json.c: numbers in JSON keep their bits. */
#include "common/json.h"
#include "tests/support/rounds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_number_is_the_shortest_text_that_reads_back(void **state)
{
    char text[JSON_NUMBER];

    (void)state;
    assert_string_equal(json_number(0.1, text), "0.1");
    assert_string_equal(json_number(3, text), "3");
    assert_string_equal(json_number(-1e300, text), "-1e+300");
    assert_string_equal(json_number(0.1 + 0.2, text), "0.30000000000000004");
    assert_string_equal(json_number(NAN, text), "null");
    assert_string_equal(json_number(-INFINITY, text), "null");
}

static void all_bits_of_any_number_come_back(void **state)
{
    uint64_t dice = 7;

    (void)state;
    for (int i = 0, count = rounds(100000); i < count; i++) {
        char text[JSON_NUMBER];
        double value, back;

        dice = dice * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &dice, sizeof value);
        if (!isfinite(value)) continue;
        back = strtod(json_number(value, text), NULL);
        assert_memory_equal(&back, &value, sizeof value);
    }
}

static void numbers_within_a_value_become_exact(void **state)
{
    cJSON *value = cJSON_Parse(
        "{\"a\":[0.30000000000000004,{\"b\":12345678901234567}],\"c\":\"x\"}");
    char *text;

    (void)state;
    json_make_exact(value);
    text = cJSON_PrintUnformatted(value);
    assert_string_equal(text,
                        "{\"a\":[0.30000000000000004,{\"b\":12345678901234568}],\"c\":\"x\"}");
    free(text);
    cJSON_Delete(value);
    json_make_exact(NULL);
}

static void an_array_of_exact_numbers_is_printed_as_numbers(void **state)
{
    const double values[] = {1, 0.1, INFINITY};
    cJSON *list = json_exact_array(values, 3);
    char *text = cJSON_PrintUnformatted(list);

    (void)state;
    assert_string_equal(text, "[1,0.1,null]");
    free(text);
    cJSON_Delete(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_the_shortest_text_that_reads_back),
        cmocka_unit_test(all_bits_of_any_number_come_back),
        cmocka_unit_test(numbers_within_a_value_become_exact),
        cmocka_unit_test(an_array_of_exact_numbers_is_printed_as_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
