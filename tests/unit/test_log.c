/* test_log.c: log lines, as text and as JSON. */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static char line[4096];

/* What log_line writes to standard error, in line. */
#define LOGGED(...)                                 \
    do {                                            \
        int ends[2], saved = dup(STDERR_FILENO);    \
        ssize_t len;                                \
                                                    \
        assert_int_equal(pipe(ends), 0);            \
        dup2(ends[1], STDERR_FILENO);               \
        log_line(__VA_ARGS__);                      \
        dup2(saved, STDERR_FILENO);                 \
        close(saved);                               \
        close(ends[1]);                             \
        len = read(ends[0], line, sizeof line - 1); \
        close(ends[0]);                             \
        line[len > 0 ? len : 0] = '\0';             \
    } while (0)

static void a_line_has_time_program_and_level(void **state)
{
    (void)state;
    log_init("dtq-test", LOG_LEVEL_INFO);
    LOGGED(LOG_LEVEL_WARN, "%s: gone", "J1");
    assert_string_equal(line + strlen("2026-01-01T00:00:00.000Z"), " dtq-test warn: J1: gone\n");
    LOGGED(LOG_LEVEL_DEBUG, "not worth it");
    assert_string_equal(line, "");
}

static const char *text_of(const cJSON *value, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(value, name));

    return text ? text : "";
}

static void as_json_a_line_is_one_object(void **state)
{
    char wild[3000];
    cJSON *value;

    (void)state;
    log_as_json();
    LOGGED(LOG_LEVEL_INFO, "%s", "a \"b\" \\ \033[2J\n\xc3\xa9");
    value = cJSON_Parse(line);
    assert_non_null(value);
    assert_int_equal(strlen(text_of(value, "at")), strlen("2026-01-01T00:00:00.000Z"));
    assert_string_equal(text_of(value, "program"), "dtq-test");
    assert_string_equal(text_of(value, "level"), "info");
    assert_string_equal(text_of(value, "message"), "a \"b\" \\ \033[2J\n\xc3\xa9");
    cJSON_Delete(value);
    memset(wild, '\001', sizeof wild - 1);
    wild[sizeof wild - 1] = '\0';
    LOGGED(LOG_LEVEL_INFO, "%s", wild);
    value = cJSON_Parse(line);
    assert_non_null(value);
    assert_int_equal(line[strlen(line) - 1], '\n');
    cJSON_Delete(value);
}

static void of_many_failures_few_are_told(void **state)
{
    unsigned told = 0;

    (void)state;
    for (unsigned n = 0; n < 4; n++)
        assert_int_equal(log_worth(n), n != 3);
    for (unsigned n = 0; n < 6400; n++)
        told += log_worth(n);
    assert_int_equal(told, 100 + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_program_and_level),
        cmocka_unit_test(as_json_a_line_is_one_object),
        cmocka_unit_test(of_many_failures_few_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
